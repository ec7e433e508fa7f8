"""Binary sensors: the two links, home to gateway and gateway to retailer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import override

from homeassistant.components.binary_sensor import BinarySensorEntity, BinarySensorEntityDescription
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import TemixConfigEntry, TemixCoordinator
from .entity import GATEWAY, TemixEntity

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class TemixBinarySensorDescription(BinarySensorEntityDescription):
    """A binary sensor and where its state comes from."""

    value_fn: Callable[[TemixCoordinator], bool]


BINARY_SENSORS = (
    TemixBinarySensorDescription(
        key="gateway_connected",
        translation_key="gateway_connected",
        device_class=BinarySensorDeviceClass.CONNECTIVITY,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda coordinator: coordinator.connected,
    ),
    TemixBinarySensorDescription(
        key="retailer_connected",
        translation_key="retailer_connected",
        device_class=BinarySensorDeviceClass.CONNECTIVITY,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda coordinator: coordinator.data.retailer.connected,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: TemixConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the binary sensors."""
    async_add_entities(TemixBinarySensor(entry.runtime_data, description) for description in BINARY_SENSORS)


class TemixBinarySensor(TemixEntity, BinarySensorEntity):
    """A link that is up or down."""

    entity_description: TemixBinarySensorDescription

    def __init__(self, coordinator: TemixCoordinator, description: TemixBinarySensorDescription) -> None:
        """Show one link."""
        super().__init__(coordinator, description, GATEWAY)

    @property
    @override
    def is_on(self) -> bool:
        """Whether the link is up."""
        return self.entity_description.value_fn(self.coordinator)
