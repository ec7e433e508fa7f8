"""Repair issues that follow from what the gateway says, and go away with their reason."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .client import GatewayState
from .const import DOMAIN

STALE_AFTER: Final = timedelta(minutes=15)
"""How long there may be no price before a person should look: retailers restart, too."""

ISSUES: Final = (
    "retailer_refused",
    "clock_wrong",
    "prices_stale",
    "ledger_locked",
    "mandate_needed",
    "commissioning_needed",
    "bill_guard",
    "currency_differs",
)
WARNINGS: Final = ("mandate_needed", "commissioning_needed", "bill_guard", "currency_differs")
"""Nothing is broken: a person decides."""

LOCKS: Final = {"ledger": "ledger_locked", "clock": "clock_wrong", "commissioning": "commissioning_needed"}
"""What of that which keeps the gateway from trading a person has to see to, by its code."""

REASON_CHARACTERS: Final = 300


def ailments(state: GatewayState, unpriced: timedelta, currency: str) -> Iterator[tuple[str, dict[str, str]]]:
    """What a person has to see to, and the words for it; ``unpriced`` is for how long there was no price."""
    for code, reason in zip(state.trading.codes, state.trading.locked, strict=False):
        if code in LOCKS:
            yield LOCKS[code], {"reason": reason[:REASON_CHARACTERS]}
    if state.retailer.refused:
        yield "retailer_refused", {"reason": state.retailer.reason[:REASON_CHARACTERS]}
    if state.mandate is not None and state.mandate.needed:
        yield "mandate_needed", {}
    if state.bill_guard is not None and state.bill_guard.warning:
        yield "bill_guard", {"reason": state.bill_guard.warning[:REASON_CHARACTERS]}
    if unpriced >= STALE_AFTER:
        yield "prices_stale", {"minutes": str(unpriced // timedelta(minutes=1))}
    if state.currency != currency:
        yield "currency_differs", {"tenders": state.currency, "here": currency}


class Care:
    """The issues of one entry."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Know of none."""
        self._hass = hass
        self._entry = entry
        self._priced_at: datetime | None = None

    @callback
    def look(self, state: GatewayState, now: datetime, *, priced: bool) -> None:
        """Raise what there is, withdraw what there is no more."""
        if priced or self._priced_at is None:
            self._priced_at = now
        found = dict(ailments(state, now - self._priced_at, self._hass.config.currency))
        for key in ISSUES:
            if key in found:
                self._raise(key, found[key])
            else:
                ir.async_delete_issue(self._hass, DOMAIN, f"{key}_{self._entry.entry_id}")

    @callback
    def forget(self) -> None:
        """The entry is gone, and its issues with it."""
        for key in ISSUES:
            ir.async_delete_issue(self._hass, DOMAIN, f"{key}_{self._entry.entry_id}")

    def _raise(self, key: str, placeholders: dict[str, str]) -> None:
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            f"{key}_{self._entry.entry_id}",
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING if key in WARNINGS else ir.IssueSeverity.ERROR,
            translation_key=key,
            translation_placeholders={"name": self._entry.title, **placeholders},
        )
