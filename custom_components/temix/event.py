"""The event entity: news of the market, as they happen."""

from typing import Final, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import TemixConfigEntry, TemixCoordinator
from .entity import PRICES, TemixEntity
from .news import EVENT, News

PARALLEL_UPDATES = 0

MARKET: Final = EventEntityDescription(
    key="market",
    translation_key="market",
    event_types=[news.value for news in News],
    entity_registry_enabled_default=False,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: TemixConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the event entity."""
    async_add_entities([MarketEvent(entry.runtime_data)])


class MarketEvent(TemixEntity, EventEntity):
    """A transaction, a spike, a published hour that moved, and the other news."""

    def __init__(self, coordinator: TemixCoordinator) -> None:
        """Belong to the prices."""
        super().__init__(coordinator, MARKET, PRICES)

    @override
    async def async_added_to_hass(self) -> None:
        """Hear the news."""
        await super().async_added_to_hass()
        self.async_on_remove(self.hass.bus.async_listen(EVENT, self._hear))

    @callback
    def _hear(self, event: Event) -> None:
        told = dict(event.data)
        if told.pop("config_entry_id") == self.coordinator.config_entry.entry_id:
            self._trigger_event(told.pop("type"), told)
            self.async_write_ha_state()

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """News come over the bus; nothing else changes this entity."""
