"""Actions: the whole price and position curves, as responses."""

from datetime import datetime
from typing import Any

import probatio as vol
from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers import service
from homeassistant.util import dt as dt_util

from .client.wire import Step
from .const import DOMAIN
from .coordinator import TemixConfigEntry
from .shapes import positions, prices

ATTR_START = "start"
ATTR_END = "end"

SERVICE_GET_PRICES = "get_prices"
SERVICE_GET_POSITIONS = "get_positions"

SCHEMA = vol.Schema(
    {
        vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
        vol.Optional(ATTR_START): cv.datetime,
        vol.Optional(ATTR_END): cv.datetime,
    }
)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions."""
    for name, respond in ((SERVICE_GET_PRICES, _get_prices), (SERVICE_GET_POSITIONS, _get_positions)):
        hass.services.async_register(DOMAIN, name, respond, SCHEMA, supports_response=SupportsResponse.ONLY)


async def _get_prices(call: ServiceCall) -> ServiceResponse:
    """Every live tender's price between start and end, with its parts."""
    state = _entry(call).runtime_data.data
    return {"currency": state.currency, "prices": prices(_within(call, state.prices))}


async def _get_positions(call: ServiceCall) -> ServiceResponse:
    """The position between start and end, and the head of the ledger that it follows from."""
    state = _entry(call).runtime_data.data
    return {
        "ledger": {"sequence": state.ledger.sequence, "head": state.ledger.head},
        "positions": positions(_within(call, state.positions)),
    }


def _entry(call: ServiceCall) -> TemixConfigEntry:
    entry: TemixConfigEntry = service.async_get_config_entry(
        call.hass, DOMAIN, call.data.get(ATTR_CONFIG_ENTRY_ID)
    )
    return entry


def _within[T: Step](call: ServiceCall, steps: tuple[T, ...]) -> list[T]:
    """The steps that have any part between start and end; times without a zone are Home Assistant's."""
    start, end = (_instant(call.data.get(name)) for name in (ATTR_START, ATTR_END))
    if start is not None and end is not None and end <= start:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="end_before_start")
    return [
        step for step in steps if (start is None or step.end > start) and (end is None or step.start < end)
    ]


def _instant(when: Any) -> datetime | None:
    return dt_util.as_utc(when) if isinstance(when, datetime) else None
