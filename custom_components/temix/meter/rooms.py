"""How thermostats led their rooms in past hours, by the recorder: the gateway learns buildings from it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, UnitOfTemperature
from homeassistant.core import HomeAssistant, State
from homeassistant.util.unit_conversion import TemperatureConverter

from ..client import RoomHistory
from ..response.heat_cool import HeatCool
from ..response.home import device_of, entity_id
from ..response.model import as_number
from .history import changes
from .sources import Sources

BACK: Final = timedelta(weeks=4)
"""As far as the recorder keeps states, which is ten days unless its owner wants more."""
PLAUSIBLE: Final = (-60.0, 80.0)
"""°C."""
HOUR: Final = timedelta(hours=1)

type Course = Sequence[tuple[datetime, float | None]]
"""When a value changed, and to what; none: unknown from then on."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A thermostat's entity, the sensor outdoors, and the registers of what it draws, if it has any."""

    adapter: HeatCool
    thermostat: str
    outdoor: str
    registers: tuple[str, ...]


async def read(
    hass: HomeAssistant, sources: Sources, adapters: Mapping[str, HeatCool], now: datetime
) -> list[RoomHistory]:
    """What is on record of each thermostat, by the id of its response."""
    watched = {name: found for name, each in adapters.items() if (found := _watched(hass, sources, each))}
    if "recorder" not in hass.config.components or not watched:
        return []
    from homeassistant.components.recorder.history import get_significant_states  # noqa: PLC0415
    from homeassistant.helpers.recorder import get_instance  # noqa: PLC0415 - only where it is set up

    end = now.replace(minute=0, second=0, microsecond=0)
    entities = {entity for each in watched.values() for entity in (each.thermostat, each.outdoor)}
    states = await get_instance(hass).async_add_executor_job(
        lambda: get_significant_states(hass, end - BACK, end, list(entities), significant_changes_only=False)
    )
    registers = {name for each in watched.values() for name in each.registers}
    counted = await changes(hass, registers, end - BACK, end)
    unit = hass.config.units.temperature_unit
    return [
        room
        for name, each in watched.items()
        if (room := _room(name, each, states, counted, unit, end)) is not None
    ]


def _watched(hass: HomeAssistant, sources: Sources, adapter: HeatCool) -> Watched | None:
    thermostat, outdoor = entity_id(hass, adapter.thermostat), entity_id(hass, adapter.outdoor)
    if thermostat is None or outdoor is None:
        return None
    device = device_of(hass, thermostat)
    of_it = tuple(each for each in sources.devices if device is not None and device_of(hass, each) == device)
    return Watched(adapter, thermostat, outdoor, of_it)


def _room(  # noqa: PLR0913, PLR0917 (what is known of one room)
    name: str,
    watched: Watched,
    states: Mapping[str, Iterable[object]],
    counted: Mapping[str, Mapping[int, float]],
    unit: str,
    end: datetime,
) -> RoomHistory | None:
    led = [each for each in states.get(watched.thermostat, ()) if isinstance(each, State)]
    outside = [each for each in states.get(watched.outdoor, ()) if isinstance(each, State)]
    if not led or not outside:
        return None
    begun = max(end - BACK, led[0].last_updated).replace(minute=0, second=0, microsecond=0)
    count, before = (end - begun) // HOUR, (begun - (end - BACK)) // HOUR
    cools = watched.adapter.cools
    indoor = [(each.last_updated, _celsius(each.attributes.get("current_temperature"), unit)) for each in led]
    outdoor = [
        (each.last_updated, _celsius(each.state, each.attributes.get(ATTR_UNIT_OF_MEASUREMENT, unit)))
        for each in outside
    ]
    if watched.registers:
        drawn = [_summed(counted, watched.registers, before + hour) for hour in range(count)]
    else:
        runs = means([(each.last_updated, _runs(each, cools=cools)) for each in led], begun, count)
        drawn = [None if share is None else share * watched.adapter.power for share in runs]
    return RoomHistory(
        device=name,
        cooling=cools,
        start=begun,
        indoor=tuple(at(indoor, begun + hour * HOUR) for hour in range(count)),
        outdoor=tuple(means(outdoor, begun, count)),
        drawn=tuple(drawn),
    )


def _summed(counted: Mapping[str, Mapping[int, float]], registers: Iterable[str], hour: int) -> float | None:
    found = [counted.get(each, {}).get(hour) for each in registers]
    return None if None in found else sum(value for value in found if value is not None)


def _celsius(value: object, unit: str) -> float | None:
    number = as_number(value) if isinstance(value, str | int | float) else None
    if number is None:
        return None
    celsius = TemperatureConverter.convert(number, unit, UnitOfTemperature.CELSIUS)
    return celsius if PLAUSIBLE[0] <= celsius <= PLAUSIBLE[1] else None


def _runs(state: State, *, cools: bool) -> float | None:
    """1 while its device runs, 0 while not; none where it says nothing, or works the other way."""
    action = state.attributes.get("hvac_action")
    if action is None or action == ("heating" if cools else "cooling"):
        return None
    return float(action == ("cooling" if cools else "heating"))


def at(course: Course, moment: datetime) -> float | None:
    """The value at a moment."""
    value = None
    for changed, new in course:
        if changed > moment:
            break
        value = new
    return value


def means(course: Course, start: datetime, count: int) -> list[float | None]:
    """The mean of each of ``count`` hours from ``start`` on; none of one in which the value was unknown."""
    sums: list[float | None] = [0.0] * count
    ends = [*(changed for changed, _ in course[1:]), start + count * HOUR]
    known_from = course[0][0] if course else start + count * HOUR
    spans = [
        (start, known_from, None),
        *((since, until, value) for (since, value), until in zip(course, ends, strict=False)),
    ]
    for since, until, value in spans:
        first, last = max(since, start), min(until, start + count * HOUR)
        while first < last:
            hour = (first - start) // HOUR
            part = min(last, start + (hour + 1) * HOUR)
            before = sums[hour]
            sums[hour] = None if value is None or before is None else before + value * ((part - first) / HOUR)
            first = part
    return sums
