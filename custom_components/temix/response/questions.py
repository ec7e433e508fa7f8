"""The questions about each kind of response: first what device, then how, and what is seldom needed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import probatio as vol
from homeassistant.helpers import selector as select

from .charge_car import DAYS
from .model import Kind

NAME: Final = "name"
MORE: Final = "more"

type Questions = Mapping[vol.Marker, Any]


def _entity(domains: list[str], device_class: str | None = None) -> select.EntitySelector:
    config = select.EntitySelectorConfig(domain=domains)
    if device_class is not None:
        config["device_class"] = device_class
    return select.EntitySelector(config)


def number(least: float, most: float, unit: str, step: float | None = None) -> select.NumberSelector:
    """A number with its unit, to type in."""
    config = select.NumberSelectorConfig(
        min=least, max=most, unit_of_measurement=unit, mode=select.NumberSelectorMode.BOX
    )
    config["step"] = "any" if step is None else step
    return select.NumberSelector(config)


def _choice(name: str, *options: str, multiple: bool = False) -> select.SelectSelector:
    config = select.SelectSelectorConfig(options=list(options), translation_key=name, multiple=multiple)
    return select.SelectSelector(config)


class Degrees:
    """Stands for a temperature until the page is made: unit and limits are the home's and the device's."""


class SetPoint(Degrees):
    """The temperature that a device is set to; the question is left out where it has no set-point."""


class Preset:
    """Stands for one of the thermostat's presets; the question is left out where it has none."""


