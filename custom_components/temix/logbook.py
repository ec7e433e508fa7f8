"""Logbook entries for the news of the market."""

from collections.abc import Callable
from typing import Any, Final

from homeassistant.components.logbook.const import LOGBOOK_ENTRY_MESSAGE, LOGBOOK_ENTRY_NAME
from homeassistant.core import Event, HomeAssistant, callback

from .const import DOMAIN
from .news import EVENT, News

NAME: Final = "TeMIX"

LINES: Final = {
    News.SPIKE_STARTED: "a price spike started",
    News.SPIKE_ENDED: "the price spike is over",
    News.CHEAPEST_WINDOW_STARTED: "the cheapest window of the day started",
    News.DEAREST_WINDOW_STARTED: "the dearest window of the day started",
    News.TOMORROW_KNOWN: "the prices of tomorrow are known",
}


@callback
def async_describe_events(
    hass: HomeAssistant,
    async_describe_event: Callable[[str, str, Callable[[Event[Any]], dict[str, str]]], None],
) -> None:
    """Say how the news read."""
    async_describe_event(DOMAIN, EVENT, _describe)


@callback
def _describe(event: Event[Any]) -> dict[str, str]:
    return {LOGBOOK_ENTRY_NAME: NAME, LOGBOOK_ENTRY_MESSAGE: message(event.data)}


def message(told: dict[str, Any]) -> str:
    """One line for a piece of news."""
    if told["type"] == News.TRANSACTION:
        verb = "bought" if told["quantity"] > 0 else "sold"
        return f"{verb} {abs(told['quantity']):g} kWh at {told['price']:.4f} {told['currency']}/kWh"
    if told["type"] == News.TENDER_REVISED:
        return f"the price of {told['start']} moved by {told['percent']:+g} %"
    return LINES[told["type"]]
