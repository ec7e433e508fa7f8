"""PV curtailment on a grid: see its kind in ``devices`` for the model."""

import numpy as np

from temix_gateway.planning.devices.pv_curtailment import PvCurtailment
from temix_gateway.planning.models.model import Cost, Floats, Grid, Schedule

SHARES = 11


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
