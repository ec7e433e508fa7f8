"""What every kind of response shares: demands on entities, and a view of the home to read them from."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Protocol, Self

from homeassistant.core import State
from homeassistant.helpers.typing import StateType

from ..client import Device
from .room import Way


class Kind(StrEnum):
    """The questions that people ask; the value is stored in the subentry."""

    CHARGE_CAR = "charge_car"
    HEAT_WATER = "heat_water"
    HEAT_COOL = "heat_cool"
    RUN_HOURS = "run_hours"
    RUN_ONCE = "run_once"
    PAUSE_WHEN_DEAR = "pause_when_dear"
    HOME_BATTERY = "home_battery"
    JUST_TELL = "just_tell"


class Unusable(Exception):
    """A response's settings cannot be used; ``field`` is the wrong one, ``key`` that of the translation."""

    def __init__(self, name: str, reason: str, key: str = "unusable") -> None:
        """Name the field and what is wrong with it."""
        super().__init__(f"{name}: {reason}")
        self.field = name
        self.reason = reason
        self.key = key


@dataclass(frozen=True, slots=True)
class Demand:
    """One entity shall have a value: the action that brings it about, and how to see that it has.

    Attributes:
        entity: registry id, or entity id of an entity without one.
        action: of the entity's domain, such as ``turn_on``.
        data: what the action needs beside its target.
        value: what the state, or the attribute, shall be.
        attribute: where the value is seen; none: in the state.
        step: a difference up to this is none: the device's own step.
        momentary: a button or a script: done once it was said, with nothing to see.
    """

    entity: str
    action: str
    value: str | float
    data: Mapping[str, Any] = field(default_factory=dict)
    attribute: str | None = None
    step: float = 0.0
    momentary: bool = False

    def fitted(self, state: State | None) -> Demand:
        """The same as this entity takes it: on its own steps, within its own limits."""
        if state is None:
            return self
        if self.momentary:
            return replace(self, action="turn_on") if state.domain == "script" else self
        if self.action == "set_value" and isinstance(self.value, float):
            least, most, step = (state.attributes.get(name) for name in ("min", "max", "step"))
            value = on_step(self.value, least, most, step)
            return replace(self, value=value, data={"value": value})
        return self

    def shown(self, state: State | None) -> StateType:
        """The value that an entity has, as far as it says."""
        if state is None or state.state in {"unavailable", "unknown"}:
            return None
        found: StateType = state.state if self.attribute is None else state.attributes.get(self.attribute)
        return found

    def met_by(self, value: StateType) -> bool:
        """Whether a value is the one wanted."""
        if isinstance(self.value, str) or value is None:
            return value == self.value
        number = as_number(value)
        return number is not None and abs(number - self.value) <= self.step + 1e-6


class View(Protocol):
    """The home as it is now; units are those of the client's device models."""

    now: datetime

    def state(self, entity: str | None) -> State | None:
        """An entity's state; none where there is none or it is unavailable."""
        ...

    def number(self, entity: str | None) -> float | None:
        """An entity's state as a number in W, Wh, % or °C; none where it says none."""
        ...

    def temperature(self, entity: str | None) -> float | None:
        """What a thermostat or a water heater measures, °C; none where it says none, or what cannot be."""
        ...

    def celsius(self, temperature: float) -> float:
        """A temperature in Home Assistant's unit, in °C."""
        ...

    def ran(self) -> timedelta:
        """For how long the response's device has run since it last had to begin anew."""
        ...

    def next_at(self, clock: time) -> datetime:
        """When the local clock next shows a time; one that a change of the clock skips comes after it."""
        ...

    def next_of(self, week: Sequence[time | None]) -> datetime:
        """When the first of a week's times of day comes, Monday first; none: not on that day."""
        ...

    armed: bool
    price: float | None
    """What a kWh costs now, in the tender's currency."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a response aims at, and what the owner may set it to."""

    value: float
    least: float
    most: float
    unit: str
    """A unit of Home Assistant's; empty: a price per kWh."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter(ABC):
    """One response's settings, and how they become actions; subclasses are the kinds.

    Attributes:
        hold: for how long a person's change is left alone.
        hold_until_ready: a person's change stands until the next ready-by, where that is known.
        programme: what the device does by itself counts as a person's change.
        advise: show everything, switch nothing.
        least: shortest time between two changes of what is demanded; also for the default.
    """

    kind: ClassVar[Kind]

    hold: timedelta = timedelta(hours=2)
    hold_until_ready: bool = False
    programme: bool = True
    advise: bool = False
    least: timedelta = timedelta()

    @property
    def controlled(self) -> tuple[str, ...]:
        """The entities that it acts on."""
        return tuple(demand.entity for demand in self.default())

    @abstractmethod
    def default(self) -> tuple[Demand, ...]:
        """The owner's default: how the device is when nobody leads it."""

    @abstractmethod
    def follow(self, power: float) -> tuple[Demand, ...]:
        """What a plan's step of ``power`` (W) asks for."""

    def run_now(self) -> tuple[Demand, ...]:
        """What running at once asks for."""
        return self.follow(self.full_power)

    def rest(self) -> tuple[Demand, ...]:
        """What leaving out its next run asks for."""
        return self.follow(0)

    def at(self, view: View) -> Self:
        """The same with the settings that hold now: by night, while nobody is home."""
        return self

    @property
    def target(self) -> Target | None:
        """What it aims at; none where there is nothing to aim at."""
        return None

    def aiming(self, target: float) -> Self:
        """The same with another target."""
        return self

    def arms(self, view: View) -> bool:
        """Whether the device itself says that it is ready to run once."""
        return False

    @property
    def read(self) -> tuple[str, ...]:
        """The entities that it reads beside those."""
        return ()

    @property
    @abstractmethod
    def full_power(self) -> float:
        """What it draws when it runs, W."""

    @property
    def least_power(self) -> float:
        """The least that it can draw while it runs, W; by default it runs fully or not at all."""
        return self.full_power

    @property
    def ways(self) -> tuple[Way, ...]:
        """In which ways it can draw, the greatest first."""
        return (Way(self.least_power, self.full_power),)

    @abstractmethod
    def device(self, device_id: str, view: View) -> Device | None:
        """What the gateway shall plan; none where there is nothing to plan or too little is known."""

    def urgent(self, view: View) -> bool:
        """Whether it must run now to be ready in time, without any plan."""
        return False

    @property
    def ready_times(self) -> tuple[time | None, ...]:
        """When it shall be ready on each day, Monday first; none: not on that day. Empty: no such wish."""
        return ()

    def ready_by(self, view: View) -> datetime | None:
        """When it shall be ready; none without such a wish."""
        return None

    def finished(self, view: View) -> bool:
        """Whether there is nothing left to do, so that the device may stop by itself."""
        return False

    def out_of_reach(self, view: View) -> str:
        """Why the device, as it is set now, must not be told anything; empty where it may be.

        ``switched_off``: somebody did; ``wrong_mode``: it heats where the response cools, or the reverse.
        """
        return ""


