"""What is wrong with the answers about a response, and what the owner should know of the chosen entities."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from homeassistant.components.climate.const import ClimateEntityFeature
from homeassistant.components.water_heater.const import WaterHeaterEntityFeature
from homeassistant.const import (
    ATTR_ASSUMED_STATE,
    ATTR_SUPPORTED_FEATURES,
    ATTR_UNIT_OF_MEASUREMENT,
    PERCENTAGE,
    UnitOfElectricCurrent,
    UnitOfPower,
)
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import entity_registry as er
from homeassistant.loader import IntegrationNotFound, async_get_integration
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from .charge_car import ChargeCar
from .home import Home, entity_id
from .kinds import read
from .model import Adapter, Kind, Unusable, as_number
from .phases import options_of
from .run_hours import RunOnce
from .timer import own_timer
from .words import say

UNITS: Final[dict[str, tuple[str, ...]]] = {
    "soc": (PERCENTAGE,),
    "current": (UnitOfElectricCurrent.AMPERE,),
    "setpoint": (UnitOfPower.WATT,),
    "meter": (UnitOfPower.WATT, UnitOfPower.KILO_WATT),
    "outdoor": ("°C", "°F"),
    "thermometer": ("°C", "°F"),
}
"""In which units an entity may be; one without a unit is believed."""
SET_POINTS: Final = {
    "thermostat": ClimateEntityFeature.TARGET_TEMPERATURE | ClimateEntityFeature.TARGET_TEMPERATURE_RANGE,
    "heater": WaterHeaterEntityFeature.TARGET_TEMPERATURE,
}
GREATEST: Final = {
    "max_charge": ("setpoint", 1),
    "max_discharge": ("setpoint", -1),
    "amperes": ("current", 1),
}
"""Of what the greatest is asked: by which entity it is set, and whether upwards or downwards."""
ENTITIES: Final = (*UNITS, *SET_POINTS, "switch", "stop", "phase_switch", "plugged", "presence", "notify")


@dataclass(frozen=True, slots=True)
class Wrong:
    """One answer that cannot be used: its field, the key of the text, and what the text names."""

    field: str
    key: str
    told: Mapping[str, str] = dataclasses.field(default_factory=dict)


def wrong_device(hass: HomeAssistant, data: Mapping[str, Any], own: str) -> Wrong | None:
    """What is wrong with the chosen entities; ``own`` is the response that is being changed."""
    if missing := _missing(data):
        return missing
    for name in ENTITIES:
        if not data.get(name):
            continue
        found = entity_id(hass, data[name]) or ""
        state = hass.states.get(found)
        if state is None:
            return Wrong(name, "no_entity", {"entity": found or str(data[name])})
        if wrong := _wrong_entity(name, state):
            return wrong
    return _taken(hass, data, own)


def _missing(data: Mapping[str, Any]) -> Wrong | None:
    """An entity without which the others are of no use, or one too many."""
    has = {
        name: bool(data.get(name)) for name in ("switch", "current", "phase_switch", "heater", "thermometer")
    }
    if data["kind"] == Kind.CHARGE_CAR:
        if not has["switch"] and not has["current"]:
            return Wrong("switch", "switch_or_current")
        return Wrong("current", "phases_and_current") if has["phase_switch"] and not has["current"] else None
    if data["kind"] != Kind.HEAT_WATER:
        return None
    if has["heater"] is has["switch"]:
        return Wrong("heater", "heater_or_switch")
    return Wrong("thermometer", "no_thermometer") if has["switch"] and not has["thermometer"] else None


def wrong_settings(hass: HomeAssistant, data: Mapping[str, Any]) -> Wrong | None:
    """What is wrong with the answers about a device."""
    if not data.get("resumes", True):
        return Wrong("resumes", "does_not_resume")
    try:
        adapter = read(data)
    except Unusable as error:
        return Wrong(error.field, error.key, {"field": error.field, "reason": error.reason})
    if isinstance(adapter, ChargeCar) and adapter.soc is None and adapter.wanted is not None:
        duration = adapter.wanted / adapter.full_power
        if duration > 24:
            return Wrong("wanted", "takes_too_long", {"hours": f"{duration:.0f}"})
    return _out_of_range(hass, data) or _beyond(hass, data)


async def notes(hass: HomeAssistant, adapter: Adapter, data: Mapping[str, Any]) -> list[str]:
    """What the owner should know before it begins, in Home Assistant's language."""
    told = [note for entity in adapter.controlled for note in await _lever_notes(hass, entity, data)]
    if isinstance(adapter, RunOnce) and adapter.meter is not None:
        found = entity_id(hass, adapter.meter)
        if found is not None and await _is_polled(hass, found):
            told.append(say(hass, "note", "late_power", entity=found))
    if isinstance(adapter, ChargeCar) and (late := _late(hass, adapter)):
        told.append(late)
    view = Home(hass, dt_util.utcnow(), timedelta(), armed=False, price=None)
    if (change := view.clock_change(adapter.ready_times)) is not None:
        told.append(say(hass, "note", change[0], time=f"{change[1]:%H:%M}"))
    if data.get("advise"):
        told.append(say(hass, "note", "advise"))
    return told


