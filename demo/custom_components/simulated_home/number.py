"""The charger's current and the battery's set-point."""

from typing import override

from homeassistant.components.number import NumberDeviceClass, NumberEntity, NumberMode
from homeassistant.const import UnitOfElectricCurrent, UnitOfPower
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DeviceId
from .entity import SimulatedEntity, SimulatedHomeEntry
from .home import DemoHome
from .settings import MAINS_V

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001 - Home Assistant's signature
    entry: SimulatedHomeEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add both."""
    async_add_entities([ChargeCurrent(entry.runtime_data), BatterySetPoint(entry.runtime_data)])


class ChargeCurrent(SimulatedEntity, NumberEntity):
    """What the charger offers the car."""

    _attr_device_class = NumberDeviceClass.CURRENT
    _attr_native_unit_of_measurement = UnitOfElectricCurrent.AMPERE
    _attr_native_min_value = 6
    _attr_native_step = 1
    _attr_mode = NumberMode.SLIDER

    def __init__(self, home: DemoHome) -> None:
        """Belongs to the charger."""
        super().__init__(home, DeviceId.EV_CHARGER, "current", "Current")
        self._attr_native_max_value = home.physics.model.vehicle.most // MAINS_V

    @property
    @override
    def native_value(self) -> float:
        return self.home.settings.current

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Charge with this current."""
        self.home.set(current=value)


class BatterySetPoint(SimulatedEntity, NumberEntity):
    """Power into the battery; below zero it feeds the home, at zero it rests."""

    _attr_device_class = NumberDeviceClass.POWER
    _attr_native_unit_of_measurement = UnitOfPower.WATT
    _attr_native_step = 10
    _attr_mode = NumberMode.SLIDER

    def __init__(self, home: DemoHome) -> None:
        """Belongs to the battery."""
        super().__init__(home, DeviceId.BATTERY, "set_point", "Set-point")
        self._attr_native_max_value = home.physics.model.battery.most
        self._attr_native_min_value = -home.physics.model.battery.most

    @property
    @override
    def native_value(self) -> float:
        return self.home.settings.battery

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Charge or discharge with this power."""
        self.home.set(battery=value)
