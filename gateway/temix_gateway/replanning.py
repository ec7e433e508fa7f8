"""When to plan anew before the hour is over: what a plan was based on, and whether that has changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import msgspec
from temix_market.instants import FIVE_MINUTES, HOUR, Instant
from temix_market.ladder import Rung, shown_prices
from temix_market.products import Side
from temix_market.units import Money, Price

from temix_gateway.home.devices import (
    Battery,
    Device,
    EvCharger,
    Held,
    ReportHome,
    RunTime,
    Thermostat,
    WaterHeater,
)

PRICE_SHARE: Final = 0.1
PRICE_FLOOR: Final = Price(5_000)
"""A mean change of the prices to buy by a tenth, and by 0.005 per kWh, is material."""
JUMP_SHARE: Final = 0.5
JUMP_FLOOR: Final = Price(50_000)
"""A price of a single step that is otherwise by half of the mean price, and by 0.05 per kWh, has jumped."""
JUMP_WORTH: Final = Money(80_000_000)
"""Jumps are material where the devices could move energy worth so much; else the next hour's plan does."""

MEASURED: Final = frozenset({"needed", "stored", "temperature", "outdoor", "remaining", "draw"})
"""Fields that drift as planned: where they do not, see ``surprise``."""


@dataclass(frozen=True, slots=True)
class Basis:
    """On what a plan was made.

    Attributes:
        wishes: of each device, by its id.
        prices: to buy, by start of a 5-minute step.
        paid: to sell, likewise.
        movable: what the devices can draw or give together, W.
    """

    wishes: Mapping[str, Any]
    prices: Mapping[Instant, Price]
    paid: Mapping[Instant, Price]
    movable: int

    @classmethod
    def of(cls, report: ReportHome, rungs: Sequence[Rung]) -> Self:
        """What a plan made now would be based on."""
        prices, paid = (shown_prices(rungs, side) for side in (Side.SELL, Side.BUY))
        return cls(_wishes(report), prices, paid, sum(map(_power, report.devices)))

    def home_changed(self, report: ReportHome) -> bool:
        """Whether a report brings other devices or wishes."""
        return self.wishes != _wishes(report)

    def changed(self, other: Self, now: Instant) -> bool:
        """Whether wishes or prices differ enough to plan anew."""
        common = [start for start in self.prices if start > now and start in other.prices]
        if self.wishes != other.wishes or not common:
            return True
        changes = {start: abs(other.prices[start] - self.prices[start]) for start in common}
        level = sum(abs(self.prices[start]) for start in common) / len(common)
        if sum(changes.values()) / len(common) > max(PRICE_FLOOR, PRICE_SHARE * level):
            return True
        for start in self.paid.keys() & other.paid.keys() & changes.keys():
            changes[start] = max(changes[start], abs(other.paid[start] - self.paid[start]))
        jumped = [change for change in changes.values() if change > max(JUMP_FLOOR, JUMP_SHARE * level)]
        return sum(jumped) * other.movable * FIVE_MINUTES // HOUR >= JUMP_WORTH


def _power(device: Device) -> int:
    """What a device can draw or give when it is asked to, W."""
    match device:
        case EvCharger():
            return device.max_power if device.connected else 0
        case Battery():
            return max(device.max_charge, device.max_discharge)
        case WaterHeater() | Thermostat() | RunTime():
            return device.power
        case Held():
            return 0


def _wishes(report: ReportHome) -> dict[str, Any]:
    return {
        device.id: {key: value for key, value in msgspec.to_builtins(device).items() if key not in MEASURED}
        for device in report.devices
    }
