"""One device of each kind under its response: what a plan asks of it, and how it looks, by its own word."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from homeassistant.config_entries import ConfigSubentryData

from custom_components.temix.client.models import PriceStep
from tests.faults.home import things
from tests.faults.home.responses import response
from tests.faults.home.things import Thing
from tests.faults.home.world import World

DEAR: Final = 900_000
CHEAP: Final = 80_000
"""Millionths of the currency unit per kWh."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A device and its response.

    ``on`` holds the values of the device while it follows a step of ``power`` (W), after one of ``before``;
    ``off`` those at the owner's default, as which it also follows that one. ``person`` is a key and what a
    person changes it to.
    """

    name: str
    make: Callable[[str], Thing]
    settings: dict[str, Any]
    power: int
    on: dict[str, Any]
    off: dict[str, Any]
    person: tuple[str, Callable[[Any], Any]]
    action: Callable[[Any], tuple[str, str, dict[str, Any]]]
    """The same by the owner in Home Assistant: action, entity, data, for a new value."""
    before: int = 0

    @property
    def response(self) -> ConfigSubentryData:
        """The response as the owner has made it."""
        return response(self.name, **self.settings)

    def lead(self, world: World, start: datetime, boundary: datetime) -> None:
        """Let the gateway say that it shall rest from ``start`` and run from ``boundary`` on."""
        end = start + timedelta(hours=6)
        if self.settings["kind"] == "pause_when_dear":
            world.gateway.say(prices=tuple(_prices(start, boundary, end)), spot=None)
        else:
            world.gateway.plan({self.name: {start: self.before, boundary: self.power}}, end)

    def active(self, thing: Thing) -> bool:
        """Whether it does what the step asks for."""
        return self.on.items() <= thing.values.items()

    def safe(self, thing: Thing) -> bool:
        """Whether it is at the owner's default."""
        return self.off.items() <= thing.values.items()

    def touch(self, thing: Thing) -> None:
        """Change it at the device."""
        thing.change(*self.touched(thing))

    def touched(self, thing: Thing) -> tuple[str, Any]:
        """The key and the value that a person would give it now."""
        key, change = self.person
        return key, change(thing.values[key])


def _prices(start: datetime, boundary: datetime, end: datetime) -> list[PriceStep]:
    five = timedelta(minutes=5)
    at = start - timedelta(minutes=start.minute % 5, seconds=start.second)
    found = []
    while at < end:
        found.append(PriceStep(start=at, end=at + five, buy=CHEAP if at < boundary else DEAR, sell=0))
        at += five
    return found


def _flip(value: bool) -> bool:
    return not value


def _between(one: float, other: float) -> Callable[[float], float]:
    return lambda value: other if value == one else one


def plug(name: str, settings: dict[str, Any], *, on: bool = False) -> Kind:
    """A plug; ``on`` is its default."""
    return Kind(
        name=name,
        make=lambda name: things.switch(name, on=on),
        settings={"switch": f"switch.{name}_relay", **settings},
        power=1_100,
        on={"relay": not on},
        off={"relay": on},
        person=("relay", _flip),
        action=lambda value: (f"switch.turn_{'on' if value else 'off'}", f"switch.{name}_relay", {}),
    )


FAR: Final = "06:00"
"""A time of day that is far away in every case: nothing is urgent."""

