"""From a problem to a plan."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import msgspec
import numpy as np
from temix_market.units import Energy, Money, Power, Price

from temix_gateway.planning.case import Case
from temix_gateway.planning.columns import KEPT, Search
from temix_gateway.planning.exact import optimum, tractable
from temix_gateway.planning.following import followed, going_on
from temix_gateway.planning.greedy import greedy
from temix_gateway.planning.guide import CLOSE
from temix_gateway.planning.holding import held, mode, running, worth
from temix_gateway.planning.models.model import Floats, Schedule
from temix_gateway.planning.problem import Problem, check
from temix_gateway.planning.reasons import Told, Words
from temix_gateway.planning.result import DevicePlan, Level, Plan, Unmet

WORKING = 0.88
"""Of the budget for finding; the rest is for telling what was found."""
EXACT_SHARE = 0.3
"""Of the budget that the exact program may take, where it is tried and the search has not proven its plan."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A schedule for each device, how it was found, and what all cost together, currency units."""

    schedules: tuple[Schedule, ...]
    level: Level
    cost: float

    @classmethod
    def of(cls, case: Case, schedules: Sequence[Schedule], level: Level) -> Self:
        """Add up what schedules cost: energy, what exceeds the connection, wear, and wishes not met."""
        own = sum(schedule.own_cost for schedule in schedules)
        return cls(tuple(schedules), level, float(case.tariff.cost(_net(case, schedules)).sum()) + own)

    def proven(self, bound: float) -> bool:
        """Whether it costs so little more than the bound that nothing is left to be found."""
        return self.cost - bound <= CLOSE * abs(self.cost)


def plan(problem: Problem, previous: Plan | None = None, budget: float = 1.0) -> Plan:
    """The best plan that can be found.

    Args:
        problem: what to plan.
        previous: the plan in force; a device leaves its schedule there only for a gain worth the change.
        budget: seconds that it may take; the greedy level is always reached, and with 0 kept.

    Raises:
        InvalidField: the problem contradicts itself; names the field.
    """
    began = time.monotonic()
    check(problem)
    case = Case.of(problem)
    if budget <= 0:
        return assemble(case, greedy(case), Level.GREEDY, time.monotonic() - began)
    kept = {} if previous is None else followed(case, previous)
    bound, until, small = -math.inf, began + WORKING * budget, tractable(case)
    search = Search(case, until - EXACT_SHARE * budget if small else until)
    # Where every device goes on from the plan in force, a first plan is made only if nothing else is found.
    first = kept if kept.keys() >= set(search.master.choosing) else dict(enumerate(greedy(case)))
    searched = search.run(first, kept)
    if searched is None:
        found = _Found.of(case, greedy(case), Level.GREEDY)
    else:
        bound = bound if searched.bound is None else searched.bound
        found = _Found.of(case, searched.schedules, Level.COLUMNS)
        if small:
            found, bound = _exactly(case, found, bound, until - time.monotonic())
        if previous is not None:
            steady = search.held(found.schedules, running(case, previous), kept)
            found = _Found.of(case, steady, found.level)
    best = _calm(case, found, previous, until)
    return _told(assemble(case, best.schedules, best.level, 0.0), bound, began)


def _exactly(case: Case, found: _Found, bound: float, left: float) -> tuple[_Found, float]:
    """A plan that is proven by its bound as it is, else the exact program's if that found one in time."""
    if found.proven(bound):
        return replace(found, level=Level.EXACT), bound
    exact = optimum(case, left, found.schedules) if left > 0 else None
    if exact is None:
        return found, bound
    other = _Found.of(case, exact.schedules, Level.EXACT)
    return min(other, found, key=lambda each: each.cost), max(bound, exact.bound)


