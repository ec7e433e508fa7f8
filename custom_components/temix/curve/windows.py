"""The cheapest or dearest time to run something.

A run begins on a 5-minute mark of the clock. Costs are compared exactly: millionths per kWh, W and
milliseconds are whole numbers.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import accumulate
from operator import mul
from typing import Final

from ..client.wire import from_ms, to_ms
from .segments import FIVE_MINUTES, HOUR, Curve, Segment, between, mark_at_or_after, mark_at_or_before

MILLISECOND: Final = timedelta(milliseconds=1)
_HOUR_MS: Final = HOUR // MILLISECOND

type Profile = Sequence[int]
"""Power in W over parts of equal length, which together are the whole run."""


@dataclass(frozen=True, slots=True)
class Found:
    """When to run: one window, or several that together have the length; ``cost`` is Σ price × power × time.

    Its unit is that of the price times Wh.
    """

    windows: tuple[tuple[datetime, datetime], ...]
    cost: Fraction


class _Integral:
    """∫ value dt up to an instant, in value × milliseconds, and how much of the time before is known."""

    def __init__(self, curve: Curve) -> None:
        self._values = [segment.value for segment in curve]
        self._starts = [to_ms(segment.start) for segment in curve]
        self._ends = [to_ms(segment.end) for segment in curve]
        lengths = [end - start for start, end in zip(self._starts, self._ends, strict=True)]
        self._areas = [0, *accumulate(map(mul, self._values, lengths, strict=True))]
        self._known = [0, *accumulate(lengths)]

    def to(self, instant: int) -> tuple[int, int]:
        """Both, up to a wire time."""
        number = bisect_right(self._starts, instant)
        if not number:
            return 0, 0
        beyond = max(self._ends[number - 1] - instant, 0)
        return self._areas[number] - self._values[number - 1] * beyond, self._known[number] - beyond

    def cost(self, start: int, length: int, profile: Profile) -> int | None:
        """The value × W × milliseconds of a run; none where a price within it is unknown."""
        area, known = self.to(start)
        total, until = 0, known
        for part, power in enumerate(profile, 1):
            before = area
            area, until = self.to(start + length * part // len(profile))
            total += power * (area - before)
        return total if until - known == length else None


def cost(curve: Curve, start: datetime, length: timedelta, profile: Profile) -> Fraction | None:
    """What a run costs, in the unit of the price × Wh; none where a price within it is unknown."""
    total = _Integral(curve).cost(to_ms(start), length // MILLISECOND, profile)
    return None if total is None else Fraction(total, _HOUR_MS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A run of ``length``, whole 5 minutes, between two instants: when is it cheapest, or dearest?"""

    length: timedelta
    earliest: datetime
    latest: datetime
    profile: Profile = (1000,)
    dearest: bool = False


def contiguous(curve: Curve, search: Search) -> Found | None:
    """The best one window; of equals the first. None where none of that length has all its prices known."""
    integral, length = _Integral(curve), search.length // MILLISECOND
    best: tuple[int, int] | None = None
    first, last = to_ms(mark_at_or_after(search.earliest)), to_ms(search.latest) - length
    for start in range(first, last + 1, FIVE_MINUTES // MILLISECOND):
        total = integral.cost(start, length, search.profile)
        if total is not None and (best is None or (total > best[0] if search.dearest else total < best[0])):
            best = total, start
    if best is None:
        return None
    begin = from_ms(best[1])
    return Found(((begin, begin + search.length),), Fraction(best[0], _HOUR_MS))


def split(curve: Curve, search: Search) -> Found | None:
    """The best 5 minutes that together have the length, at the profile's first power; of equals the first.

    None where less than that is known.
    """
    first, last = mark_at_or_after(search.earliest), mark_at_or_before(search.latest)
    units = [
        Segment(start, start + FIVE_MINUTES, segment.value)
        for segment in between(curve, first, last)
        for start in _marks(segment.start, segment.end - FIVE_MINUTES)
    ]
    wanted = search.length // FIVE_MINUTES
    if len(units) < wanted:
        return None
    chosen = sorted(sorted(units, key=lambda unit: unit.value, reverse=search.dearest)[:wanted])
    total = sum(unit.value for unit in chosen) * search.profile[0]
    return Found(tuple(_joined(chosen)), Fraction(total, HOUR // FIVE_MINUTES))


def _joined(units: Iterable[Segment]) -> Iterator[tuple[datetime, datetime]]:
    window: tuple[datetime, datetime] | None = None
    for unit in units:
        if window is not None and window[1] == unit.start:
            window = window[0], unit.end
            continue
        if window is not None:
            yield window
        window = unit.start, unit.end
    if window is not None:
        yield window


def _marks(first: datetime, last: datetime) -> Iterator[datetime]:
    """Instants five minutes apart, the last not after ``last``."""
    while first <= last:
        yield first
        first += FIVE_MINUTES
