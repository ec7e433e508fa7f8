"""Buttons: plan again, let a response go on after a person's change, say that a machine is ready."""

from typing import Final, override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .calls import carry_out
from .coordinator import TemixConfigEntry, TemixCoordinator
from .entity import GATEWAY, TemixEntity
from .response.entities import buttons
from .response.entity import add_for_each

PARALLEL_UPDATES = 0


PLAN_AGAIN: Final = ButtonEntityDescription(key="plan_again", translation_key="plan_again")


async def async_setup_entry(
    hass: HomeAssistant,
    entry: TemixConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the gateway's button, and each response's."""
    async_add_entities([PlanAgainButton(entry.runtime_data)])
    add_for_each(entry, async_add_entities, buttons)


class PlanAgainButton(TemixEntity, ButtonEntity):
    """Makes the gateway plan now."""

    def __init__(self, coordinator: TemixCoordinator) -> None:
        """Belong to the gateway."""
        super().__init__(coordinator, PLAN_AGAIN, GATEWAY)

    @override
    async def async_press(self) -> None:
        """Ask for it."""
        await carry_out(self.coordinator.client.plan_again())
