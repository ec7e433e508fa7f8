"""Heating and cooling of a room or home.

Model (one thermal mass): dT/dt = (outdoor − T) / loss_hours + (gains + heat) / heat_capacity, solved exactly
within a step. Heat is ``heating_efficiency`` · power while heating and −``cooling_efficiency`` · power while
cooling. Outside the band ``low`` … ``high`` each kelvin and hour costs ``worth``. Pre-heating and pre-cooling
follow from the prices.
"""

from collections.abc import Sequence

import msgspec
from temix_market.errors import InvalidField
from temix_market.instants import Duration
from temix_market.intervals import Interval
from temix_market.units import Power, Price

from temix_gateway.planning.devices.fields import (
    Celsius,
    Flow,
    Levels,
    Milliseconds,
    Name,
    Positive,
    Watts,
    Worth,
    check_series,
)


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

    def check(self, steps: Sequence[Interval], path: str) -> None:
        """Refuse contradictions.

        Raises:
            InvalidField: naming the field.
        """
        for name in ("outdoor", "low", "high"):
            check_series(steps, getattr(self, name), f"{path}.{name}")
        if self.gains:
            check_series(steps, self.gains, f"{path}.gains")
        for step, (low, high) in enumerate(zip(self.low, self.high, strict=True)):
            if low > high:
                raise InvalidField(f"{path}.low[{step}]", f"{low} °C is above high, {high} °C")
        if self.heating_power == 0 and self.cooling_power == 0:
            raise InvalidField(f"{path}.heating_power", "neither heating nor cooling has power")
