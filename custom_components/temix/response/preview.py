"""What a response would do at today's prices: by the gateway's planner, or by the cheapest hours."""

import asyncio
import itertools
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ..client import CommandFailed, Device, EvCharger, GatewayState, PriceStep, RunTime, TemixError
from ..const import MICRO
from ..coordinator import TemixCoordinator
from . import words
from .home import Home
from .kinds import read
from .pause_when_dear import PauseWhenDear

_LOGGER = logging.getLogger(__name__)

WITHIN_S: Final = 5.0
"""A planner that has not answered by then is not waited for."""
SHOWN: Final = 3
"""So many spans are named; of more, the number."""
AHEAD: Final = timedelta(hours=24)
"""So far the pauses of a plug are looked for."""

type Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Outlook:
    """When it would draw or give, how much (kWh), at what cost, and whether the planner said so."""

    spans: tuple[Span, ...]
    energy: float
    cost: float
    planned: bool


async def preview(
    hass: HomeAssistant, coordinator: TemixCoordinator | None, data: Mapping[str, Any], own: str = ""
) -> str:
    """A sentence on what it would do, in Home Assistant's language.

    ``own`` is the response that is being changed: it is planned beside the others, not beside itself.
    """
    adapter, now = read(data), dt_util.utcnow()
    view = Home(hass, now, timedelta(), armed=True, price=None)
    state = None if coordinator is None else coordinator.data
    if coordinator is None or state is None or not state.prices:
        return words.say(hass, "preview", "no_prices")
    if isinstance(adapter, PauseWhenDear):
        return _pauses(hass, adapter, state, now)
    device = adapter.device(own or "preview", view)
    if isinstance(device, EvCharger):
        device = replace(device, connected=True)
        if not device.needed:
            return words.say(hass, "preview", "full")
    if device is None:
        return words.say(hass, "preview", "no_reading")
    return await _told(hass, coordinator, device, adapter.ready_by(view), now)


async def _told(
    hass: HomeAssistant,
    coordinator: TemixCoordinator,
    device: Device,
    ready_by: datetime | None,
    now: datetime,
) -> str:
    """What the planner would do with a device, or what can be said without it."""
    state, refused = coordinator.data, ""
    try:
        found = await _planned(coordinator, device)
    except CommandFailed as error:
        found, refused = None, error.reason.replace(device.id, "it")
    found = found or estimate(device, state.prices, now)
    if found is None:
        return words.say(hass, "preview", "refused" if refused else "no_estimate", reason=refused)
    sentence = _sentence(hass, found, ready_by, state.currency, now)
    if found.planned or not found.spans:
        return sentence
    how = "estimate_refused" if refused else "estimate"
    return words.say(hass, "preview", how, what=sentence, reason=refused)


async def _planned(coordinator: TemixCoordinator, device: Device) -> Outlook | None:
    """What the gateway's planner would do; none where it does not say so in time.

    Raises:
        CommandFailed: it says why it plans nothing.
    """
    try:
        async with asyncio.timeout(WITHIN_S):
            told = await coordinator.client.preview_plan(device)
    except CommandFailed:
        raise
    except (TemixError, TimeoutError) as error:
        _LOGGER.debug("The gateway gave no preview: %s", error)
        return None
    busy = [(step.start, step.end) for step in told.plan.steps if step.power]
    return Outlook(joined(busy), told.energy / 1000, float(told.cost), planned=True)


def estimate(device: Device, prices: Sequence[PriceStep], now: datetime) -> Outlook | None:
    """The cheapest steps that suffice; none for a device of which that says nothing."""
    match device:
        case EvCharger():
            power, duration = device.max_power, timedelta(hours=device.needed / device.max_power)
            until = device.ready_by
        case RunTime():
            power, duration, until = device.power, device.remaining, device.finish_by
        case _:
            return None
    chosen: list[tuple[Span, float]] = []
    priced = [step for step in prices if step.buy is not None and step.start >= now]
    for step in sorted(priced, key=lambda step: (step.buy or 0, step.start)):
        end = step.end if until is None else min(step.end, until)
        length = min(end - step.start, duration)
        if length > timedelta():
            chosen.append(((step.start, step.start + length), (step.buy or 0) / MICRO))
            duration -= length
    kilowatts = power / 1000
    energies = [((end - start) / timedelta(hours=1) * kilowatts, price) for (start, end), price in chosen]
    spans = joined(sorted(span for span, _ in chosen))
    cost = sum(energy * price for energy, price in energies)
    return Outlook(spans, sum(energy for energy, _ in energies), cost, planned=False)


def joined(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Spans in order, those that meet made one."""
    found: list[Span] = []
    for start, end in spans:
        if found and found[-1][1] == start:
            found[-1] = found[-1][0], end
        else:
            found.append((start, end))
    return tuple(found)


def _sentence(
    hass: HomeAssistant, found: Outlook, ready_by: datetime | None, currency: str, now: datetime
) -> str:
    if not found.spans:
        return words.say(hass, "preview", "nothing")
    parts = [
        _when(hass, found.spans, now),
        f"{found.energy:.1f} kWh",
        words.say(hass, "preview", "about", cost=words.money(found.cost, currency)),
    ]
    if ready_by is not None:
        parts.append(words.say(hass, "preview", "ready", time=words.clock(ready_by)))
    return ", ".join(parts)


def _when(hass: HomeAssistant, spans: Sequence[Span], now: datetime) -> str:
    named = [
        f"{day} {', '.join(words.span(*span) for span in group)}"
        for day, group in itertools.groupby(spans[:SHOWN], key=lambda span: words.day(hass, span[0], now))
    ]
    if len(spans) > SHOWN:
        named.append(words.say(hass, "preview", "more", number=str(len(spans) - SHOWN)))
    text = ", ".join(named)
    return text[:1].upper() + text[1:]


def _pauses(hass: HomeAssistant, plug: PauseWhenDear, state: GatewayState, now: datetime) -> str:
    """When a plug would pause, each time for at most its longest pause."""
    dear = joined(
        [
            (step.start, step.end)
            for step in state.prices
            if step.buy is not None and step.buy / MICRO > plug.limit and step.start < now + AHEAD
        ]
    )
    spans = [(start, min(end, start + plug.longest)) for start, end in dear]
    if not spans:
        return words.say(hass, "preview", "no_pause", limit=words.money(plug.limit, state.currency))
    return words.say(hass, "preview", "pauses", when=_when(hass, spans, now))
