"""Curtailable load: a load that may pause, for what its use is worth.

Model: it draws ``load`` or, while paused, nothing; each kWh not drawn costs ``worth``. A pause lasts from
``shortest_pause`` to ``longest_pause``, and between two it runs for ``between``.
"""

import msgspec
import numpy as np
from temix_market.instants import Duration

from temix_gateway.planning.devices.duty import Duty
from temix_gateway.planning.devices.model import (
    Cost,
    Grid,
    Milliseconds,
    Name,
    NotNegative,
    Schedule,
    Worth,
    check_at_most,
    check_series,
    money,
)
from temix_gateway.planning.devices.storage import Storage


class Curtailable(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="curtailable"
):
    """A load that may pause. It is not part of the base load.

    Attributes:
        id: unique in the problem.
        load: expected mean power of each step without a pause, W.
        worth: of a kWh not drawn, µ/kWh.
        shortest_pause, longest_pause: of one pause (ms).
        between: shortest time between two pauses (ms).
        paused, lasted: whether it is paused now, and for how long it has or has not been (ms).
    """

    id: Name
    load: tuple[NotNegative, ...]
    worth: Worth
    shortest_pause: Milliseconds = Duration(300_000)
    longest_pause: Milliseconds = Duration(3_600_000)
    between: Milliseconds = Duration(3_600_000)
    paused: bool = False
    lasted: Milliseconds = Duration(86_400_000)

    def check(self, grid: Grid, path: str) -> None:
        """Refuse contradictions.

        Raises:
            InvalidField: naming the field.
        """
        check_series(grid, self.load, f"{path}.load")
        check_at_most(self.shortest_pause, self.longest_pause, f"{path}.shortest_pause", "longest_pause")

    def model(self, grid: Grid) -> CurtailableModel:
        """Put it on a grid."""
        return CurtailableModel(self, grid)


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

    def best(self, cost: Cost) -> Schedule:
        """The cheapest schedule."""
        return self.storage.best(cost)
