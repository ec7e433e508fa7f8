"""Levels: from which price on energy is cheap or dear, and what a spike is.

The automatic thresholds come from the reference, the prices of the last 24 hours and all that are known
ahead: very low, low, high and very high are those that one, three, seven and nine tenths of its time do
not exceed. Low and high keep away from the median by a twentieth of it, at least 0.005 per kWh; very low and
very high by twice that: on a flat day everything is normal.

A spike is three times the median, and at least 0.10 per kWh above it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import accumulate
from operator import attrgetter, itemgetter
from typing import Final, Self

from .segments import Curve, Segment

_SHARES: Final = (0.1, 0.3, 0.5, 0.7, 0.9)
_KEEP_AWAY: Final = 20
_LEAST_DISTANCE: Final = 5_000
_SPIKE_TIMES: Final = 3
_SPIKE_DISTANCE: Final = 100_000
_NOTHING: Final = timedelta(milliseconds=1)
"""So that a share of the time is not missed by rounding."""


class Level(StrEnum):
    """How a price compares."""

    VERY_LOW = "very_low"
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    VERY_HIGH = "very_high"

    @property
    def is_low(self) -> bool:
        """Whether it is low or very low."""
        return self in {Level.VERY_LOW, Level.LOW}

    @property
    def is_high(self) -> bool:
        """Whether it is high or very high."""
        return self in {Level.HIGH, Level.VERY_HIGH}


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Prices to buy (millionths per kWh): at or below the low ones, at or above the others."""

    very_low: int
    low: int
    high: int
    very_high: int
    spike: int

    def __post_init__(self) -> None:
        """Refuse an order in which a price would have two levels."""
        if not self.very_low <= self.low < self.high <= self.very_high:
            raise ValueError("thresholds must rise from very low to very high, high being above low")

    @classmethod
    def automatic(cls, reference: Curve) -> Self | None:
        """Take them from a reference; none of an empty one."""
        if not reference:
            return None
        tenth, low, median, high, ninth = _quantiles(reference, _SHARES)
        away = max(abs(median) // _KEEP_AWAY, _LEAST_DISTANCE)
        low, high = min(low, median - away), max(high, median + away)
        return cls(
            very_low=min(tenth, low, median - 2 * away),
            low=low,
            high=high,
            very_high=max(ninth, high, median + 2 * away),
            spike=max(_SPIKE_TIMES * median, median + _SPIKE_DISTANCE),
        )

    def level(self, price: int) -> Level:
        """How a price compares."""
        if price <= self.very_low:
            return Level.VERY_LOW
        if price <= self.low:
            return Level.LOW
        if price >= self.very_high:
            return Level.VERY_HIGH
        return Level.HIGH if price >= self.high else Level.NORMAL

    def stretches(self, curve: Curve, since: datetime) -> Iterator[tuple[Level, Sequence[Segment]]]:
        """Stretches of low and of high prices (each with the very low or very high ones), without gaps.

        Those that end after ``since``; one that is in progress then is whole.
        """
        first = bisect_right(curve, since, key=attrgetter("end"))
        while 0 < first < len(curve) and self._joined(curve[first - 1], curve[first]):
            first -= 1
        stretch = list[Segment]()
        for segment in curve[first:]:
            if stretch and not self._joined(stretch[-1], segment):
                yield self._kind(stretch[0]), tuple(stretch)
                stretch.clear()
            if self._kind(segment) is not Level.NORMAL:
                stretch.append(segment)
        if stretch:
            yield self._kind(stretch[0]), tuple(stretch)

    def _joined(self, before: Segment, segment: Segment) -> bool:
        """Whether two segments are of one stretch."""
        kind = self._kind(segment)
        return kind is not Level.NORMAL and kind is self._kind(before) and before.end == segment.start

    def _kind(self, segment: Segment) -> Level:
        if segment.value <= self.low:
            return Level.LOW
        return Level.HIGH if segment.value >= self.high else Level.NORMAL


def _quantiles(curve: Curve, shares: Sequence[float]) -> list[int]:
    """For each share, the least value that at least so much of the curve's time does not exceed."""
    rising = sorted(curve, key=itemgetter(2))
    passed = [*accumulate(end - start for start, end, _ in rising)]
    return [rising[bisect_left(passed, share * passed[-1] - _NOTHING)].value for share in shares]
