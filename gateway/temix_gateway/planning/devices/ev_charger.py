"""EV charger: energy into a car by the time it leaves.

Model: stored' = stored + efficiency · power · hours while the car is there, up to its capacity. Power is off
or between
the charger's least and greatest, in whole steps of current. What is missing of ``target`` at ``ready_by``
costs ``worth``; so does, per hour, what is missing of ``minimum`` (charge this much at once); with
``leaves_early`` (chance per hour that it leaves before) what is missing of ``target`` counts in proportion.
"""

from collections.abc import Sequence

import msgspec
from temix_market.errors import InvalidField
from temix_market.intervals import Interval
from temix_market.units import Energy, Power

from temix_gateway.planning.devices.fields import (
    WISH_WORTH,
    Efficiency,
    Fraction,
    Name,
    SomeWattHours,
    SomeWatts,
    WattHours,
    When,
    Worth,
    check_at_most,
    check_window,
)

LEAST_AMPERES = 6


class EvCharger(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="ev_charger"
):
    """A car at a charger.

    Attributes:
        id: unique in the problem.
        min_power: least power that it charges with, W (6 A of one phase by default).
        max_power: no level is above it, W; equal to ``min_power`` for one that is only on or off.
        power_step: from one level to the next, from ``min_power`` up, W (1 A of one phase by default).
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

    def check(self, steps: Sequence[Interval], path: str) -> None:
        """Refuse contradictions.

        Raises:
            InvalidField: naming the field.
        """
        check_at_most(self.min_power, self.max_power, f"{path}.min_power", "max_power")
        check_at_most(self.stored, self.capacity, f"{path}.stored", "the capacity")
        check_at_most(self.target, self.capacity, f"{path}.target", "the capacity")
        check_at_most(self.minimum, self.capacity, f"{path}.minimum", "the capacity")
        start = steps[0].start if self.arrives is None else self.arrives
        check_window(steps, start, self.ready_by, f"{path}.ready_by")
        if self.stays_until is not None and self.stays_until < self.ready_by:
            raise InvalidField(f"{path}.stays_until", "the car would leave before ready_by")


def one_ampere(min_power: Power) -> Power:
    """By how much a charger's power rises with an ampere, W, on however many phases it charges.

    IEC 61851-1 has no car charge with less than 6 A: that is ``min_power`` of a charger whose current is set.
    """
    return Power(max(1, round(min_power / LEAST_AMPERES)))
