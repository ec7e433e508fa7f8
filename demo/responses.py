"""The price responses of the demo's home, as its owner answers the questions about them."""

from collections.abc import Mapping
from typing import Any, Final

RESPONSES: Final[Mapping[str, Mapping[str, Any]]] = {
    "charge_car": {
        "name": "Car",
        "switch": "switch.ev_charger_charging",
        "current": "number.ev_charger_current",
        "plugged": "binary_sensor.ev_charger_car",
        "soc": "sensor.ev_charger_car_charge",
        "volts": 240,
    },
    "heat_water": {
        "name": "Hot water",
        "heater": "water_heater.water_heater",
        "lowest": 115,
        "usual": 125,
        "highest": 140,
        "power": 4_500,
        "volume": 189,
    },
    "heat_cool": {
        "name": "Heat pump",
        "thermostat": "climate.thermostat",
        "power": 3_000,
        "outdoor": "sensor.thermostat_outdoor",
    },
    "run_hours": {
        "name": "Pool pump",
        "switch": "switch.pool_pump",
        "hours": 6,
        "power": 1_100,
        "ready_by": "00:00:00",
    },
    "home_battery": {
        "name": "Battery",
        "setpoint": "number.home_battery_set_point",
        "soc": "sensor.home_battery_charge",
        "capacity": 13.5,
    },
}
"""By the question of the menu; what is not answered keeps what its page suggests."""
