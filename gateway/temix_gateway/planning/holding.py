"""A device goes on as it does, on or off, where doing otherwise now would gain too little by itself.

With each new forecast a plan gains something over its whole horizon, so that says little of a switch now.
What a switch gains by itself does: the rest is planned with and without it, on the same forecast, and noise
in what comes later cancels out.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from temix_market.instants import Instant

from temix_gateway.planning.case import Case
from temix_gateway.planning.models.battery import BatteryModel
from temix_gateway.planning.models.model import Cost, Floats, Grid, Schedule
from temix_gateway.planning.program import Program
from temix_gateway.planning.reasons import IDLE_WATTS
from temix_gateway.planning.result import Plan
from temix_gateway.planning.site import Site

SWITCH = 0.01
"""Currency units that a device must gain with each kWh that it moves otherwise now, to switch."""
NOT_NOW = 1e4
"""Currency units that a switch costs where one is not to be."""
HOLD_S = 0.2
"""Seconds that a program of one battery, mostly solved in some thousandths, may take though time is up."""


def running(case: Case, previous: Plan) -> dict[int, float]:
    """The power (W) that each device has by a previous plan up to now; none where that has ended."""
    before = {device.id: device.power for device in previous.devices}
    old = Grid.of(previous.steps)
    until_now = Instant(max(case.problem.now - 1, previous.steps[0].start))
    step = old.last_until(until_now) + 1
    return {
        index: float(before[device.id][step])
        for index, device in enumerate(case.devices)
        if device.id in before and step < len(old)
    }


def unswitched(cost: Cost, *, on: bool) -> Cost:
    """A cost by which a device stays on (or off) in the first step if it can."""

    def held_to(power: Floats) -> Floats:
        costs = cost(power).copy()
        costs[0] += np.where((power[0] > IDLE_WATTS) == on, 0.0, NOT_NOW)
        return costs

    return held_to


def held(
    case: Case, schedules: Sequence[Schedule], index: int, power: float, seconds: float
) -> Schedule | None:
    """The cheapest schedule of a battery that has this power (W) in the first step, beside the others'.

    None where it does not switch now, or cannot go on: it is full, empty or weaker than that; or where more
    than ``seconds`` would be needed, and more than ``HOLD_S``.
    """
    model = case.models[index]
    assert isinstance(model, BatteryModel)
    before = np.sign(round(power))
    going_on = model.from_power(np.append(power, np.zeros(len(case.grid) - 1)))
    if mode(schedules[index]) == before or mode(going_on) != before:
        return None
    others = sum((each.power for each in schedules), np.zeros(len(case.grid))) - schedules[index].power
    alone = replace(case, fixed=case.fixed + others * case.grid.hours, models=(model,))
    program = Program()
    site = Site.build(alone, program)
    assert going_on.state is not None  # a battery has one
    reached = going_on.state[:1] / 1000
    program.put(program.add_rows(reached, reached), site.states[0][:1], 1.0)
    found = program.solve(max(seconds, HOLD_S))
    return None if found is None else site.schedules(found)[0]


def worth(case: Case, schedule: Schedule, other: Schedule) -> float:
    """What a device must gain to leave one schedule for another now, currency units."""
    return SWITCH * abs(float(schedule.power[0] - other.power[0])) * float(case.grid.hours[0]) / 1000


def mode(schedule: Schedule) -> float:
    """What a battery does now: 1 charging, 0 resting, −1 giving."""
    return float(np.sign(np.round(schedule.power[0])))
