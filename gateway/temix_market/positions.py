"""Positions: what a home has committed to, the signed sum of the enclosing transactions."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from temix_market.errors import InvalidField
from temix_market.instants import FIVE_MINUTES, Instant
from temix_market.intervals import Interval
from temix_market.transactions import Kind, Pair, PairKey
from temix_market.units import Energy


class Positions:
    """The home's position per 5-minute step, kept up as pairs come in; a pair counts once by its key."""

    def __init__(self, pairs: Iterable[Pair] = ()) -> None:
        """Start from ``pairs``."""
        self._keys: set[PairKey] = set()
        self._pairs: defaultdict[Instant, list[Pair]] = defaultdict(list)
        self._sums: defaultdict[Instant, int] = defaultdict(int)
        self._subscribed: defaultdict[Instant, int] = defaultdict(int)
        for pair in pairs:
            self.add(pair)

    def add(self, pair: Pair) -> bool:
        """Count a pair, unless its key was counted before; say whether it was new."""
        if pair.key in self._keys:
            return False
        self._keys.add(pair.key)
        for step, quantity in pair.steps():
            self._pairs[step.start].append(pair)
            self._sums[step.start] += quantity
            if pair.kind is Kind.SUBSCRIPTION:
                self._subscribed[step.start] += quantity
        return True

    def at(self, interval: Interval) -> Energy:
        """The position (Wh, buying positive) over an interval made of whole 5-minute steps."""
        return _total(self._sums, interval)

    def steps(self, starts: Iterable[Instant]) -> dict[Instant, Energy]:
        """The position in each 5-minute step that begins at one of ``starts``."""
        return {start: Energy(self._sums.get(start, 0)) for start in starts}

    def subscribed(self, interval: Interval) -> Energy:
        """The subscription's part of the position over an interval made of whole 5-minute steps."""
        return _total(self._subscribed, interval)

    def enclosing(self, step: Interval) -> Sequence[Pair]:
        """Every pair whose interval encloses the 5-minute ``step``, in the order in which they came."""
        return tuple(self._pairs.get(step.start, ()))

    def forget_before(self, instant: Instant) -> None:
        """Drop the steps that end by ``instant``: settled days need no place in memory."""
        past = [start for start in self._pairs if start + FIVE_MINUTES <= instant]
        for start in past:
            self._keys -= {pair.key for pair in self._pairs[start] if pair.interval.end <= instant}
            del self._pairs[start], self._sums[start]
            self._subscribed.pop(start, None)


def _total(steps: Mapping[Instant, int], interval: Interval) -> Energy:
    if interval.duration % FIVE_MINUTES:
        raise InvalidField("interval", f"{interval} is not made of whole 5-minute steps")
    starts = range(interval.start, interval.end, FIVE_MINUTES)
    return Energy(sum(steps.get(Instant(start), 0) for start in starts))
