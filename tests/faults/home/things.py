"""Devices of a home as they really are, and the entities through which Home Assistant sees them.

A device outlives Home Assistant. It obeys at once, late or not at all; it may be unavailable, or never tell
its state.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, override

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.components.climate import ClimateEntity, ClimateEntityFeature, HVACMode
from homeassistant.components.number import NumberEntity
from homeassistant.components.select import SelectEntity
from homeassistant.components.sensor import SensorEntity
from homeassistant.components.switch import SwitchEntity
from homeassistant.components.water_heater import WaterHeaterEntity, WaterHeaterEntityFeature
from homeassistant.const import UnitOfTemperature
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.entity import Entity
from homeassistant.util import dt as dt_util

type Maker = Callable[[Thing], View]


@dataclass(frozen=True, slots=True)
class Command:
    """What a device was told, and when; also where it did not listen."""

    at: datetime
    key: str
    value: Any


@dataclass(slots=True, eq=False)
class Thing:
    """A device: its true values by key, how well it listens, and everything it was told."""

    name: str
    values: dict[str, Any]
    makers: tuple[Maker, ...]
    available: bool = True
    deaf: bool = False
    """Takes commands without a word, and does nothing."""
    refuses: bool = False
    """Its integration raises, as Z-Wave's does where a node does not answer."""
    late: float = 0.0
    """Seconds until a command has its effect, and is told."""
    assumed: bool = False
    """Its state is never read back, only assumed."""
    commands: list[Command] = field(default_factory=list)
    views: list[View] = field(default_factory=list)

    def enter(self) -> list[View]:
        """Fresh entities, for a Home Assistant that has just started."""
        self.views[:] = [make(self) for make in self.makers]
        return self.views

    @override
    def __str__(self) -> str:
        """How it is, and the last that it was told."""
        told = ", ".join(f"{each.at:%H:%M:%S} {each.key}={each.value}" for each in self.commands[-5:])
        return f"{self.name} {self.values}, told last: {told or 'nothing'}"

    def entity_id(self, domain: str, key: str) -> str:
        """The id of one of its entities."""
        return f"{domain}.{self.name}_{key}"

    def command(self, key: str, value: Any) -> None:
        """Take a command from Home Assistant.

        Raises:
            HomeAssistantError: it does not answer.
        """
        self.commands.append(Command(dt_util.utcnow(), key, value))
        if self.refuses or not self.available:
            raise HomeAssistantError(f"{self.name} did not acknowledge the command")
        if self.deaf:
            return
        if self.late:
            asyncio.get_running_loop().call_later(self.late, self.change, key, value)
        else:
            self.change(key, value)

    def change(self, key: str, value: Any) -> None:
        """Have a new value, by whatever cause: a command, its own button, its own programme."""
        self.values[key] = value
        self.tell()

    def set_available(self, *, available: bool) -> None:
        """Leave the network, or come back as it is then."""
        self.available = available
        self.tell()

    def tell(self) -> None:
        """Show Home Assistant what is."""
        for view in self.views:
            if view.hass is not None:
                view.async_write_ha_state()


class View(Entity):
    """An entity that shows one of a thing's values, or some."""

    _attr_should_poll = False

    def __init__(self, thing: Thing, domain: str, key: str) -> None:
        """Belong to ``thing``."""
        self.thing = thing
        self.key = key
        self._attr_unique_id = f"{thing.name}_{key}"
        self._attr_name = f"{thing.name} {key}"
        self.entity_id = thing.entity_id(domain, key)

    @property
    @override
    def available(self) -> bool:
        return self.thing.available

    @property
    @override
    def assumed_state(self) -> bool:
        return self.thing.assumed


