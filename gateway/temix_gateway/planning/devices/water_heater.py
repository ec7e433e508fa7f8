"""Water heater: heat in a tank, drawn by the household.

Model, in Wh of heat above the coldest useful water: heat' = heat · e^(−hours / loss_hours) + efficiency ·
power · hours
− draws · hours, up to ``capacity``, where the thermostat cuts off. Draws that find no heat cost ``worth`` per
kWh and are gone; what is missing of ``reserve`` costs ``worth`` per kWh and hour.
"""

from collections.abc import Sequence

import msgspec
from temix_market.instants import Duration
from temix_market.intervals import Interval
from temix_market.units import Energy

from temix_gateway.planning.devices.fields import (
    WISH_WORTH,
    Levels,
    Milliseconds,
    Name,
    NotNegative,
    Positive,
    SomeWattHours,
    SomeWatts,
    WattHours,
    Worth,
    check_at_most,
    check_series,
)


class WaterHeater(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="kind",
    tag="water_heater",
):
    """A tank with a heater that is on or off, or modulates.

    Attributes:
        id: unique in the problem.
        power: of the heater, W.
        levels: how many powers it has beside off: 1 is on or off; more divide ``power`` evenly.
        efficiency: heat per electric energy; 1 for a heating element, about 3 for a heat pump.
        capacity: heat between the coldest useful and the hottest water, Wh.
        stored: heat now, Wh.
        reserve: heat wanted at all times, Wh.
        loss_hours: time in which losses take 63 % of the heat, h.
        draws: expected draws of each step as mean power, W of heat.
        on: whether it heats now.
        lasted: for how long it has been on or off (ms).
        min_run: shortest run (ms).
        min_rest: shortest rest (ms).
        worth: of a kWh of heat missing, µ/kWh.
    """

    id: Name
    power: SomeWatts
    levels: Levels = 1
    efficiency: Positive = 1.0
    capacity: SomeWattHours
    stored: WattHours
    reserve: WattHours = Energy(0)
    loss_hours: Positive = 80.0
    draws: tuple[NotNegative, ...]
    on: bool = False
    lasted: Milliseconds = Duration(3_600_000)
    min_run: Milliseconds = Duration(0)
    min_rest: Milliseconds = Duration(0)
    worth: Worth = WISH_WORTH

    def check(self, steps: Sequence[Interval], path: str) -> None:
        """Refuse contradictions.

        Raises:
            InvalidField: naming the field.
        """
        check_series(steps, self.draws, f"{path}.draws")
        check_at_most(self.stored, self.capacity, f"{path}.stored", "the capacity")
        check_at_most(self.reserve, self.capacity, f"{path}.reserve", "the capacity")
