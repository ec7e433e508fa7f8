"""The plan in force, carried over to the steps of a new problem."""

import numpy as np
from temix_market.instants import HOUR

from temix_gateway.planning.case import Case
from temix_gateway.planning.models import Model
from temix_gateway.planning.models.battery import BatteryModel
from temix_gateway.planning.models.model import Cost, Floats, Grid, Schedule
from temix_gateway.planning.models.pv_curtailment import PvModel
from temix_gateway.planning.result import Plan

FAR = 10.0
"""Currency units per kWh of difference: more than any energy costs, so that nothing but nearness counts."""


def followed(case: Case, previous: Plan) -> dict[int, Schedule]:
    """What comes nearest to a previous plan, for each device that was in it and chooses among schedules."""
    before = {device.id: np.array(device.power, dtype=np.float64) for device in previous.devices}
    old = Grid.of(previous.steps)
    return {
        index: nearest(model, _carried(old, before[device.id], case.grid), case.grid)
        for index, (device, model) in enumerate(zip(case.devices, case.models, strict=True))
        if device.id in before and not isinstance(model, BatteryModel | PvModel)
    }


def going_on(case: Case, previous: Plan) -> dict[int, Schedule]:
    """What each battery does that goes on as a previous plan has it."""
    before = {device.id: np.array(device.power, dtype=np.float64) for device in previous.devices}
    old = Grid.of(previous.steps)
    return {
        index: model.from_power(_carried(old, before[device.id], case.grid))
        for index, (device, model) in enumerate(zip(case.devices, case.models, strict=True))
        if device.id in before and isinstance(model, BatteryModel)
    }


def _carried(old: Grid, power: Floats, new: Grid) -> Floats:
    """Mean power of the new steps, W; nothing where the old plan does not reach."""
    edges = np.append(old.start[:1], old.end)
    energy = np.concatenate([[0.0], np.cumsum(power * old.hours)])
    within = np.interp(new.end, edges, energy) - np.interp(new.start, edges, energy)
    overlap = (np.minimum(new.end, old.end[-1]) - np.maximum(new.start, old.start[0])) / HOUR
    carried: Floats = np.where(overlap > 0, within / np.maximum(overlap, 1e-9), 0.0)
    return carried


def nearest(
    model: Model, wanted: Floats, grid: Grid, price: float = FAR, cost: Cost | None = None
) -> Schedule:
    """What a device can do that comes nearest to a power (W).

    Args:
        model: the device.
        wanted: power of each step, W, (T,).
        grid: the steps.
        price: what a kWh of difference counts, currency units.
        cost: what power costs besides; nothing if None.
    """

    def distance(power: Floats) -> Floats:
        shape = (-1, *[1] * (power.ndim - 1))
        away: Floats = np.abs(power - wanted.reshape(shape)) * grid.hours.reshape(shape) * price / 1000
        return away if cost is None else cost(power) + away

    return model.best(distance)
