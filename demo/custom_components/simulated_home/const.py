"""Names of the simulated home; a device's id is also what the gateway's plan calls it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

DOMAIN: Final = "simulated_home"

CONF_SEED: Final = "seed"


class DeviceId(StrEnum):
    """The devices that a plan can steer."""

    EV_CHARGER = "ev_charger"
    WATER_HEATER = "water_heater"
    THERMOSTAT = "thermostat"
    POOL_PUMP = "pool_pump"
    BATTERY = "home_battery"


@dataclass(frozen=True, slots=True)
class Meter:
    """A register of energy that only rises."""

    id: str
    device: str
    key: str
    name: str

    @property
    def entity_id(self) -> str:
        """The entity id that Home Assistant gives it: device and name."""
        return f"sensor.{self.device}_{self.name.lower().replace(' ', '_')}"


GRID_IMPORT: Final = Meter("grid_import", "grid_meter", "import", "Import")
GRID_EXPORT: Final = Meter("grid_export", "grid_meter", "export", "Export")
BATTERY_IN: Final = Meter("battery_in", DeviceId.BATTERY, "energy_in", "Energy in")
BATTERY_OUT: Final = Meter("battery_out", DeviceId.BATTERY, "energy_out", "Energy out")
SOLAR: Final = Meter("solar", "solar_panels", "energy", "Energy")
METERS: Final = (
    GRID_IMPORT,
    GRID_EXPORT,
    BATTERY_IN,
    BATTERY_OUT,
    SOLAR,
    *(Meter(device, device, "energy", "Energy") for device in DeviceId if device is not DeviceId.BATTERY),
)
