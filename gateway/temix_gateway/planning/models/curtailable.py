"""Curtailable load on a grid: see its kind in ``devices`` for the model."""

import numpy as np

from temix_gateway.planning.devices.curtailable import Curtailable
from temix_gateway.planning.devices.fields import money
from temix_gateway.planning.models.duty import Duty
from temix_gateway.planning.models.dynamic import DynamicProgram
from temix_gateway.planning.models.model import Cost, Grid, Schedule
from temix_gateway.planning.models.storage import Storage


class CurtailableModel:
    """A curtailable load on a grid."""

    def __init__(self, device: Curtailable, grid: Grid) -> None:
        """Arrange the load and the rules of pauses."""
        self.device, self.grid = device, grid
        steps = len(grid)
        load = np.array(device.load)
        duty = Duty.of(device.between, device.shortest_pause, device.longest_pause)
        self.storage = Storage(
            grid=grid,
            points=np.array([0.0, 1.0]),
            start=0.0,
            keep=np.zeros(steps),
            push=np.zeros((steps, 2)),
            drain=np.zeros(steps),
            power=np.column_stack([np.zeros(steps), load]),
            allowed=np.ones((steps, 2), dtype=bool),
            extra=np.column_stack([load * grid.hours * money(device.worth) / 1000, np.zeros(steps)]),
            duty=duty,
            phase=duty.phase(not device.paused, device.lasted),
            throttles=False,
        )
        self.program = DynamicProgram(self.storage)

    def best(self, cost: Cost) -> Schedule:
        """The cheapest schedule."""
        return self.program.best(cost)
