"""Daily run time on a grid: see its kind in ``devices`` for the model."""

import numpy as np
from temix_market.instants import FIVE_MINUTES, HOUR

from temix_gateway.planning.devices.daily_run import DailyRun
from temix_gateway.planning.devices.fields import money
from temix_gateway.planning.models.duty import Duty
from temix_gateway.planning.models.dynamic import DynamicProgram
from temix_gateway.planning.models.model import Cost, Floats, Grid, Schedule, shares
from temix_gateway.planning.models.storage import Storage, Wish


class DailyModel:
    """A daily run on a grid: the stored quantity is the time run in the current window, in hours."""

    def __init__(self, device: DailyRun, grid: Grid) -> None:
        """Arrange windows as arrays: the count starts anew in the first step after each window."""
        self.device, self.grid = device, grid
        steps = len(grid)
        first, last = int(grid.start[0]), int(grid.end[-1])
        parts, allowed = shares(grid, 1)
        within = np.zeros(steps, dtype=bool)
        keep = np.ones(steps)
        due: list[tuple[int, float]] = []
        for window in device.windows:
            inside = grid.within(window.start, window.end)
            if window.start >= last:
                continue
            wanted = window.run / HOUR
            if window.end > last:
                begins = max(window.start, first)
                wanted *= (last - begins) / (window.end - begins)
            within |= inside
            end = max(0, grid.last_until(window.end))
            due.append((end, wanted))
            keep[end + 1 : end + 2] = 0.0
        most = max((wanted for _, wanted in due), default=0.0)
        unit = FIVE_MINUTES / HOUR
        points: Floats = np.arange(int(np.ceil(most / unit)) + 2, dtype=np.float64) * unit
        target, counts = np.zeros(steps), np.zeros(steps)
        for end, wanted in due:
            target[end], counts[end] = wanted, 1.0
        duty = Duty.of(device.min_run, device.min_rest)
        self.storage = Storage(
            grid=grid,
            points=points,
            start=0.0,
            keep=keep,
            push=grid.hours[:, None] * parts,
            drain=np.zeros(steps),
            power=np.repeat(parts[None, :] * device.power, steps, axis=0),
            allowed=allowed & (within[:, None] | (parts == 0)),
            wishes=(Wish("run_time", "h", target, counts * money(device.worth), counts),),
            duty=duty,
            phase=duty.phase(device.on, device.lasted),
            start_cost=money(device.start_cost),
            throttles=False,
        )
        self.program = DynamicProgram(self.storage)

    def best(self, cost: Cost) -> Schedule:
        """The cheapest schedule."""
        return self.program.best(cost)
