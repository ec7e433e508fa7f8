"""Sensors: prices now and ahead, the position, and how far tenders reach."""

from datetime import datetime
from typing import Any, override

from homeassistant.components.sensor import (
    SensorEntity,
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
from .response.entities import sensors
from .response.entity import add_for_each

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: TemixConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors."""
    async_add_entities(
        TemixSensor(entry.runtime_data, description) for description in (*PRICE_SENSORS, *ACCOUNT_SENSORS)
    )
    add_for_each(entry, async_add_entities, sensors)


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
    def available(self) -> bool:
        """Not where the retailer does not publish it."""
        return super().available and self.entity_description.available_fn(self.coordinator)

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
