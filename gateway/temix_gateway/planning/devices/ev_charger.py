"""EV charger: energy into a car by the time it leaves.

Model: stored' = stored + efficiency · power · hours while the car is there, up to its capacity. Power is off
or between
the charger's least and greatest, in whole steps of current. What is missing of ``target`` at ``ready_by``
costs ``worth``; so does, per hour, what is missing of ``minimum`` (charge this much at once); with
``leaves_early`` (chance per hour that it leaves before) what is missing of ``target`` counts in proportion.
"""

import math

import msgspec
import numpy as np
from temix_market.errors import InvalidField
from temix_market.instants import HOUR
from temix_market.units import Energy, Power

from temix_gateway.planning.devices.model import (
    WISH_WORTH,
    Cost,
    Efficiency,
    Floats,
    Fraction,
    Grid,
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
from temix_gateway.planning.devices.storage import Storage, Wish, grid_points

POINTS = 4000


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
        levels = np.concatenate([[0.0], levels])
        arrives = grid.steps[0].start if device.arrives is None else device.arrives
        leaves = device.ready_by if device.stays_until is None else device.stays_until
        allowed = np.repeat(grid.within(arrives, leaves)[:, None], len(levels), axis=1)
        allowed[:, 0] = True
        self.storage = Storage(
            grid=grid,
            points=self._points(levels),
            start=float(device.stored),
            keep=np.ones(steps),
            push=grid.hours[:, None] * levels * device.efficiency,
            drain=np.zeros(steps),
            power=np.repeat(levels[None, :], steps, axis=0),
            allowed=allowed,
            wishes=self._wishes(),
        )

    def best(self, cost: Cost) -> Schedule:
        """The cheapest schedule."""
        return self.storage.best(cost)

    def _points(self, levels: Floats) -> Floats:
        """Points to which every level of every step leads, if these are not too many; else evenly spread."""
        device = self.device
        watts, duration = (
            np.gcd.reduce(levels.astype(np.int64)),
            np.gcd.reduce(self.grid.end - self.grid.start),
        )
        unit = float(watts * duration / HOUR * device.efficiency)
        count = math.ceil((device.capacity - device.stored) / unit) + 1
        if count > POINTS:
            return grid_points(device.stored, device.capacity, POINTS)
        lattice: Floats = device.stored + np.arange(max(count, 2), dtype=np.float64) * unit
        return lattice

    def _wishes(self) -> tuple[Wish, ...]:
        device, steps = self.device, len(self.grid)
        due = max(0, self.grid.last_until(device.ready_by))
        before = np.where(np.arange(steps) < due, self.grid.hours, 0.0)
        at_end = np.where(np.arange(steps) == due, 1.0, 0.0)
        worth = money(device.worth) / 1000
        target, minimum = np.full(steps, float(device.target)), np.full(steps, float(device.minimum))
        wishes = [Wish("target", "Wh", target, at_end * worth, at_end)]
        if device.minimum:
            wishes.append(Wish("minimum", "Wh·h", minimum, before * worth, before))
        if device.leaves_early:
            expected = device.leaves_early * before
            wishes.append(Wish("early_departure", "Wh", target, expected * worth, expected))
        return tuple(wishes)
