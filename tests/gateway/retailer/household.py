"""A gateway's core over a real ledger file and the real service: it trades, ends, and starts again."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from random import Random

from temix_gateway.core import Core
from temix_gateway.home.devices import Load, ReportHome
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.ledger.writer import InlineWriter
from temix_gateway.outside import Outside
from temix_gateway.own_limits import Choices
from temix_gateway.planning.planner import plan
from temix_gateway.resync import Fetched, resynchronise
from temix_market.instants import FIVE_MINUTES, HOUR, SECOND, Duration, Instant
from temix_market.intervals import Interval
from temix_market.ports import RetailerLink
from temix_market.positions import Positions
from temix_market.tenders import Publication

from tests.gateway.bench import rules
from tests.gateway.mandate import mandated
from tests.gateway.market import HOME, NOW
from tests.gateway.retailer.conftest import Bench

AHEAD = Interval(Instant(NOW - HOUR), Duration(50 * HOUR))


class Household:
    """One home's gateway at the bench's retailer; ``path`` is its ledger."""

    def __init__(self, bench: Bench, path: Path, seed: int = 1) -> None:
        self.bench = bench
        self.path = path
        self.random = Random(seed)
        self.reports = 0
        self.link: RetailerLink = bench.link()

    async def start(self) -> None:
        """Open the ledger, link up, and wait until heads were compared and prices are there."""
        self.link = link = self.bench.link()
        self.ledger = Ledger(self.path, self.bench.clock, InlineWriter())
        outside = Outside(self.bench.clock, self.random, link, link.seal, plan)
        self.core = Core(rules(), outside, self.ledger, Choices("automatic"))
        await mandated(self.ledger)
        await self.core.load()
        self._told = asyncio.Event()
        self.core.observe(self._told.set)
        self._linking = asyncio.create_task(link.run(self.core))
        await self.until(lambda: bool(self.core.state().prices) and self.core.contact.clock_is_proven)
        await self.core.turn()

    async def stop(self) -> None:
        """End as a process does."""
        self._linking.cancel()
        with suppress(asyncio.CancelledError):
            await self._linking
        self.ledger.close()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for what is to be told."""
        while not condition():
            self._told.clear()
            await self._told.wait()

    async def trade(self, turns: int = 3) -> int:
        """Turn the wheel with changing wishes; say how many trades there are now."""
        for _ in range(turns):
            self.reports += 1
            clock = self.bench.clock
            clock.wall = Instant(clock.wall + 2 * SECOND)
            self.core.heard(clock.now(), self.core.books.heads)
            now = clock.now()
            load = Load(start=now, end=now + HOUR, power=self.random.randint(200, 4_000))
            await self.core.report_home(ReportHome(id=self.reports, at=now, devices=[], base_load=[load]))
            await self.core.turn()
        return self.core.books.trades

    async def next_step(self) -> None:
        """Go on to the next 5-minute mark, and hear what is published then."""
        clock = self.bench.clock
        clock.wall = Interval(clock.wall, FIVE_MINUTES).end
        issued = await self.bench.retailer.turn()
        assert issued
        await self.until(partial(self._knows, issued.publications[1]))

    async def resync(self) -> Fetched:
        """What the command does, while the gateway is stopped."""
        link = self.bench.link()
        ledger = Ledger(self.path, self.bench.clock, InlineWriter())
        try:
            async with link.session():
                return await resynchronise(ledger, link, self.bench.clock)
        finally:
            ledger.close()

    async def assert_like_the_book(self) -> None:
        """Ledger and book hold the same pairs, chains and positions."""
        booked = {pair.key: pair for pair in await self.bench.retailer.inquiries.pairs(HOME, AHEAD)}
        assert {pair.key: pair for pair, _ in await self.ledger.pairs(AHEAD.start)} == booked
        assert booked
        positions = Positions(booked.values())
        for step in AHEAD.split(FIVE_MINUTES):
            assert self.core.market.positions.at(step) == positions.at(step)
        beat = await self.bench.retailer.heartbeat(HOME)
        heads = self.ledger.heads
        assert (heads.messages.sequence, heads.messages.head) == (beat.sequence, beat.head)
        assert (heads.orders.sequence, heads.orders.head) == (beat.orders.sequence, beat.orders.head)

    def _knows(self, publication: Publication) -> bool:
        return self.core.market._author(publication.author).sequence >= publication.sequence
