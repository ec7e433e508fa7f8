"""The thermostat of a heat pump; its target temperature is a wish that the plan keeps."""

from typing import Any, override

from homeassistant.components.climate import ClimateEntity
from homeassistant.components.climate.const import ClimateEntityFeature, HVACAction, HVACMode
from homeassistant.const import ATTR_TEMPERATURE, UnitOfTemperature
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DeviceId
from .entity import SimulatedEntity, SimulatedHomeEntry
from .home import DemoHome

PARALLEL_UPDATES = 0
RUNNING_W = 50


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001 - Home Assistant's signature
    entry: SimulatedHomeEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add it."""
    async_add_entities([SimulatedThermostat(entry.runtime_data)])


class SimulatedThermostat(SimulatedEntity, ClimateEntity):
    """Heats in winter and cools in summer by itself."""

    _attr_supported_features = (
        ClimateEntityFeature.TARGET_TEMPERATURE | ClimateEntityFeature.TURN_OFF | ClimateEntityFeature.TURN_ON
    )
    _attr_temperature_unit = UnitOfTemperature.CELSIUS
    _attr_min_temp = 15
    _attr_max_temp = 28

    def __init__(self, home: DemoHome) -> None:
        """Is its device."""
        super().__init__(home, DeviceId.THERMOSTAT, "thermostat", None)
        self._attr_hvac_modes = [HVACMode.AUTO, HVACMode.OFF]

    @property
    @override
    def current_temperature(self) -> float:
        return round(self.home.now.room, 1)

    @property
    @override
    def target_temperature(self) -> float:
        return self.home.wishes.room

    @property
    @override
    def hvac_mode(self) -> HVACMode:
        return HVACMode.OFF if self.home.held(DeviceId.THERMOSTAT) == 0 else HVACMode.AUTO

    @property
    @override
    def hvac_action(self) -> HVACAction:
        if self.hvac_mode is HVACMode.OFF:
            return HVACAction.OFF
        if self.home.now.power[DeviceId.THERMOSTAT] < RUNNING_W:
            return HVACAction.IDLE
        return HVACAction.COOLING if self.home.now.cooling else HVACAction.HEATING

    @override
    async def async_set_temperature(self, **kwargs: Any) -> None:
        """Wish for another temperature."""
        self.home.wish(room=kwargs[ATTR_TEMPERATURE])

    @override
    async def async_set_hvac_mode(self, hvac_mode: HVACMode) -> None:
        """Switch off for an hour, or back to the plan."""
        self.home.hold(DeviceId.THERMOSTAT, 0 if hvac_mode is HVACMode.OFF else None)
