"""Conditions: the price is low or high, or among the cheapest hours; the position is long or short."""

from datetime import timedelta
from typing import Final, override

import probatio as vol
from homeassistant.core import HomeAssistant

from .automations import (
    HIGH,
    LOW,
    Condition,
    DomainSpec,
    EntityStateConditionBase,
    GatewayCondition,
    Ours,
    gateway_schema,
)
from .coordinator import TemixCoordinator

HOURS: Final = "hours"


class LevelIs(Ours, EntityStateConditionBase):
    """The price's level is one of some."""

    _domain_specs = {"sensor": DomainSpec()}  # noqa: RUF012
    _keys = frozenset({"price_level"})


class IsLow(LevelIs):
    """The price is low or very low."""

    _states = {*LOW}  # noqa: RUF012


class IsHigh(LevelIs):
    """The price is high or very high."""

    _states = {*HIGH}  # noqa: RUF012


class IsWithinCheapestHours(GatewayCondition):
    """Less than so many hours of today are cheaper than now."""

    _schema = gateway_schema({vol.Required(HOURS): vol.All(vol.Coerce(float), vol.Range(min=0.25, max=24))})

    @override
    def holds(self, coordinator: TemixCoordinator) -> bool:
        """Compare with the known prices of the local day."""
        cheaper = coordinator.outlook.cheaper_today
        return cheaper is not None and cheaper < timedelta(hours=self._options[HOURS])


class IsPositionLong(GatewayCondition):
    """The home has bought more than it has sold for the current interval."""

    @override
    def holds(self, coordinator: TemixCoordinator) -> bool:
        """Read the position."""
        return coordinator.now.power > 0


class IsPositionShort(GatewayCondition):
    """The home has sold more than it has bought for the current interval."""

    @override
    def holds(self, coordinator: TemixCoordinator) -> bool:
        """Read the position."""
        return coordinator.now.power < 0


CONDITIONS: Final[dict[str, type[Condition]]] = {
    "is_price_low": IsLow,
    "is_price_high": IsHigh,
    "is_within_cheapest_hours": IsWithinCheapestHours,
    "is_position_long": IsPositionLong,
    "is_position_short": IsPositionShort,
}


async def async_get_conditions(hass: HomeAssistant) -> dict[str, type[Condition]]:
    """Every condition by its key."""
    return CONDITIONS
