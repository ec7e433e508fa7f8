"""From a problem to a plan."""

import math
import time
from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
from temix_market.units import Energy, Money, Power, Price

from temix_gateway.planning.case import Case
from temix_gateway.planning.columns import CLOSE, KEPT, Search
from temix_gateway.planning.exact import optimum, tractable
from temix_gateway.planning.following import followed, going_on
from temix_gateway.planning.greedy import greedy
from temix_gateway.planning.holding import held, mode, running, worth
from temix_gateway.planning.models.model import Schedule
from temix_gateway.planning.problem import Problem, check
from temix_gateway.planning.reasons import Told, Words
from temix_gateway.planning.result import DevicePlan, Level, Plan, Unmet

WORKING = 0.92
"""Of the budget for finding; the rest is for telling what was found."""
EXACT_SHARE = 0.5
"""Of the budget that the exact program may take, where it is tried and the search has not proven its plan."""


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
    schedules = greedy(case)
    if budget <= 0:
        return assemble(case, schedules, Level.GREEDY, time.monotonic() - began)
    kept = {} if previous is None else followed(case, previous)
    best, bound, until = _calm(case, schedules, Level.GREEDY, previous), -math.inf, began + WORKING * budget
    small = tractable(case)
    searching = until - EXACT_SHARE * budget if small else until
    outcome = Search(case, searching).run(dict(enumerate(schedules)), kept)
    if outcome is not None:
        schedules = list(outcome.schedules)
        bound = bound if outcome.bound is None else outcome.bound
        level = Level.EXACT if small and _proven(case, schedules, bound) else Level.COLUMNS
        best = _steadier(_calm(case, schedules, level, previous), best, kept)
    left = until - time.monotonic()
    if small and left > 0 and not _proven(case, schedules, bound):
        exact = optimum(case, left, schedules)
        if exact is not None:
            bound = max(bound, exact.bound)
            best = _steadier(_calm(case, exact.schedules, Level.EXACT, previous), best, kept)
    return _told(best, bound, began)


def _proven(case: Case, schedules: Sequence[Schedule], bound: float) -> bool:
    """Whether schedules cost so little more than the bound that nothing is left to be found."""
    cost = assemble(case, schedules, Level.GREEDY, 0.0).cost / 1e9
    return cost - bound <= CLOSE * abs(cost)


def _calm(case: Case, schedules: Sequence[Schedule], level: Level, previous: Plan | None) -> Plan:
    """Schedules as a plan, in which a battery goes on as before where a change would gain too little.

    Its program has no schedules to choose from, and many solutions that cost nearly the same: each new
    forecast would pick another one. A switch now has to be worth it by itself, for over the whole horizon
    each new forecast gains something. What comes later goes on as before if that is nearly as cheap.
    """
    found = assemble(case, schedules, level, 0.0)
    if previous is None:
        return found
    powers = running(case, previous)
    for index, as_before in going_on(case, previous).items():
        holding = held(case, schedules, index, powers[index]) if index in powers else None
        if holding is not None:
            gain = worth(case, schedules[index], holding)
            schedules, found = _unless(case, schedules, found, {index: holding}, gain)
        if mode(as_before) == mode(schedules[index]):
            schedules, found = _unless(case, schedules, found, {index: as_before}, KEPT)
    return found


def _unless(
    case: Case, schedules: Sequence[Schedule], found: Plan, other: Mapping[int, Schedule], gain: float
) -> tuple[Sequence[Schedule], Plan]:
    """The schedules with others for some devices, and their plan, unless ``found`` is cheaper by the gain."""
    changed = [other.get(index, schedule) for index, schedule in enumerate(schedules)]
    calm = assemble(case, changed, found.level, 0.0)
    return (changed, calm) if calm.cost <= found.cost + _nano(gain) else (schedules, found)


def _steadier(offered: Plan, best: Plan, kept: Mapping[int, Schedule]) -> Plan:
    """The cheaper of two, where each device that leaves its schedule costs what a change must gain."""

    def counted(each: Plan) -> float:
        changed = sum(
            np.abs(np.array(each.devices[index].power) - schedule.power).max() > 1
            for index, schedule in kept.items()
        )
        return each.cost / 1e9 + KEPT * float(changed)

    return offered if counted(offered) <= counted(best) else best


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


def assemble(case: Case, schedules: Sequence[Schedule], level: Level, seconds: float) -> Plan:
    """Put schedules together: costs, wishes not met, reasons."""
    problem, grid, tariff = case.problem, case.grid, case.tariff
    net = case.fixed + sum((schedule.power * grid.hours for schedule in schedules), np.zeros(len(grid)))
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
