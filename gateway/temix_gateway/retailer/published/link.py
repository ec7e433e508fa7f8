"""The link to a service that publishes prices (a ``RetailerLink``): it asks, keeps, and makes tenders."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from random import Random
from typing import Final, Protocol
from zoneinfo import ZoneInfo

import aiohttp
from temix_market.calendar import day_at
from temix_market.instants import HOUR, MINUTE, SECOND, Duration, Instant
from temix_market.intervals import Interval, enclosing
from temix_market.ports import Clock, RetailerListener, Terms
from temix_market.tenders import PriceBounds

from temix_gateway.retailer.errors import CredentialsRefused, LinkError
from temix_gateway.retailer.published.http import Http
from temix_gateway.retailer.published.indicative import KEPT, IndicativeLink
from temix_gateway.retailer.published.prices import Published, believable
from temix_gateway.retailer.published.schedule import AT_START, DAY, SPARED, Allowance, Rhythm, Schedule
from temix_gateway.retailer.published.store import Store

AHEAD: Final = Duration(48 * HOUR)
LOOK_UP: Final = Duration(10 * MINUTE)
"""The clock is looked at so often: a machine that slept asks soon after it woke."""


class Feed(Protocol):
    """One service with what it is to be asked for."""

    @property
    def name(self) -> str:
        """What its parties are called after."""
        ...

    @property
    def question(self) -> str:
        """All of what it is asked for: prices that answered another question are not this home's."""
        ...

    @property
    def currency(self) -> str:
        """ISO 4217."""
        ...

    @property
    def zone(self) -> ZoneInfo:
        """Where its days begin."""
        ...

    @property
    def rhythm(self) -> Rhythm:
        """When it publishes."""
        ...

    async def read(self, http: Http, wanted: Interval) -> Sequence[Published]:
        """Ask for the prices of ``wanted``; more is welcome, less is late.

        Raises:
            LinkError: it has no answer that can be used.
        """
        ...


class Notices(Protocol):
    """Word of a service that something changed."""

    async def watch(self, http: Http, changed: Callable[[], None]) -> None:
        """Call ``changed`` whenever there is word, while there can be any; what fails is told, not raised."""
        ...


class PublishedLink(IndicativeLink):
    """One home's link to one feed."""

    def __init__(  # noqa: PLR0913 - its parts
        self,
        feed: Feed,
        bounds: PriceBounds,
        store: Store,
        clock: Clock,
        random: Random,
        *,
        notices: Notices | None = None,
    ) -> None:
        """Ask ``feed``, by the clock and soon after ``notices``; keep in ``store``."""
        terms = Terms(feed.currency, feed.zone.key, bounds, indicative=True)
        super().__init__(feed.name, feed.question, terms, store, clock)
        self._feed = feed
        self._schedule = Schedule(feed.rhythm, random)
        self._allowance = Allowance()
        self._answered: Instant | None = None
        self._notices = notices
        self._asked = Instant(0)
        self._due = Instant(0)
        self._notified = asyncio.Event()

    async def run(self, listener: RetailerListener) -> None:
        """Ask at the service's times and publish what it says, until cancelled."""
        kept = await self._take_up()
        self._allowance = Allowance.of(map(Instant, kept.requests))
        self._answered = None if kept.answered is None else Instant(kept.answered)
        listener.agreed(self._terms)
        await self._publish(listener)
        now = self._clock.now()
        self._due = self._schedule.first(now, self._answered, self.book.until(now))
        if self._due > now + AT_START:
            self._say(listener)  # it answered not long ago, and nothing is due before
        async with (
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
            asyncio.TaskGroup() as group,
        ):
            http = Http(session, self._clock, self._allowance)
            if self._notices is not None:
                group.create_task(self._notices.watch(http, self._changed))
            await self._ask_when_due(http, listener)

    async def _ask_when_due(self, http: Http, listener: RetailerListener) -> None:
        hour = enclosing(self._clock.now(), HOUR)
        while True:
            now = self._clock.now()
            if now >= self._due:
                self._notified.clear()
                self._asked, self._due = now, Instant(now + DAY)
                due = await self._ask(http, listener)
                self._due = min(self._due, due)  # while it asked there may have been word
            elif enclosing(now, HOUR) != hour:
                await self._publish(listener)
            now, hour = self._clock.now(), enclosing(self._clock.now(), HOUR)
            await self._wait(Duration(max(0, min(self._due - now, hour.end - now, LOOK_UP))))

    async def _wait(self, wait: Duration) -> None:
        """Until the time is over, or there is word that something changed."""
        if self._notified.is_set():  # of that it is known when to ask
            await asyncio.sleep(wait / SECOND)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(wait / SECOND):
                await self._notified.wait()

    def _changed(self) -> None:
        """Ask soon, once however often there is word, where the day's requests allow it."""
        now = self._clock.now()
        if self._notified.is_set() or self._allowance.left(now) <= SPARED:
            return
        self._due = min(self._due, self._schedule.notified(now, self._asked))
        self._notified.set()

    def _say(self, listener: RetailerListener) -> None:
        """That it answers; where it gave no price for now, that."""
        now = self._clock.now()
        priced = self.book.until(now) > now
        listener.connected(priced, "" if priced else f"{self.name} answers, and has no price to buy for now")

    async def _ask(self, http: Http, listener: RetailerListener) -> Instant:
        """Ask once; when to ask next."""
        try:
            prices = await self._feed.read(http, wanted(self._feed, self._clock.now()))
        except LinkError as error:
            listener.connected(False, str(error), refused=isinstance(error, CredentialsRefused))
            await self._keep(self._answered, self._allowance.made)
            return self._schedule.in_vain(self._clock.now(), Duration(round(error.retry_after * SECOND)))
        now = self._clock.now()
        self._answered = now
        self.book.forget_before(Instant(now - KEPT))
        self.book.merge(believable(prices, self._terms.bounds))
        self._say(listener)
        await self._publish(listener)
        await self._keep(self._answered, self._allowance.made)
        return self._schedule.after(now, self.book.until(now))


def wanted(feed: Feed, now: Instant) -> Interval:
    """What to ask for: from yesterday, whose prices may have become final, to the day after tomorrow."""
    first = day_at(feed.zone, Instant(now - 24 * HOUR)).start
    last = day_at(feed.zone, Instant(now + AHEAD)).end
    return Interval(first, Duration(last - first))
