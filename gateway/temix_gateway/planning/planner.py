"""From a problem to a plan."""

import time
from collections.abc import Sequence

import numpy as np
from temix_market.units import Energy, Money, Power, Price

from temix_gateway.planning.case import Case
from temix_gateway.planning.columns import KEPT, Search
from temix_gateway.planning.devices.model import Schedule
from temix_gateway.planning.following import followed
from temix_gateway.planning.greedy import greedy
from temix_gateway.planning.problem import Problem, check
from temix_gateway.planning.reasons import Told, Words
from temix_gateway.planning.result import DevicePlan, Level, Plan, Unmet


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
    found = assemble(case, schedules, Level.GREEDY, time.monotonic() - began)
    if budget <= 0:
        return found
    kept = {} if previous is None else followed(case, previous)
    outcome = Search(case, began + budget).run(dict(enumerate(schedules)), kept)
    if outcome is None:
        return found
    better = assemble(case, outcome.schedules, Level.COLUMNS, time.monotonic() - began, outcome.bound)
    if better.cost <= found.cost + len(kept) * round(KEPT * 1e9):
        return better
    return assemble(case, schedules, Level.COLUMNS, time.monotonic() - began, outcome.bound)


def assemble(
    case: Case, schedules: Sequence[Schedule], level: Level, seconds: float, bound: float | None = None
) -> Plan:
    """Put schedules together: costs, wishes not met, reasons. ``bound`` in currency units."""
    problem, grid, tariff = case.problem, case.grid, case.tariff
    net = case.fixed + sum((schedule.power * grid.hours for schedule in schedules), np.zeros(len(grid)))
    marginal = tariff.marginal(net)
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
                reasons=Told(device, grid, marginal, words).reasons(schedule),
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
        bound=None if bound is None else _nano(bound),
        gap=None if bound is None else max(0.0, (total / 1e9 - bound) / max(abs(total / 1e9), 1e-9)),
        seconds=seconds,
        unmet=tuple(unmet),
    )


def _nano(units: float) -> Money:
    return Money(round(units * 1e9))
