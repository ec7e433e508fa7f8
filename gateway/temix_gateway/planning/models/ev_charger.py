"""EV charger on a grid: see its kind in ``devices`` for the model."""

import math

import numpy as np
from temix_market.instants import HOUR

from temix_gateway.planning.devices.ev_charger import EvCharger
from temix_gateway.planning.devices.fields import money
from temix_gateway.planning.models.dynamic import DynamicProgram
from temix_gateway.planning.models.model import Cost, Floats, Grid, Schedule
from temix_gateway.planning.models.storage import Storage, Wish, grid_points

LATTICE = 4000
"""Points up to which all that can be reached is one; 60 kWh in steps of 5 minutes and 1 A need fewer."""
SPREAD = 2000
"""Points where there would be more: twice as many gain 0.01 cent in the mean, and take a quarter longer."""


class EvModel:
    """An EV charger on a grid."""

    def __init__(self, device: EvCharger, grid: Grid) -> None:
        """Arrange levels, windows and wishes as arrays."""
        self.device, self.grid = device, grid
        steps = len(grid)
        levels = np.arange(device.min_power, device.max_power + 1, device.power_step, dtype=np.float64)
        levels = np.concatenate([[0.0], levels])
        arrives = grid.steps[0].start if device.arrives is None else device.arrives
        leaves = device.ready_by if device.stays_until is None else device.stays_until
        allowed = np.repeat(grid.within(arrives, leaves)[:, None], len(levels), axis=1)
        allowed[:, 0] = True
        self.storage = Storage(
            grid=grid,
            points=self._points(levels),
            start=float(device.stored),
            keep=np.ones(steps),
            push=grid.hours[:, None] * levels * device.efficiency,
            drain=np.zeros(steps),
            power=np.repeat(levels[None, :], steps, axis=0),
            allowed=allowed,
            wishes=self._wishes(),
        )
        self.program = DynamicProgram(self.storage)

    def best(self, cost: Cost) -> Schedule:
        """The cheapest schedule."""
        return self.program.best(cost)

    def _points(self, levels: Floats) -> Floats:
        """Points to which every level of every step leads, if these are not too many; else evenly spread."""
        device = self.device
        watts, duration = (
            np.gcd.reduce(levels.astype(np.int64)),
            np.gcd.reduce(self.grid.end - self.grid.start),
        )
        unit = float(watts * duration / HOUR * device.efficiency)
        count = math.ceil((device.capacity - device.stored) / unit) + 1
        if not 1 < count <= LATTICE:
            return grid_points(device.stored, device.capacity, SPREAD)
        lattice: Floats = device.stored + np.arange(count, dtype=np.float64) * unit
        lattice[-1] = device.capacity
        return lattice

    def _wishes(self) -> tuple[Wish, ...]:
        device, steps = self.device, len(self.grid)
        due = max(0, self.grid.last_until(device.ready_by))
        before = np.where(np.arange(steps) < due, self.grid.hours, 0.0)
        at_end = np.where(np.arange(steps) == due, 1.0, 0.0)
        worth = money(device.worth) / 1000
        target, minimum = np.full(steps, float(device.target)), np.full(steps, float(device.minimum))
        wishes = [Wish("target", "Wh", target, at_end * worth, at_end)]
        if device.minimum:
            wishes.append(Wish("minimum", "Wh·h", minimum, before * worth, before))
        if device.leaves_early:
            expected = device.leaves_early * before
            wishes.append(Wish("early_departure", "Wh", target, expected * worth, expected))
        return tuple(wishes)
