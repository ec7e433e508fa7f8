"""Actions: curves, plan, transactions and statement, as responses; and when to run something."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

import probatio as vol
from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers import service

from .calls import carry_out
from .client.account import Transaction
from .client.wire import Step
from .const import DOMAIN
from .coordinator import TemixConfigEntry
from .curve.days import month_of
from .fields import ATTR_END, ATTR_START, span
from .response.responses import KEY
from .run_services import COST_OF_RUN_SCHEMA, FIND_WINDOW_SCHEMA, cost_of_run, find_window
from .shapes import plain, plan, positions, prices, thresholds, transactions

ATTR_LEVEL: Final = "level"
LEVELS: Final = ["month", "day", "interval"]

MOST_TRANSACTIONS: Final = 2_000
"""So many are answered at once; who wants more asks for a shorter time."""

SPAN: Final = {
    vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
    vol.Optional(ATTR_START): cv.datetime,
    vol.Optional(ATTR_END): cv.datetime,
}
SPAN_SCHEMA: Final = vol.Schema(SPAN)
PLAN_SCHEMA: Final = vol.Schema({vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string})
STATEMENT_SCHEMA: Final = vol.Schema(SPAN | {vol.Optional(ATTR_LEVEL, default="day"): vol.In(LEVELS)})

type Respond = Callable[[ServiceCall, TemixConfigEntry], Awaitable[ServiceResponse]]


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions."""
    actions: dict[str, tuple[Respond, vol.Schema]] = {
        "get_prices": (_get_prices, SPAN_SCHEMA),
        "get_positions": (_get_positions, SPAN_SCHEMA),
        "get_transactions": (_get_transactions, SPAN_SCHEMA),
        "get_plan": (_get_plan, PLAN_SCHEMA),
        "get_statement": (_get_statement, STATEMENT_SCHEMA),
        "find_window": (find_window, FIND_WINDOW_SCHEMA),
        "cost_of_run": (cost_of_run, COST_OF_RUN_SCHEMA),
    }
    for name, (respond, schema) in actions.items():
        _register(hass, name, respond, schema)


def _register(hass: HomeAssistant, name: str, respond: Respond, schema: vol.Schema) -> None:
    async def answer(call: ServiceCall) -> ServiceResponse:
        entry: TemixConfigEntry = service.async_get_config_entry(
            call.hass, DOMAIN, call.data.get(ATTR_CONFIG_ENTRY_ID)
        )
        return await respond(call, entry)

    hass.services.async_register(DOMAIN, name, answer, schema, supports_response=SupportsResponse.ONLY)


async def _get_prices(call: ServiceCall, entry: TemixConfigEntry) -> ServiceResponse:
    """Every live tender's price between start and end, with its parts, and where levels begin."""
    state, outlook = entry.runtime_data.data, entry.runtime_data.outlook
    return {
        "currency": state.currency,
        "thresholds": thresholds(outlook.thresholds),
        "prices": prices(_within(call, state.prices)),
    }


async def _get_positions(call: ServiceCall, entry: TemixConfigEntry) -> ServiceResponse:
    """The position between start and end, and the head of the ledger that it follows from."""
    state = entry.runtime_data.data
    return {
        "ledger": {"sequence": state.ledger.sequence, "head": state.ledger.head},
        "positions": positions(_within(call, state.positions)),
    }


async def _get_transactions(call: ServiceCall, entry: TemixConfigEntry) -> ServiceResponse:
    """The transactions that are delivered between start and end, from the gateway's ledger."""
    coordinator = entry.runtime_data
    start, end = _or_this_month(call, entry)
    found: list[Transaction] = []
    after: int | None = 0
    while after is not None and len(found) < MOST_TRANSACTIONS:
        page = await carry_out(coordinator.client.get_transactions(start, end, after))
        found += page.transactions
        after = page.next
    return {
        "currency": coordinator.data.currency,
        "complete": after is None,
        "transactions": transactions(found),
    }


async def _get_plan(call: ServiceCall, entry: TemixConfigEntry) -> ServiceResponse:
    """The plan in force, with the reason of every step."""
    state = entry.runtime_data.data
    running = call.hass.data[KEY][entry.entry_id].running
    names = {response_id: response.title for response_id, response in running.items()}
    return {"currency": state.currency, "mode": state.mode, "plan": plan(state.plan, names)}


async def _get_statement(call: ServiceCall, entry: TemixConfigEntry) -> ServiceResponse:
    """What is owed between start and end, line by line, and its sum."""
    start, end = _or_this_month(call, entry)
    found = await carry_out(entry.runtime_data.client.get_statement(start, end, call.data[ATTR_LEVEL]))
    return {"statement": plain(found)}


def _or_this_month(call: ServiceCall, entry: TemixConfigEntry) -> tuple[datetime, datetime]:
    """Start and end; without them, from the begin of the month to the end of today."""
    coordinator = entry.runtime_data
    start, end = span(call, ATTR_START, ATTR_END)
    month = month_of(coordinator.moment.instant, coordinator.zone)
    return start or month, end or coordinator.moment.today.end


def _within[T: Step](call: ServiceCall, steps: tuple[T, ...]) -> list[T]:
    """The steps that have any part between start and end."""
    start, end = span(call, ATTR_START, ATTR_END)
    return [
        step for step in steps if (start is None or step.end > start) and (end is None or step.start < end)
    ]
