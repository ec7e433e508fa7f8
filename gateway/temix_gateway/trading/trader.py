"""The trader: which tenders to take now so that the position moves towards the plan, never past it.

The gain of a trade is what it saves against leaving the gap to be settled at spot. The best estimate of
spot is the shown price, that of the finest instrument; beside it, a price that is certain is worth
something to the owner (``Policy.certainty``). So a coarse tender is taken where it is cheaper than the fine
ones it covers, and small gaps are left to spot: their gain stays below the owner's minimum.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

from temix_market.instants import FIVE_MINUTES, HOUR, Instant
from temix_market.intervals import Interval
from temix_market.ladder import Rung, shown_prices
from temix_market.products import Side
from temix_market.units import Energy, Money, Power, Price, cost


@dataclass(frozen=True, slots=True)
class Limits:
    """What no trade may pass: the owner's limits, themselves beneath the installer's ceilings.

    ``budget`` is what may still be spent on purchases today (nano); powers bound the position in every step.
    """

    budget: Money
    highest_price: Price
    import_power: Power
    export_power: Power


@dataclass(frozen=True, slots=True)
class Policy:
    """How eagerly the owner trades.

    ``minimum_gain`` is for each trade (nano), twice that for undoing what was traded within the last hour;
    ``certainty`` is what a price known ahead is worth (µ/kWh); ``share`` is the part of each gap closed in
    one turn, so that homes do not all move at once.
    """

    minimum_gain: Money
    certainty: Price
    share: Fraction


@dataclass(frozen=True, slots=True)
class Recent:
    """A trade made not long ago, for the price of undoing it."""

    interval: Interval
    side: Side
    made_at: Instant


@dataclass(frozen=True, slots=True)
class Choice:
    """Take ``quantity`` Wh of a rung; ``gain`` is what it is expected to save against spot (nano)."""

    rung: Rung
    quantity: Energy
    gain: Money


@dataclass(frozen=True, slots=True)
class Turn:
    """What the trader looks at in one turn; steps are named by their start.

    ``rungs`` is what can be taken (``TenderBook.rungs``). ``gaps`` is what the position lacks of the plan
    in each 5-minute step (Wh; negative: too much of it), ``positions`` the position itself; a missing step
    is 0 Wh. ``recent`` are trades of the last hour.
    """

    now: Instant
    rungs: Sequence[Rung]
    gaps: Mapping[Instant, Energy]
    positions: Mapping[Instant, Energy]
    recent: Sequence[Recent] = ()


def choose(turn: Turn, limits: Limits, policy: Policy) -> list[Choice]:
    """Choose trades, best gain per kWh first, the coarser instrument where that is equal.

    Every trade covers only steps whose gaps have its direction, and by no more than the smallest of them:
    so no gap is passed, and no two trades of one turn stand on both sides of overlapping intervals.
    """
    undoable = [trade for trade in turn.recent if turn.now - trade.made_at < HOUR]
    gaps, positions, budget = dict(turn.gaps), dict(turn.positions), limits.budget
    chosen: list[Choice] = []
    for worth, rung in _by_worth(turn, policy.certainty):
        if rung.side is Side.SELL and rung.price > limits.highest_price:
            continue
        starts, sign = _starts(rung), rung.side.sign
        smallest = _smallest(gaps, rung)
        if smallest < 1:
            continue
        headroom = min(_most(rung, limits) - sign * positions.get(start, 0) for start in starts)
        each = min(max(1, int(smallest * policy.share)), headroom, _affordable(rung, budget) // len(starts))
        quantity = Energy(each * len(starts))
        gain = Money(quantity * worth)
        if each < 1 or gain < policy.minimum_gain * (2 if _undoes(rung, undoable) else 1):
            continue
        chosen.append(Choice(rung, quantity, gain))
        budget = Money(budget - _spent(rung, quantity))
        for start in starts:
            gaps[start] = Energy(gaps[start] - sign * each)
            positions[start] = Energy(positions.get(start, 0) + sign * each)
    return chosen


def _by_worth(turn: Turn, certainty: Price) -> list[tuple[int, Rung]]:
    """Rungs that close a gap, with their gain per kWh (µ): best first, then earliest, then coarsest."""
    shown = {side: shown_prices(turn.rungs, side) for side in Side}
    rated = [
        (_saved(rung, shown[rung.side]) + certainty, rung)
        for rung in turn.rungs
        if rung.remaining > 0 and _smallest(turn.gaps, rung) >= 1
    ]
    return sorted(rated, key=lambda item: (-item[0], item[1].interval.start, -item[1].interval.duration))


def _smallest(gaps: Mapping[Instant, Energy], rung: Rung) -> int:
    """The smallest gap of its steps, in its direction (Wh)."""
    found = [gaps.get(start, 0) for start in _starts(rung)]
    return min(found) if rung.side is Side.SELL else -max(found)


def _saved(rung: Rung, shown: Mapping[Instant, Price]) -> int:
    """What a kWh of it saves against the shown prices of its steps (µ)."""
    starts = _starts(rung)
    difference = sum(shown[start] for start in starts) - len(starts) * rung.price
    return rung.side.sign * difference // len(starts)


def _starts(rung: Rung) -> Sequence[Instant]:
    """Of the 5-minute steps that it covers."""
    return cast("Sequence[Instant]", range(rung.interval.start, rung.interval.end, FIVE_MINUTES))


def _most(rung: Rung, limits: Limits) -> int:
    """Wh that the position of a 5-minute step may reach in the direction of the rung."""
    power = limits.import_power if rung.side is Side.SELL else limits.export_power
    return power * FIVE_MINUTES // HOUR


def _affordable(rung: Rung, budget: Money) -> int:
    """Wh that depth and today's money allow."""
    buying = rung.side is Side.SELL and rung.price > 0
    return min(rung.remaining, budget // rung.price) if buying else rung.remaining


def _spent(rung: Rung, quantity: Energy) -> Money:
    return max(Money(0), cost(quantity, rung.price)) if rung.side is Side.SELL else Money(0)


def _undoes(rung: Rung, recent: Iterable[Recent]) -> bool:
    return any(trade.side is not rung.side and trade.interval.overlaps(rung.interval) for trade in recent)
