"""PV curtailment: an inverter that can be told to produce less.

Model: in each step any share of the step's PV forecast, up to ``most``, may be left unproduced. Its schedule
counts
what is left unproduced as drawn, so that the net load is base load − PV + the sum of all schedules.
"""

import msgspec
import numpy as np

from temix_gateway.planning.devices.model import Cost, Floats, Fraction, Grid, Name, Schedule

SHARES = 11


class PvCurtailment(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="kind",
    tag="pv_curtailment",
):
    """An inverter that can produce less.

    Attributes:
        id: unique in the problem.
        most: greatest share that can be left unproduced.
    """

    id: Name
    most: Fraction = 1.0

    def check(self, _grid: Grid, _path: str) -> None:
        """Nothing can contradict."""

    def model(self, grid: Grid, pv: Floats) -> PvModel:
        """Put it on a grid; ``pv`` is the forecast of each step, W."""
        return PvModel(self, grid, pv)


class PvModel:
    """PV curtailment on a grid."""

    def __init__(self, device: PvCurtailment, grid: Grid, pv: Floats) -> None:
        """Lay out the shares that are tried, (T, shares)."""
        self.grid = grid
        self.power = pv[:, None] * np.linspace(0, device.most, SHARES)

    def best(self, cost: Cost) -> Schedule:
        """The cheapest share of each step by itself; the smallest of equals."""
        chosen = np.argmin(np.round(cost(self.power), 9), axis=1)
        power: Floats = self.power[np.arange(len(self.grid)), chosen]
        return Schedule(power, None, 0.0, ())
