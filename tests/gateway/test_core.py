"""What keeps the core from trading, and what it shows all the same."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from temix_gateway.core import Core
from temix_gateway.home.messages import Reading, ReportReadings
from temix_market.calendar import local_date
from temix_market.deliveries import Delivery
from temix_market.instants import FIVE_MINUTES, HOUR, Instant
from temix_market.intervals import Interval
from temix_market.transactions import Kind
from temix_market.units import Energy

from tests.gateway.bench import Bench, trading
from tests.gateway.market import (
    pair,
    readings,
    subscription,
)


async def test_without_proof_of_the_clock_nothing_is_traded(bench: Bench) -> None:
    bench.core.heard(Instant(bench.clock.now() + 5_000), bench.core.books.heads)
    await trading(bench)
    assert bench.retailer.answers == {}
    assert "no proof of the clock" in bench.core.state().trading.locked[0]
    assert bench.core.state().trading.codes == ["clock"]


async def test_without_a_ledger_that_is_one_prices_are_shown_and_nothing_is_traded(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"holiday pictures" * 100)
    bench = Bench(tmp_path / "ledger.db")
    await bench.connect()
    await trading(bench)
    state = bench.core.state()
    assert state.prices
    assert bench.retailer.answers == {}
    assert "file is not a database" in state.trading.locked[0]
    bench.ledger.close()


async def test_a_clock_that_is_proven_or_no_more_is_told_at_once(bench: Bench) -> None:
    told: list[list[str]] = []
    bench.core.observe(lambda: told.append([reason for reason in bench.core.locked() if "clock" in reason]))
    heads = bench.core.books.heads
    bench.core.heard(bench.clock.now(), heads)
    assert told == []
    bench.core.heard(Instant(bench.clock.now() + 5_000), heads)
    bench.core.heard(bench.clock.now(), heads)
    assert [bool(reasons) for reasons in told] == [True, False]


async def test_without_link_or_price_nothing_is_traded(bench: Bench) -> None:
    await bench.report()
    await bench.core.turn()
    assert bench.core.locked() == ["there is no valid price"]
    bench.core.connected(False, "no such account", refused=True)
    assert bench.core.state().retailer.refused
    assert bench.core.state().retailer.reason == "no such account"
    assert "the retailer is not connected" in bench.core.locked()


@pytest.mark.parametrize("table", ["transactions", "orders", "spots", "deliveries", "settlements", "chain"])
async def test_a_ledger_that_cannot_be_read_is_served_as_far_as_it_can(bench: Bench, table: str) -> None:
    await bench.connect()
    await bench.publish()
    await bench.ledger.take(subscription(bench.ledger, pair("subscribed", kind=Kind.SUBSCRIPTION)))
    bench.ledger.close()
    with closing(sqlite3.connect(bench.path)) as rows:
        (root,) = rows.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).fetchone()
        (size,) = rows.execute("PRAGMA page_size").fetchone()
    with bench.path.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\x55" * size)
    bench.start()
    await bench.connect()
    await bench.publish()
    assert "put back a backup" in bench.core.locked()[0]
    assert bench.core.state().prices
    await bench.core.turn()
    assert not bench.retailer.booked


async def test_a_locked_ledger_shows_prices_and_does_not_trade(bench: Bench) -> None:
    bench.ledger.fault = "the ledger failed its check"
    await trading(bench)
    state = bench.core.state()
    assert state.prices
    assert "the ledger failed its check" in state.trading.locked
    assert bench.retailer.answers == {}


def kept(core: Core) -> dict[str, int]:
    """How many things of each kind are in memory."""
    market, books = core.market, core.books
    return {
        "spots": len(market.spots),
        "carbon": len(market.carbon),
        "quotes": sum(len(author.quotes) for author in market._authors.values()),
        "positions": len(market.positions._sums),
        "tenders": len(market.book._newest),
        "orders": len(books.ordered),
        "waiting readings": len(books._open),
        "read steps": len(books._read),
        "settled steps": len(core.accounts._steps),
        "settled days": len(core.accounts._days),
    }


async def test_what_is_final_leaves_memory(bench: Bench) -> None:
    async def live() -> dict[str, int]:
        bench.core.heard(bench.clock.now(), bench.core.books.heads)
        await trading(bench)
        start = bench.clock.now()
        for _ in range(4):
            await bench.next_step()
        read = Interval(Instant(start + FIVE_MINUTES), FIVE_MINUTES)
        report = Reading(start=read.start, end=read.end, energy=100)
        await bench.core.report_readings(ReportReadings(id=1, readings=[report]))
        await bench.core.told(readings(bench.ledger, Delivery(read, Energy(100))))
        await bench.core.turn()
        bench.core.accounts.day(local_date(bench.core.owner.rules.zone, start))
        return kept(bench.core)

    first = await live()
    assert all(first[kind] for kind in first if kind != "waiting readings")
    for _ in range(3):
        bench.clock.wall = Instant(bench.clock.wall + 40 * 24 * HOUR)
        later = await live()
    # Orders differ a little from day to day; what stayed would be there four times.
    assert {kind: count for kind, count in later.items() if count >= 2 * first[kind] > 0} == {}
