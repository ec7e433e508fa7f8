"""The link to a service that publishes prices (a ``RetailerLink``): it asks, keeps, and makes tenders."""

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from random import Random
from typing import Final, Protocol
from zoneinfo import ZoneInfo

import aiohttp
import structlog
from temix_market.calendar import day_at
from temix_market.deliveries import Delivery
from temix_market.errors import MarketError
from temix_market.instants import HOUR, MINUTE, SECOND, Duration, Instant
from temix_market.intervals import Interval, enclosing
from temix_market.ports import Answer, Clock, Head, Heads, OutcomeUnknown, RetailerListener, Terms, Told
from temix_market.settlement import Spot
from temix_market.tenders import PriceBounds, Publication
from temix_market.transactions import Order, PairKey
from temix_market.wire.base import encode
from temix_market.wire.codec import publication_payload

from temix_gateway.errors import GatewayError
from temix_gateway.retailer.errors import CredentialsRefused, LinkError
from temix_gateway.retailer.published.http import Http
from temix_gateway.retailer.published.prices import PriceBook, Published
from temix_gateway.retailer.published.schedule import AT_START, Allowance, Rhythm, Schedule
from temix_gateway.retailer.published.store import Kept, Store, packed
from temix_gateway.retailer.published.tenders import PublishedParties

KEPT: Final = Duration(10 * 24 * HOUR)
"""As long as a reading may come late, its price is kept."""
AHEAD: Final = Duration(48 * HOUR)
LOOK_UP: Final = Duration(10 * MINUTE)
"""The clock is looked at so often: a machine that slept asks soon after it woke."""
_UNSECURED: Final = b'{"alg":"none"}'
NO_ORDERS: Final = "published prices take no orders"

_LOG: Final = structlog.get_logger(__name__)


class Feed(Protocol):
    """One service with what it is to be asked for."""

    @property
    def name(self) -> str:
        """What its parties are called after."""
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


class PublishedLink:
    """One home's link to one feed. No price is invented: what was not published is absent."""

    def __init__(self, feed: Feed, bounds: PriceBounds, store: Store, clock: Clock, random: Random) -> None:
        """Ask ``feed``; keep in ``store``."""
        self.book = PriceBook()
        self._feed = feed
        self._terms = Terms(feed.currency, feed.zone.key, bounds, indicative=True)
        self._parties = PublishedParties.of(feed.name)
        self._store = store
        self._clock = clock
        self._schedule = Schedule(feed.rhythm, random)
        self._allowance = Allowance()
        self._answered: Instant | None = None
        self._number = 0

    async def run(self, listener: RetailerListener) -> None:
        """Ask at the service's times and publish what it says, until cancelled."""
        await self._take_up()
        listener.agreed(self._terms)
        await self._publish(listener)
        now = self._clock.now()
        due = self._schedule.first(now, self._answered, self.book.until(now))
        if due > now + AT_START:
            listener.connected(True, "")  # it answered not long ago, and nothing is due before
        hour = enclosing(now, HOUR)
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            while True:
                now = self._clock.now()
                if now >= due:
                    due = await self._ask(session, listener)
                elif enclosing(now, HOUR) != hour:
                    await self._publish(listener)
                now, hour = self._clock.now(), enclosing(self._clock.now(), HOUR)
                await asyncio.sleep(max(0, min(due - now, hour.end - now, LOOK_UP)) / SECOND)

    async def spots(self, interval: Interval) -> Sequence[Spot]:
        """The final prices within ``interval``."""
        return self._parties.spots(self.book, interval)

    async def heads(self, own: Heads) -> Heads:
        """There is no book beside the home's own to compare with."""
        return own

    async def messages(self, after: Head) -> Sequence[Told]:  # noqa: ARG002
        """Nothing was told."""
        return ()

    async def deliveries(self, interval: Interval) -> Sequence[Delivery]:  # noqa: ARG002
        """Nothing was reported."""
        return ()

    async def report(self, deliveries: Sequence[Delivery]) -> None:
        """Nobody waits for readings."""

    def seal(self, order: Order, sequence: int, before: str) -> str:  # noqa: ARG002
        """Refuse: a ``Seal`` for the core, which orders nothing from indicative tenders."""
        raise OutcomeUnknown(NO_ORDERS)

    async def order(self, key: PairKey, signed: str) -> Answer:  # noqa: ARG002
        """Refuse.

        Raises:
            OutcomeUnknown: always.
        """
        raise OutcomeUnknown(NO_ORDERS)

    async def reconcile(self, key: PairKey, signed: str) -> Answer:  # noqa: ARG002
        """Refuse: an order of an earlier retailer waits until that one is configured again.

        Raises:
            OutcomeUnknown: always.
        """
        raise OutcomeUnknown(NO_ORDERS)

    async def _take_up(self) -> None:
        kept = await asyncio.to_thread(self._store.load, self._feed.name)
        self.book.merge(kept.published())
        self._allowance = Allowance.of(map(Instant, kept.requests))
        self._answered = None if kept.answered is None else Instant(kept.answered)

    async def _ask(self, session: aiohttp.ClientSession, listener: RetailerListener) -> Instant:
        """Ask once; when to ask next."""
        http = Http(session, self._clock, self._allowance)
        try:
            prices = await self._feed.read(http, wanted(self._feed, self._clock.now()))
        except LinkError as error:
            listener.connected(False, str(error), refused=isinstance(error, CredentialsRefused))
            await self._keep()
            return self._schedule.in_vain(self._clock.now(), Duration(round(error.retry_after * SECOND)))
        now = self._clock.now()
        self._answered = now
        self.book.forget_before(Instant(now - KEPT))
        self.book.merge(prices)
        listener.connected(True, "")
        await self._publish(listener)
        await self._keep()
        return self._schedule.after(now, self.book.until(now))

    async def _publish(self, listener: RetailerListener) -> None:
        # Never the number after the last one: that would confirm as the last word what was only published.
        now = self._clock.now()
        self._number = max(self._number + 2, now)
        for publication in self._parties.publications(self.book, now, self._number):
            if not publication.tenders:
                continue
            try:
                await listener.published(publication, unsigned(publication))
            except (MarketError, GatewayError) as error:
                _LOG.error("published prices refused", reason=str(error))

    async def _keep(self) -> None:
        kept = Kept(
            self._feed.name,
            tuple(packed(price) for price in self.book.all()),
            tuple(self._allowance.made),
            self._answered,
        )
        await asyncio.to_thread(self._store.save, kept)


def wanted(feed: Feed, now: Instant) -> Interval:
    """What to ask for: from yesterday, whose prices may have become final, to the day after tomorrow."""
    first = day_at(feed.zone, Instant(now - 24 * HOUR)).start
    last = day_at(feed.zone, Instant(now + AHEAD)).end
    return Interval(first, Duration(last - first))


def unsigned(publication: Publication) -> str:
    """A publication as text, for its record: an unsecured JWS (RFC 7515 A.5), for nobody signed it."""
    body = b'{"body":' + encode(publication_payload(publication)) + b"}"
    return f"{_base64(_UNSECURED)}.{_base64(body)}."


def _base64(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
