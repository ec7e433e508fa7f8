"""Heating and cooling of a room or home.

Model (one thermal mass): dT/dt = (outdoor − T) / loss_hours + (gains + heat) / heat_capacity, solved exactly
within a step. Heat is ``heating_efficiency`` · power while heating and −``cooling_efficiency`` · power while
cooling. Outside the band ``low`` … ``high`` each kelvin and hour costs ``worth``. Pre-heating and pre-cooling
follow from the prices.
"""

import msgspec
import numpy as np
from temix_market.errors import InvalidField
from temix_market.instants import Duration
from temix_market.units import Power, Price

from temix_gateway.planning.devices.duty import Duty
from temix_gateway.planning.devices.model import (
    Celsius,
    Cost,
    Floats,
    Flow,
    Grid,
    Levels,
    Milliseconds,
    Name,
    Positive,
    Schedule,
    Watts,
    Worth,
    check_series,
    money,
    shares,
)
from temix_gateway.planning.devices.storage import Storage, Wish, fine

MARGIN = 1.5
"""Kelvin beyond the band (or what weather forces) that the grid covers."""


class Climate(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="climate"
):
    """A heat pump, air conditioner or heater with a comfort band.

    Attributes:
        id: unique in the problem.
        temperature: indoors now, °C.
        outdoor: expected in each step, °C.
        gains: heat from sun and people in each step, W; empty: none.
        low, high: comfort band of each step, °C.
        heating_power, cooling_power: electric, W; 0 where it cannot.
        levels: how many powers beside off: 1 is on or off; more divide the power evenly.
        heating_efficiency, cooling_efficiency: heat moved per electric energy.
        loss_hours: time constant of the building, h.
        heat_capacity: Wh per kelvin.
        on, lasted: whether it runs now, and for how long it has or has not (ms).
        min_run, min_rest: shortest run and rest (ms).
        worth: of a kelvin-hour outside the band, in millionths of the currency unit.
    """

    id: Name
    temperature: Celsius
    outdoor: tuple[Celsius, ...]
    gains: tuple[Flow, ...] = ()
    low: tuple[Celsius, ...]
    high: tuple[Celsius, ...]
    heating_power: Watts = Power(0)
    cooling_power: Watts = Power(0)
    levels: Levels = 1
    heating_efficiency: Positive = 3.0
    cooling_efficiency: Positive = 3.0
    loss_hours: Positive = 40.0
    heat_capacity: Positive = 3000.0
    on: bool = False
    lasted: Milliseconds = Duration(3_600_000)
    min_run: Milliseconds = Duration(0)
    min_rest: Milliseconds = Duration(0)
    worth: Worth = Price(1_000_000)

    def check(self, grid: Grid, path: str) -> None:
        """Refuse contradictions.

        Raises:
            InvalidField: naming the field.
        """
        for name in ("outdoor", "low", "high"):
            check_series(grid, getattr(self, name), f"{path}.{name}")
        if self.gains:
            check_series(grid, self.gains, f"{path}.gains")
        for step, (low, high) in enumerate(zip(self.low, self.high, strict=True)):
            if low > high:
                raise InvalidField(f"{path}.low[{step}]", f"{low} °C is above high, {high} °C")
        if self.heating_power == 0 and self.cooling_power == 0:
            raise InvalidField(f"{path}.heating_power", "neither heating nor cooling has power")

    def model(self, grid: Grid) -> ClimateModel:
        """Put it on a grid."""
        return ClimateModel(self, grid)


class ClimateModel:
    """Heating and cooling on a grid."""

    def __init__(self, device: Climate, grid: Grid) -> None:
        """Arrange levels, weather and comfort as arrays."""
        self.device, self.grid = device, grid
        steps = len(grid)
        parts, allowed = shares(grid, device.levels)
        heating = parts[1:] * device.heating_power if device.heating_power else np.empty(0)
        cooling = parts[1:] * device.cooling_power if device.cooling_power else np.empty(0)
        able = [allowed[:, 1:]] * (int(device.heating_power > 0) + int(device.cooling_power > 0))
        levels = np.concatenate([[0.0], heating, cooling])
        heat = np.concatenate(
            [[0.0], heating * device.heating_efficiency, -cooling * device.cooling_efficiency]
        )
        keep = np.exp(-grid.hours / device.loss_hours)
        # Steady state of a constant heat flow: its temperature rise is flow · loss_hours / heat_capacity.
        rise = device.loss_hours / device.heat_capacity
        rest = np.array(device.outdoor) + rise * np.array(device.gains or np.zeros(steps))
        low, high = np.array(device.low), np.array(device.high)
        bounds = [*_idling(device.temperature, keep, rest), low.min(), high.max()]
        points = np.linspace(min(bounds) - MARGIN, max(bounds) + MARGIN, fine(steps))
        duty = Duty.of(device.min_run, device.min_rest) if device.min_run or device.min_rest else None
        worth = money(device.worth)
        self.storage = Storage(
            grid=grid,
            points=points,
            start=device.temperature,
            keep=keep,
            push=(1 - keep)[:, None] * rise * heat,
            drain=-(1 - keep) * rest,
            power=np.repeat(levels[None, :], steps, axis=0),
            allowed=np.concatenate([allowed[:, :1], *able], axis=1),
            wishes=(
                Wish("comfort", "K·h", low, grid.hours * worth, grid.hours),
                Wish("comfort", "K·h", high, grid.hours * worth, grid.hours, above=True),
            ),
            duty=duty,
            phase=duty.phase(device.on, device.lasted) if duty else 0,
            throttles=False,
        )

    def best(self, cost: Cost) -> Schedule:
        """The cheapest schedule."""
        return self.storage.best(cost)


def _idling(start: float, keep: Floats, rest: Floats) -> list[float]:
    """The temperatures of a building left to the weather: at dear hours that may be the cheapest."""
    found = [start]
    for share, outside in zip(keep.tolist(), rest.tolist(), strict=True):
        found.append(share * found[-1] + (1 - share) * outside)
    return found