class Switch(View, SwitchEntity):
    """A relay."""

    @property
    @override
    def is_on(self) -> bool:
        return bool(self.thing.values[self.key])

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        self.thing.command(self.key, True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        self.thing.command(self.key, False)


class Number(View, NumberEntity):
    """A set-point."""

    def __init__(
        self, thing: Thing, domain: str, key: str, bounds: tuple[float, float, float], unit: str
    ) -> None:
        """Have least, greatest and step, in ``unit``."""
        super().__init__(thing, domain, key)
        self._attr_native_min_value, self._attr_native_max_value, self._attr_native_step = bounds
        self._attr_native_unit_of_measurement = unit

    @property
    @override
    def native_value(self) -> float:
        return float(self.thing.values[self.key])

    @override
    async def async_set_native_value(self, value: float) -> None:
        self.thing.command(self.key, value)


class Select(View, SelectEntity):
    """One of some modes."""

    def __init__(self, thing: Thing, domain: str, key: str, options: list[str]) -> None:
        """Have these modes."""
        super().__init__(thing, domain, key)
        self._attr_options = options

    @property
    @override
    def current_option(self) -> str:
        return str(self.thing.values[self.key])

    @override
    async def async_select_option(self, option: str) -> None:
        self.thing.command(self.key, option)


class Climate(View, ClimateEntity):
    """A thermostat that heats or cools to ``target``."""

    _attr_hvac_modes = [HVACMode.OFF, HVACMode.HEAT, HVACMode.COOL]  # noqa: RUF012
    _attr_supported_features = (
        ClimateEntityFeature.TARGET_TEMPERATURE | ClimateEntityFeature.TURN_OFF | ClimateEntityFeature.TURN_ON
    )
    _attr_target_temperature_step = 0.5
    _attr_min_temp = 7
    _attr_max_temp = 30
    unit = UnitOfTemperature.CELSIUS

    @property
    @override
    def temperature_unit(self) -> str:
        return str(self.thing.values.get("unit", self.unit))

    @property
    @override
    def hvac_mode(self) -> HVACMode:
        return HVACMode(self.thing.values["mode"])

    @property
    @override
    def current_temperature(self) -> float | None:
        found: float | None = self.thing.values["temperature"]
        return found

    @property
    @override
    def target_temperature(self) -> float:
        return float(self.thing.values["target"])

    @override
    async def async_set_temperature(self, **kwargs: Any) -> None:
        if "hvac_mode" in kwargs:
            self.thing.command("mode", str(kwargs["hvac_mode"]))
        self.thing.command("target", kwargs["temperature"])

    @override
    async def async_set_hvac_mode(self, hvac_mode: HVACMode) -> None:
        self.thing.command("mode", str(hvac_mode))


class WaterHeater(View, WaterHeaterEntity):
    """A tank heated to ``target``."""

    _attr_operation_list = ["off", "eco", "performance"]  # noqa: RUF012
    _attr_supported_features = (
        WaterHeaterEntityFeature.TARGET_TEMPERATURE | WaterHeaterEntityFeature.OPERATION_MODE
    )
    _attr_temperature_unit = UnitOfTemperature.CELSIUS
    _attr_min_temp = 35
    _attr_max_temp = 70

    @property
    @override
    def current_operation(self) -> str:
        return str(self.thing.values["mode"])

    @property
    @override
    def current_temperature(self) -> float | None:
        found: float | None = self.thing.values["temperature"]
        return found

    @property
    @override
    def target_temperature(self) -> float:
        return float(self.thing.values["target"])

    @override
    async def async_set_temperature(self, **kwargs: Any) -> None:
        self.thing.command("target", kwargs["temperature"])

    @override
    async def async_set_operation_mode(self, operation_mode: str) -> None:
        self.thing.command("mode", operation_mode)


class Sensor(View, SensorEntity):
    """A measured value."""

    def __init__(self, thing: Thing, domain: str, key: str, device_class: str, unit: str) -> None:
        """Measure in ``unit``."""
        super().__init__(thing, domain, key)
        self._attr_device_class = device_class  # type: ignore[assignment]
        self._attr_native_unit_of_measurement = unit
        self._attr_state_class = "total_increasing" if device_class == "energy" else "measurement"  # type: ignore[assignment]

    @property
    @override
    def native_value(self) -> float | None:
        found: float | None = self.thing.values[self.key]
        return found


class Contact(View, BinarySensorEntity):
    """Something that is so, or not: a cable plugged in."""

    @property
    @override
    def is_on(self) -> bool:
        return bool(self.thing.values[self.key])


def _measured(key: str, device_class: str, unit: str) -> Maker:
    return lambda thing: Sensor(thing, "sensor", key, device_class, unit)


POWER = _measured("power", "power", "W")
SOC = _measured("soc", "battery", "%")
TEMPERATURE = _measured("temperature", "temperature", "°C")


def switch(name: str, *, on: bool = False) -> Thing:
    """A plug that measures."""
    return Thing(name, {"relay": on, "power": 0.0}, (lambda thing: Switch(thing, "switch", "relay"), POWER))


def charger(name: str) -> Thing:
    """An EV charger with a car connected, not charging."""
    values = {"enabled": False, "current": 16.0, "plugged": True, "soc": 40.0, "power": 0.0}
    return Thing(
        name,
        values,
        (
            lambda thing: Switch(thing, "switch", "enabled"),
            lambda thing: Number(thing, "number", "current", (6, 32, 1), "A"),
            lambda thing: Contact(thing, "binary_sensor", "plugged"),
            SOC,
            POWER,
        ),
    )


def three_phase_charger(name: str) -> Thing:
    """The same, which changes between one phase and three."""
    thing = charger(name)
    thing.values["phases"] = "3"
    thing.makers += (lambda thing: Select(thing, "select", "phases", ["1", "3"]),)
    return thing


def ampere_charger(name: str) -> Thing:
    """A charger without a switch: 0 A is off."""
    values = {"current": 0.0, "plugged": True, "soc": 40.0, "power": 0.0}
    return Thing(
        name,
        values,
        (
            lambda thing: Number(thing, "number", "current", (0, 32, 1), "A"),
            lambda thing: Contact(thing, "binary_sensor", "plugged"),
            SOC,
            POWER,
        ),
    )


def boiler(name: str) -> Thing:
    """A boiler with a thermostat of its own, behind a relay that is on, and a thermometer in it."""
    values = {"relay": True, "temperature": 52.0, "power": 0.0}
    return Thing(name, values, (lambda thing: Switch(thing, "switch", "relay"), TEMPERATURE, POWER))


def tank(name: str) -> Thing:
    """A water heater in its ordinary state."""
    values = {"mode": "eco", "target": 50.0, "temperature": 48.0, "power": 0.0}
    return Thing(name, values, (lambda thing: WaterHeater(thing, "water_heater", "tank"), POWER))


def thermostat(name: str) -> Thing:
    """A thermostat that heats to 20 °C."""
    values = {"mode": "heat", "target": 20.0, "temperature": 20.0, "power": 0.0}
    return Thing(name, values, (lambda thing: Climate(thing, "climate", "room"), POWER))


def battery(name: str) -> Thing:
    """A home battery at rest."""
    values = {"setpoint": 0.0, "soc": 55.0, "power": 0.0}
    return Thing(
        name, values, (lambda thing: Number(thing, "number", "setpoint", (-5000, 5000, 10), "W"), SOC, POWER)
    )
