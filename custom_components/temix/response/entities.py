"""What a response shows and can be told: entities by their platforms."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, override

from homeassistant.components.binary_sensor import BinarySensorEntity, BinarySensorEntityDescription
from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.components.number import NumberEntity, NumberEntityDescription, NumberMode
from homeassistant.components.select import SelectEntity, SelectEntityDescription
from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, UnitOfEnergy, UnitOfTime
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.entity import Entity

from ..const import DOMAIN, MICRO
from .entity import ResponseEntity
from .model import Kind, Target
from .running import Running
from .status import REASONS, Doing, Mode
from .words import beside, clock, price, why

NOTHING_ABOVE: Final = 1e-9


@dataclass(frozen=True, kw_only=True)
class ResponseSensorDescription(SensorEntityDescription):
    """A sensor of a response, and where its state comes from."""

    value_fn: Callable[[Running], str | float | datetime | None]
    attributes_fn: Callable[[Running], dict[str, Any]] | None = None
    money: bool = False


@dataclass(frozen=True, kw_only=True)
class ResponseButtonDescription(ButtonEntityDescription):
    """A button, and what pressing it does."""

    press_fn: Callable[[Running], None]


def _why(running: Running) -> dict[str, Any]:
    """The numbers of the reason, and the sentence in Home Assistant's language."""
    goal, currency = running.goal, running.currency or ""
    step = goal.step
    later, until = (None, None) if step is None else (step.later, step.until)
    ends = goal.until or running.held_until or running.skipped_until
    end = ends or (None if step is None else step.end)
    plan = None if step is None else running.planned.device
    sentence = why(
        running.hass,
        goal.reason,
        end="–" if end is None else clock(end),
        until="–" if until is None else clock(until),
        price=price(None if step is None else step.price, currency),
        later=price(later, currency),
    )
    instead = None if plan is None else plan.instead
    return {
        "sentence": sentence if plan is None else beside(running.hass, sentence, plan, currency),
        "advice": goal.advised is not None,
        "end": end,
        "price": None if step is None or step.price is None else step.price / 1e6,
        "price_later": None if later is None else later / 1e6,
        "until": until,
        "done": None if plan is None else plan.done,
        "next_best": None if instead is None else instead.start,
        "next_best_price": None if instead is None else instead.price / MICRO,
        "next_best_dearer": None if instead is None else float(instead.dearer),
        "binds": [] if plan is None else [*plan.binds],
        "wrong": running.planned.unplannable if goal.reason == "unplannable" else "",
    }


SENSORS: Final = (
    ResponseSensorDescription(
        key="state",
        translation_key="response_state",
        device_class=SensorDeviceClass.ENUM,
        options=[doing.value for doing in Doing],
        value_fn=lambda running: running.goal.doing.value,
        attributes_fn=lambda running: {"reason": running.goal.reason, "held_until": running.held_until},
    ),
    ResponseSensorDescription(
        key="why",
        translation_key="response_why",
        device_class=SensorDeviceClass.ENUM,
        options=list(REASONS),
        value_fn=lambda running: running.goal.reason if running.goal.reason in REASONS else None,
        attributes_fn=_why,
    ),
    ResponseSensorDescription(
        key="next_start",
        translation_key="next_start",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=lambda running: running.next_start,
    ),
    ResponseSensorDescription(
        key="saved",
        translation_key="saved",
        device_class=SensorDeviceClass.MONETARY,
        state_class=SensorStateClass.TOTAL,
        suggested_display_precision=2,
        money=True,
        value_fn=lambda running: round(running.memory.tally.total, 4),
        attributes_fn=lambda running: {"advice": running.goal.advised is not None},
    ),
    ResponseSensorDescription(
        key="expected_saving",
        translation_key="expected_saving",
        device_class=SensorDeviceClass.MONETARY,
        suggested_display_precision=2,
        entity_registry_enabled_default=False,
        money=True,
        value_fn=lambda running: (
            None
            if (device := running.planned.device) is None or device.saved is None
            else float(device.saved)
        ),
    ),
    ResponseSensorDescription(
        key="held_until",
        translation_key="held_until",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value_fn=lambda running: running.held_until,
    ),
    ResponseSensorDescription(
        key="run_time",
        translation_key="run_time",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.HOURS,
        suggested_display_precision=1,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value_fn=lambda running: round(running.memory.ran / 3600, 3),
    ),
)
READY_BY: Final = ResponseSensorDescription(
    key="ready_by",
    translation_key="ready_by",
    device_class=SensorDeviceClass.TIMESTAMP,
    value_fn=lambda running: running.ready_by,
)
MODE: Final = SelectEntityDescription(
    key="mode", translation_key="response_mode", options=[mode.value for mode in Mode]
)
TARGET: Final = NumberEntityDescription(key="target", translation_key="response_target", mode=NumberMode.BOX)
GOOD_TIME: Final = BinarySensorEntityDescription(key="good_time", translation_key="good_time")
SKIP: Final = ResponseButtonDescription(key="skip", translation_key="skip", press_fn=Running.skip)
RELEASE: Final = ResponseButtonDescription(key="release", translation_key="release", press_fn=Running.release)
READY: Final = ResponseButtonDescription(key="ready", translation_key="ready_to_run", press_fn=Running.arm)


