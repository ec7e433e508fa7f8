"""Prices that Home Assistant reports: published as they are, replaced whole, dropped when they are old."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from temix_gateway.home.errors import CommandRefused
from temix_gateway.home.prices import ReportedPrice, ReportPrices
from temix_gateway.reported_prices import reported
from temix_gateway.retailer.published.prices import Direction, Published
from temix_gateway.retailer.published.reported import NONE_NOW, STALE_AFTER, ReportedLink
from temix_gateway.retailer.published.store import Store
from temix_market.calendar import local_day
from temix_market.instants import FIVE_MINUTES, HOUR, MINUTE, SECOND, Duration, Instant
from temix_market.intervals import Interval
from temix_market.ladder import TenderBook, step_prices
from temix_market.ports import Terms
from temix_market.tenders import DEMO_BOUNDS
from temix_market.units import Price
from temix_replay.virtual_time import VirtualClock, VirtualLoop

from tests.gateway.retailer.published.test_link import Listener

BERLIN = ZoneInfo("Europe/Berlin")
NOON = Instant(local_day(BERLIN, date(2026, 6, 10)).start + 12 * HOUR)
TERMS = Terms("EUR", BERLIN.key, DEMO_BOUNDS, indicative=True)
QUARTER = Duration(15 * MINUTE)


def quarters(
    count: int, price: int = 100_000, start: Instant = NOON, *, final: bool = True
) -> list[Published]:
    return [
        Published(Direction.IMPORT, each, Price(price + number), final=final)
        for number, each in enumerate(Interval(start, Duration(count * QUARTER)).split(QUARTER))
    ]


def shown(listener: Listener, now: Instant) -> dict[Instant, tuple[int | None, int | None]]:
    """What the market makes of everything published so far, from ``now`` on."""
    book = TenderBook()
    for publication in listener.publications:
        book.publish(publication)
        book.withdraw_unnamed(publication)
    return {step.step.start: (step.buy, step.sell) for step in step_prices(book.rungs(now))}


class Bench:
    """A link in virtual time, with what it keeps in a folder."""

    def __init__(self, folder: Path) -> None:
        self.clock = VirtualClock(asyncio.get_running_loop(), NOON)
        self.store = Store(folder / "prices.json")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[tuple[ReportedLink, Listener]]:
        link, listener = ReportedLink("EUR", BERLIN, DEMO_BOUNDS, self.store, self.clock), Listener()
        task = asyncio.create_task(link.run(listener))
        await listener.told_anything.wait()
        try:
            yield link, listener
        finally:
            task.cancel()
            await asyncio.wait([task])


def live(folder: Path, scenario: Callable[[Bench], Awaitable[None]]) -> None:
    """Run a scenario in virtual time."""

    async def run() -> None:
        await scenario(Bench(folder))

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(run())


def test_without_a_report_there_is_no_price_and_it_says_what_to_do(tmp_path: Path) -> None:
    async def scenario(bench: Bench) -> None:
        async with bench.running() as (_, listener):
            assert listener.terms == [TERMS]
            assert listener.links == [(False, NONE_NOW)]
            assert listener.publications == []

    live(tmp_path, scenario)


def test_what_is_reported_is_the_price_of_its_interval_and_of_no_other(tmp_path: Path) -> None:
    async def scenario(bench: Bench) -> None:
        async with bench.running() as (link, listener):
            selling = [Published(Direction.EXPORT, quarters(2)[1].interval, Price(7_000))]
            await link.take({Direction.IMPORT: quarters(8), Direction.EXPORT: selling})
            assert listener.links[-1] == (True, "")
            found = shown(listener, Instant(NOON - 1))
            assert found == {
                Instant(NOON + step * FIVE_MINUTES): (100_000 + step // 3, 7_000 if step // 3 == 1 else None)
                for step in range(24)
            }

    live(tmp_path, scenario)


def test_a_report_replaces_what_is_to_come_and_leaves_the_begun_interval(tmp_path: Path) -> None:
    async def scenario(bench: Bench) -> None:
        async with bench.running() as (link, listener):
            await link.take({Direction.IMPORT: quarters(40)})
            await asyncio.sleep(MINUTE / SECOND)
            await link.take({Direction.IMPORT: quarters(4, 50_000, Instant(NOON + QUARTER))})
            now = bench.clock.now()
            found = shown(listener, now)
            assert max(found) == NOON + 5 * QUARTER - FIVE_MINUTES
            assert found[Instant(NOON + QUARTER)] == (50_000, None)
            assert Instant(NOON + FIVE_MINUTES) not in found, "it was not named again"
            begun = link.book.at(Direction.IMPORT, NOON)
            assert begun is not None
            assert begun.price == 100_000
            await link.take({Direction.IMPORT: []})
            assert shown(listener, now) == {}

    live(tmp_path, scenario)


def test_nothing_new_of_a_direction_leaves_it_as_it_is(tmp_path: Path) -> None:
    async def scenario(bench: Bench) -> None:
        async with bench.running() as (link, listener):
            await link.take({Direction.IMPORT: quarters(8)})
            before = shown(listener, NOON)
            await link.take({})
            assert shown(listener, NOON) == before != {}

    live(tmp_path, scenario)


@pytest.mark.parametrize("final", [True, False])
def test_only_what_cannot_change_outlives_the_last_report(tmp_path: Path, *, final: bool) -> None:
    async def scenario(bench: Bench) -> None:
        async with bench.running() as (link, listener):
            await link.take({Direction.IMPORT: quarters(40, final=final)})
            await asyncio.sleep((STALE_AFTER - MINUTE) / SECOND)
            assert shown(listener, bench.clock.now())
            await asyncio.sleep(10 * MINUTE / SECOND)
            assert bool(shown(listener, bench.clock.now())) is final
            assert listener.links[-1][0] is final

    live(tmp_path, scenario)


def test_a_restart_shows_what_was_reported(tmp_path: Path) -> None:
    async def scenario(bench: Bench) -> None:
        async with bench.running() as (link, _):
            await link.take({Direction.IMPORT: quarters(40)})
        async with bench.running() as (_, listener):
            assert listener.links == [(True, "")]
            assert shown(listener, NOON)

    live(tmp_path, scenario)


def test_a_day_is_settled_at_what_was_reported_as_final(tmp_path: Path) -> None:
    async def scenario(bench: Bench) -> None:
        async with bench.running() as (link, _):
            later = quarters(2, 1, Instant(NOON + HOUR), final=False)
            await link.take({Direction.IMPORT: [*quarters(2), *later]})
            spots = await link.spots(Interval(NOON, Duration(2 * HOUR)))
            assert [spot.interval.start - NOON for spot in spots[::2]] == [
                step * FIVE_MINUTES for step in range(6)
            ]
            assert {spot.buy for spot in spots} == {None}

    live(tmp_path, scenario)


def price(start: int = NOON, minutes: int = 15, amount: int = 1) -> ReportedPrice:
    return ReportedPrice(start=start, end=start + minutes * MINUTE, price=amount)


@pytest.mark.parametrize(
    "report, reason",
    [
        (ReportPrices(id=1, currency="SEK", buy=[price()]), "in SEK, the gateway's in EUR"),
        (ReportPrices(id=1, currency="EUR", buy=[price(NOON + 1)]), r"buy\[0\].*whole 5 minutes"),
        (ReportPrices(id=1, currency="EUR", buy=[price(minutes=-15)]), r"buy\[0\].*whole 5 minutes"),
        (ReportPrices(id=1, currency="EUR", buy=[price(minutes=26 * 60)]), r"buy\[0\].*whole 5 minutes"),
        (ReportPrices(id=1, currency="EUR", sell=[price(amount=10**12)]), r"sell: every price.*bounds"),
        (ReportPrices(id=1, currency="EUR", buy=[price(), price(amount=2)]), "two prices"),
        (ReportPrices(id=1, currency="EUR", buy=[price(minutes=60), price(NOON + 900_000)]), "two prices"),
    ],
)
def test_what_cannot_be_a_price_is_refused_as_a_whole(report: ReportPrices, reason: str) -> None:
    with pytest.raises(CommandRefused, match=reason):
        reported(report, TERMS)


def test_an_absurd_price_among_others_is_none() -> None:
    report = ReportPrices(id=1, currency="EUR", buy=[price(), price(NOON + QUARTER, amount=10**12)])
    assert [each.interval.start for each in reported(report, TERMS)[Direction.IMPORT]] == [NOON]


def test_a_direction_that_is_not_named_is_none(tmp_path: Path) -> None:
    found = reported(ReportPrices(id=1, currency="EUR", buy=[price()], sell=None), TERMS)
    assert found == {Direction.IMPORT: [Published(Direction.IMPORT, Interval(NOON, QUARTER), Price(1))]}
