"""The view of the home that a response reads: Home Assistant's states, in the units of the device models."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Final

from homeassistant.components.climate.const import ATTR_CURRENT_TEMPERATURE
from homeassistant.const import (
    ATTR_UNIT_OF_MEASUREMENT,
    PERCENTAGE,
    UnitOfEnergy,
    UnitOfPower,
    UnitOfTemperature,
)
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
from homeassistant.util.unit_conversion import EnergyConverter, PowerConverter, TemperatureConverter

from .level import Level
from .model import as_number

_CONVERT: Final[dict[str, Callable[[float, str], float]]] = {
    **{
        unit: lambda value, unit: PowerConverter.convert(value, unit, UnitOfPower.WATT)
        for unit in (UnitOfPower.WATT, UnitOfPower.KILO_WATT)
    },
    **{
        unit: lambda value, unit: EnergyConverter.convert(value, unit, UnitOfEnergy.WATT_HOUR)
        for unit in (UnitOfEnergy.WATT_HOUR, UnitOfEnergy.KILO_WATT_HOUR)
    },
    **{
        unit: lambda value, unit: TemperatureConverter.convert(value, unit, UnitOfTemperature.CELSIUS)
        for unit in (UnitOfTemperature.CELSIUS, UnitOfTemperature.FAHRENHEIT)
    },
}

_MOST_WATTS: Final = 1e6
_COLDEST, _HOTTEST = -100.0, 200.0
"""What the gateway takes for a power (W) and a temperature (°C) of a home: beyond, a sensor is broken."""


@dataclass(slots=True)
class Home:
    """One moment of the home, for one response."""

    hass: HomeAssistant
    now: datetime
    run_time: timedelta
    armed: bool
    price: float | None
    sold: float | None = None
    levels: dict[str, Level] = field(default_factory=dict)
    """What is remembered of the sensors in percent, by the names in the settings."""

    def state(self, entity: str | None) -> State | None:
        """An entity's state, by its registry id or entity id; none where it is unavailable."""
        found = self.hass.states.get(entity_id(self.hass, entity) or "") if entity else None
        return None if found is None or found.state in {"unavailable", "unknown"} else found

    def number(self, entity: str | None) -> float | None:
        """An entity's state in W, Wh, % or °C."""
        state = self.state(entity)
        value = None if state is None else as_number(state.state)
        if state is None or value is None:
            return None
        unit = str(state.attributes.get(ATTR_UNIT_OF_MEASUREMENT, ""))
        if unit == PERCENTAGE and entity is not None:
            return self.levels.setdefault(entity, Level()).read(value, self.now)
        convert = _CONVERT.get(unit)
        return value if convert is None else _possible(convert(value, unit), unit)

    def temperature(self, entity: str | None) -> float | None:
        """What a thermostat or a water heater measures, °C; none where it says none, or what cannot be."""
        state = self.state(entity)
        value = None if state is None else as_number(state.attributes.get(ATTR_CURRENT_TEMPERATURE))
        unit = UnitOfTemperature.CELSIUS
        return None if value is None else _possible(self.celsius(value), unit)

    def jumps(self, entity: str) -> bool:
        """Whether a level in percent has lately gone away and come back."""
        level = self.levels.get(entity)
        return level is not None and level.jumps(self.now)

    def celsius(self, temperature: float) -> float:
        """A temperature in Home Assistant's unit, in °C."""
        own = self.hass.config.units.temperature_unit
        return TemperatureConverter.convert(float(temperature), own, UnitOfTemperature.CELSIUS)

    def ran(self) -> timedelta:
        """For how long the device has run since it had to begin anew."""
        return self.run_time

    def next_at(self, clock: time) -> datetime:
        """When the local clock next shows a time.

        One that a change of the clock skips comes an hour later by the clock; of one that comes twice, the
        first counts.
        """
        return self.next_of((clock,) * 7)

    def next_of(self, week: Sequence[time | None]) -> datetime:
        """When the first of a week's times of day comes, Monday first; none: not on that day."""
        return dt_util.as_utc(self._next_of(week))

    def clock_change(self, week: Sequence[time | None]) -> tuple[str, time] | None:
        """The next of a week's times where the clock shows it never (``skipped``) or ``twice``; else none."""
        first = self._next_of(week) if week else self.now
        if first.utcoffset() == first.replace(fold=1).utcoffset():
            return None
        shown = first.astimezone(UTC).astimezone(first.tzinfo).time() == first.time()
        return "twice" if shown else "skipped", first.time()

    def _next_of(self, week: Sequence[time | None]) -> datetime:
        """By the local clock, also where that shows it never, or twice."""
        zone = dt_util.get_default_time_zone()
        today = self.now.astimezone(zone).date()
        for day in (today + timedelta(days=days) for days in range(8)):
            clock = week[day.weekday()]
            if clock is not None:
                found = datetime.combine(day, clock, zone)
                if dt_util.as_utc(found) > self.now:
                    return found
        raise AssertionError("a week has at least one time")


def _possible(value: float, unit: str) -> float | None:
    """A converted value; none where it cannot be, in W or °C: a broken thermometer says -127 or 327.7."""
    if unit in {UnitOfTemperature.CELSIUS, UnitOfTemperature.FAHRENHEIT}:
        return value if _COLDEST <= value <= _HOTTEST else None
    if unit in {UnitOfPower.WATT, UnitOfPower.KILO_WATT}:
        return value if abs(value) <= _MOST_WATTS else None
    return value


def entity_id(hass: HomeAssistant, entity: str | None) -> str | None:
    """The entity id behind a registry id, so that a renamed entity stays the same; none if it is gone."""
    if entity is None:
        return None
    return er.async_resolve_entity_id(er.async_get(hass), entity)


def registry_id(hass: HomeAssistant, entity: str) -> str:
    """The registry id of an entity, to keep: a renamed one stays the same; itself where it has none."""
    entry = er.async_get(hass).async_get(entity)
    return entity if entry is None else entry.id


def device_of(hass: HomeAssistant, entity: str) -> str | None:
    """The device of an entity, by its registry id or entity id."""
    entry = er.async_get(hass).async_get(entity_id(hass, entity) or "")
    return None if entry is None else entry.device_id


def power_beside(hass: HomeAssistant, entity: str) -> float | None:
    """What the device of an entity says that it draws, W; none where it has not exactly one such sensor.

    None also while the sensor has said nothing since the entity last changed: a plug that tells its power
    every few minutes would still tell that of before.
    """
    registry = er.async_get(hass)
    entry = registry.async_get(entity_id(hass, entity) or "")
    if entry is None or entry.device_id is None:
        return None
    found = [
        each.entity_id
        for each in er.async_entries_for_device(registry, entry.device_id)
        if each.domain == "sensor" and "power" in {each.device_class, each.original_device_class}
    ]
    state = hass.states.get(found[0]) if len(found) == 1 else None
    led = hass.states.get(entry.entity_id)
    if state is None or led is None or state.last_reported < led.last_changed:
        return None
    value, unit = as_number(state.state), state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
    return None if value is None else PowerConverter.convert(value, unit, UnitOfPower.WATT)
