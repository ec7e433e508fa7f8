"""Sensors: prices now and ahead, the position, and how far tenders reach."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, UnitOfEnergy, UnitOfPower
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import TemixConfigEntry, TemixCoordinator
from .entity import ACCOUNT, PRICES, TemixEntity
from .response.entity import ResponseEntity, add_for_each
from .response.running import Running
from .response.status import Doing
from .shapes import forecast, per_kwh

PARALLEL_UPDATES = 0

PRICE_DECIMALS: Final = 4


@dataclass(frozen=True, kw_only=True)
class TemixSensorDescription(SensorEntityDescription):
    """A sensor, its device, and where its state comes from."""

    device: str
    value_fn: Callable[[TemixCoordinator], float | int | datetime | None]
    attributes_fn: Callable[[TemixCoordinator], dict[str, Any]] | None = None


@dataclass(frozen=True, kw_only=True)
class TemixPriceDescription(TemixSensorDescription):
    """A price in the tenders' currency; without a category, so that triggers on the device find it."""

    device: str = PRICES
    state_class: SensorStateClass | None = SensorStateClass.MEASUREMENT
    suggested_display_precision: int | None = PRICE_DECIMALS


SENSORS: tuple[TemixSensorDescription, ...] = (
    TemixPriceDescription(
        key="buy_price",
        translation_key="buy_price",
        value_fn=lambda coordinator: per_kwh(coordinator.now.buy),
    ),
    TemixPriceDescription(
        key="sell_price",
        translation_key="sell_price",
        value_fn=lambda coordinator: per_kwh(coordinator.now.sell),
    ),
    TemixPriceDescription(
        key="price_forecast",
        translation_key="price_forecast",
        value_fn=lambda coordinator: per_kwh(coordinator.now.next_buy),
        attributes_fn=lambda coordinator: {"forecast": forecast(coordinator.data, coordinator.now)},
    ),
    TemixSensorDescription(
        key="tender_horizon",
        translation_key="tender_horizon",
        device=PRICES,
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda coordinator: coordinator.data.horizon,
    ),
    TemixSensorDescription(
        key="position",
        translation_key="position",
        device=ACCOUNT,
        device_class=SensorDeviceClass.POWER,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfPower.WATT,
        suggested_unit_of_measurement=UnitOfPower.KILO_WATT,
        suggested_display_precision=3,
        value_fn=lambda coordinator: coordinator.now.power,
    ),
)


@dataclass(frozen=True, kw_only=True)
class ResponseSensorDescription(SensorEntityDescription):
    """A sensor of a response, and where its state comes from."""

    value_fn: Callable[[Running], str | datetime | None]
    attributes_fn: Callable[[Running], dict[str, Any]] | None = None


RESPONSE_SENSORS = (
    ResponseSensorDescription(
        key="state",
        translation_key="response_state",
        device_class=SensorDeviceClass.ENUM,
        options=[doing.value for doing in Doing],
        value_fn=lambda running: running.goal.doing.value,
        attributes_fn=lambda running: {"reason": running.goal.reason, "held_until": running.held_until},
    ),
    ResponseSensorDescription(
        key="next_start",
        translation_key="next_start",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=lambda running: running.next_start,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: TemixConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors."""
    async_add_entities(TemixSensor(entry.runtime_data, description) for description in SENSORS)
    add_for_each(
        entry,
        async_add_entities,
        lambda running: [ResponseSensor(running, description) for description in RESPONSE_SENSORS],
    )


class ResponseSensor(ResponseEntity, SensorEntity):
    """What a response does, or when it will."""

    entity_description: ResponseSensorDescription

    @property
    @override
    def native_value(self) -> str | datetime | None:
        """The value now."""
        return self.entity_description.value_fn(self.running)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any] | None:
        """Why, and until when."""
        attributes = self.entity_description.attributes_fn
        return None if attributes is None else attributes(self.running)


class TemixSensor(TemixEntity, SensorEntity):
    """Something that the gateway shows."""

    entity_description: TemixSensorDescription
    _unrecorded_attributes = frozenset({"forecast"})

    def __init__(self, coordinator: TemixCoordinator, description: TemixSensorDescription) -> None:
        """Show what ``description`` says."""
        super().__init__(coordinator, description, description.device)

    @property
    @override
    def native_unit_of_measurement(self) -> str | None:
        """The unit; that of a price has the tenders' currency."""
        if isinstance(self.entity_description, TemixPriceDescription):
            return f"{self.coordinator.data.currency}/{UnitOfEnergy.KILO_WATT_HOUR}"
        return super().native_unit_of_measurement

    @property
    @override
    def native_value(self) -> float | int | datetime | None:
        """The value now; unknown where the gateway knows none."""
        return self.entity_description.value_fn(self.coordinator)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any] | None:
        """What cannot be said in one value."""
        attributes = self.entity_description.attributes_fn
        return None if attributes is None else attributes(self.coordinator)
