"""The documented shapes in which prices and positions leave the integration: plain numbers and ISO 8601."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any, Final

from homeassistant.util.json import JsonValueType

from .client import GatewayState, PositionStep, PriceStep, Spot, Transaction
from .client.models import Instead, Plan
from .const import MICRO
from .curve.levels import Thresholds
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
    return [
        {
            "start": step.start.isoformat(),
            "end": step.end.isoformat(),
            "buy": per_kwh(step.buy),
            "sell": per_kwh(step.sell),
        }
        for step in _from_now(state, now)
    ]


def carbon_forecast(state: GatewayState, now: Now) -> list[JsonValueType]:
    """Carbon intensities from the current interval on, each ``{start, end, carbon_intensity}``, in g/kWh."""
    return [
        _bounds(step.start, step.end) | {"carbon_intensity": step.carbon_intensity}
        for step in _from_now(state, now)
    ]


def prices(steps: Iterable[PriceStep]) -> list[JsonValueType]:
    """Prices with all their parts, per kWh in currency units, and what a kWh emits in g."""
    return [
        _bounds(step.start, step.end)
        | _prices(step, _PRICE_PARTS)
        | {
            "components": {name: per_kwh(micro) for name, micro in step.components.items()},
            "carbon_intensity": step.carbon_intensity,
        }
        for step in steps
    ]


def positions(steps: Iterable[PositionStep]) -> list[JsonValueType]:
    """Positions in Wh, exact: buying positive, at a constant rate over each interval."""
    return [
        _bounds(step.start, step.end) | {"quantity": step.quantity, "subscribed": step.subscribed}
        for step in steps
    ]


def transactions(found: Iterable[Transaction]) -> list[JsonValueType]:
    """Transactions: Wh for the whole interval, bought positive; the price per kWh in currency units."""
    return [
        _bounds(one.start, one.end)
        | {
            "key": one.key,
            "at": one.at.isoformat(),
            "quantity": one.quantity,
            "price": per_kwh(one.price),
        }
        for one in found
    ]


def thresholds(found: Thresholds | None) -> JsonValueType:
    """Prices per kWh from which on levels and spikes begin."""
    if found is None:
        return None
    return {name: per_kwh(micro) for name, micro in asdict(found).items()}


def plan(made: Plan | None, names: Mapping[str, str]) -> JsonValueType:
    """The plan: power in W, and the reason of every step; ``names`` are the responses', by id."""
    if made is None:
        return None
    devices: list[JsonValueType] = [
        {
            "device": device.device,
            "name": names.get(device.device),
            "reason": device.reason,
            "saved": plain(device.saved),
            "done": plain(device.done),
            "ready_by": plain(device.ready_by),
            "instead": _instead(device.instead),
            "binds": [*device.binds],
            "unmet": [*device.unmet],
            "steps": [
                _bounds(step.start, step.end)
                | {"power": step.power, "why": step.why, "reason": step.reason}
                | {"until": plain(step.until)}
                for step in device.steps
            ],
        }
        for device in made.devices
    ]
    return {"made": made.made.isoformat(), "devices": devices, "left_out": {**made.left_out}}


def _instead(other: Instead | None) -> JsonValueType:
    if other is None:
        return None
    return {"start": plain(other.start), "price": per_kwh(other.price), "dearer": plain(other.dearer)}


def plain(value: Any) -> JsonValueType:
    """Anything of the client's models as plain values; money as a number, exact to the billionth."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Decimal():
            return float(value)
        case datetime():
            return value.isoformat()
        case list() | tuple():
            return [plain(item) for item in value]
        case _:
            return {field.name: plain(getattr(value, field.name)) for field in fields(value)}


def _from_now(state: GatewayState, now: Now) -> Sequence[PriceStep | Spot]:
    """The current interval and those ahead, as many as an attribute holds."""
    if now.price is None:
        return state.prices[:FORECAST_STEPS]
    ahead = (step for step in state.prices if step.start >= now.price.end)
    return [now.price, *islice(ahead, FORECAST_STEPS - 1)]


def _bounds(start: datetime, end: datetime) -> dict[str, JsonValueType]:
    return {"start": start.isoformat(), "end": end.isoformat()}


def _prices(step: Any, names: Iterable[str]) -> dict[str, JsonValueType]:
    return {name: per_kwh(getattr(step, name)) for name in names}