def on_step(value: float, least: StateType, most: StateType, step: StateType) -> float:
    """A value on an entity's own steps and within its limits, as far as it names them."""
    bottom, top, width = as_number(least), as_number(most), as_number(step)
    if width:
        value = (bottom or 0.0) + round((value - (bottom or 0.0)) / width) * width
    value = value if top is None else min(value, top)
    return round(value if bottom is None else max(value, bottom), 6)


def as_number(value: StateType) -> float | None:
    """A state as a finite number."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except TypeError, ValueError:
        return None
    return number if abs(number) < 1e12 else None


def needed[T](data: Mapping[str, Any], name: str, kind: type[T]) -> T:
    """A field that must be there.

    Raises:
        Unusable: it is missing, or of another kind.
    """
    value = data.get(name)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, kind):
        raise Unusable(name, f"{value!r} is not what belongs here")
    return value


def within(
    data: Mapping[str, Any], name: str, least: float, most: float, default: float | None = None
) -> float:
    """A number between two.

    Raises:
        Unusable: it is missing, none, or outside.
    """
    value = needed({name: default} | dict(data), name, float)
    if not least <= value <= most:
        raise Unusable(name, f"{value:g} is not between {least:g} and {most:g}")
    return value


def positive(data: Mapping[str, Any], name: str, default: float | None = None) -> float:
    """A number above nothing.

    Raises:
        Unusable: it is none.
    """
    value = within(data, name, 0, 1e9, default)
    if value == 0:
        raise Unusable(name, "it must be above 0")
    return value


def rising(data: Mapping[str, Any], low: str, usual: str, high: str) -> tuple[float, float, float]:
    """Three temperatures, the usual one between the others.

    Raises:
        Unusable: one is missing, or they do not rise.
    """
    found = (within(data, low, -50, 250), within(data, usual, -50, 250), within(data, high, -50, 250))
    if not found[0] <= found[1] <= found[2]:
        raise Unusable(usual, f"{found[1]:g}° must lie between {found[0]:g}° and {found[2]:g}°", "not_rising")
    return found


def clock_time(data: Mapping[str, Any], name: str) -> time:
    """A time of day, written as 07:00 or 07:00:00.

    Raises:
        Unusable: it is none.
    """
    try:
        return time.fromisoformat(needed(data, name, str))
    except ValueError as error:
        raise Unusable(name, str(error)) from error


def common(data: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that every kind has.

    Raises:
        Unusable: one is wrong.
    """
    return {
        "hold": timedelta(hours=positive(data, "hold_hours", 2.0)),
        "hold_until_ready": data.get("hold_until", "hours") == "ready_by",
        "programme": data.get("programme", "counts") == "counts",
        "advise": bool(data.get("advise", False)),
        "least": timedelta(minutes=within(data, "least_minutes", 0, 120, 0.0)),
    }


def switched(entity: str, *, on: bool) -> Demand:
    """A switch, or anything else that is turned on and off."""
    return Demand(entity, "turn_on" if on else "turn_off", "on" if on else "off")


def number_set(entity: str, value: float, step: float) -> Demand:
    """A number set to a value."""
    return Demand(entity, "set_value", value, {"value": value}, step=step)


def pressed(entity: str) -> Demand:
    """A button pressed, or a script run."""
    return Demand(entity, "press", "", momentary=True)


def chosen(entity: str, option: str) -> Demand:
    """A select set to one of its options."""
    return Demand(entity, "select_option", option, {"option": option})
