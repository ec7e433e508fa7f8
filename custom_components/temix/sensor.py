"""Sensors: prices now and ahead, the position, and how far tenders reach."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
)
from homeassistant.const import UnitOfEnergy
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .account_sensors import ACCOUNT_SENSORS
from .coordinator import TemixConfigEntry, TemixCoordinator
from .curve.days import month_of
from .descriptions import TemixMoneyDescription, TemixPriceDescription, TemixSensorDescription, Value
from .entity import TemixEntity
from .price_sensors import PRICE_SENSORS
from .response.entity import ResponseEntity, add_for_each
from .response.running import Running
from .response.status import Doing

PARALLEL_UPDATES = 0


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
    async_add_entities(
        TemixSensor(entry.runtime_data, description) for description in (*PRICE_SENSORS, *ACCOUNT_SENSORS)
    )
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
        """The unit; that of a price or of money has the tenders' currency."""
        if isinstance(self.entity_description, TemixPriceDescription):
            return f"{self.coordinator.data.currency}/{UnitOfEnergy.KILO_WATT_HOUR}"
        if isinstance(self.entity_description, TemixMoneyDescription):
            return self.coordinator.data.currency
        return super().native_unit_of_measurement

    @property
    @override
    def last_reset(self) -> datetime | None:
        """When a total began: with the local day or month that the account is for."""
        description, account = self.entity_description, self.coordinator.data.account
        if not isinstance(description, TemixMoneyDescription) or account is None:
            return None
        match description.since:
            case "day":
                return account.day
            case "month":
                return month_of(account.day, self.coordinator.zone)
            case _:
                return None

    @property
    @override
    def native_value(self) -> Value:
        """The value now; unknown where the gateway knows none."""
        return self.entity_description.value_fn(self.coordinator)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any] | None:
        """What cannot be said in one value."""
        attributes = self.entity_description.attributes_fn
        return None if attributes is None else attributes(self.coordinator)
