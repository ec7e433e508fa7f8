"""The entities of a response, on a service device of its own: never the identifiers of the user's device."""

from collections.abc import Callable
from typing import override

from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..const import DOMAIN
from ..coordinator import TemixConfigEntry
from .responses import KEY
from .running import Running


class ResponseEntity(Entity):
    """An entity of one response; it changes when the response does."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, running: Running, description: EntityDescription) -> None:
        """Belong to ``running``."""
        self.running = running
        self.entity_description = description
        self._attr_unique_id = f"{running.id}_{description.key}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, running.id)},
            entry_type=DeviceEntryType.SERVICE,
            manufacturer="TeMIX",
            name=running.title,
        )

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the response."""
        await super().async_added_to_hass()
        self.async_on_remove(self.running.listen(self.async_write_ha_state))


@callback
def add_for_each(
    entry: TemixConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    make: Callable[[Running], list[Entity]],
) -> None:
    """Add what ``make`` makes for every response, now and whenever one is added."""

    @callback
    def add(running: Running) -> None:
        async_add_entities(make(running), config_subentry_id=running.id)

    entry.async_on_unload(entry.runtime_data.hass.data[KEY][entry.entry_id].follow(add))