async def _lever_notes(hass: HomeAssistant, entity: str, data: Mapping[str, Any]) -> list[str]:
    """What cannot be seen of an entity that is led, and what it does when nobody is left to lead it."""
    found, told = entity_id(hass, entity), []
    state = hass.states.get(found) if found else None
    if state is None or found is None:
        return []
    if state.domain in {"button", "input_button", "script"}:
        told.append(say(hass, "note", "momentary", entity=found))
    elif state.attributes.get(ATTR_ASSUMED_STATE):
        told.append(say(hass, "note", "assumed", entity=found))
    elif await _is_polled(hass, found):
        told.append(say(hass, "note", "polled", entity=found))
    if state.domain in {"switch", "light"} and own_timer(hass, entity) is None and not data.get("advise"):
        told.append(say(hass, "note", "no_timer", entity=found))
    return told


def _wrong_entity(name: str, state: State) -> Wrong | None:
    unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
    if name in UNITS and unit is not None and unit not in UNITS[name]:
        told = {"entity": state.entity_id, "unit": str(unit), "wanted": " / ".join(UNITS[name])}
        return Wrong(name, "wrong_unit", told)
    features = int(state.attributes.get(ATTR_SUPPORTED_FEATURES, 0))
    if name in SET_POINTS and not features & SET_POINTS[name]:
        return Wrong(name, "no_set_point", {"entity": state.entity_id})
    if name == "phase_switch" and options_of(state) is None:
        return Wrong(name, "no_phases", {"entity": state.entity_id})
    return None


def wrong_season(hass: HomeAssistant, data: Mapping[str, Any]) -> Wrong | None:
    """A thermostat that cannot do what its season says."""
    state = hass.states.get(entity_id(hass, data.get("thermostat")) or "")
    modes = [] if state is None else state.attributes.get("hvac_modes") or []
    season = data.get("season")
    if state is not None and modes and season is not None and not {season, "heat_cool", "auto"} & set(modes):
        return Wrong("season", f"cannot_{season}", {"entity": state.entity_id})
    return None


def _taken(hass: HomeAssistant, data: Mapping[str, Any], own: str) -> Wrong | None:
    """An entity that another response leads already, be it another gateway's."""
    names = ("current", "phase_switch", "switch", "stop", "thermostat", "heater", "setpoint")
    chosen = {data[name]: name for name in names if data.get(name)}
    entries = hass.config_entries.async_entries(DOMAIN)
    for subentry in (each for entry in entries for each in entry.subentries.values()):
        if subentry.subentry_id == own:
            continue
        try:
            controlled = read(subentry.data).controlled
        except Unusable:
            continue  # it runs nothing, and has a repair issue that says so
        for entity in controlled:
            if entity in chosen:
                told = {"entity": entity_id(hass, entity) or entity, "name": subentry.title}
                return Wrong(chosen[entity], "in_use", told)
    return None


def _out_of_range(hass: HomeAssistant, data: Mapping[str, Any]) -> Wrong | None:
    """A temperature to which the device cannot be set."""
    if wrong := wrong_season(hass, data):
        return wrong
    state = hass.states.get(entity_id(hass, data.get("thermostat") or data.get("heater")) or "")
    if state is None or data.get("preset_cheap"):
        return None
    least, most = (as_number(state.attributes.get(name)) for name in ("min_temp", "max_temp"))
    for name in ("low", "lowest", "usual", "high", "highest"):
        value = as_number(data.get(name))
        if value is not None and least is not None and most is not None and not least <= value <= most:
            told = {"entity": state.entity_id, "least": f"{least:g}", "most": f"{most:g}"}
            return Wrong(name, "out_of_range", told)
    return None


def _beyond(hass: HomeAssistant, data: Mapping[str, Any]) -> Wrong | None:
    """More power or current than the entity can be set to: the plan would count on it."""
    for name, (led, way) in GREATEST.items():
        state, value = hass.states.get(entity_id(hass, data.get(led)) or ""), as_number(data.get(name))
        bound = None if state is None else as_number(state.attributes.get("max" if way > 0 else "min"))
        if state is not None and value is not None and bound is not None and value > way * bound:
            return Wrong(name, "beyond", {"entity": state.entity_id, "most": f"{bound:g}"})
    return None


def _late(hass: HomeAssistant, car: ChargeCar) -> str:
    """That a car cannot be as full as wished by its next ready-by."""
    view = Home(hass, dt_util.utcnow(), timedelta(), armed=False, price=None)
    device = car.device("preview", view)
    if device is None:
        return ""
    needed = timedelta(hours=getattr(device, "needed", 0.0) / car.full_power)
    if car.ready_by(view) - view.now >= needed:
        return ""
    return say(hass, "note", "late", hours=f"{needed / timedelta(hours=1):.1f}")


async def _is_polled(hass: HomeAssistant, entity: str) -> bool:
    """Whether Home Assistant asks for the state now and then, so that a change by hand is noticed late."""
    entry = er.async_get(hass).async_get(entity)
    if entry is None:
        return False
    try:
        integration = await async_get_integration(hass, entry.platform)
    except IntegrationNotFound:
        return False
    return str(integration.iot_class or "").endswith("_polling")
