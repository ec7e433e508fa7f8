"""Water heater on a grid: see its kind in ``devices`` for the model."""

import numpy as np

from temix_gateway.planning.devices.fields import money
from temix_gateway.planning.devices.water_heater import WaterHeater
from temix_gateway.planning.models.duty import Duty
from temix_gateway.planning.models.dynamic import DynamicProgram
from temix_gateway.planning.models.model import Cost, Grid, Schedule, shares
from temix_gateway.planning.models.storage import Storage, Wish, fine, grid_points


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
        self.program = DynamicProgram(self.storage)

    def best(self, cost: Cost) -> Schedule:
        """The cheapest schedule."""
        return self.program.best(cost)
