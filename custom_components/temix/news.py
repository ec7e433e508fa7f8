"""What has happened between two looks, told once on Home Assistant's bus after the entities show it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from .client import GatewayState
from .const import DOMAIN
from .curve.revisions import Moved
from .outlook import Outlook, Window, Windows
from .shapes import per_kwh

EVENT: Final = f"{DOMAIN}_event"
"""The event on the bus; ``type`` is one of ``News``, ``config_entry_id`` names the gateway's entry."""


class News(StrEnum):
    """Kinds of news; also the types of the event entity."""

    TRANSACTION = "transaction"
    TENDER_REVISED = "tender_revised"
    SPIKE_STARTED = "spike_started"
    SPIKE_ENDED = "spike_ended"
    CHEAPEST_WINDOW_STARTED = "cheapest_window_started"
    DEAREST_WINDOW_STARTED = "dearest_window_started"
    TOMORROW_KNOWN = "tomorrow_known"


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of news, in plain numbers and ISO 8601."""

    type: News
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen at one instant."""

    instant: datetime
    state: GatewayState
    outlook: Outlook
    price: int | None


def between(before: Look, after: Look) -> Iterator[Piece]:
    """What a person may want to hear of; hours that moved are told by ``revised``."""
    yield from _transacted(before.state, after.state, after)
    if (after.outlook.spike or False) is not (before.outlook.spike or False):
        kind = News.SPIKE_STARTED if after.outlook.spike else News.SPIKE_ENDED
        yield Piece(kind, {"price": per_kwh(after.price)})
    for kind, old, new in (
        (News.CHEAPEST_WINDOW_STARTED, before.outlook.cheapest, after.outlook.cheapest),
        (News.DEAREST_WINDOW_STARTED, before.outlook.dearest, after.outlook.dearest),
    ):
        window = _begun(old, new, after.instant)
        if window is not None:
            yield Piece(kind, _bounds(window.start, window.end) | {"mean": per_kwh(window.mean)})
    if after.outlook.tomorrow_known and not before.outlook.tomorrow_known:
        yield Piece(News.TOMORROW_KNOWN)


def revised(moved: Moved) -> Piece:
    """An hour whose published price moved."""
    return Piece(
        News.TENDER_REVISED,
        {
            "start": moved.start.isoformat(),
            "before": per_kwh(moved.before),
            "after": per_kwh(moved.after),
            "percent": round(moved.percent, 1),
        },
    )


def _transacted(before: GatewayState, after: GatewayState, look: Look) -> Iterator[Piece]:
    """The last pair, and how many were transacted since the look before."""
    last, count = after.transactions.last, after.transactions.count - before.transactions.count
    if count > 0 and last is not None:
        told = {
            "count": count,
            "quantity": last.quantity / 1000,
            "price": per_kwh(last.price),
            "currency": look.state.currency,
        }
        yield Piece(News.TRANSACTION, _bounds(last.start, last.end) | told)


def _begun(old: Windows, new: Windows, instant: datetime) -> Window | None:
    """The window that began between two looks and has not ended yet."""
    window = new.begun
    return window if window is not None and window != old.begun and instant < window.end else None


def _bounds(start: datetime, end: datetime) -> dict[str, Any]:
    return {"start": start.isoformat(), "end": end.isoformat()}
