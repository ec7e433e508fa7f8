"""Half-open intervals in UTC, and how they nest: hour > quarter > five minutes."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import override

from temix_market.errors import InvalidField
from temix_market.instants import FIVE_MINUTES, HOUR, QUARTER, Duration, Instant, iso, iso_duration
from temix_market.units import RATE_STEP, Energy

TRADED: tuple[Duration, ...] = (HOUR, QUARTER, FIVE_MINUTES)
"""The durations that are traded, longest first; each is a whole number of the next."""


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """``[start, end)``: keyed by start and duration, never by an index or an hour of the day."""

    start: Instant
    duration: Duration

    def __post_init__(self) -> None:
        """Refuse an interval that ends at or before its start."""
        if self.duration <= 0:
            raise InvalidField("duration", f"{self.duration} ms is not positive")

    @property
    def end(self) -> Instant:
        """The first instant after the interval."""
        return Instant(self.start + self.duration)

    def __contains__(self, instant: Instant) -> bool:
        """Whether the instant lies within."""
        return self.start <= instant < self.end

    def encloses(self, other: Interval) -> bool:
        """Whether ``other`` lies wholly within."""
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: Interval) -> bool:
        """Whether any instant lies in both."""
        return self.start < other.end and other.start < self.end

    def split(self, duration: Duration) -> Iterator[Interval]:
        """Cut into equal parts of ``duration``, in order.

        Raises:
            InvalidField: the parts do not fill the interval exactly.
        """
        if duration <= 0 or self.duration % duration:
            raise InvalidField("duration", f"{iso_duration(self.duration)} is no multiple of {duration} ms")
        return (Interval(Instant(at), duration) for at in range(self.start, self.end, duration))

    @override
    def __str__(self) -> str:
        """Write as ISO 8601 start/duration."""
        return f"{iso(self.start)}/{iso_duration(self.duration)}"


def enclosing(instant: Instant, duration: Duration) -> Interval:
    """The clock-aligned interval of ``duration`` that holds ``instant``."""
    return Interval(Instant(instant - instant % duration), duration)


def first_after(instant: Instant, duration: Duration) -> Interval:
    """The first clock-aligned interval of ``duration`` that starts at or after ``instant``."""
    return Interval(Instant(-(-instant // duration) * duration), duration)


def lot(duration: Duration) -> Energy:
    """The smallest quantity for an interval: 12 W for its duration (12 Wh an hour, 1 Wh in 5 minutes)."""
    return Energy(RATE_STEP * duration // HOUR)


def spread_evenly(energy: Energy, parts: int) -> list[Energy]:
    """Divide ``energy`` over equal ``parts`` so that the sum is exact and no two differ by more than 1 Wh."""
    edges = [energy * part // parts for part in range(parts + 1)]
    return [Energy(after - before) for before, after in pairwise(edges)]
