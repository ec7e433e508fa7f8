"""EV charger: energy into a car by the time it leaves.

Model: stored' = stored + efficiency · power · hours while the car is there, up to its capacity. Power is off
or between
the charger's least and greatest, in whole steps of current. What is missing of ``target`` at ``ready_by``
costs ``worth``; so does, per hour, what is missing of ``minimum`` (charge this much at once); with
``leaves_early`` (chance per hour that it leaves before) what is missing of ``target`` counts in proportion.
"""

import msgspec
import numpy as np
from temix_market.errors import InvalidField
from temix_market.units import Energy, Power

from temix_gateway.planning.devices.model import (
    WISH_WORTH,
    Cost,
    Efficiency,
    Floats,
    Fraction,
    Grid,
    Missed,
    Name,
    Schedule,
    SomeWattHours,
    SomeWatts,
    WattHours,
    When,
    Worth,
    check_at_most,
    check_window,
    money,
)
from temix_gateway.planning.devices.storage import Storage, grid_points

POINTS = 241


class EvCharger(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="ev_charger"
):
    """A car at a charger.

    Attributes:
        id: unique in the problem.
        min_power: least power that it charges with, W (6 A of one phase by default).
        max_power: greatest power, W; equal to ``min_power`` for one that is only on or off.
        power_step: step between the two, W (1 A of one phase by default).
        efficiency: share of the power that reaches the battery.
        capacity: most that the battery takes, Wh; where it is unknown, give what this session shall charge.
        stored: in the battery now, Wh; 0 where unknown.
        target: wanted in the battery at ``ready_by``, Wh.
        minimum: to be reached as soon as can be, Wh.
        arrives: from when it can be charged (ms); null: it is there.
        ready_by: when the target is wanted (ms).
        stays_until: until when it can be charged (ms); null: ``ready_by``.
        leaves_early: chance per hour that it leaves before ``ready_by``.
        worth: of a kWh missing, µ/kWh.
    """

    id: Name
    min_power: SomeWatts = Power(1380)
    max_power: SomeWatts
    power_step: SomeWatts = Power(230)
    efficiency: Efficiency = 0.9
    capacity: SomeWattHours
    stored: WattHours = Energy(0)
    target: WattHours
    minimum: WattHours = Energy(0)
    arrives: When | None = None
    ready_by: When
    stays_until: When | None = None
    leaves_early: Fraction = 0.0
    worth: Worth = WISH_WORTH

    def check(self, grid: Grid, path: str) -> None:
        """Refuse contradictions.

        Raises:
            InvalidField: naming the field.
        """
        check_at_most(self.min_power, self.max_power, f"{path}.min_power", "max_power")
        check_at_most(self.stored, self.capacity, f"{path}.stored", "the capacity")
        check_at_most(self.target, self.capacity, f"{path}.target", "the capacity")
        check_at_most(self.minimum, self.capacity, f"{path}.minimum", "the capacity")
        start = grid.steps[0].start if self.arrives is None else self.arrives
        check_window(grid, start, self.ready_by, f"{path}.ready_by")
        if self.stays_until is not None and self.stays_until < self.ready_by:
            raise InvalidField(f"{path}.stays_until", "the car would leave before ready_by")

    def model(self, grid: Grid) -> EvModel:
        """Put it on a grid."""
        return EvModel(self, grid)


class EvModel:
    """An EV charger on a grid."""

    def __init__(self, device: EvCharger, grid: Grid) -> None:
        """Arrange levels, windows and wishes as arrays."""
        self.device, self.grid = device, grid
        steps = len(grid)
        levels = np.arange(device.min_power, device.max_power + 1, device.power_step, dtype=np.float64)
        levels = np.unique(np.concatenate([[0.0], levels, [device.max_power]]))
        arrives = grid.steps[0].start if device.arrives is None else device.arrives
        leaves = device.ready_by if device.stays_until is None else device.stays_until
        there = grid.within(arrives, leaves)
        self.points = grid_points(device.stored, device.capacity, POINTS)
        self.due = max(0, grid.last_until(device.ready_by))
        before = np.arange(steps) < self.due
        self.minimum_weight = np.where(before, grid.hours, 0.0)
        self.target_weight = device.leaves_early * self.minimum_weight
        self.target_weight[self.due] = 1.0
        allowed = np.repeat(there[:, None], len(levels), axis=1)
        allowed[:, 0] = True
        self.storage = Storage(
            grid=grid,
            points=self.points,
            start=float(device.stored),
            keep=np.ones(steps),
            push=grid.hours[:, None] * levels * device.efficiency,
            drain=np.zeros(steps),
            power=np.repeat(levels[None, :], steps, axis=0),
            stage=self._penalty(self.points[None, :]),
            allowed=allowed,
        )

    def best(self, cost: Cost) -> Schedule:
        """The cheapest schedule."""
        path = self.storage.best(cost)
        device = self.device
        missing = float((np.maximum(device.target - path.state, 0) * self.target_weight).sum())
        early = float((np.maximum(device.minimum - path.state, 0) * self.minimum_weight).sum())
        short = float(max(device.target - path.state[self.due], 0))
        worth = money(device.worth) / 1000
        missed = []
        if missing > 1:
            missed.append(Missed("target", short, "Wh", missing * worth))
        if early > 1:
            missed.append(Missed("minimum", early, "Wh·h", early * worth))
        return Schedule(path.power, path.state, 0.0, tuple(missed))

    def _penalty(self, x: Floats) -> Floats:
        worth = money(self.device.worth) / 1000
        missing = np.maximum(self.device.target - x, 0) * self.target_weight[:, None]
        early = np.maximum(self.device.minimum - x, 0) * self.minimum_weight[:, None]
        penalty: Floats = (missing + early) * worth
        return penalty