def sensors(running: Running) -> list[Entity]:
    """State, why, when, and what it saved."""
    ready = [] if running.ready_by is None else [READY_BY]
    return [ResponseSensor(running, description) for description in (*SENSORS, *ready)]


def selects(running: Running) -> list[Entity]:
    """What the owner wants."""
    return [ModeSelect(running, MODE)]


def buttons(running: Running) -> list[Entity]:
    """What can be said in one word."""
    ready = [READY] if running.adapter.kind is Kind.RUN_ONCE else []
    return [ResponseButton(running, description) for description in (SKIP, RELEASE, *ready)]


def numbers(running: Running) -> list[Entity]:
    """What it aims at."""
    return [] if running.adapter.target is None else [TargetNumber(running, TARGET)]


def binary_sensors(running: Running) -> list[Entity]:
    """Whether now is a good time, for automations of one's own."""
    return [GoodTime(running, GOOD_TIME)] if running.adapter.kind is Kind.JUST_TELL else []


class ResponseSensor(ResponseEntity, SensorEntity):
    """What a response does, why, or when it will."""

    entity_description: ResponseSensorDescription
    _unrecorded_attributes = frozenset(
        {
            "sentence",
            "price",
            "price_later",
            "end",
            "until",
            "done",
            "next_best",
            "next_best_price",
            "next_best_dearer",
            "binds",
            "wrong",
        }
    )

    @property
    @override
    def native_unit_of_measurement(self) -> str | None:
        """The unit; that of money is the tenders' currency."""
        if self.entity_description.money:
            return self.running.currency
        return super().native_unit_of_measurement

    @property
    @override
    def native_value(self) -> str | float | datetime | None:
        """The value now."""
        return self.entity_description.value_fn(self.running)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any] | None:
        """What cannot be said in one value."""
        attributes = self.entity_description.attributes_fn
        return None if attributes is None else attributes(self.running)


class ModeSelect(ResponseEntity, SelectEntity):
    """Automatic, run now, or off; the actions of a response are aimed at it."""

    @property
    @override
    def current_option(self) -> str:
        """The mode in force."""
        return self.running.memory.mode.value

    @override
    async def async_select_option(self, option: str) -> None:
        """Choose another; that ends a hold."""
        self.running.choose(Mode(option))

    async def async_run(self, duration: timedelta | None = None) -> None:
        """Run now, for a while or until there is nothing left to do."""
        self._acts("run")
        self.running.run(duration)

    async def async_skip(self) -> None:
        """Leave out the next run."""
        self.running.skip()

    async def async_hold(self, duration: timedelta | None = None) -> None:
        """Leave the device alone."""
        self._acts("hold")
        self.running.hold(duration or self.running.adapter.hold)

    async def async_release(self) -> None:
        """Let the plan lead again."""
        self.running.release()

    async def async_set_target(self, target: float) -> None:
        """Aim at something else.

        Raises:
            ServiceValidationError: it aims at nothing, or this is out of its range.
        """
        wanted = self.running.adapter.target
        if wanted is None:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="no_target",
                translation_placeholders={"name": self.running.title},
            )
        if not wanted.least - NOTHING_ABOVE <= target <= wanted.most + NOTHING_ABOVE:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="target_out_of_range",
                translation_placeholders={
                    "name": self.running.title,
                    "target": f"{target:g}",
                    "least": f"{wanted.least:g}",
                    "most": f"{wanted.most:g}",
                },
            )
        self.running.aim(target)

    def _acts(self, action: str) -> None:
        if self.running.adapter.advise:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="only_advises",
                translation_placeholders={"name": self.running.title, "action": action},
            )


class ResponseButton(ResponseEntity, ButtonEntity):
    """One thing to tell a response."""

    entity_description: ResponseButtonDescription

    @override
    async def async_press(self) -> None:
        """Tell it."""
        self.entity_description.press_fn(self.running)


class TargetNumber(ResponseEntity, NumberEntity):
    """What a response aims at: percent, degrees, hours, or a price per kWh."""

    @property
    def _target(self) -> Target:
        target = self.running.adapter.target
        return Target(0, 0, 0, "") if target is None else target

    @property
    @override
    def native_value(self) -> float:
        """The target now."""
        return round(self._target.value, 3)

    @property
    @override
    def native_min_value(self) -> float:
        """The least that it may be."""
        return self._target.least

    @property
    @override
    def native_max_value(self) -> float:
        """The most that it may be."""
        return self._target.most

    @property
    @override
    def native_step(self) -> float:
        """Fine enough for what it is."""
        return {"%": 1.0, "°": 0.5, "h": 0.25}.get(self._target.unit, 0.01)

    @property
    @override
    def native_unit_of_measurement(self) -> str | None:
        """Its unit; of degrees Home Assistant's, of a price the tenders' currency."""
        match self._target.unit:
            case "°":
                return self.hass.config.units.temperature_unit
            case "":
                return f"{self.running.currency}/{UnitOfEnergy.KILO_WATT_HOUR}"
            case unit:
                return unit

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Aim at something else."""
        self.running.aim(value)


class GoodTime(ResponseEntity, BinarySensorEntity):
    """Whether now is one of the good hours."""

    @property
    @override
    def is_on(self) -> bool | None:
        """On in the good hours; unknown without a plan."""
        return self.running.good_time
