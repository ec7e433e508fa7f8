"""Buttons: let a response go on after a person's change, and say that a machine is ready to run."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import TemixConfigEntry
from .response.entity import ResponseEntity, add_for_each
from .response.model import Kind
from .response.running import Running

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class ResponseButtonDescription(ButtonEntityDescription):
    """A button, and what pressing it does."""

    press_fn: Callable[[Running], None]


RELEASE = ResponseButtonDescription(key="release", translation_key="release", press_fn=Running.release)
READY = ResponseButtonDescription(key="ready", translation_key="ready_to_run", press_fn=Running.arm)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: TemixConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add each response's buttons."""
    add_for_each(entry, async_add_entities, _buttons)


def _buttons(running: Running) -> list[Entity]:
    descriptions = [RELEASE, *([READY] if running.adapter.kind is Kind.RUN_ONCE else [])]
    return [ResponseButton(running, description) for description in descriptions]


class ResponseButton(ResponseEntity, ButtonEntity):
    """One thing to tell a response."""

    entity_description: ResponseButtonDescription

    @override
    async def async_press(self) -> None:
        """Tell it."""
        self.entity_description.press_fn(self.running)
