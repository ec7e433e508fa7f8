"""A planner that wants something else every time."""

from random import Random

from temix_gateway.planning import Plan, Problem
from temix_gateway.planning.result import Curve, CurvePoint, Level
from temix_market.instants import FIVE_MINUTES, HOUR, QUARTER, Instant
from temix_market.intervals import Interval, first_after
from temix_market.units import Energy, Money, Price


class Planner:
    """Plans at random, so that there is much to trade: what is planned well is tested elsewhere."""

    def __init__(self, chance: Random, curves: Random) -> None:
        self._chance = chance
        self._curves = curves
        self._known: dict[Interval, list[Curve]] = {}

    def __call__(self, problem: Problem, previous: Plan | None) -> Plan:
        """Want something else in some hours."""
        steps = tuple(step.interval for step in problem.steps)
        wanted = []
        for step in steps:
            level = self._chance.choice((0, 0, 300, 800, 1_500, -300, -800))
            wanted.append(Energy(level * (step.duration // FIVE_MINUTES)))
        none = Money(0)
        return Plan(
            made_at=problem.now, steps=steps, devices=(), net_load=tuple(wanted),
            marginal_price=tuple(Price(0) for _ in steps), cost=none, energy_cost=none, wear_cost=none,
            unmet_cost=none, level=Level.GREEDY, bound=None, gap=None, seconds=0.0, unmet=(),
            curves=self._told(problem),
        )  # fmt: skip

    def _told(self, problem: Problem) -> tuple[Curve, ...]:
        """Curves around the prices of some intervals to come; of quarters, too, which lapse soon."""
        if not problem.curve_hours:
            return ()
        found: list[Curve] = []
        for duration, count in ((QUARTER, 3), (HOUR, 2)):
            first = first_after(problem.now, duration)
            for number in range(count):
                interval = Interval(Instant(first.start + number * duration), duration)
                taken = any(each.interval.overlaps(interval) for each in found)
                if not taken and self._curves.random() < 0.9:
                    found += self._kept(problem, interval)
        return tuple(found)

    def _kept(self, problem: Problem, interval: Interval) -> list[Curve]:
        """Mostly what was wanted before: a tender that is never wanted for long is never accepted."""
        if interval not in self._known or self._curves.random() < 0.05:
            self._known[interval] = self._curve(problem, interval)
        return self._known[interval]

    def _curve(self, problem: Problem, interval: Interval) -> list[Curve]:
        chance = self._curves
        step = next((step for step in problem.steps if interval.start in step.interval), None)
        if step is None:
            return []
        low, high = step.sell[0].price, step.buy[0].price
        most = 8_000 * interval.duration // HOUR
        beside = chance.choice((-most, 0, most))  # who wants to buy at any price is accepted at once
        energies = sorted(chance.randrange(-most, most) + beside for _ in range(5))
        apart = (high - low) // 2 + 1
        prices = [high + apart * part // 2 for part in (1, 0, -1, -2, -4)]
        points = [
            CurvePoint(price=Price(price), energy=Energy(energy))
            for price, energy in zip(prices, energies, strict=True)
        ]
        return [Curve(interval=interval, points=tuple(points))]
