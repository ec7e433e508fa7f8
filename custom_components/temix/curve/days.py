"""A local day of 23, 24 or 25 hours, and what is known of its prices."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Self

from .segments import HOUR, Curve, Segment, between, known, mean


@dataclass(frozen=True, slots=True)
class Day:
    """From local midnight to the next, in UTC."""

    start: datetime
    end: datetime

    @classmethod
    def around(cls, instant: datetime, zone: tzinfo, later: int = 0) -> Self:
        """The day of ``zone`` that ``instant`` lies in, or the one so many days later.

        A midnight that a change of the clock leaves out is the first instant after it; one that comes twice
        is the first of the two.
        """
        date = instant.astimezone(zone).date() + timedelta(days=later)
        start, end = (
            datetime.combine(date + timedelta(days=days), time(), zone).astimezone(UTC) for days in (0, 1)
        )
        return cls(start, end)

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.end - self.start


def month_of(instant: datetime, zone: tzinfo) -> datetime:
    """When the local month around ``instant`` began, in UTC."""
    first = instant.astimezone(zone).date().replace(day=1)
    return datetime.combine(first, time(), zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Figures:
    """Least, mean and greatest price of a day as far as it is known; ``complete``: all of it is."""

    lowest: Segment
    highest: Segment
    mean: int
    complete: bool

    @classmethod
    def of(cls, curve: Curve, day: Day) -> Self | None:
        """Look at a day; none where nothing of it is known. Of equal prices the first in time is named."""
        within = between(curve, day.start, day.end)
        average = mean(within)
        if average is None:
            return None
        return cls(
            lowest=min(within, key=lambda segment: segment.value),
            highest=max(within, key=lambda segment: segment.value),
            mean=average,
            complete=known(within) == day.length,
        )


def cheaper(curve: Curve, price: int) -> timedelta:
    """For how long a kWh costs less than ``price``."""
    return known([segment for segment in curve if segment.value < price])


def rank(day: Curve, price: int) -> int:
    """1 where less than an hour of the day is cheaper than ``price``, 2 where less than two are, ..."""
    return cheaper(day, price) // HOUR + 1


def percentile(curve: Curve, price: int) -> float | None:
    """The share of a curve's time that is cheaper, and half of what is equal, in percent."""
    covered = known(curve)
    if not covered:
        return None
    equal = known([segment for segment in curve if segment.value == price])
    return 100 * ((cheaper(curve, price) + equal / 2) / covered)
