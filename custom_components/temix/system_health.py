"""System health: how each gateway does, at a glance."""

from typing import Any

from homeassistant.components.system_health import SystemHealthRegistration
from homeassistant.core import HomeAssistant, callback

from .const import DOMAIN
from .coordinator import TemixConfigEntry


@callback
def async_register(hass: HomeAssistant, register: SystemHealthRegistration) -> None:
    """Say where to ask."""
    register.async_register_info(_info, f"/config/integrations/integration/{DOMAIN}")


async def _info(hass: HomeAssistant) -> dict[str, Any]:
    """The last gateway that is loaded, and how many there are."""
    entries: list[TemixConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    told: dict[str, Any] = {"gateways": len(entries)}
    for entry in entries:
        coordinator = entry.runtime_data
        state = coordinator.data
        told |= {
            "gateway_version": coordinator.version,
            "gateway_connected": coordinator.client.connected,
            "retailer_connected": state.retailer.connected,
            "mode": state.mode,
            "trading": state.trades,
            "prices_until": state.horizon,
            "ledger": state.ledger.sequence,
        }
    return told
