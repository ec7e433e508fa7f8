"""Selects: what the owner wants of each response."""

from typing import override

from homeassistant.components.select import SelectEntity, SelectEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import TemixConfigEntry
from .response.entity import ResponseEntity, add_for_each
from .response.status import Mode

PARALLEL_UPDATES = 0

MODE = SelectEntityDescription(
    key="mode", translation_key="response_mode", options=[mode.value for mode in Mode]
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: TemixConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a mode for each response."""
    add_for_each(entry, async_add_entities, lambda running: [ModeSelect(running, MODE)])


class ModeSelect(ResponseEntity, SelectEntity):
    """Automatic, run now, or off."""

    @property
    @override
    def current_option(self) -> str:
        """The mode in force."""
        return self.running.memory.mode.value

    @override
    async def async_select_option(self, option: str) -> None:
        """Choose another; that ends a hold."""
        self.running.choose(Mode(option))
