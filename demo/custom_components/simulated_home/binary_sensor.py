"""Whether the car is plugged in."""

from typing import override

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DeviceId
from .entity import SimulatedEntity, SimulatedHomeEntry
from .home import DemoHome

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001 - Home Assistant's signature
    entry: SimulatedHomeEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add it."""
    async_add_entities([PluggedIn(entry.runtime_data)])


class PluggedIn(SimulatedEntity, BinarySensorEntity):
    """The car is at home and connected."""

    _attr_device_class = BinarySensorDeviceClass.PLUG

    def __init__(self, home: DemoHome) -> None:
        """Belongs to the charger."""
        super().__init__(home, DeviceId.EV_CHARGER, "plugged_in", "Car")

    @property
    @override
    def is_on(self) -> bool:
        return self.home.now.plugged_in
