"""A planner that wants something else every time."""

from random import Random

from temix_gateway.planning import Plan, Problem
from temix_gateway.planning.result import Level
from temix_market.instants import FIVE_MINUTES
from temix_market.units import Energy, Money, Price


class Planner:
    """Plans at random, so that there is much to trade: what is planned well is tested elsewhere."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance

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
        )  # fmt: skip
