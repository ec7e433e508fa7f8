"""The thermostat of a heat pump."""

from typing import Any, override

from homeassistant.components.climate import ClimateEntity
from homeassistant.components.climate.const import ClimateEntityFeature, HVACAction, HVACMode
from homeassistant.const import ATTR_TEMPERATURE, UnitOfTemperature
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DeviceId
from .entity import SimulatedEntity, SimulatedHomeEntry
from .home import DemoHome
from .settings import Season

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
    """Heats or cools to its target."""

    _attr_supported_features = (
        ClimateEntityFeature.TARGET_TEMPERATURE | ClimateEntityFeature.TURN_OFF | ClimateEntityFeature.TURN_ON
    )
    _attr_temperature_unit = UnitOfTemperature.CELSIUS
    _attr_min_temp = 15
    _attr_max_temp = 28

    def __init__(self, home: DemoHome) -> None:
        """Is its device."""
        super().__init__(home, DeviceId.THERMOSTAT, "thermostat", None)
        self._attr_hvac_modes = [HVACMode.HEAT, HVACMode.COOL, HVACMode.OFF]

    @property
    @override
    def current_temperature(self) -> float:
        return round(self.home.now.room, 1)

    @property
    @override
    def target_temperature(self) -> float:
        return self.home.settings.room

    @property
    @override
    def hvac_mode(self) -> HVACMode:
        return HVACMode(self.home.settings.season)

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
        """Heat or cool to another temperature."""
        self.home.set(room=kwargs[ATTR_TEMPERATURE])

    @override
    async def async_set_hvac_mode(self, hvac_mode: HVACMode) -> None:
        """Heat, cool, or rest."""
        self.home.set(season=Season(hvac_mode))
