"""Tells the gateway what the owner's price entities show, where it has its prices from here."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..client import Client, CommandFailed, GatewayState, Hello, TemixError
from ..response.home import entity_id
from ..response.troubles import Issues, Trouble
from .days import Days, Prices, calls_of
from .offers import Unsuitable, offer

_LOGGER = logging.getLogger(__name__)

SUBENTRY: Final = "prices"
BUY: Final = "buy"
SELL: Final = "sell"

REPEAT: Final = timedelta(minutes=10)
"""The gateway drops what may still change where it hears nothing for half an hour."""
BACK: Final = timedelta(days=1)
"""Prices of hours that are over are told, too: the gateway may have been away."""
AT_ONCE: Final = 400
"""Prices of one direction in one message."""


def chosen(entry: ConfigEntry[Any]) -> dict[str, str]:
    """The entities that the owner chose, by what their prices are for."""
    for subentry in entry.subentries.values():
        if subentry.subentry_type == SUBENTRY:
            return {name: subentry.data[name] for name in (BUY, SELL) if subentry.data.get(name)}
    return {}


class PriceEntities:
    """Tells prices when they have changed, at each new connection, and now and then again."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any], clock: Callable[[], float]) -> None:
        """Have told nothing; ``clock`` is the monotonic one, in seconds."""
        self._hass = hass
        self._entry = entry
        self._clock = clock
        self._days = Days(calls_of(hass))
        self._issues = Issues(hass, entry.entry_id, clock)
        self._told: tuple[Hello, Prices | None, Prices | None] | None = None
        self._due = 0.0
        self._refused = ""

    async def tell(self, client: Client, state: GatewayState) -> None:
        """Tell what has changed, where the gateway wants it; say what a person has to see to."""
        if not state.prices_wanted:
            self.forget()
            return
        entities, now = chosen(self._entry), dt_util.utcnow()
        troubles = [] if BUY in entities else [Trouble("price_entity_needed", timedelta())]
        found: dict[str, Prices | None] = {}
        for name in (BUY, SELL):
            try:
                found[name] = await self._read(entities.get(name), state.currency, now)
            except Unsuitable as error:
                found[name] = []
                shown = entity_id(self._hass, entities[name]) or entities[name]
                _LOGGER.debug("No prices can be had of %s: %s", shown, error)
                troubles.append(Trouble("price_entity_wrong", timedelta(), shown))
        refused = await self._send(client, state.currency, found[BUY], found[SELL])
        if refused:
            troubles.append(Trouble("prices_refused", timedelta(), reason=refused))
        self._issues.show(troubles, self._entry.title)

    @callback
    def forget(self) -> None:
        """Withdraw every issue: no prices are wanted from here any more."""
        self._issues.show((), "")

    async def _read(self, entity: str | None, currency: str, now: datetime) -> Prices | None:
        """What an entity shows; nothing where none is chosen, none where nothing new is known."""
        if entity is None:
            return []
        found = offer(self._hass, entity, self._days)
        if found.currency != currency:
            raise Unsuitable("other_currency")
        prices = await found.read(now)
        return None if prices is None else [price for price in prices if price.end > now - BACK][:AT_ONCE]

    async def _send(self, client: Client, currency: str, buy: Prices | None, sell: Prices | None) -> str:
        """Tell the gateway where that is due; return why it refused, or nothing."""
        what = client.hello, buy, sell
        if what == self._told and self._clock() < self._due:
            return self._refused
        self._refused = ""
        try:
            await client.report_prices(currency, buy, sell)
        except CommandFailed as error:
            self._refused = str(error)
        except TemixError as error:
            _LOGGER.debug("The gateway could not be told prices: %s", error)
            return ""
        self._told, self._due = what, self._clock() + REPEAT.total_seconds()
        return self._refused
