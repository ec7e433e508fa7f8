"""The water heater."""

from typing import Any, override

from homeassistant.components.water_heater import WaterHeaterEntity
from homeassistant.components.water_heater.const import WaterHeaterEntityFeature
from homeassistant.const import ATTR_TEMPERATURE, STATE_OFF, UnitOfTemperature
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DeviceId
from .entity import SimulatedEntity, SimulatedHomeEntry
from .home import DemoHome

PARALLEL_UPDATES = 0
STATE_ELECTRIC = "electric"


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001 - Home Assistant's signature
    entry: SimulatedHomeEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add it."""
    async_add_entities([SimulatedWaterHeater(entry.runtime_data)])


class SimulatedWaterHeater(SimulatedEntity, WaterHeaterEntity):
    """A tank with an electric element."""

    _attr_supported_features = (
        WaterHeaterEntityFeature.TARGET_TEMPERATURE | WaterHeaterEntityFeature.OPERATION_MODE
    )
    _attr_temperature_unit = UnitOfTemperature.CELSIUS
    _attr_min_temp = 40
    _attr_max_temp = 65

    def __init__(self, home: DemoHome) -> None:
        """Is its device."""
        super().__init__(home, DeviceId.WATER_HEATER, "water_heater", None)
        self._attr_operation_list = [STATE_ELECTRIC, STATE_OFF]

    @property
    @override
    def current_temperature(self) -> float:
        return round(self.home.now.tank, 1)

    @property
    @override
    def target_temperature(self) -> float:
        return self.home.settings.tank

    @property
    @override
    def current_operation(self) -> str:
        return STATE_ELECTRIC if self.home.settings.tank_on else STATE_OFF

    @override
    async def async_set_temperature(self, **kwargs: Any) -> None:
        """Heat to another temperature."""
        self.home.set(tank=kwargs[ATTR_TEMPERATURE])

    @override
    async def async_set_operation_mode(self, operation_mode: str) -> None:
        """Switch off, or on again."""
        self.home.set(tank_on=operation_mode != STATE_OFF)
