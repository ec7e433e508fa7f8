"""The entities of a response, on a service device of its own: never the identifiers of the user's device."""

from collections.abc import Callable
from typing import override

from homeassistant.core import callback
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..const import DOMAIN
from ..coordinator import TemixConfigEntry
from .guess import area_of
from .responses import KEY
from .running import Running


class ResponseEntity(Entity):
    """An entity of one response; it changes when the response does."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, running: Running, description: EntityDescription) -> None:
        """Belong to ``running``; its device begins in the area of the user's."""
        self.running = running
        self.entity_description = description
        self._attr_unique_id = f"{running.id}_{description.key}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, running.id)},
            entry_type=DeviceEntryType.SERVICE,
            manufacturer="TeMIX",
            name=running.title,
            suggested_area=_area(running),
        )

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the response."""
        await super().async_added_to_hass()
        self.async_on_remove(self.running.listen(self.async_write_ha_state))


def _area(running: Running) -> str | None:
    """The name of the area in which the user's device is."""
    areas = (area_of(running.hass, entity) for entity in running.adapter.controlled)
    found = next(filter(None, areas), None)
    area = None if found is None else ar.async_get(running.hass).async_get_area(found)
    return None if area is None else area.name


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
