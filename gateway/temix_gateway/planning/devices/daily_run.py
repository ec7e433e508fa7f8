"""Daily run time: a pool pump, a dehumidifier; so long within each window.

Model: on at ``power`` or off. What is missing of a window's run time at its end costs ``worth`` per hour;
each start
costs ``start_cost``; runs and rests have a shortest length. It never runs outside its windows.
"""

from typing import Annotated

import msgspec
import numpy as np
from temix_market.errors import InvalidField
from temix_market.instants import FIVE_MINUTES, HOUR, Duration
from temix_market.units import Price

from temix_gateway.planning.devices.duty import Duty
from temix_gateway.planning.devices.model import (
    Cost,
    Floats,
    Grid,
    Milliseconds,
    Name,
    Schedule,
    SomeWatts,
    When,
    Worth,
    check_at_most,
    check_window,
    money,
    shares,
)
from temix_gateway.planning.devices.storage import Storage, Wish


class Window(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Run for ``run`` (ms, what is still to run) between ``start`` and ``end`` (ms)."""

    start: When
    end: When
    run: Milliseconds


class DailyRun(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="daily_run"
):
    """A device that shall run for so long within each window.

    Attributes:
        id: unique in the problem.
        power: while it runs, W.
        windows: in order of time, not overlapping; of a window that ends after the horizon, its share is
            wanted.
        on, lasted: whether it runs now, and for how long it has or has not (ms).
        min_run, min_rest: shortest run and rest (ms).
        start_cost: of a start, in millionths of the currency unit.
        worth: of an hour not run, in millionths of the currency unit.
    """

    id: Name
    power: SomeWatts
    windows: Annotated[tuple[Window, ...], msgspec.Meta(min_length=1)]
    on: bool = False
    lasted: Milliseconds = Duration(3_600_000)
    min_run: Milliseconds = Duration(1_800_000)
    min_rest: Milliseconds = Duration(900_000)
    start_cost: Worth = Price(10_000)
    worth: Worth = Price(10_000_000)

    def check(self, grid: Grid, path: str) -> None:
        """Refuse contradictions.

        Raises:
            InvalidField: naming the field.
        """
        after = 0
        for index, window in enumerate(self.windows):
            place = f"{path}.windows[{index}]"
            check_window(grid, window.start, window.end, f"{place}.end")
            check_at_most(window.run, window.end - window.start, f"{place}.run", "the length of the window")
            if window.start < after:
                raise InvalidField(f"{place}.start", "it overlaps the window before")
            after = window.end

    def model(self, grid: Grid) -> DailyModel:
        """Put it on a grid."""
        return DailyModel(self, grid)


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

    def best(self, cost: Cost) -> Schedule:
        """The cheapest schedule."""
        return self.storage.best(cost)
