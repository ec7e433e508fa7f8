"""Home battery.

Model: stored' = stored + charge_efficiency · charging · hours − discharging · hours / discharge_efficiency,
between
``reserve`` and ``capacity``; power is continuous. Each kWh discharged costs ``wear``; each kWh left at the
end of the horizon is worth ``end_price``; each kWh missing of ``target`` there costs ``worth``.
"""

from collections.abc import Sequence

import msgspec
from temix_market.errors import InvalidField
from temix_market.intervals import Interval
from temix_market.units import Energy, Price

from temix_gateway.planning.devices.fields import (
    WISH_WORTH,
    AnyPrice,
    Efficiency,
    Name,
    SomeWattHours,
    WattHours,
    Watts,
    Worth,
    check_at_most,
    money,
)


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

    def check(self, _steps: Sequence[Interval], path: str) -> None:
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
