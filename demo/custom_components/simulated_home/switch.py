"""The charger's switch and the pool pump's plug. Switched by a person, they stay so for an hour."""

from typing import Any, override

from homeassistant.components.switch import SwitchEntity
from homeassistant.components.switch.const import SwitchDeviceClass
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
    """Add both."""
    home = entry.runtime_data
    async_add_entities(
        [
            SimulatedSwitch(home, DeviceId.EV_CHARGER, "Charging", SwitchDeviceClass.SWITCH),
            SimulatedSwitch(home, DeviceId.POOL_PUMP, None, SwitchDeviceClass.OUTLET),
        ]
    )


class SimulatedSwitch(SimulatedEntity, SwitchEntity):
    """A load that is on or off."""

    def __init__(
        self, home: DemoHome, device: DeviceId, name: str | None, device_class: SwitchDeviceClass
    ) -> None:
        """Switches ``device``."""
        super().__init__(home, device, "switch", name)
        self._device_id = device
        self._attr_device_class = device_class

    @property
    @override
    def is_on(self) -> bool:
        return self.home.wanted(self._device_id) > 0

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Run at full power."""
        self.home.hold(self._device_id, self.home.full_power(self._device_id))

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Stop."""
        self.home.hold(self._device_id, 0)
