"""A gateway's core, ledger and outbox against the real service, over a connection that loses and repeats."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from random import Random

import pytest
from temix_gateway.core import Core
from temix_gateway.home.devices import Load, ReportHome, RunTime
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.outside import Outside
from temix_gateway.own_limits import Choices
from temix_gateway.planning.planner import plan
from temix_gateway.retailer.temix import TemixLink
from temix_market.deliveries import Delivery
from temix_market.instants import FIVE_MINUTES, HOUR, SECOND, Duration, Instant
from temix_market.intervals import Interval
from temix_market.ports import Answer, Head, Heads, OutcomeUnknown, RetailerListener, Told
from temix_market.positions import Positions
from temix_market.settlement import Spot
from temix_market.tenders import Publication
from temix_market.transactions import PairKey

from tests.gateway.bench import rules
from tests.gateway.mandate import mandated
from tests.gateway.market import HOME, NOW
from tests.gateway.retailer.conftest import Bench

AHEAD = Interval(NOW, Duration(48 * HOUR))


class Unreliable:
    """A link that loses requests and answers, and sends some requests twice."""

    def __init__(self, link: TemixLink, random: Random) -> None:
        self.link = link
        self.random = random
        self.faulty = True

    async def run(self, listener: RetailerListener) -> None:
        await self.link.run(listener)

    async def order(self, key: PairKey, signed: str) -> Answer:
        return await self._lose(lambda: self.link.order(key, signed))

    async def reconcile(self, key: PairKey, signed: str) -> Answer:
        return await self._lose(lambda: self.link.reconcile(key, signed))

    async def heads(self, own: Heads) -> Heads:
        return await self.link.heads(own)

    async def messages(self, after: Head) -> Sequence[Told]:
        return await self.link.messages(after)

    async def spots(self, interval: Interval) -> Sequence[Spot]:
        return await self.link.spots(interval)

    async def deliveries(self, interval: Interval) -> Sequence[Delivery]:
        return await self.link.deliveries(interval)

    async def report(self, deliveries: Sequence[Delivery]) -> None:
        await self.link.report(deliveries)

    async def _lose(self, send: Callable) -> Answer:
        chance = self.random.random() if self.faulty else 1.0
        if chance < 0.2:
            raise OutcomeUnknown("the request was lost")
        answer = await send()
        if chance < 0.4:
            raise OutcomeUnknown("the answer was lost")
        if chance < 0.6:
            assert await send() == answer
        return answer


def up_to_date(core: Core, publication: Publication) -> bool:
    return core.market._author(publication.author).sequence >= publication.sequence


@pytest.mark.timeout(30)
@pytest.mark.parametrize("seed", range(5))
async def test_book_and_ledger_agree_whatever_is_lost(bench: Bench, tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    ledger = await asyncio.to_thread(Ledger, tmp_path / "ledger.db", bench.clock)
    link = Unreliable(bench.link(), random)
    outside = Outside(bench.clock, random, link, link.link.seal, plan)
    core = Core(rules(), outside, ledger, Choices("automatic"))
    await mandated(ledger)
    await core.load()
    told = asyncio.Event()
    core.observe(told.set)
    linking = asyncio.create_task(link.run(core))

    async def until(condition: Callable[[], bool]) -> None:
        while not condition():
            told.clear()
            await told.wait()

    await until(lambda: bool(core.state().prices))
    pump = RunTime(id="pump", power=1_200, remaining=2 * HOUR, finish_by=NOW + 20 * HOUR)
    for turn in range(8):
        bench.clock.wall = Instant(bench.clock.wall + 2 * SECOND)
        core.heard(bench.clock.now(), core.books.heads)
        load = Load(start=NOW, end=NOW + HOUR, power=random.randint(200, 4_000))
        await core.report_home(
            ReportHome(id=1, at=bench.clock.now(), devices=[pump] * (turn % 2), base_load=[load])
        )
        await core.turn()
        if turn % 3 == 2:
            bench.clock.wall = Interval(bench.clock.wall, FIVE_MINUTES).end
            issued = await bench.retailer.turn()
            assert issued
            await until(partial(up_to_date, core, issued.publications[1]))
    link.faulty = False
    bench.clock.wall = Instant(bench.clock.wall + 2 * SECOND)
    await core.turn()
    assert await ledger.pending() == []
    booked = {pair.key: pair for pair in await bench.retailer.inquiries.pairs(HOME, AHEAD)}
    found = {pair.key: pair for pair, _ in await ledger.pairs(Instant(NOW - HOUR))}
    assert found == booked
    assert len(booked) > 10
    positions = Positions(booked.values())
    for step in AHEAD.split(FIVE_MINUTES):
        assert core.market.positions.at(step) == positions.at(step)
    linking.cancel()
    with suppress(asyncio.CancelledError):
        await linking
    await asyncio.to_thread(ledger.close)
