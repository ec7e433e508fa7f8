"""Numbers: what each response aims at."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import TemixConfigEntry
from .response.entities import numbers
from .response.entity import add_for_each

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: TemixConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add each response's."""
    add_for_each(entry, async_add_entities, numbers)
