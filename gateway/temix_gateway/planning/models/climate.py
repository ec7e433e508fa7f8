"""Heating and cooling of a room or home on a grid: see its kind in ``devices`` for the model."""

import numpy as np

from temix_gateway.planning.devices.climate import Climate
from temix_gateway.planning.devices.fields import money
from temix_gateway.planning.models.duty import Duty
from temix_gateway.planning.models.dynamic import DynamicProgram
from temix_gateway.planning.models.model import Cost, Floats, Grid, Schedule, shares
from temix_gateway.planning.models.storage import Storage, Wish, denser, fine

MARGIN = 1.5
"""Kelvin beyond the band (or what weather forces) that the grid covers."""


FINER = 2
"""Times the points of other quantities: rooms warm slowly, and plans differ by little."""
NEAR = 0.5
"""Kelvin beyond the band in which the grid is as fine as within it."""


class ClimateModel:
    """Heating and cooling on a grid."""

    def __init__(self, device: Climate, grid: Grid) -> None:
        """Arrange levels, weather and comfort as arrays."""
        self.device, self.grid = device, grid
        steps = len(grid)
        parts, allowed = shares(grid, device.levels)
        heating = parts[1:] * device.heating_power if device.heating_power else np.empty(0)
        cooling = parts[1:] * device.cooling_power if device.cooling_power else np.empty(0)
        able = [allowed[:, 1:]] * (int(device.heating_power > 0) + int(device.cooling_power > 0))
        levels = np.concatenate([[0.0], heating, cooling])
        heat = np.concatenate(
            [[0.0], heating * device.heating_efficiency, -cooling * device.cooling_efficiency]
        )
        keep = np.exp(-grid.hours / device.loss_hours)
        # Steady state of a constant heat flow: its temperature rise is flow · loss_hours / heat_capacity.
        rise = device.loss_hours / device.heat_capacity
        rest = np.array(device.outdoor) + rise * np.array(device.gains or np.zeros(steps))
        low, high = np.array(device.low), np.array(device.high)
        bounds = [*_idling(device.temperature, keep, rest), low.min(), high.max()]
        points = denser(
            (min(bounds) - MARGIN, float(low.min()) - NEAR, float(high.max()) + NEAR, max(bounds) + MARGIN),
            FINER * fine(steps),
        )
        duty = Duty.of(device.min_run, device.min_rest) if device.min_run or device.min_rest else None
        worth = money(device.worth)
        self.storage = Storage(
            grid=grid,
            points=points,
            start=device.temperature,
            keep=keep,
            push=(1 - keep)[:, None] * rise * heat,
            drain=-(1 - keep) * rest,
            power=np.repeat(levels[None, :], steps, axis=0),
            allowed=np.concatenate([allowed[:, :1], *able], axis=1),
            wishes=(
                Wish("comfort", "K·h", low, grid.hours * worth, grid.hours),
                Wish("comfort", "K·h", high, grid.hours * worth, grid.hours, above=True),
            ),
            duty=duty,
            phase=duty.phase(device.on, device.lasted) if duty else 0,
            throttles=False,
        )
        self.program = DynamicProgram(self.storage)

    def best(self, cost: Cost) -> Schedule:
        """The cheapest schedule."""
        return self.program.best(cost)


def _idling(start: float, keep: Floats, rest: Floats) -> list[float]:
    """The temperatures of a building left to the weather: at dear hours that may be the cheapest."""
    found = [start]
    for share, outside in zip(keep.tolist(), rest.tolist(), strict=True):
        found.append(share * found[-1] + (1 - share) * outside)
    return found
