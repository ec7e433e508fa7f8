"""Prices that Home Assistant reports, from the entities that its owner chose."""

import asyncio
from typing import Final
from zoneinfo import ZoneInfo

from temix_market.instants import FIVE_MINUTES, HOUR, MINUTE, SECOND, Duration, Instant
from temix_market.intervals import enclosing
from temix_market.ports import Clock, RetailerListener, Terms
from temix_market.tenders import PriceBounds

from temix_gateway.retailer.published.indicative import KEPT, IndicativeLink
from temix_gateway.retailer.published.prices import Direction, Reported
from temix_gateway.retailer.published.store import Store

NAME: Final = "home_assistant"
STALE_AFTER: Final = Duration(30 * MINUTE)
"""Prices that may still change are not planned with for longer than this without a new report."""
NONE_NOW: Final = (
    "Home Assistant has reported no price for now: choose the price entity in TeMIX's entry there, "
    "and see whether it shows one"
)


class ReportedLink(IndicativeLink):
    """The link of a home whose prices come from Home Assistant: nobody is asked for them."""

    def __init__(
        self, currency: str, zone: ZoneInfo, bounds: PriceBounds, store: Store, clock: Clock
    ) -> None:
        """Take prices in ``currency``; days begin in ``zone``."""
        super().__init__(NAME, currency, Terms(currency, zone.key, bounds, indicative=True), store, clock)
        self._listener: RetailerListener | None = None
        self._reported_at: Instant | None = None

    async def run(self, listener: RetailerListener) -> None:
        """Publish what is known, each hour anew and when what may still change has become old."""
        kept = await self._take_up()
        self._reported_at = None if kept.answered is None else Instant(kept.answered)
        self._listener = listener
        listener.agreed(self._terms)
        published: Instant | None = None
        while True:
            now = self._clock.now()
            hour = enclosing(now, HOUR).start
            if self._forget(now) or hour != published:
                await self._publish(listener)
                published = hour
            self._say(listener)
            await asyncio.sleep((enclosing(now, FIVE_MINUTES).end - now) / SECOND)

    async def take(self, reported: Reported) -> None:
        """Replace what is known of each direction that is named, keep and publish it."""
        now = self._clock.now()
        self._reported_at = now
        self.book.forget_before(Instant(now - KEPT))
        for direction, prices in reported.items():
            self.book.replace(direction, now, prices)
        await self._keep(now)
        if self._listener is not None:
            await self._publish(self._listener)
            self._say(self._listener)

    def _forget(self, now: Instant) -> bool:
        """Drop what may have changed since it was reported; say whether there was any."""
        if self._reported_at is not None and now - self._reported_at < STALE_AFTER:
            return False
        return self.book.forget_preliminary(now)

    def _say(self, listener: RetailerListener) -> None:
        start = enclosing(self._clock.now(), FIVE_MINUTES).start
        priced = self.book.at(Direction.IMPORT, start) is not None
        listener.connected(priced, "" if priced else NONE_NOW)
