"""What every entity of the simulated home shares: its device, and being written when the home moves on."""

from typing import override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import Entity

from .const import DOMAIN
from .home import DemoHome

type SimulatedHomeEntry = ConfigEntry[DemoHome]

NAMES = {
    "ev_charger": "EV charger",
    "water_heater": "Water heater",
    "thermostat": "Thermostat",
    "pool_pump": "Pool pump",
    "home_battery": "Home battery",
    "grid_meter": "Grid meter",
    "solar_panels": "Solar panels",
}


class SimulatedEntity(Entity):
    """An entity of one device of the home."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, home: DemoHome, device: str, key: str, name: str | None) -> None:
        """``name`` is what the entity is beside its device; none where it is the device."""
        self.home = home
        self.device = device
        self._attr_unique_id = unique_id(device, key)
        self._attr_name = name
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, device)},
            name=NAMES[device],
            manufacturer="Simulated",
            model="Physics, weather and people of the replay",
        )

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the home."""
        self.async_on_remove(self.home.subscribe(self._moved_on))

    @callback
    def _moved_on(self) -> None:
        self.async_write_ha_state()


def unique_id(device: str, key: str) -> str:
    """The unique id of an entity of ``device``."""
    return f"{device}-{key}"
