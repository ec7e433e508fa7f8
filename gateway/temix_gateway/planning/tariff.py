"""The cost of a net load: convex and piecewise, with its kink at the position."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from temix_market.instants import HOUR

from temix_gateway.planning.devices.fields import money
from temix_gateway.planning.models.model import Cost, Floats
from temix_gateway.planning.problem import Problem, Segment

MUCH = 1e7
"""Wh that stand for a depth without limit."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a battery takes and gives in each step at the worth of what it stores.

    Depths are Wh at the connection, prices currency units a kWh there.
    """

    charge_price: Floats
    charge_depth: Floats
    give_price: Floats
    give_depth: Floats


@dataclass(frozen=True, slots=True)
class Tariff:
    """Segments as arrays; energies in Wh, prices in currency units per kWh.

    ``buy`` and ``sell`` are (T, K) prices, ``buy_from`` and ``sell_from`` where a segment begins, measured
    from the position; ``buy_depth`` and ``sell_depth`` how long it is.
    """

    hours: Floats
    position: Floats
    buy: Floats
    buy_from: Floats
    buy_depth: Floats
    sell: Floats
    sell_from: Floats
    sell_depth: Floats
    import_limit: Floats
    export_limit: Floats
    limit_worth: float

    @classmethod
    def of(cls, problem: Problem) -> Self:
        """Arrange a problem's prices and limits."""
        hours = np.array([interval.duration for interval in problem.intervals]) / HOUR
        buy, buy_from, buy_depth = _arrange([step.buy for step in problem.steps])
        sell, sell_from, sell_depth = _arrange([step.sell for step in problem.steps])
        return cls(
            hours=hours,
            position=np.array([step.position for step in problem.steps], dtype=float),
            buy=buy,
            buy_from=buy_from,
            buy_depth=buy_depth,
            sell=sell,
            sell_from=sell_from,
            sell_depth=sell_depth,
            import_limit=hours * (np.inf if problem.import_limit is None else problem.import_limit),
            export_limit=hours * (np.inf if problem.export_limit is None else problem.export_limit),
            limit_worth=money(problem.limit_worth),
        )

    def beside(self, batteries: Sequence[Answer]) -> Tariff:
        """The same where batteries take energy, or give it, at prices of their own: one merit order.

        Costs differ from the true ones by a constant. The connection's limits count as if batteries rested.
        """
        sources = [self.buy, *(each.give_price[:, None] for each in batteries)]
        sinks = [self.sell, *(each.charge_price[:, None] for each in batteries)]
        given = [self.buy_depth, *(each.give_depth[:, None] for each in batteries)]
        taken = [self.sell_depth, *(each.charge_depth[:, None] for each in batteries)]
        slope = np.concatenate(sinks + sources, axis=1)
        long = np.minimum(np.concatenate(taken + given, axis=1), MUCH)
        begins = self.position - np.minimum(np.concatenate(taken, axis=1), MUCH).sum(axis=1)
        order = np.argsort(slope, axis=1)
        slope, long = np.take_along_axis(slope, order, axis=1), np.take_along_axis(long, order, axis=1)
        none = np.zeros((len(slope), 0))
        return replace(
            self,
            position=begins,
            buy=slope,
            buy_from=np.cumsum(long, axis=1) - long,
            buy_depth=long,
            sell=none,
            sell_from=none,
            sell_depth=none,
        )

    def cost(self, net: Floats) -> Floats:
        """Cost (currency units) of net loads in Wh, (T, …): energy beyond the position, and the limits."""
        return self.energy(net) + self.excess(net) * self.limit_worth / 1000

    def energy(self, net: Floats) -> Floats:
        """Cost of what differs from the position."""
        over = net - _fit(self.position, net)
        total = np.zeros_like(net)
        for k in range(self.buy.shape[1]):
            total += _fit(self.buy[:, k], net) * _within(over, self.buy_from[:, k], self.buy_depth[:, k])
        for k in range(self.sell.shape[1]):
            total -= _fit(self.sell[:, k], net) * _within(-over, self.sell_from[:, k], self.sell_depth[:, k])
        cost: Floats = total / 1000
        return cost

    def excess(self, net: Floats) -> Floats:
        """Wh beyond the connection's limits."""
        over = np.maximum(net - _fit(self.import_limit, net), 0)
        excess: Floats = over + np.maximum(-net - _fit(self.export_limit, net), 0)
        return excess

    def added_to(self, net: Floats) -> Cost:
        """Cost of drawing a power (W) on top of a net load (Wh)."""
        before = self.cost(net)

        def cost(power: Floats) -> Floats:
            added = _fit(net, power) + power * _fit(self.hours, power)
            more: Floats = self.cost(added) - _fit(before, power)
            return more

        return cost

    def marginal(self, net: Floats) -> Floats:
        """What one more kWh costs at a net load, currency units per kWh."""
        little = 1.0
        marginal: Floats = (self.cost(net + little) - self.cost(net)) * 1000 / little
        return marginal

    def saved(self, net: Floats) -> Floats:
        """What one kWh less saves at a net load (currency units): at a kink below what one more costs."""
        return self.marginal(net - 1.0)


def _arrange(sides: list[tuple[Segment, ...]]) -> tuple[Floats, Floats, Floats]:
    most = max(len(segments) for segments in sides)
    prices, depths = np.zeros((len(sides), most)), np.zeros((len(sides), most))
    for step, segments in enumerate(sides):
        prices[step, : len(segments)] = [money(segment.price) for segment in segments]
        depths[step, : len(segments)] = [
            np.inf if segment.depth is None else segment.depth for segment in segments
        ]
    begins = np.concatenate([np.zeros((len(sides), 1)), np.cumsum(depths, axis=1)[:, :-1]], axis=1)
    return prices, np.where(np.isinf(begins), 1e15, begins), depths


def _fit(series: Floats, like: Floats) -> Floats:
    return series.reshape((-1, *[1] * (like.ndim - 1)))


def _within(over: Floats, begins: Floats, depth: Floats) -> Floats:
    part: Floats = np.clip(over - _fit(begins, over), 0, _fit(depth, over))
    return part
