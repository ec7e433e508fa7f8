"""Selects: what the gateway does with its plans, and what the owner wants of each response."""

from typing import Any, Final, override

from homeassistant.components.select import SelectEntity, SelectEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .calls import carry_out
from .coordinator import TemixConfigEntry, TemixCoordinator
from .entity import GATEWAY, TemixEntity
from .response.entities import selects
from .response.entity import add_for_each

PARALLEL_UPDATES = 0

GATEWAY_MODE: Final = SelectEntityDescription(
    key="mode", translation_key="mode", options=["monitor", "advise", "automatic"]
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: TemixConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the gateway's mode, and one for each response."""
    async_add_entities([GatewayModeSelect(entry.runtime_data)])
    add_for_each(entry, async_add_entities, selects)


class GatewayModeSelect(TemixEntity, SelectEntity):
    """Monitor, advise or automatic."""

    def __init__(self, coordinator: TemixCoordinator) -> None:
        """Belong to the gateway."""
        super().__init__(coordinator, GATEWAY_MODE, GATEWAY)

    @property
    @override
    def current_option(self) -> str:
        """The mode in force."""
        return self.coordinator.data.mode

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """How the owner's mandate stands, without which nothing is traded."""
        mandate = self.coordinator.data.mandate
        return {} if mandate is None else {"mandate": mandate.state}

    @override
    async def async_select_option(self, option: str) -> None:
        """Ask the gateway for another; it tells when it is in force."""
        await carry_out(self.coordinator.client.set_mode(option))
