"""Binary sensors: prices that are low, high or a spike, the links, and whether all is well."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, override

from homeassistant.components.binary_sensor import BinarySensorEntity, BinarySensorEntityDescription
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import TemixConfigEntry, TemixCoordinator
from .entity import GATEWAY, PRICES, TemixEntity
from .response.entities import binary_sensors
from .response.entity import add_for_each

PARALLEL_UPDATES = 0

REASON_CHARACTERS: Final = 300
REASONS: Final = 6
"""So many of so many characters stay below 2 KiB."""


@dataclass(frozen=True, kw_only=True)
class TemixBinarySensorDescription(BinarySensorEntityDescription):
    """A binary sensor, its device, and where its state comes from."""

    device: str
    value_fn: Callable[[TemixCoordinator], bool | None]
    attributes_fn: Callable[[TemixCoordinator], dict[str, Any]] | None = None


def _reasons(coordinator: TemixCoordinator) -> dict[str, Any]:
    """Why nothing is traded."""
    return {"reasons": [reason[:REASON_CHARACTERS] for reason in coordinator.data.trading.locked[:REASONS]]}


def _is_wrong(coordinator: TemixCoordinator) -> bool:
    """Whether anything keeps the gateway from trading but that its retailer takes no tenders."""
    trading = coordinator.data.trading
    return len(trading.locked) > trading.codes.count("published")


BINARY_SENSORS = (
    TemixBinarySensorDescription(
        key="price_low",
        translation_key="price_low",
        device=PRICES,
        value_fn=lambda coordinator: coordinator.outlook.is_low,
    ),
    TemixBinarySensorDescription(
        key="price_high",
        translation_key="price_high",
        device=PRICES,
        entity_registry_enabled_default=False,
        value_fn=lambda coordinator: coordinator.outlook.is_high,
    ),
    TemixBinarySensorDescription(
        key="spike",
        translation_key="spike",
        device=PRICES,
        value_fn=lambda coordinator: coordinator.outlook.spike,
    ),
    TemixBinarySensorDescription(
        key="tomorrow_known",
        translation_key="tomorrow_known",
        device=PRICES,
        value_fn=lambda coordinator: coordinator.outlook.tomorrow_known,
    ),
    TemixBinarySensorDescription(
        key="gateway_connected",
        translation_key="gateway_connected",
        device=GATEWAY,
        device_class=BinarySensorDeviceClass.CONNECTIVITY,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value_fn=lambda coordinator: coordinator.connected,
    ),
    TemixBinarySensorDescription(
        key="retailer_connected",
        translation_key="retailer_connected",
        device=GATEWAY,
        device_class=BinarySensorDeviceClass.CONNECTIVITY,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda coordinator: coordinator.connected and coordinator.data.retailer.connected,
    ),
    TemixBinarySensorDescription(
        key="trading",
        translation_key="trading",
        device=GATEWAY,
        device_class=BinarySensorDeviceClass.RUNNING,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value_fn=lambda coordinator: coordinator.data.trades,
    ),
    TemixBinarySensorDescription(
        key="problem",
        translation_key="problem",
        device=GATEWAY,
        device_class=BinarySensorDeviceClass.PROBLEM,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=_is_wrong,
        attributes_fn=_reasons,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: TemixConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the binary sensors."""
    async_add_entities(TemixBinarySensor(entry.runtime_data, description) for description in BINARY_SENSORS)
    add_for_each(entry, async_add_entities, binary_sensors)


class TemixBinarySensor(TemixEntity, BinarySensorEntity):
    """Something that is so or not."""

    entity_description: TemixBinarySensorDescription

    def __init__(self, coordinator: TemixCoordinator, description: TemixBinarySensorDescription) -> None:
        """Show what ``description`` says."""
        super().__init__(coordinator, description, description.device)

    @property
    @override
    def is_on(self) -> bool | None:
        """Whether it is so; unknown where no price says it."""
        return self.entity_description.value_fn(self.coordinator)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any] | None:
        """Why."""
        attributes = self.entity_description.attributes_fn
        return None if attributes is None else attributes(self.coordinator)
