"""Water heater: heat in a tank, drawn by the household.

Model, in Wh of heat above the coldest useful water: heat' = heat · e^(−hours / loss_hours) + efficiency ·
power · hours
− draws · hours, up to ``capacity``, where the thermostat cuts off. Draws that find no heat cost ``worth`` per
kWh and are gone; what is missing of ``reserve`` costs ``worth`` per kWh and hour.
"""

import msgspec
import numpy as np
from temix_market.instants import Duration
from temix_market.units import Energy

from temix_gateway.planning.devices.duty import Duty
from temix_gateway.planning.devices.model import (
    WISH_WORTH,
    Cost,
    Grid,
    Levels,
    Milliseconds,
    Name,
    NotNegative,
    Positive,
    Schedule,
    SomeWattHours,
    SomeWatts,
    WattHours,
    Worth,
    check_at_most,
    check_series,
    money,
    shares,
)
from temix_gateway.planning.devices.storage import Storage, Wish, fine, grid_points


class WaterHeater(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="kind",
    tag="water_heater",
):
    """A tank with a heater that is on or off, or modulates.

    Attributes:
        id: unique in the problem.
        power: of the heater, W.
        levels: how many powers it has beside off: 1 is on or off; more divide ``power`` evenly.
        efficiency: heat per electric energy; 1 for a heating element, about 3 for a heat pump.
        capacity: heat between the coldest useful and the hottest water, Wh.
        stored: heat now, Wh.
        reserve: heat wanted at all times, Wh.
        loss_hours: time in which losses take 63 % of the heat, h.
        draws: expected draws of each step as mean power, W of heat.
        on: whether it heats now.
        lasted: for how long it has been on or off (ms).
        min_run: shortest run (ms).
        min_rest: shortest rest (ms).
        worth: of a kWh of heat missing, µ/kWh.
    """

    id: Name
    power: SomeWatts
    levels: Levels = 1
    efficiency: Positive = 1.0
    capacity: SomeWattHours
    stored: WattHours
    reserve: WattHours = Energy(0)
    loss_hours: Positive = 80.0
    draws: tuple[NotNegative, ...]
    on: bool = False
    lasted: Milliseconds = Duration(3_600_000)
    min_run: Milliseconds = Duration(0)
    min_rest: Milliseconds = Duration(0)
    worth: Worth = WISH_WORTH

    def check(self, grid: Grid, path: str) -> None:
        """Refuse contradictions.

        Raises:
            InvalidField: naming the field.
        """
        check_series(grid, self.draws, f"{path}.draws")
        check_at_most(self.stored, self.capacity, f"{path}.stored", "the capacity")
        check_at_most(self.reserve, self.capacity, f"{path}.reserve", "the capacity")

    def model(self, grid: Grid) -> WaterModel:
        """Put it on a grid."""
        return WaterModel(self, grid)


class WaterModel:
    """A water heater on a grid. Below 0 the stored quantity is a debt: draws that found no heat."""

    def __init__(self, device: WaterHeater, grid: Grid) -> None:
        """Arrange levels, losses, draws and wishes as arrays."""
        self.device, self.grid = device, grid
        steps = len(grid)
        parts, allowed = shares(grid, device.levels)
        levels = parts * device.power
        duty = Duty.of(device.min_run, device.min_rest) if device.min_run or device.min_rest else None
        draws = np.array(device.draws) * grid.hours
        points = grid_points(-float(draws.max()), float(device.capacity), fine(steps))
        worth = money(device.worth) / 1000
        self.storage = Storage(
            grid=grid,
            points=points,
            start=float(device.stored),
            keep=np.exp(-grid.hours / device.loss_hours),
            push=grid.hours[:, None] * levels * device.efficiency,
            drain=draws,
            power=np.repeat(levels[None, :], steps, axis=0),
            allowed=allowed,
            wishes=(
                Wish("hot_water", "Wh", np.zeros(steps), np.full(steps, worth), np.ones(steps)),
                Wish(
                    "reserve", "Wh·h", np.full(steps, float(device.reserve)), grid.hours * worth, grid.hours
                ),
            ),
            duty=duty,
            phase=duty.phase(device.on, device.lasted) if duty else 0,
            floor=0.0,
        )

    def best(self, cost: Cost) -> Schedule:
        """The cheapest schedule."""
        return self.storage.best(cost)
