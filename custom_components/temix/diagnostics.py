"""Diagnostics: what helps to find a fault, without secrets and without saying where the home is."""

from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any, Final

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.const import CONF_HOST, CONF_TOKEN
from homeassistant.core import HomeAssistant

from .coordinator import TemixConfigEntry

TO_REDACT: Final = {CONF_HOST, CONF_TOKEN, "key", "title", "unique_id", "zone"}


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: TemixConfigEntry) -> dict[str, Any]:
    """The entry, the link, and the gateway's last state."""
    coordinator = entry.runtime_data
    return {
        "entry": async_redact_data(entry.as_dict(), TO_REDACT),
        "connected": coordinator.client.connected,
        "gateway_version": coordinator.version,
        "now": asdict(coordinator.now),
        "state": async_redact_data(asdict(coordinator.data, dict_factory=_plain), TO_REDACT),
    }


def _plain(fields: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Money as text: JSON knows no exact decimals."""
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in fields}
