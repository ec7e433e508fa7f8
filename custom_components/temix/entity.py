"""What all entities of a gateway share: its three devices and the names' stability."""

from typing import Final, override

from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import DOMAIN
from .coordinator import TemixCoordinator

PRICES: Final = "electricity_prices"
ACCOUNT: Final = "account"
GATEWAY: Final = "gateway"


class TemixEntity(CoordinatorEntity[TemixCoordinator]):
    """An entity of one of a gateway's service devices; its unique id never changes."""

    _attr_has_entity_name = True

    def __init__(self, coordinator: TemixCoordinator, description: EntityDescription, device: str) -> None:
        """Belong to ``device``: the prices, the account or the gateway itself."""
        super().__init__(coordinator)
        self.entity_description = description
        gateway_id = coordinator.config_entry.unique_id or ""
        self._attr_unique_id = f"{gateway_id}_{description.key}"
        info = DeviceInfo(
            identifiers={(DOMAIN, gateway_id if device == GATEWAY else f"{gateway_id}_{device}")},
            entry_type=DeviceEntryType.SERVICE,
            manufacturer="TeMIX",
            translation_key=device,
        )
        if device == GATEWAY:
            info["sw_version"] = coordinator.version
        self._attr_device_info = info

    @override
    @callback
    def _handle_coordinator_update(self) -> None:
        """Write the state, when the loop's turn has room for it."""
        self.coordinator.turns.do(self.async_write_ha_state)
