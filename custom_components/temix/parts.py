"""The parts of what a card shows, as plain values: instants in seconds, prices and energy as on the wire.

``gateway``: which one, and whether it is there. ``now``: the price of this moment and how it compares.
``prices``: rows of start, end, buy, sell, then the energy and transport part of each (millionths per kWh),
and what a kWh emits (g of CO₂ equivalent), from yesterday on; null where nobody tenders or publishes it, or
where it is not known any more. ``positions``: rows of start, end, quantity and the subscription's part of it
(Wh) from now on. ``delivered``: rows of start, end, position and net import (Wh) of settled intervals.
``devices``: what is planned for each, step by step, and what it does. ``account``: costs and savings in the
currency.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant

from .client import PriceStep, Spot
from .client.models import DevicePlan, PlanStep
from .coordinator import TemixCoordinator
from .response.responses import KEY as RESPONSES
from .response.running import Running
from .shapes import plain

type Parts = dict[str, Any]
type Row = list[int | str | None]


@dataclass(frozen=True, slots=True)
class View:
    """Where the parts come from; ``delivered`` are the rows of settled intervals."""

    hass: HomeAssistant
    coordinator: TemixCoordinator
    delivered: tuple[tuple[datetime, datetime, int, int], ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """One part: what it is made of, to be compared, and how it is written."""

    source: Callable[[View], Any]
    write: Callable[[Any], Any]


def without_gateway(entry: ConfigEntry[Any] | None) -> Parts:
    """The only part where no gateway is connected: none is set up, or it has not been reached yet."""
    if entry is None:
        return {"gateway": {"state": "none"}}
    refused = entry.state is ConfigEntryState.SETUP_ERROR
    return {"gateway": {"state": "refused" if refused else "away", "title": entry.title}}


def _gateway(view: View) -> Parts:
    coordinator = view.coordinator
    state = coordinator.data
    return {
        "state": "ready" if coordinator.connected else "lost",
        "title": coordinator.config_entry.title,
        "entry_id": coordinator.config_entry.entry_id,
        "currency": state.currency,
        "zone": state.zone,
        "mode": state.mode,
        "retailer": state.retailer.connected,
        "tomorrow_known": coordinator.outlook.tomorrow_known,
    }


def _now(view: View) -> Parts | None:
    price, outlook = view.coordinator.now.price, view.coordinator.outlook
    if price is None:
        return None
    found = outlook.thresholds
    return {
        "start": _seconds(price.start),
        "end": _seconds(price.end),
        "buy": price.buy,
        "sell": price.sell,
        "provisional": price.provisional,
        "level": outlook.level,
        "spike": outlook.spike,
        "thresholds": None if found is None else plain(found),
    }


def _price_rows(source: tuple[tuple[PriceStep | Spot, ...], PriceStep | None]) -> list[Row]:
    curve, current = source
    return [_price_row(step, current) for step in curve]


def _price_row(step: PriceStep | Spot, current: PriceStep | None) -> Row:
    """A price; what the current interval's spot does not say is that of its last tender."""
    parts = step if isinstance(step, PriceStep) else current
    known: Row = [None] * 4
    carbon = step.carbon_intensity
    if isinstance(parts, PriceStep) and parts.start == step.start:
        known = [parts.buy_energy, parts.buy_transport, parts.sell_energy, parts.sell_transport]
        carbon = parts.carbon_intensity if carbon is None else carbon
    return [_seconds(step.start), _seconds(step.end), step.buy, step.sell, *known, carbon]


@dataclass(frozen=True, slots=True)
class Lane:
    """One device: its plan, and the response that leads it, where there is one."""

    id: str
    plan: DevicePlan | None
    response: tuple[Any, ...] | None


def _lanes(view: View) -> tuple[Lane, ...]:
    """Responses in their order, then what the gateway plans for devices that others lead."""
    coordinator = view.coordinator
    made = coordinator.data.plan
    plans = {} if made is None else {device.device: device for device in made.devices}
    responses = view.hass.data[RESPONSES].get(coordinator.config_entry.entry_id)
    running = {} if responses is None else responses.running
    led = [Lane(id_, plans.get(id_), _response(one)) for id_, one in running.items()]
    return (*led, *(Lane(id_, plan, None) for id_, plan in plans.items() if id_ not in running))


def _response(running: Running) -> tuple[Any, ...]:
    goal, step = running.goal, running.goal.step
    ends = running.held_until or running.skipped_until or (None if step is None else step.end)
    return (
        running.title,
        running.adapter.kind.value,
        goal.doing.value,
        goal.reason,
        ends,
        None if step is None else step.until,
        None if step is None else step.price,
        None if step is None else step.later,
        goal.advised is not None,
    )


def _lane(lane: Lane) -> Parts:
    written: Parts = {"id": lane.id, "steps": []}
    if lane.response is not None:
        title, kind, doing, reason, ends, until, price, later, advice = lane.response
        written |= {"name": title, "kind": kind, "doing": doing, "advice": advice}
        written["now"] = [reason, _seconds(ends), price, later, _seconds(until)]
    if lane.plan is not None:
        written["saved"] = plain(lane.plan.saved)
        written["steps"] = [_step(step) for step in lane.plan.steps]
    return written


def _step(step: PlanStep) -> Row:
    begin, end, until = map(_seconds, (step.start, step.end, step.until))
    return [begin, end, step.power, step.why, step.price, step.later, until]


def _account(source: tuple[Any, ...] | None) -> Parts | None:
    if source is None:
        return None
    return dict(zip(_MONEY, map(plain, source), strict=True))


_MONEY: Final = (
    "cost_today",
    "cost_month",
    "forecast_today",
    "forecast_month",
    "savings_today",
    "savings_month",
    "tariff",
)


def _seconds(instant: datetime | None) -> int | None:
    return None if instant is None else round(instant.timestamp())


def _same(source: Any) -> Any:
    return source


SHAPES: Final[dict[str, Shape]] = {
    "gateway": Shape(_gateway, _same),
    "now": Shape(_now, _same),
    "prices": Shape(
        lambda view: (tuple(view.coordinator.curve), view.coordinator.now.parts),
        _price_rows,
    ),
    "positions": Shape(
        lambda view: view.coordinator.data.positions,
        lambda steps: [
            [_seconds(step.start), _seconds(step.end), step.quantity, step.subscribed] for step in steps
        ],
    ),
    "delivered": Shape(
        lambda view: view.delivered,
        lambda rows: [[_seconds(start), _seconds(end), *energy] for start, end, *energy in rows],
    ),
    "devices": Shape(_lanes, lambda lanes: [_lane(lane) for lane in lanes]),
    "account": Shape(
        lambda view: (
            view.coordinator.data.account
            and tuple(getattr(view.coordinator.data.account, name) for name in _MONEY)
        ),
        _account,
    ),
}
