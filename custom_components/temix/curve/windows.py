"""The cheapest or dearest time to run something.

A run begins on a 5-minute mark of the clock. Costs are compared exactly: millionths per kWh, W and
milliseconds are whole numbers.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from operator import itemgetter
from typing import Final

from ..client.wire import from_ms, to_ms
from .integral import Integral
from .segments import FIVE_MINUTES, HOUR, Curve, Segment, between, mark_at_or_after, mark_at_or_before

MILLISECOND: Final = timedelta(milliseconds=1)
_HOUR_MS: Final = HOUR // MILLISECOND
_MARK_MS: Final = FIVE_MINUTES // MILLISECOND

type Profile = Sequence[int]
"""Power in W over parts of equal length, which together are the whole run."""


@dataclass(frozen=True, slots=True)
class Found:
    """When to run: one window, or several that together have the length; ``cost`` is Σ price × power × time.

    Its unit is that of the price times Wh.
    """

    windows: tuple[tuple[datetime, datetime], ...]
    cost: Fraction


class _Costs:
    """What runs of one length and profile cost, by when they begin (wire times)."""

    def __init__(self, curve: Curve, length: timedelta, profile: Profile) -> None:
        self._integral = Integral(curve)
        self._length = length // MILLISECOND
        self._profile = profile
        self._edges = [self._length * part // len(profile) for part in range(len(profile) + 1)]

    def of(self, start: int) -> int | None:
        """Value × W × milliseconds; none where a price within the run is unknown."""
        areas, known = zip(*(self._integral.to(start + edge) for edge in self._edges), strict=True)
        if known[-1] - known[0] != self._length:
            return None
        total = 0
        for power, (before, after) in zip(self._profile, pairwise(areas), strict=True):
            total += power * (after - before)
        return total

    def corners(self, first: int, last: int) -> list[int]:
        """Begins on marks, among them the first of the cheapest and the first of the dearest.

        The cost is linear in the begin, except where an edge of the run's parts meets one of the prices: so
        the best lie there, or on the marks on both sides of there.
        """
        prices = {*self._integral.starts, *self._integral.ends}
        met = {price - edge for price in prices for edge in self._edges}
        marks = {at - at % _MARK_MS for at in met} | {at + -at % _MARK_MS for at in met} | {first, last}
        return sorted(mark for mark in marks if first <= mark <= last)


def cost(curve: Curve, start: datetime, length: timedelta, profile: Profile) -> Fraction | None:
    """What a run costs, in the unit of the price × Wh; none where a price within it is unknown."""
    total = _Costs(curve, length, profile).of(to_ms(start))
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
    found = extremes(curve, search)
    return None if found is None else found[search.dearest]


def extremes(curve: Curve, search: Search) -> tuple[Found, Found] | None:
    """The cheapest and the dearest one window: a search for both costs no more than one for either."""
    costs = _Costs(curve, search.length, search.profile)
    first, last = mark_at_or_after(search.earliest), mark_at_or_before(search.latest - search.length)
    begins = costs.corners(to_ms(first), to_ms(last))
    known = [(total, begin) for begin in begins if (total := costs.of(begin)) is not None]
    if not known:
        return None
    least, most = (best(known, key=itemgetter(0)) for best in (min, max))
    return _window(least, search.length), _window(most, search.length)


def _window(best: tuple[int, int], length: timedelta) -> Found:
    total, begin = best[0], from_ms(best[1])
    return Found(((begin, begin + length),), Fraction(total, _HOUR_MS))


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
