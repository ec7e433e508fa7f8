"""What is measured: power and energy of each device, the grid meter, charge of car and battery."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import PERCENTAGE, UnitOfEnergy, UnitOfPower, UnitOfTemperature
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import METERS, DeviceId, Meter
from .entity import SimulatedEntity, SimulatedHomeEntry
from .home import DemoHome, Now

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class SimulatedSensorDescription(SensorEntityDescription):
    """A sensor, the device that it belongs to, and where its value is."""

    device: str
    value: Callable[[Now], float]
    named: str
    unit_class: str | None = None
    """The recorder's class of its unit."""


def _power(device: str) -> SimulatedSensorDescription:
    return SimulatedSensorDescription(
        key="power",
        device=device,
        named="Power",
        value=lambda now: round(now.power[device]),
        unit_class="power",
        device_class=SensorDeviceClass.POWER,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfPower.WATT,
    )


def _energy(meter: Meter) -> SimulatedSensorDescription:
    return SimulatedSensorDescription(
        key=meter.key,
        device=meter.device,
        named=meter.name,
        value=lambda now: round(now.energy[meter.id] / 1000, 3),
        unit_class="energy",
        device_class=SensorDeviceClass.ENERGY,
        state_class=SensorStateClass.TOTAL_INCREASING,
        native_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=1,
    )


def _charge(device: DeviceId, named: str, value: Callable[[Now], float]) -> SimulatedSensorDescription:
    return SimulatedSensorDescription(
        key="charge",
        device=device,
        named=named,
        value=value,
        unit_class="unitless",
        device_class=SensorDeviceClass.BATTERY,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=PERCENTAGE,
    )


SENSORS = (
    *(_power(device) for device in (*DeviceId, "grid_meter", "solar_panels")),
    *(_energy(meter) for meter in METERS),
    _charge(DeviceId.EV_CHARGER, "Car charge", lambda now: round(now.car_charge)),
    _charge(DeviceId.BATTERY, "Charge", lambda now: round(now.battery_charge)),
    SimulatedSensorDescription(
        key="outdoor",
        device=DeviceId.THERMOSTAT,
        named="Outdoor",
        value=lambda now: round(now.outdoor, 1),
        unit_class="temperature",
        device_class=SensorDeviceClass.TEMPERATURE,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfTemperature.CELSIUS,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001 - Home Assistant's signature
    entry: SimulatedHomeEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add them."""
    async_add_entities(SimulatedSensor(entry.runtime_data, description) for description in SENSORS)


class SimulatedSensor(SimulatedEntity, SensorEntity):
    """A measured value."""

    entity_description: SimulatedSensorDescription

    def __init__(self, home: DemoHome, description: SimulatedSensorDescription) -> None:
        """Measures what ``description`` says."""
        super().__init__(home, description.device, description.key, description.named)
        self.entity_description = description

    @property
    @override
    def native_value(self) -> float:
        return self.entity_description.value(self.home.now)
