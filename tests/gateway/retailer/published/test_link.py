"""The link to a service, over HTTP to a fake one: what it asks, keeps, publishes, and never invents."""

import asyncio
import stat
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from random import Random
from typing import override

from aiohttp import web
from temix_gateway.retailer.published.gridx import GridX
from temix_gateway.retailer.published.http import Http
from temix_gateway.retailer.published.link import PublishedLink
from temix_gateway.retailer.published.prices import Direction
from temix_gateway.retailer.published.schedule import NOTIFIED, QUIET, SPARED, Rhythm, Schedule
from temix_gateway.retailer.published.store import Kept, Store
from temix_market.calendar import local_day
from temix_market.instants import FIVE_MINUTES, HOUR, MINUTE, Duration, Instant, from_datetime
from temix_market.intervals import Interval
from temix_market.ladder import TenderBook, step_prices
from temix_market.ports import Heads, Terms, ToldSubscription
from temix_market.tenders import DEMO_BOUNDS, Publication

from tests.gateway.market import FakeClock
from tests.gateway.retailer.published.services import (
    PACIFIC,
    Document,
    FakeGridX,
    gridx_curve,
    serving,
    true_price,
)

TODAY = date(2026, 6, 10)
EVENING = from_datetime(datetime(2026, 6, 10, 18, 20, tzinfo=PACIFIC))
"""After publication: tomorrow's prices are there."""


@dataclass
class Listener:
    """Notes what it is told."""

    terms: list[Terms] = field(default_factory=list)
    links: list[tuple[bool, str]] = field(default_factory=list)
    publications: list[Publication] = field(default_factory=list)
    refused: bool = False
    told_anything: asyncio.Event = field(default_factory=asyncio.Event)
    has_prices: asyncio.Event = field(default_factory=asyncio.Event)

    def connected(self, up: bool, reason: str, *, refused: bool = False) -> None:
        self.links.append((up, reason))
        self.refused = refused
        self.told_anything.set()

    def agreed(self, terms: Terms) -> None:
        self.terms.append(terms)

    def heard(self, now: Instant, heads: Heads) -> None:
        raise AssertionError("a service of prices has no chain")

    async def published(self, publication: Publication, signed: str) -> None:
        self.publications.append(publication)
        self.has_prices.set()

    async def told(self, told: ToldSubscription) -> None:
        raise AssertionError("a service of prices books nothing")


class Soon(Random):
    """Does not wait where a wait is drawn."""

    def randint(self, a: int, b: int) -> int:
        return a


