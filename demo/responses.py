"""The price responses of the demo's home, as its owner answers the questions about them."""

from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Answers:
    """What is chosen from the menu, which device it is, and how; ``more`` is the page's collapsed section.

    What is not answered keeps the default that the page shows.
    """

    kind: str
    device: dict[str, Any]
    settings: dict[str, Any]
    more: dict[str, Any]


RESPONSES: Final = (
    Answers(
        "charge_car",
        {
            "switch": "switch.ev_charger_charging",
            "current": "number.ev_charger_current",
            "plugged": "binary_sensor.ev_charger_car",
            "soc": "sensor.ev_charger_car_charge",
        },
        {"name": "Car"},
        {"volts": 240},
    ),
    Answers(
        "heat_water",
        {"heater": "water_heater.water_heater"},
        {"name": "Hot water", "lowest": 115, "usual": 125, "highest": 140, "power": 4_500},
        {"volume": 189},
    ),
    Answers(
        "heat_cool",
        {"thermostat": "climate.thermostat"},
        {"name": "Heat pump"},
        {"power": 3_000, "outdoor": "sensor.thermostat_outdoor"},
    ),
    Answers(
        "run_hours",
        {"switch": "switch.pool_pump"},
        {"name": "Pool pump", "hours": 6, "power": 1_100, "ready_by": "00:00:00"},
        {},
    ),
    Answers(
        "home_battery",
        {"setpoint": "number.home_battery_set_point", "soc": "sensor.home_battery_charge"},
        {"name": "Battery", "capacity": 13.5},
        {},
    ),
)
