"""What use is expected to cost: what is committed, and the expected deviation at the expected spot."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from temix_market.instants import FIVE_MINUTES, Instant
from temix_market.intervals import Interval
from temix_market.positions import Positions
from temix_market.units import Energy, Money, Price, cost


@dataclass(frozen=True, slots=True)
class Spread:
    """What a kWh beyond the position costs and one below it brings."""

    buy: Price
    sell: Price


@dataclass(frozen=True, slots=True)
class Expected:
    """One 5-minute interval that is not settled: its position and that position's cost, what will be used.

    ``load`` is the expected net import; nothing where none is known: then only the position counts.
    """

    interval: Interval
    subscribed: Energy
    position: Energy
    committed: Money
    load: Energy | None = None
    price: Spread | None = None

    @property
    def deviation(self) -> Energy | None:
        """What is settled at spot."""
        return None if self.load is None else Energy(self.load - self.position)

    @property
    def at_spot(self) -> Money:
        """What the deviation will cost."""
        deviation, price = self.deviation, self.price
        if deviation is None or price is None:
            return Money(0)
        return cost(deviation, price.buy if deviation > 0 else price.sell)

    @property
    def cost(self) -> Money:
        """What it will cost in all."""
        return Money(self.committed + self.at_spot)


def expect(
    interval: Interval,
    positions: Positions,
    loads: Mapping[Instant, Energy],
    prices: Mapping[Instant, Spread],
) -> list[Expected]:
    """Every 5 minutes of an interval; loads and prices by start."""
    return [_expected(step, positions, loads, prices) for step in interval.split(FIVE_MINUTES)]


def energies(expected: Iterable[Expected]) -> tuple[Energy, Energy, Energy | None]:
    """Subscription, position and load of them all; no load where one of them has none."""
    steps = list(expected)
    loads = [step.load for step in steps if step.load is not None]
    subscribed = Energy(sum(step.subscribed for step in steps))
    position = Energy(sum(step.position for step in steps))
    return subscribed, position, Energy(sum(loads)) if steps and len(loads) == len(steps) else None


def _expected(
    step: Interval,
    positions: Positions,
    loads: Mapping[Instant, Energy],
    prices: Mapping[Instant, Spread],
) -> Expected:
    pairs = positions.enclosing(step)
    return Expected(
        interval=step,
        subscribed=positions.subscribed(step),
        position=positions.at(step),
        committed=Money(sum(pair.cost // (pair.interval.duration // FIVE_MINUTES) for pair in pairs)),
        load=loads.get(step.start),
        price=prices.get(step.start),
    )
