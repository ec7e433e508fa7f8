"""Home battery.

Model: stored' = stored + charge_efficiency · charging · hours − discharging · hours / discharge_efficiency,
between
``reserve`` and ``capacity``; power is continuous. Each kWh discharged costs ``wear``; each kWh left at the
end of the horizon is worth ``end_price``; each kWh missing of ``target`` there costs ``worth``.
"""

import msgspec
import numpy as np
from temix_market.errors import InvalidField
from temix_market.units import Energy, Price

from temix_gateway.planning.devices.model import (
    WISH_WORTH,
    AnyPrice,
    Cost,
    Efficiency,
    Floats,
    Grid,
    Name,
    Schedule,
    SomeWattHours,
    WattHours,
    Watts,
    Worth,
    check_at_most,
    money,
)
from temix_gateway.planning.devices.storage import Storage, Wish, grid_points

POINTS = 101
LEVELS = 10
"""Levels in each direction that the dynamic program tries; the master problem has continuous power."""


class Battery(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="battery"
):
    """A battery that charges from and discharges to the home.

    Attributes:
        id: unique in the problem.
        capacity: usable energy, Wh.
        stored: now, Wh.
        reserve: kept for outages, Wh; below it the battery only charges.
        max_charge: greatest power drawn, W.
        max_discharge: greatest power given, W.
        charge_efficiency: share of the power drawn that is stored.
        discharge_efficiency: share of what leaves the store that is given.
        wear: of a kWh given, µ/kWh.
        end_price: worth of a kWh stored at the end of the horizon, µ/kWh; null: the median price to buy, less
            losses.
        target: wanted at the end of the horizon, Wh; null: none.
        worth: of a kWh missing of the target, µ/kWh.
    """

    id: Name
    capacity: SomeWattHours
    stored: WattHours
    reserve: WattHours = Energy(0)
    max_charge: Watts
    max_discharge: Watts
    charge_efficiency: Efficiency = 0.95
    discharge_efficiency: Efficiency = 0.95
    wear: Worth = Price(20_000)
    end_price: AnyPrice | None = None
    target: WattHours | None = None
    worth: Worth = WISH_WORTH

    def check(self, _grid: Grid, path: str) -> None:
        """Refuse contradictions.

        Raises:
            InvalidField: naming the field.
        """
        check_at_most(self.stored, self.capacity, f"{path}.stored", "the capacity")
        check_at_most(self.reserve, self.capacity, f"{path}.reserve", "the capacity")
        check_at_most(self.target or 0, self.capacity, f"{path}.target", "the capacity")
        if self.max_charge == 0 and self.max_discharge == 0:
            raise InvalidField(f"{path}.max_charge", "a battery without power")

    def end_worth(self, usual: float) -> float:
        """Worth of a kWh stored at the end (currency units), where ``usual`` is the median price to buy."""
        return (
            usual * self.discharge_efficiency - money(self.wear)
            if self.end_price is None
            else self.end_price / 1e6
        )

    def model(self, grid: Grid, usual: float) -> BatteryModel:
        """Put it on a grid; ``usual`` is the median price to buy (currency units per kWh)."""
        return BatteryModel(self, grid, usual)


class BatteryModel:
    """A battery on a grid, with power in steps: for a plan without a solver."""

    def __init__(self, device: Battery, grid: Grid, usual: float) -> None:
        """Arrange levels and the worth of the end as arrays."""
        self.device, self.grid, steps = device, grid, len(grid)
        low = float(min(device.reserve, device.stored))
        points = grid_points(low, float(device.capacity), POINTS)
        charging = np.linspace(0, device.max_charge, LEVELS + 1)[1:]
        giving = -np.linspace(0, device.max_discharge, LEVELS + 1)[1:]
        levels = np.concatenate([[0.0], charging, giving])
        rates = np.concatenate(
            [[0.0], charging * device.charge_efficiency, giving / device.discharge_efficiency]
        )
        self.storage = Storage(
            grid=grid,
            points=points,
            start=float(device.stored),
            keep=np.ones(steps),
            push=grid.hours[:, None] * rates,
            drain=np.zeros(steps),
            power=np.repeat(levels[None, :], steps, axis=0),
            allowed=np.ones((steps, len(levels)), dtype=bool),
            wishes=self._wishes(),
            end_worth=device.end_worth(usual) / 1000,
            extra=np.maximum(-levels, 0) * grid.hours[:, None] * money(device.wear) / 1000,
        )

    def best(self, cost: Cost) -> Schedule:
        """The cheapest schedule."""
        return self.storage.best(cost)

    def from_states(self, state: Floats) -> Schedule:
        """The schedule that leads through given states (Wh at each step's end)."""
        device = self.device
        change = np.diff(state, prepend=float(device.stored))
        giving = np.maximum(-change, 0) * device.discharge_efficiency
        power = (np.maximum(change, 0) / device.charge_efficiency - giving) / self.grid.hours
        return self.storage.account(power, state, float(giving.sum()) * money(device.wear) / 1000)

    def _wishes(self) -> tuple[Wish, ...]:
        if self.device.target is None:
            return ()
        at_end = np.zeros(len(self.grid))
        at_end[-1] = 1.0
        target = np.full(len(self.grid), float(self.device.target))
        return (Wish("target", "Wh", target, at_end * money(self.device.worth) / 1000, at_end),)
