"""Single run with a profile on a grid: see its kind in ``devices`` for the model."""

import numpy as np
from numpy.typing import NDArray
from temix_market.instants import HOUR

from temix_gateway.planning.devices.fields import money
from temix_gateway.planning.devices.single_run import SingleRun
from temix_gateway.planning.models.model import Cost, Floats, Grid, Missed, Schedule


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
        self._drawn, self._of_start = _packed(self.power)

    def best(self, cost: Cost) -> Schedule:
        """The cheapest start; not to run where that is cheaper, or where no start fits."""
        device = self.device
        totals = self._totals(cost) + self.late * money(device.late_worth)
        chosen = int(np.argmin(totals)) if totals.size else -1
        if device.started is None and (chosen < 0 or totals[chosen] > money(device.worth)):
            missed = Missed("run", 1.0, "run", money(device.worth))
            return Schedule(np.zeros(len(self.grid)), None, 0.0, (missed,))
        late = float(self.late[chosen])
        wishes = (Missed("ready_by", late, "h", late * money(device.late_worth)),) if late > 0 else ()
        power: Floats = self.power[:, chosen]
        return Schedule(power, None, 0.0, wishes)

    def _totals(self, cost: Cost) -> Floats:
        """What each start costs, of what its steps cost more than resting."""
        none = cost(np.zeros(len(self.grid)))
        more = cost(self._drawn) - none[:, None]
        totals = np.bincount(self._of_start.ravel(), more.ravel(), self.power.shape[1]).astype(np.float64)
        return np.asarray(totals + none.sum(), dtype=np.float64)


def _packed(power: Floats) -> tuple[Floats, NDArray[np.intp]]:
    """The power drawn in each step at all, (T, most), and for which start; what is left of a row draws 0."""
    step, start = np.nonzero(power)
    counts = np.bincount(step, minlength=len(power))
    place = np.arange(len(step)) - np.repeat(np.cumsum(counts) - counts, counts)
    drawn = np.zeros((len(power), int(counts.max())))
    of_start = np.zeros(drawn.shape, dtype=np.intp)
    drawn[step, place], of_start[step, place] = power[step, start], start
    return drawn, of_start
