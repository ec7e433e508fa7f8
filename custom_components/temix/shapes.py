"""The documented shapes in which prices and positions leave the integration: plain numbers and ISO 8601."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from homeassistant.util.json import JsonValueType

from .client import GatewayState, PositionStep, PriceStep
from .const import MICRO
from .now import Now

FORECAST_STEPS: Final = 76
"""Entries of the forecast attribute: at most 107 bytes each they stay below 8 KiB."""

_PRICE_PARTS: Final = ("buy", "sell", "buy_energy", "buy_transport", "sell_energy", "sell_transport")


def per_kwh(micro: int | None) -> float | None:
    """A wire price in currency units."""
    return None if micro is None else micro / MICRO


def forecast(state: GatewayState, now: Now) -> list[JsonValueType]:
    """Prices from the current interval on, each ``{start, end, buy, sell}``, as fine as tenders are.

    What does not fit into an attribute is left off at the far end; the action ``get_prices`` has it all.
    """
    current = [] if now.price is None else [now.price]
    ahead = [step for step in state.prices if now.price is None or step.start >= now.price.end]
    return [
        _bounds(step.start, step.end) | _prices(step, ("buy", "sell"))
        for step in (*current, *ahead)[:FORECAST_STEPS]
    ]


def prices(steps: Iterable[PriceStep]) -> list[JsonValueType]:
    """Prices with all their parts, per kWh in currency units."""
    return [
        _bounds(step.start, step.end)
        | _prices(step, _PRICE_PARTS)
        | {"components": {name: per_kwh(micro) for name, micro in step.components.items()}}
        for step in steps
    ]


def positions(steps: Iterable[PositionStep]) -> list[JsonValueType]:
    """Positions in Wh, exact: buying positive, at a constant rate over each interval."""
    return [
        _bounds(step.start, step.end) | {"quantity": step.quantity, "subscribed": step.subscribed}
        for step in steps
    ]


def _bounds(start: datetime, end: datetime) -> dict[str, JsonValueType]:
    return {"start": start.isoformat(), "end": end.isoformat()}


def _prices(step: Any, names: Iterable[str]) -> dict[str, JsonValueType]:
    return {name: per_kwh(getattr(step, name)) for name in names}
