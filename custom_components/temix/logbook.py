"""Logbook entries for the news of the market, in Home Assistant's language."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from homeassistant.components.logbook.const import LOGBOOK_ENTRY_MESSAGE, LOGBOOK_ENTRY_NAME
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .news import EVENT, News

NAME: Final = "TeMIX"
KINDS: Final = f"component.{DOMAIN}.entity.event.market.state_attributes.event_type.state."
"""Where the names of the news are: they are the event entity's types."""


@callback
def async_describe_events(
    hass: HomeAssistant,
    async_describe_event: Callable[[str, str, Callable[[Event[Any]], dict[str, str]]], None],
) -> None:
    """Say how the news read."""

    @callback
    def describe(event: Event[Any]) -> dict[str, str]:
        words = async_get_cached_translations(hass, hass.config.language, "entity", DOMAIN)
        kind = words.get(KINDS + event.data["type"], event.data["type"])
        return {LOGBOOK_ENTRY_NAME: NAME, LOGBOOK_ENTRY_MESSAGE: message(kind, event.data)}

    async_describe_event(DOMAIN, EVENT, describe)


def message(kind: str, told: Mapping[str, Any]) -> str:
    """One line for a piece of news: its name, and the numbers that belong to it; bought is positive."""
    if told["type"] == News.TRANSACTION:
        return f"{kind}: {told['quantity']:+g} kWh, {told['price']:.4f} {told['currency']}/kWh"
    if told["type"] == News.TENDER_REVISED:
        start = dt_util.as_local(datetime.fromisoformat(told["start"]))
        return f"{kind}: {start:%H:%M}, {told['percent']:+g} %"
    return kind