class Watched(Store):
    """Tells when it has kept something."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.kept = threading.Event()

    @override
    def save(self, kept: Kept) -> None:
        super().save(kept)
        self.kept.set()


@dataclass
class Bench:
    """A link, its fake service and its listener, at a clock that stands still."""

    service: FakeGridX
    clock: FakeClock
    store: Watched
    address: str

    def link(self, circuit: str = "Moorpark") -> PublishedLink:
        feed = GridX(self.address, "SCE", "TOU-D-49", circuit)
        return PublishedLink(feed, DEMO_BOUNDS, self.store, self.clock, Soon())

    @asynccontextmanager
    async def run(self) -> AsyncIterator[tuple[PublishedLink, Listener]]:
        """A link that has asked once, and kept what it heard."""
        self.store.kept.clear()
        link, listener = self.link(), Listener()
        task = asyncio.create_task(link.run(listener))
        try:
            await listener.told_anything.wait()
            await asyncio.to_thread(self.store.kept.wait)
            yield link, listener
        finally:
            task.cancel()
            await asyncio.wait([task])


@asynccontextmanager
async def bench(
    tmp_path: Path, curve: Callable[[date], Document | None] = gridx_curve, now: Instant = EVENING
) -> AsyncIterator[Bench]:
    service = FakeGridX(curve)
    async with serving("/getPricing", service.get_pricing) as address:
        yield Bench(service, FakeClock(now), Watched(tmp_path / "prices.json"), address)


def published_until_tomorrow(day: date) -> Document | None:
    return gridx_curve(day) if day <= date(2026, 6, 11) else None


def prices_of(publications: Sequence[Publication], now: Instant) -> dict[Instant, int | None]:
    book = TenderBook()
    for publication in publications:
        book.publish(publication)
    return {step.step.start: step.buy for step in step_prices(book.rungs(now))}


async def test_it_asks_for_what_is_configured_and_says_who_asks(tmp_path: Path) -> None:
    async with bench(tmp_path) as made, made.run() as (_, listener):
        (asked,) = made.service.asked
        assert asked == {
            "utility": "SCE",
            "market": "DAM",
            "program": "CalFUSE",
            "startdate": "20260609",
            "enddate": "20260612",
            "ratename": "TOU-D-49",
            "representativeCircuitId": "Moorpark",
        }
        assert made.service.agents[0].startswith("temix-gateway/")
        assert "github.com/temix" in made.service.agents[0]
        assert listener.terms == [Terms("USD", "America/Los_Angeles", DEMO_BOUNDS, indicative=True)]
        assert listener.links == [(True, "")]


async def test_every_coming_step_has_its_price_and_nothing_can_be_sold(tmp_path: Path) -> None:
    async with bench(tmp_path, published_until_tomorrow) as made, made.run() as (_, listener):
        found = prices_of(listener.publications, EVENING)
        end = local_day(PACIFIC, date(2026, 6, 11)).end
        assert found == {
            Instant(start): true_price(Instant(start - start % HOUR))
            for start in range(EVENING + FIVE_MINUTES, end, FIVE_MINUTES)
        }
        sides = {tender.side.value for each in listener.publications for tender in each.tenders}
        assert sides == {"SELL"}
        energy, transport = listener.publications
        assert (energy.author, transport.author) == (
            "published:gridx:SCE:energy",
            "published:gridx:SCE:transport",
        )


async def test_a_restart_shows_what_it_knew_and_asks_nobody(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        async with made.run():
            pass
        assert stat.S_IMODE((tmp_path / "prices.json").stat().st_mode) == 0o600
        link, listener = made.link(), Listener()
        task = asyncio.create_task(link.run(listener))
        await listener.has_prices.wait()
        await listener.told_anything.wait()
        task.cancel()
        await asyncio.wait([task])
        assert len(made.service.asked) == 1
        assert listener.links == [(True, "")]
        assert prices_of(listener.publications, EVENING)


async def test_another_service_begins_anew(tmp_path: Path) -> None:
    async with bench(tmp_path) as made, made.run():
        pass
    assert made.store.load("midas", "").prices == ()


async def test_another_circuit_begins_anew_but_for_the_days_requests(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        async with made.run():
            pass
        made.store.kept.clear()
        link, listener = made.link("Goleta"), Listener()
        task = asyncio.create_task(link.run(listener))
        await listener.has_prices.wait()
        await asyncio.to_thread(made.store.kept.wait)
        task.cancel()
        await asyncio.wait([task])
        assert [asked["representativeCircuitId"] for asked in made.service.asked] == ["Moorpark", "Goleta"]
    kept = made.store.load("gridx:SCE", GridX(made.address, "SCE", "TOU-D-49", "Goleta").question)
    assert len(kept.requests) == 2


async def test_late_prices_say_so_and_are_asked_for_again(tmp_path: Path) -> None:
    async with bench(tmp_path, lambda day: None) as made, made.run() as (_, listener):
        ((up, reason),) = listener.links
        assert not up
        assert "retailer.circuit" in reason
        assert listener.publications == []


async def test_an_outage_keeps_what_is_known(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        async with made.run():
            pass
        made.clock.wall = Instant(EVENING + 23 * HOUR)
        made.service.fail_with = [web.Response(status=503, headers={"Retry-After": "600"})]
        async with made.run() as (link, listener):
            assert listener.links[-1][0] is False
            assert "busy" in listener.links[-1][1]
            begun = Instant(made.clock.wall - made.clock.wall % HOUR)
            price = link.book.at(Direction.IMPORT, begun)
            assert price is not None
            assert price.price == true_price(begun)


async def test_what_the_day_brought_is_settled_at_final_prices_only(tmp_path: Path) -> None:
    def curve(day: date) -> Document:
        return gridx_curve(day, status="Final" if day <= TODAY else "Preliminary")

    async with bench(tmp_path, curve) as made, made.run() as (link, _):
        today, tomorrow = (local_day(PACIFIC, day) for day in (TODAY, date(2026, 6, 11)))
        spots = await link.spots(Interval(today.start, Duration(HOUR)))
        assert len(spots) == 24
        assert sum(spot.sell for spot in spots[:2]) == true_price(today.start)
        assert {spot.buy for spot in spots} == {None}
        assert await link.spots(Interval(tomorrow.start, Duration(HOUR))) == []


async def test_no_preliminary_price_replaces_a_final_one(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        async with made.run():
            pass
        made.service.curve = lambda day: gridx_curve(day, status="Preliminary", price=lambda start: 1)
        made.clock.wall = Instant(EVENING + 24 * HOUR)
        async with made.run() as (link, _):
            start = local_day(PACIFIC, TODAY).start
            price = link.book.at(Direction.IMPORT, start)
            assert price is not None
            assert price.price == true_price(start)
            new = link.book.at(Direction.IMPORT, local_day(PACIFIC, date(2026, 6, 13)).start)
            assert new is None or not new.final


async def test_a_revision_is_published_with_a_newer_number(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        async with made.run() as (_, before):
            pass
        made.service.curve = lambda day: gridx_curve(day, price=lambda start: true_price(start) + 1_000)
        made.clock.wall = Instant(EVENING + 24 * HOUR + 10 * MINUTE)
        async with made.run() as (_, after):
            assert after.publications[-1].sequence > before.publications[-1].sequence
            found = prices_of(after.publications, made.clock.now())
            for start, price in found.items():
                assert price == true_price(Instant(start - start % HOUR)) + 1_000


async def test_credentials_that_are_wanted_are_told_as_refused(tmp_path: Path) -> None:
    async with bench(tmp_path) as made:
        made.service.fail_with = [web.Response(status=403, text="key please")]
        async with made.run() as (_, listener):
            assert listener.refused


class Word:
    """Tells when a test says so that something changed."""

    def __init__(self) -> None:
        self.changed: Callable[[], None] = lambda: None
        self.watched = asyncio.Event()
        self.http: Http | None = None

    async def watch(self, http: Http, changed: Callable[[], None]) -> None:
        self.http, self.changed = http, changed
        self.watched.set()
        await asyncio.Event().wait()


@asynccontextmanager
async def notified(made: Bench) -> AsyncIterator[tuple[Word, asyncio.Task[None]]]:
    """A link that has asked once, and hears."""
    word, listener = Word(), Listener()
    feed = GridX(made.address, "SCE", "TOU-D-49", "Moorpark")
    link = PublishedLink(feed, DEMO_BOUNDS, made.store, made.clock, Soon(), notices=word)
    task = asyncio.create_task(link.run(listener))
    try:
        await word.watched.wait()
        await listener.has_prices.wait()
        await asyncio.to_thread(made.store.kept.wait)
        made.store.kept.clear()
        yield word, task
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_word_of_a_change_asks_once_however_often_it_comes(tmp_path: Path) -> None:
    async with bench(tmp_path) as made, notified(made) as (word, _):
        made.clock.wall = Instant(EVENING + QUIET)
        for _ in range(500):
            word.changed()
        await asyncio.to_thread(made.store.kept.wait)
        assert len(made.service.asked) == 2


async def test_word_right_after_a_question_is_kept_for_a_quarter_of_an_hour(tmp_path: Path) -> None:
    schedule = Schedule(Rhythm(PACIFIC), Soon())
    assert schedule.notified(EVENING, Instant(EVENING - 1)) == EVENING - 1 + QUIET
    later = Instant(EVENING + QUIET)
    times = {Schedule(Rhythm(PACIFIC), Random(seed)).notified(later, EVENING) for seed in range(200)}
    assert len(times) > 150
    assert all(later <= time <= later + NOTIFIED for time in times)


async def test_word_costs_no_question_that_the_clock_needs(tmp_path: Path) -> None:
    async with bench(tmp_path) as made, notified(made) as (word, _):
        made.clock.wall = Instant(EVENING + QUIET)
        assert word.http is not None
        while word.http.allowance.left(made.clock.now()) > SPARED:
            word.http.allowance.take(made.clock.now())
        word.changed()
        await asyncio.sleep(0)
        assert len(made.service.asked) == 1


async def test_what_comes_while_it_asks_asks_again(tmp_path: Path) -> None:
    asked = asyncio.Event()

    async with bench(tmp_path) as made, notified(made) as (word, _):

        def curve(day: date) -> Document | None:
            made.clock.wall = Instant(made.clock.wall + QUIET)  # the service takes its time
            if not asked.is_set():
                word.changed()
            asked.set()
            return gridx_curve(day)

        made.clock.wall = Instant(EVENING + QUIET)
        made.service.curve = curve
        word.changed()
        await asyncio.to_thread(made.store.kept.wait)
        made.store.kept.clear()
        await asyncio.to_thread(made.store.kept.wait)
        assert len(made.service.asked) >= 3


async def test_an_absurd_price_is_none_and_keeps_no_others_from_being_used(tmp_path: Path) -> None:
    absurd = Instant(local_day(PACIFIC, TODAY).start + 22 * HOUR)

    def curve(day: date) -> Document:
        return gridx_curve(day, price=lambda at: 900_000_000 if at == absurd else true_price(at))

    async with bench(tmp_path, curve) as made, made.run() as (link, listener):
        found = prices_of(listener.publications, EVENING)
        assert not any(start in found for start in range(absurd, absurd + HOUR, FIVE_MINUTES))
        assert found[Instant(absurd - FIVE_MINUTES)] == true_price(Instant(absurd - HOUR))
        assert found[Instant(absurd + HOUR)] == true_price(Instant(absurd + HOUR))
        assert await link.spots(Interval(absurd, HOUR)) == []


async def test_yesterdays_answer_is_no_price_for_now(tmp_path: Path) -> None:
    """A cache that nobody empties: the link says that there is no price, and shows none of another day."""
    stale = gridx_curve(date(2026, 6, 9))
    async with bench(tmp_path, lambda day: stale) as made, made.run() as (_, listener):
        assert listener.links == [(False, "gridx:SCE answers, and has no price to buy for now")]
        assert prices_of(listener.publications, EVENING) == {}


async def test_what_was_known_survives_a_stale_answer(tmp_path: Path) -> None:
    stale = gridx_curve(date(2026, 6, 9))
    async with bench(tmp_path) as made:
        async with made.run():
            pass
        made.service.curve = lambda day: stale
        made.clock.wall = Instant(EVENING + 24 * HOUR + 10 * MINUTE)
        async with made.run() as (link, listener):
            assert listener.links[-1] == (True, "")
            begun = Instant(made.clock.wall - made.clock.wall % HOUR)
            price = link.book.at(Direction.IMPORT, begun)
            assert price is not None
            assert price.price == true_price(begun)