def _calm(case: Case, found: _Found, previous: Plan | None, until: float) -> _Found:
    """What was found, but with batteries that go on as before where a change would gain too little.

    Their program has no schedules to choose from, and many solutions that cost nearly the same: each new
    forecast would pick another one. A switch now has to be worth it by itself, for over the whole horizon
    each new forecast gains something. What comes later goes on as before if that is nearly as cheap.
    """
    if previous is None:
        return found
    powers = running(case, previous)
    for index, as_before in going_on(case, previous).items():
        left = until - time.monotonic()
        holding = held(case, found.schedules, index, powers[index], left) if index in powers else None
        if holding is not None:
            found = _unless(case, found, index, holding, worth(case, found.schedules[index], holding))
        if mode(as_before) == mode(found.schedules[index]):
            found = _unless(case, found, index, as_before, KEPT)
    return found


def _unless(case: Case, found: _Found, index: int, other: Schedule, gain: float) -> _Found:
    """The same with another schedule for one device, unless that costs as much as the gain or more."""
    schedules = (*found.schedules[:index], other, *found.schedules[index + 1 :])
    changed = _Found.of(case, schedules, found.level)
    return changed if changed.cost <= found.cost + gain else found


def _told(best: Plan, bound: float, began: float) -> Plan:
    """The plan with what is known of it at the end."""
    known = math.isfinite(bound)
    cost = best.cost / 1e9
    return msgspec.structs.replace(
        best,
        bound=_nano(min(bound, cost)) if known else None,
        gap=max(0.0, (cost - bound) / max(abs(cost), 1e-9)) if known else None,
        seconds=time.monotonic() - began,
    )


def _net(case: Case, schedules: Sequence[Schedule]) -> Floats:
    """Net load of each step, Wh."""
    grid = case.grid
    return case.fixed + sum((schedule.power * grid.hours for schedule in schedules), np.zeros(len(grid)))


def assemble(case: Case, schedules: Sequence[Schedule], level: Level, seconds: float) -> Plan:
    """Put schedules together: costs, wishes not met, reasons."""
    problem, grid, tariff = case.problem, case.grid, case.tariff
    net = _net(case, schedules)
    marginal, saved = tariff.marginal(net), tariff.saved(net)
    words = Words.of(problem)
    excess = float(tariff.excess(net).sum())
    unmet = [
        Unmet(
            device=device.id,
            wish=missed.wish,
            amount=missed.amount,
            unit=missed.unit,
            cost=_nano(missed.cost),
        )
        for device, schedule in zip(problem.devices, schedules, strict=True)
        for missed in schedule.missed
    ]
    if excess > 1:
        cost = _nano(excess * tariff.limit_worth / 1000)
        unmet.append(Unmet(device=None, wish="connection_limit", amount=excess, unit="Wh", cost=cost))
    energy, wear = float(tariff.energy(net).sum()), sum(schedule.wear for schedule in schedules)
    missed_cost = sum(wish.cost for wish in unmet)
    total = _nano(energy) + _nano(wear) + missed_cost
    return Plan(
        made_at=problem.now,
        steps=grid.steps,
        devices=tuple(
            DevicePlan(
                id=device.id,
                kind=str(device.__struct_config__.tag),
                power=tuple(Power(round(watts)) for watts in schedule.power.tolist()),
                state=None
                if schedule.state is None
                else tuple(round(value, 3) for value in schedule.state.tolist()),
                reasons=Told(device, grid, marginal, saved, words).reasons(schedule),
                own_cost=_nano(schedule.own_cost),
            )
            for device, schedule in zip(problem.devices, schedules, strict=True)
        ),
        net_load=tuple(Energy(round(energy)) for energy in net.tolist()),
        marginal_price=tuple(Price(round(price * 1e6)) for price in marginal.tolist()),
        cost=Money(total),
        energy_cost=_nano(energy),
        wear_cost=_nano(wear),
        unmet_cost=Money(missed_cost),
        level=level,
        bound=None,
        gap=None,
        seconds=seconds,
        unmet=tuple(unmet),
    )


def _nano(units: float) -> Money:
    return Money(round(units * 1e9))
