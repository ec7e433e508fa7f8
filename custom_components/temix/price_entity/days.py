"""Days of prices as other integrations' actions answer them: asked for seldom, and never for ever."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from random import Random
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ..client import ReportedPrice
from ..const import DOMAIN
from .rows import Shape, read, whole

_LOGGER = logging.getLogger(__name__)

type Prices = list[ReportedPrice]

CALLS_A_DAY: Final = 36
"""Of one integration's action in any 24 hours, whatever happens and however many entities are chosen."""
A_DAY: Final = timedelta(days=1)
AGAIN: Final = timedelta(hours=1)
"""An action that had not all of a day is called again after this."""
PUBLISHED_AT: Final = timedelta(hours=13)
"""Midday auctions are published by then, by the clock of Central Europe."""
SPREAD_S: Final = 600
"""Homes ask within so many seconds after it."""
ANSWER_WITHIN_S: Final = 30
VERSION: Final = 1


def spread(home: str) -> timedelta:
    """How long after publication a home asks: the same from day to day, another one for each home."""
    return timedelta(seconds=Random(home).uniform(0, SPREAD_S))  # noqa: S311 - no secret


@dataclass(frozen=True, slots=True)
class Question:
    """What an action is asked for.

    Attributes:
        service: the integration that is asked.
        about: what tells it from other questions to it.
        zone: where its days begin.
        shape: how rows of its answers are written.
        spread: how long after publication it is asked.
        ask: get the rows of a day.
    """

    service: str
    about: str
    zone: tzinfo
    shape: Shape
    spread: timedelta
    ask: Callable[[date], Awaitable[Iterable[Any]]]


class Calls:
    """When actions were called in the last 24 hours, of all entries together and over restarts."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Know nothing yet."""
        self._store: Store[dict[str, list[str]]] = Store(hass, VERSION, f"{DOMAIN}.price_calls")
        self._made: dict[str, list[str]] | None = None

    async def take(self, service: str, now: datetime) -> bool:
        """Count a call; say no where as many were made as a home may make in a day."""
        if self._made is None:
            self._made = await self._store.async_load() or {}
        times = map(datetime.fromisoformat, self._made.get(service, ()))
        recent = [at.isoformat() for at in times if now - A_DAY < at <= now]  # a later one: of a wrong clock
        if len(recent) >= CALLS_A_DAY:
            return False
        self._made[service] = [*recent, now.isoformat()]
        await self._store.async_save(self._made)
        return True

    async def async_forget(self) -> None:
        """Leave nothing behind on the disk."""
        await self._store.async_remove()


KEY: Final[HassKey[Calls]] = HassKey(f"{DOMAIN}_price_calls")


def calls_of(hass: HomeAssistant) -> Calls:
    """Those of this Home Assistant."""
    return hass.data.setdefault(KEY, Calls(hass))


class Days:
    """What actions answered; a day that is whole is not asked for again."""

    def __init__(self, calls: Calls) -> None:
        """Know nothing yet; count with ``calls``."""
        self._calls = calls
        self._known: dict[tuple[str, str, date], Prices] = {}
        self._asked: dict[tuple[str, str, date], datetime] = {}

    async def read(self, question: Question, now: datetime) -> Prices | None:
        """Today's prices, and tomorrow's once they should be there; none where nothing is known yet."""
        local = now.astimezone(question.zone)
        today, tomorrow = local.date(), local.date() + timedelta(days=1)
        self._known = {key: prices for key, prices in self._known.items() if key[2] >= today - A_DAY}
        self._asked = {key: at for key, at in self._asked.items() if key[2] >= today - A_DAY}
        since_midnight = local - datetime.combine(today, datetime.min.time(), question.zone)
        published = since_midnight >= PUBLISHED_AT + question.spread
        for day in (today, tomorrow) if published else (today,):
            key = question.service, question.about, day
            asked = self._asked.get(key)
            if not self._whole(question, day) and (asked is None or now - asked >= AGAIN):
                self._asked[key] = now
                if await self._calls.take(question.service, now):
                    await self._ask(question, day)
        return sorted({price for day in (today, tomorrow) for price in self._of(question, day)}) or None

    async def _ask(self, question: Question, day: date) -> None:
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                rows = await question.ask(day)
        except HomeAssistantError as error:
            _LOGGER.debug("There are no prices of %s: %s", day, error)
            return
        except Exception:  # another integration's code may raise anything: it costs no more than its prices
            _LOGGER.warning("The action for prices of %s failed", day, exc_info=True)
            return
        if found := read(rows, question.shape):
            self._known[question.service, question.about, day] = found

    def _of(self, question: Question, day: date) -> Prices:
        return self._known.get((question.service, question.about, day), [])

    def _whole(self, question: Question, day: date) -> bool:
        first, last = (
            dt_util.as_utc(datetime.combine(each, datetime.min.time(), question.zone))
            for each in (day, day + A_DAY)
        )
        return whole(self._of(question, day), first, last)
