"""Responses as owners make them, and the plan of most cases: rest, then run from a boundary on."""

from datetime import UTC, datetime
from typing import Any, Final

from homeassistant.config_entries import ConfigSubentryData

from tests.faults.home.world import World

START: Final = datetime(2026, 11, 24, 18, 2, tzinfo=UTC)
BOUNDARY: Final = datetime(2026, 11, 24, 18, 15, tzinfo=UTC)
END: Final = datetime(2026, 11, 25, 12, tzinfo=UTC)


def response(name: str, **data: Any) -> ConfigSubentryData:
    """A response as the owner has made it; its id is its name."""
    return ConfigSubentryData(
        data=data, subentry_id=name, subentry_type="response", title=name.title(), unique_id=None
    )


def pump_response(name: str = "pump", **more: Any) -> ConfigSubentryData:
    """Of a pump, or another plug, that nothing makes urgent."""
    data = {
        "kind": "run_hours",
        "switch": f"switch.{name}_relay",
        "power": 1100,
        "hours": 4,
        "ready_by": "08:00",
    }
    return response(name, **data | more)


def car_response(**more: Any) -> ConfigSubentryData:
    """Of a charger that its switch leads."""
    data = {
        "kind": "charge_car",
        "switch": "switch.car_enabled",
        "plugged": "binary_sensor.car_plugged",
        "soc": "sensor.car_soc",
        "capacity": 60,
        "amperes": 16,
        "volts": 240,
        "ready_by": "07:00",
        "default": "off",
    }
    return response("car", **data | more)


async def planned(world: World, name: str = "pump", power: int = 1100) -> None:
    """Let the gateway say that a device rests, and runs from the boundary on."""
    world.gateway.plan({name: {START: 0, BOUNDARY: power}}, END)
    await world.after(seconds=1)
