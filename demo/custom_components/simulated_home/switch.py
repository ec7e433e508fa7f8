"""The charger's switch and the pool pump's plug."""

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
            SimulatedSwitch(home, DeviceId.EV_CHARGER, "charging", "Charging", SwitchDeviceClass.SWITCH),
            SimulatedSwitch(home, DeviceId.POOL_PUMP, "pump", None, SwitchDeviceClass.OUTLET),
        ]
    )


class SimulatedSwitch(SimulatedEntity, SwitchEntity):
    """A load that is on or off."""

    def __init__(
        self,
        home: DemoHome,
        device: DeviceId,
        setting: str,
        name: str | None,
        device_class: SwitchDeviceClass,
    ) -> None:
        """Switches ``setting``."""
        super().__init__(home, device, "switch", name)
        self._setting = setting
        self._attr_device_class = device_class

    @property
    @override
    def is_on(self) -> bool:
        return bool(getattr(self.home.settings, self._setting))

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Run."""
        self.home.set(**{self._setting: True})

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Stop."""
        self.home.set(**{self._setting: False})
