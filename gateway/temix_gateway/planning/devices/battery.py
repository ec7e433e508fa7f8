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
    Missed,
    Name,
    Schedule,
    SomeWattHours,
    WattHours,
    Watts,
    Worth,
    check_at_most,
    money,
)
from temix_gateway.planning.devices.storage import Storage, grid_points

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
        self.device, self.grid, self.end = device, grid, device.end_worth(usual)
        low = float(min(device.reserve, device.stored))
        points = grid_points(low, float(device.capacity), POINTS)
        charging = np.linspace(0, device.max_charge, LEVELS + 1)[1:]
        giving = -np.linspace(0, device.max_discharge, LEVELS + 1)[1:]
        levels = np.concatenate([[0.0], charging, giving])
        rates = np.concatenate(
            [[0.0], charging * device.charge_efficiency, giving / device.discharge_efficiency]
        )
        stage = np.zeros((len(grid), POINTS))
        stage[-1] = -points * self.end / 1000 + self._short(points) * money(device.worth) / 1000
        self.storage = Storage(
            grid=grid,
            points=points,
            start=float(device.stored),
            keep=np.ones(len(grid)),
            push=grid.hours[:, None] * rates,
            drain=np.zeros(len(grid)),
            power=np.repeat(levels[None, :], len(grid), axis=0),
            stage=stage,
            allowed=np.ones((len(grid), len(levels)), dtype=bool),
        )

    def best(self, cost: Cost) -> Schedule:
        """The cheapest schedule."""
        wear = money(self.device.wear) / 1000 * self.grid.hours[:, None]
        path = self.storage.best(lambda power: cost(power) + np.maximum(-power, 0) * wear)
        return self.account(path.power, path.state)

    def account(self, power: Floats, state: Floats) -> Schedule:
        """Count wear and wishes of a schedule; what is left at the end counts against the wear."""
        given = float((np.maximum(-power, 0) * self.grid.hours).sum())
        short = float(self._short(state[-1]))
        missed = (
            (Missed("target", short, "Wh", short * money(self.device.worth) / 1000),) if short > 1 else ()
        )
        left = float(state[-1] - self.device.stored)
        return Schedule(power, state, (given * money(self.device.wear) - left * self.end) / 1000, missed)

    def _short(self, stored: Floats | float) -> Floats:
        short: Floats = np.maximum((self.device.target or 0) - np.asarray(stored), 0)
        return short
