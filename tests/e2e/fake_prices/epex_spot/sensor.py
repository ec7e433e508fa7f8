"""The market price; what it has to show is in the platform's configuration."""

from typing import Any

import probatio as vol
from homeassistant.components.sensor import PLATFORM_SCHEMA, SensorEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddEntitiesCallback
from homeassistant.helpers.typing import ConfigType, DiscoveryInfoType

PLATFORM_SCHEMA = PLATFORM_SCHEMA.extend({vol.Required("data"): list})


async def async_setup_platform(
    hass: HomeAssistant,
    config: ConfigType,
    async_add_entities: AddEntitiesCallback,
    discovery_info: DiscoveryInfoType | None = None,
) -> None:
    """Add the one sensor."""
    async_add_entities([MarketPrice(config["data"])])


class MarketPrice(SensorEntity):
    """As the integration's own, in dollars."""

    _attr_unique_id = "area MarketPrice"
    _attr_name = "Market price"
    _attr_native_unit_of_measurement = "USD/kWh"
    _unrecorded_attributes = frozenset({"data"})

    def __init__(self, data: list[dict[str, Any]]) -> None:
        """Show the first row's price, and all rows."""
        self._attr_native_value = data[0]["price_per_kwh"]
        self._attr_extra_state_attributes = {"data": data}
