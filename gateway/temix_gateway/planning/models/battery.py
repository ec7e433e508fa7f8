"""Home battery on a grid: see its kind in ``devices`` for the model."""

import numpy as np

from temix_gateway.planning.devices.battery import Battery
from temix_gateway.planning.devices.fields import money
from temix_gateway.planning.models.dynamic import DynamicProgram
from temix_gateway.planning.models.model import Cost, Floats, Grid, Schedule
from temix_gateway.planning.models.storage import Storage, Wish, grid_points

POINTS = 101


LEVELS = 10
"""Levels in each direction that the dynamic program tries; the master problem has continuous power."""


class BatteryModel:
    """A battery on a grid, with power in steps: for a plan without a solver."""

    def __init__(self, device: Battery, grid: Grid, usual: float) -> None:
        """Arrange levels and the worth of the end as arrays."""
        self.device, self.grid, steps = device, grid, len(grid)
        low = float(min(device.reserve, device.stored))
        points = grid_points(low, float(device.capacity), POINTS)
        charging = np.linspace(0, device.max_charge, LEVELS + 1)[1:]
        giving = -np.linspace(0, device.max_discharge, LEVELS + 1)[1:]
        levels = np.concatenate([[0.0], charging, giving])
        rates = np.concatenate(
            [[0.0], charging * device.charge_efficiency, giving / device.discharge_efficiency]
        )
        self.storage = Storage(
            grid=grid,
            points=points,
            start=float(device.stored),
            keep=np.ones(steps),
            push=grid.hours[:, None] * rates,
            drain=np.zeros(steps),
            power=np.repeat(levels[None, :], steps, axis=0),
            allowed=np.ones((steps, len(levels)), dtype=bool),
            wishes=self._wishes(),
            end_worth=device.end_worth(usual) / 1000,
            extra=np.maximum(-levels, 0) * grid.hours[:, None] * money(device.wear) / 1000,
        )
        self.program = DynamicProgram(self.storage)

    def best(self, cost: Cost) -> Schedule:
        """The cheapest schedule."""
        return self.program.best(cost)

    def from_states(self, state: Floats) -> Schedule:
        """The schedule that leads through given states (Wh at each step's end)."""
        device = self.device
        change = np.diff(state, prepend=float(device.stored))
        giving = np.maximum(-change, 0) * device.discharge_efficiency
        power = (np.maximum(change, 0) / device.charge_efficiency - giving) / self.grid.hours
        return self.storage.account(power, state, float(giving.sum()) * money(device.wear) / 1000)

    def from_power(self, power: Floats) -> Schedule:
        """The schedule that comes of given powers (W), cut where the battery is full or at its reserve."""
        device = self.device
        change = self.grid.hours * np.where(
            power > 0, power * device.charge_efficiency, power / device.discharge_efficiency
        )
        low, high = float(self.storage.points[0]), float(self.storage.points[-1])
        states, held = [], float(device.stored)
        for each in change.tolist():
            held = min(max(held + each, low), high)
            states.append(held)
        return self.from_states(np.array(states))

    def _wishes(self) -> tuple[Wish, ...]:
        if self.device.target is None:
            return ()
        at_end = np.zeros(len(self.grid))
        at_end[-1] = 1.0
        target = np.full(len(self.grid), float(self.device.target))
        return (Wish("target", "Wh", target, at_end * money(self.device.worth) / 1000, at_end),)
