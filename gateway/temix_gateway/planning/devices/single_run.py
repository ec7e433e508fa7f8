"""Single run with a profile: a dishwasher, a washing machine; once, without a pause.

Model: from its start it draws ``profile``, each value for ``profile_step``. It starts between ``earliest``
and
the latest moment that lets it end by ``ready_by``. Each hour later costs ``late_worth``; not to run within
the horizon costs ``worth``.
"""

from typing import Annotated

import msgspec
import numpy as np
from temix_market.errors import InvalidField
from temix_market.instants import FIVE_MINUTES, HOUR, Duration
from temix_market.units import Price

from temix_gateway.planning.devices.model import (
    Cost,
    Floats,
    Grid,
    Milliseconds,
    Missed,
    Name,
    Schedule,
    Watts,
    When,
    Worth,
    check_window,
    money,
)


class SingleRun(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="single_run"
):
    """A device that runs once.

    Attributes:
        id: unique in the problem.
        profile: mean power of each part of the run, W.
        profile_step: length of a part (ms).
        earliest: earliest start (ms); null: now.
        ready_by: when it shall have ended (ms).
        started: when it was started (ms); null: it waits.
        late_worth: of each hour after ``ready_by``, in millionths of the currency unit.
        worth: of the run, in millionths of the currency unit.
    """

    id: Name
    profile: Annotated[tuple[Watts, ...], msgspec.Meta(min_length=1, max_length=600)]
    profile_step: Milliseconds = Duration(900_000)
    earliest: When | None = None
    ready_by: When
    started: When | None = None
    late_worth: Worth = Price(2_000_000)
    worth: Worth = Price(20_000_000)

    def check(self, grid: Grid, path: str) -> None:
        """Refuse contradictions.

        Raises:
            InvalidField: naming the field.
        """
        if self.profile_step < FIVE_MINUTES:
            raise InvalidField(f"{path}.profile_step", f"{self.profile_step} ms is less than 5 minutes")
        if not any(self.profile):
            raise InvalidField(f"{path}.profile", "a run without power")
        if self.started is None:
            start = grid.steps[0].start if self.earliest is None else self.earliest
            check_window(grid, start, self.ready_by, f"{path}.ready_by")
        elif self.started > grid.steps[0].end:
            raise InvalidField(f"{path}.started", "it lies in the future")

    def model(self, grid: Grid) -> SingleModel:
        """Put it on a grid."""
        return SingleModel(self, grid)


class SingleModel:
    """A single run on a grid: every start at a step's beginning is tried."""

    def __init__(self, device: SingleRun, grid: Grid) -> None:
        """Lay the profile out for each start, (T, starts), and count how late each ends."""
        self.device, self.grid = device, grid
        length = len(device.profile) * device.profile_step
        if device.started is not None:
            starts = np.array([device.started], dtype=np.int64)
        else:
            earliest = grid.start[0] if device.earliest is None else device.earliest
            fitting = (grid.start >= earliest) & (grid.start + length <= grid.end[-1])
            starts = grid.start[fitting]
        edges = np.arange(len(device.profile) + 1) * device.profile_step
        energy = np.concatenate([[0.0], np.cumsum(np.array(device.profile) * (device.profile_step / HOUR))])
        begun = np.interp(grid.start[:, None] - starts[None, :], edges, energy)
        ended = np.interp(grid.end[:, None] - starts[None, :], edges, energy)
        self.power = (ended - begun) / grid.hours[:, None]
        self.late = np.maximum(starts + length - device.ready_by, 0) / HOUR

    def best(self, cost: Cost) -> Schedule:
        """The cheapest start; not to run where that is cheaper, or where no start fits."""
        device = self.device
        totals = cost(self.power).sum(axis=0) + self.late * money(device.late_worth)
        chosen = int(np.argmin(totals)) if totals.size else -1
        if device.started is None and (chosen < 0 or totals[chosen] > money(device.worth)):
            missed = Missed("run", 1.0, "run", money(device.worth))
            return Schedule(np.zeros(len(self.grid)), None, 0.0, (missed,))
        late = float(self.late[chosen])
        wishes = (Missed("ready_by", late, "h", late * money(device.late_worth)),) if late > 0 else ()
        power: Floats = self.power[:, chosen]
        return Schedule(power, None, 0.0, wishes)
