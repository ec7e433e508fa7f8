"""Buttons: plan again, let a response go on after a person's change, say that a machine is ready."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .calls import carry_out
from .coordinator import TemixConfigEntry, TemixCoordinator
from .entity import GATEWAY, TemixEntity
from .response.entity import ResponseEntity, add_for_each
from .response.model import Kind
from .response.running import Running

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class ResponseButtonDescription(ButtonEntityDescription):
    """A button, and what pressing it does."""

    press_fn: Callable[[Running], None]


PLAN_AGAIN: Final = ButtonEntityDescription(key="plan_again", translation_key="plan_again")
RELEASE = ResponseButtonDescription(key="release", translation_key="release", press_fn=Running.release)
READY = ResponseButtonDescription(key="ready", translation_key="ready_to_run", press_fn=Running.arm)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: TemixConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the gateway's button, and each response's."""
    async_add_entities([PlanAgainButton(entry.runtime_data)])
    add_for_each(entry, async_add_entities, _buttons)


def _buttons(running: Running) -> list[Entity]:
    descriptions = [RELEASE, *([READY] if running.adapter.kind is Kind.RUN_ONCE else [])]
    return [ResponseButton(running, description) for description in descriptions]


class PlanAgainButton(TemixEntity, ButtonEntity):
    """Makes the gateway plan now."""

    def __init__(self, coordinator: TemixCoordinator) -> None:
        """Belong to the gateway."""
        super().__init__(coordinator, PLAN_AGAIN, GATEWAY)

    @override
    async def async_press(self) -> None:
        """Ask for it."""
        await carry_out(self.coordinator.client.plan_again())


class ResponseButton(ResponseEntity, ButtonEntity):
    """One thing to tell a response."""

    entity_description: ResponseButtonDescription

    @override
    async def async_press(self) -> None:
        """Tell it."""
        self.entity_description.press_fn(self.running)
