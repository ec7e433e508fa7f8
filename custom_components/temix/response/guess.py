"""What a chosen entity and its device already tell, as the defaults of the questions about it."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from statistics import mean
from typing import Any, Final

from homeassistant.const import ATTR_FRIENDLY_NAME, UnitOfEnergy, UnitOfPower, UnitOfTemperature
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util

from .home import entity_id
from .model import Kind, as_number

LOOKED_BACK: Final = timedelta(days=30)
RUNNING_SHARE: Final = 0.5
"""Hours whose mean power is above this share of the greatest count as those in which it ran."""
WATER_DRIFT: Final = 10.0
ROOM_DRIFT: Final = 2.0
"""Degrees Celsius around the usual temperature that a plan may use, until the owner says otherwise."""


async def guess(hass: HomeAssistant, kind: str, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Defaults for the questions of a kind, from the entities that were chosen (by their ids)."""
    main = next((chosen[name] for name in MAIN if chosen.get(name)), None)
    found: dict[str, Any] = {}
    if main is not None:
        found["name"] = name_of(hass, main)
        power, energy = (beside(hass, main, "sensor", each) for each in ("power", "energy"))
        if power is not None:
            found["meter"] = power
        watts = await usual_power(hass, power, energy)
        if watts is not None:
            found["power"] = watts
    state = hass.states.get(entity_id(hass, main) or "")
    if state is not None:
        if kind in {Kind.HEAT_COOL, Kind.HEAT_WATER}:
            found |= _temperatures(hass, kind, state)
        if kind == Kind.HOME_BATTERY:
            found |= _battery(hass, state)
    current = hass.states.get(entity_id(hass, chosen.get("current")) or "")
    if current is not None and (most := as_number(current.attributes.get("max"))):
        found["amperes"] = min(80, max(6, int(most)))
    return found


MAIN: Final = ("switch", "thermostat", "heater", "setpoint", "current")
"""The settings that name the device of a response, by rank."""


def name_of(hass: HomeAssistant, entity: str) -> str:
    """What people call the device of an entity."""
    found = entity_id(hass, entity) or entity
    entry = er.async_get(hass).async_get(found)
    device = dr.async_get(hass).async_get(entry.device_id) if entry is not None and entry.device_id else None
    if device is not None and (device.name_by_user or device.name):
        return str(device.name_by_user or device.name)
    state = hass.states.get(found)
    return str(state.attributes.get(ATTR_FRIENDLY_NAME, found)) if state is not None else found


def area_of(hass: HomeAssistant, entity: str) -> str | None:
    """The area in which an entity, or its device, is."""
    entry = er.async_get(hass).async_get(entity_id(hass, entity) or "")
    if entry is None or entry.area_id is not None or entry.device_id is None:
        return None if entry is None else entry.area_id
    device = dr.async_get(hass).async_get(entry.device_id)
    return None if device is None else device.area_id


def beside(hass: HomeAssistant, entity: str, domain: str, device_class: str) -> str | None:
    """The one entity of a kind on the same device; none where there is none, or more than one."""
    registry = er.async_get(hass)
    entry = registry.async_get(entity_id(hass, entity) or "")
    if entry is None or entry.device_id is None:
        return None
    found = [
        each.entity_id
        for each in er.async_entries_for_device(registry, entry.device_id)
        if each.domain == domain and device_class in {each.device_class, each.original_device_class}
    ]
    return found[0] if len(found) == 1 else None


async def usual_power(hass: HomeAssistant, power: str | None, energy: str | None = None) -> int | None:
    """What a device draws while it runs (W), by the statistics of its power sensor, else of its meter."""
    if "recorder" not in hass.config.components:
        return None
    from homeassistant.components.recorder.statistics import statistics_during_period  # noqa: PLC0415
    from homeassistant.helpers.recorder import get_instance  # noqa: PLC0415 - only where it is set up

    since = dt_util.utcnow() - LOOKED_BACK
    units = {"power": UnitOfPower.WATT, "energy": UnitOfEnergy.WATT_HOUR}
    rows = await get_instance(hass).async_add_executor_job(
        statistics_during_period,
        hass,
        since,
        None,
        {power or "", energy or ""},
        "hour",
        units,
        {"mean", "change"},
    )
    means = mean_while_running(row.get("mean") for row in rows.get(power or "", []))
    return means or mean_while_running(row.get("change") for row in rows.get(energy or "", []))


def mean_while_running(hours: Iterable[float | None]) -> int | None:
    """The mean of those hours in which it ran; none where it never did."""
    powers = [power for power in hours if power is not None and power > 0]
    if not powers:
        return None
    ran = [power for power in powers if power > RUNNING_SHARE * max(powers)]
    return max(1, round(mean(ran)))


def _temperatures(hass: HomeAssistant, kind: str, state: State) -> dict[str, Any]:
    """A band around the present set-point, within what the device can be set to."""
    shown = state.attributes
    wide = WATER_DRIFT if kind == Kind.HEAT_WATER else ROOM_DRIFT
    if hass.config.units.temperature_unit == UnitOfTemperature.FAHRENHEIT:
        wide = round(wide * 1.8)
    targets = (shown.get(name) for name in ("temperature", "target_temp_low", "target_temp_high"))
    usual = next((found for target in targets if (found := as_number(target)) is not None), None)
    if usual is None:
        return {}
    low, high = as_number(shown.get("min_temp")), as_number(shown.get("max_temp"))
    lowest = usual - wide if low is None else max(low, usual - wide)
    highest = usual + wide if high is None else min(high, usual + wide)
    if kind == Kind.HEAT_WATER:
        return {"lowest": lowest, "usual": usual, "highest": highest}
    return {
        "low": lowest,
        "usual": usual,
        "high": highest,
        "season": "cool" if state.state == "cool" else "heat",
    }


def _battery(hass: HomeAssistant, setpoint: State) -> dict[str, Any]:
    found: dict[str, Any] = {}
    least, most = (as_number(setpoint.attributes.get(name)) for name in ("min", "max"))
    if most:
        found["max_charge"] = round(most)
    if least is not None and least < 0:
        found["max_discharge"] = round(-least)
    stored = beside(hass, setpoint.entity_id, "sensor", "energy_storage")
    capacity = as_number(state.state) if stored and (state := hass.states.get(stored)) else None
    return found | ({} if capacity is None or capacity <= 0 else {"capacity": capacity})