KINDS: Final = (
    plug("pump", {"kind": "run_hours", "power": 1_100, "hours": 4, "ready_by": FAR}),
    plug("dishwasher", {"kind": "run_once", "power": 1_100, "hours": 2, "ready_by": FAR, "default": "off"}),
    plug("freezer", {"kind": "pause_when_dear", "limit": 0.5, "longest_minutes": 240}, on=True),
    Kind(
        "car",
        things.charger,
        {
            "kind": "charge_car",
            "switch": "switch.car_enabled",
            "plugged": "binary_sensor.car_plugged",
            "soc": "sensor.car_soc",
            "capacity": 60,
            "amperes": 16,
            "volts": 240,
            "ready_by": FAR,
            "default": "off",
        },
        power=3_840,
        on={"enabled": True},
        off={"enabled": False},
        person=("enabled", _flip),
        action=lambda value: (f"switch.turn_{'on' if value else 'off'}", "switch.car_enabled", {}),
    ),
    Kind(
        "wallbox",
        things.charger,
        {
            "kind": "charge_car",
            "switch": "switch.wallbox_enabled",
            "current": "number.wallbox_current",
            "plugged": "binary_sensor.wallbox_plugged",
            "soc": "sensor.wallbox_soc",
            "capacity": 60,
            "amperes": 16,
            "volts": 240,
            "ready_by": FAR,
            "default": "off",
        },
        power=2_400,
        on={"enabled": True, "current": 10.0},
        off={"enabled": False},
        person=("enabled", _flip),
        action=lambda value: (f"switch.turn_{'on' if value else 'off'}", "switch.wallbox_enabled", {}),
    ),
    Kind(
        "flex",
        things.three_phase_charger,
        {
            "kind": "charge_car",
            "switch": "switch.flex_enabled",
            "current": "number.flex_current",
            "phase_switch": "select.flex_phases",
            "one_phase": "1",
            "three_phases": "3",
            "plugged": "binary_sensor.flex_plugged",
            "soc": "sensor.flex_soc",
            "capacity": 60,
            "amperes": 16,
            "volts": 230,
            "ready_by": FAR,
            "default": "off",
        },
        power=2_300,
        on={"enabled": True, "current": 10.0, "phases": "1"},
        off={"enabled": False},
        person=("enabled", _flip),
        action=lambda value: (f"switch.turn_{'on' if value else 'off'}", "switch.flex_enabled", {}),
    ),
    Kind(
        "amps",
        things.ampere_charger,
        {
            "kind": "charge_car",
            "current": "number.amps_current",
            "plugged": "binary_sensor.amps_plugged",
            "soc": "sensor.amps_soc",
            "capacity": 60,
            "amperes": 16,
            "volts": 230,
            "phases": 3,
            "ready_by": FAR,
            "default": "off",
        },
        power=6_900,
        on={"current": 10.0},
        off={"current": 0.0},
        person=("current", _between(7.0, 12.0)),
        action=lambda value: ("number.set_value", "number.amps_current", {"value": value}),
    ),
    Kind(
        "boiler",
        things.boiler,
        {
            "kind": "heat_water",
            "switch": "switch.boiler_relay",
            "thermometer": "sensor.boiler_temperature",
            "power": 2_000,
            "lowest": 45,
            "highest": 60,
        },
        power=0,
        on={"relay": False},
        off={"relay": True},
        person=("relay", _flip),
        action=lambda value: (f"switch.turn_{'on' if value else 'off'}", "switch.boiler_relay", {}),
        before=2_000,
    ),
    Kind(
        "tank",
        things.tank,
        {
            "kind": "heat_water",
            "heater": "water_heater.tank_tank",
            "power": 3_000,
            "lowest": 50,
            "usual": 50,
            "highest": 60,
        },
        power=3_000,
        on={"target": 60.0},
        off={"target": 50.0},
        person=("target", _between(46.0, 55.0)),
        action=lambda value: (
            "water_heater.set_temperature",
            "water_heater.tank_tank",
            {"temperature": value},
        ),
    ),
    Kind(
        "room",
        things.thermostat,
        {
            "kind": "heat_cool",
            "thermostat": "climate.room_room",
            "power": 2_000,
            "low": 20,
            "usual": 20,
            "high": 22,
        },
        power=2_000,
        on={"target": 22.0},
        off={"target": 20.0},
        person=("target", _between(18.5, 24.0)),
        action=lambda value: ("climate.set_temperature", "climate.room_room", {"temperature": value}),
    ),
    Kind(
        "battery",
        things.battery,
        {
            "kind": "home_battery",
            "setpoint": "number.battery_setpoint",
            "soc": "sensor.battery_soc",
            "capacity": 13.5,
            "max_charge": 5_000,
            "max_discharge": 5_000,
        },
        power=2_500,
        on={"setpoint": 2500.0},
        off={"setpoint": 0.0},
        person=("setpoint", _between(700.0, -700.0)),
        action=lambda value: ("number.set_value", "number.battery_setpoint", {"value": value}),
    ),
)