LEVER: Final = _entity(
    ["switch", "input_boolean", "light", "select", "input_select", "button", "input_button", "script"]
)
SOC: Final = _entity(["sensor", "input_number"])
NUMBER: Final = _entity(["number", "input_number"])
POWER_SENSOR: Final = _entity(["sensor"], "power")
TIME: Final = select.TimeSelector()
KILOWATT_HOURS: Final = number(0.1, 1_000, "kWh")
WATTS: Final = number(1, 50_000, "W", 1)
HOURS: Final = number(0.25, 24, "h")
PERCENT: Final = number(0, 100, "%", 1)
STATE: Final = _choice("default", "on", "off")
YES: Final = select.BooleanSelector()


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages of one kind: which device, what about it, and what is seldom needed."""

    device: Questions
    first: Questions
    more: Questions = field(default_factory=dict)


def _least(minutes: int) -> Questions:
    """The rest between two changes: a compressor needs it, and a relay wears."""
    return {vol.Required("least_minutes", default=minutes): number(0, 120, "min", 1)}


HOLD: Final[Questions] = {vol.Required("hold_hours", default=2): number(0.25, 48, "h")}
HOLD_UNTIL: Final[Questions] = {
    **HOLD,
    vol.Required("hold_until", default="hours"): _choice("hold_until", "hours", "ready_by"),
}
ADVISE: Final[Questions] = {vol.Required("advise", default=False): YES}

PAGES: Final[dict[str, Pages]] = {
    Kind.CHARGE_CAR: Pages(
        {
            vol.Optional("switch"): LEVER,
            vol.Optional("current"): NUMBER,
            vol.Optional("phase_switch"): _entity(["select", "input_select", "number", "input_number"]),
            vol.Optional("plugged"): _entity(["binary_sensor", "device_tracker"]),
            vol.Optional("soc"): SOC,
        },
        {
            vol.Required("ready_by", default="07:00:00"): TIME,
            vol.Required("days", default=list(DAYS)): _choice("days", *DAYS, multiple=True),
            vol.Required("target", default=80): PERCENT,
            vol.Required("capacity", default=60): KILOWATT_HOURS,
        },
        {
            vol.Optional("wanted"): KILOWATT_HOURS,
            vol.Required("amperes", default=16): number(6, 80, "A", 1),
            vol.Required("volts", default=230): number(100, 480, "V", 1),
            vol.Required("phases", default=1): number(1, 3, "", 1),
            **{vol.Optional(f"ready_{day}"): TIME for day in DAYS},
            vol.Required("default", default="on"): STATE,
            **_least(1),
            **HOLD_UNTIL,
            **ADVISE,
        },
    ),
    Kind.HEAT_WATER: Pages(
        {
            vol.Optional("heater"): _entity(["water_heater"]),
            vol.Optional("switch"): LEVER,
            vol.Optional("thermometer"): _entity(["sensor"], "temperature"),
        },
        {
            vol.Required("lowest"): Degrees,
            vol.Required("usual"): SetPoint,
            vol.Required("highest"): Degrees,
            vol.Required("power", default=2_000): WATTS,
        },
        {
            vol.Required("volume", default=200): number(5, 5_000, "L", 1),
            **_least(1),
            **HOLD,
            **ADVISE,
        },
    ),
    Kind.HEAT_COOL: Pages(
        {vol.Required("thermostat"): _entity(["climate"])},
        {
            vol.Required("low"): Degrees,
            vol.Required("usual"): Degrees,
            vol.Required("high"): Degrees,
            vol.Required("season", default="heat"): _choice("season", "heat", "cool"),
        },
        {
            vol.Required("power", default=2_000): WATTS,
            vol.Optional("outdoor"): _entity(["sensor"], "temperature"),
            vol.Optional("presence"): _entity(["person", "device_tracker", "binary_sensor", "input_boolean"]),
            vol.Required("away_drift", default=0): number(0, 30, "°"),
            vol.Optional("night_from"): TIME,
            vol.Optional("night_until"): TIME,
            vol.Required("night_drift", default=0): number(0, 30, "°"),
            vol.Optional("preset_cheap"): Preset,
            vol.Optional("preset_usual"): Preset,
            vol.Optional("preset_dear"): Preset,
            vol.Required("programme", default="counts"): _choice("programme", "counts", "ignored"),
            **_least(10),
            **HOLD,
            **ADVISE,
        },
    ),
    Kind.RUN_HOURS: Pages(
        {vol.Required("switch"): LEVER},
        {
            vol.Required("hours", default=4): HOURS,
            vol.Required("power", default=1_000): WATTS,
            vol.Required("ready_by", default="20:00:00"): TIME,
            vol.Required("resumes", default=True): YES,
        },
        {
            vol.Required("default", default="off"): STATE,
            **_least(5),
            **HOLD_UNTIL,
            **ADVISE,
        },
    ),
    Kind.RUN_ONCE: Pages(
        {vol.Required("switch"): LEVER},
        {
            vol.Required("hours", default=2): HOURS,
            vol.Required("power", default=800): WATTS,
            vol.Required("ready_by", default="07:00:00"): TIME,
            vol.Required("resumes", default=False): YES,
        },
        {
            vol.Optional("meter"): POWER_SENSOR,
            vol.Required("start_power", default=10): WATTS,
            vol.Required("default", default="on"): STATE,
            **HOLD_UNTIL,
            **ADVISE,
        },
    ),
    Kind.PAUSE_WHEN_DEAR: Pages(
        {vol.Required("switch"): LEVER},
        {
            vol.Required("limit", default=0.4): number(-5, 25, "/kWh"),
            vol.Required("longest_minutes", default=60): number(5, 720, "min", 1),
            vol.Required("power", default=100): WATTS,
            vol.Required("resumes", default=True): YES,
        },
        {**_least(5), **HOLD, **ADVISE},
    ),
    Kind.HOME_BATTERY: Pages(
        {vol.Required("setpoint"): NUMBER, vol.Required("soc"): SOC},
        {
            vol.Required("capacity"): KILOWATT_HOURS,
            vol.Required("reserve", default=20): PERCENT,
            vol.Required("max_charge", default=3_000): WATTS,
            vol.Required("max_discharge", default=3_000): WATTS,
        },
        {**_least(1), **HOLD, **ADVISE},
    ),
    Kind.JUST_TELL: Pages(
        {},
        {
            vol.Required("hours", default=2): HOURS,
            vol.Required("ready_by", default="20:00:00"): TIME,
            vol.Required("power", default=1_000): WATTS,
            vol.Optional("notify"): _entity(["notify"]),
        },
    ),
}
