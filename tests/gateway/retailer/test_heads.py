"""Heads are compared before any trade: whoever put back an older file is found out, and nothing is lost."""

import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path

import pytest
import trustme
from temix_gateway.errors import LedgerInUse
from temix_gateway.ledger.backup import backup, restore
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.ledger.verify import verify
from temix_gateway.ledger.writer import InlineWriter
from temix_gateway.resync import NotAlike
from temix_market.instants import FIVE_MINUTES, HOUR, SECOND, Duration, Instant
from temix_market.intervals import Interval
from temix_market.ports import OutcomeUnknown
from temix_market.subscription import Profile
from temix_market.transactions import Kind, Order, PairKey
from temix_market.units import Energy, Price
from temix_market.wire.keys import VerifyKey, uuid7
from temix_retailer.publications import Circuit
from temix_retailer.retailer import Retailer
from temix_retailer.server import Service
from temix_retailer.store import open_store
from temix_retailer.subscriptions import Plan

from tests.gateway.market import HOME, NOW, delivery
from tests.gateway.retailer.conftest import HOME_KEY, Bench, served
from tests.gateway.retailer.household import AHEAD, Household
from tests.retailer.homes import randomness, terms

pytestmark = pytest.mark.timeout(120)

LOST = PairKey(uuid7(NOW, b"lost order"))
RESYNC = "run `temix-gateway resync`"


@pytest.fixture
async def home(bench: Bench, tmp_path: Path) -> AsyncIterator[Household]:
    """A home with a subscription, that has traded."""
    zone = bench.retailer.terms.circuit.wholesale.zone
    quantities = {(weekend, hour): Energy(600) for weekend in (True, False) for hour in range(24)}
    await bench.retailer.plan(HOME, Plan(Profile(zone, quantities), Price(50_000), Price(20_000)))
    household = Household(bench, tmp_path / "home" / "ledger.db")
    await household.start()
    assert household.core.locked() == []
    assert await household.trade() > 3
    yield household
    await household.stop()


def keys(bench: Bench) -> dict[str, VerifyKey]:
    parties = bench.retailer.terms.context().parties
    return {HOME: HOME_KEY.public} | {party.party_id: VerifyKey.from_jwk(party.key) for party in parties}


@asynccontextmanager
async def running(household: Household) -> AsyncIterator[None]:
    """Start it, and stop it again."""
    await household.start()
    try:
        yield
    finally:
        await household.stop()


async def orders_in_the_book(home: Household) -> int:
    """How many orders the book has."""
    return (await home.bench.retailer.heartbeat(HOME)).orders.sequence


async def test_both_sides_have_the_same_heads_while_they_trade(home: Household) -> None:
    await home.next_step()
    await home.trade()
    await home.assert_like_the_book()
    assert home.ledger.heads.orders.sequence > 3
    found = verify(home.path, keys(home.bench))
    assert found.fault == ""
    assert found.signatures >= 3 * home.ledger.heads.orders.sequence


@pytest.mark.parametrize("way", ["restored", "copied"])
async def test_a_backup_of_the_same_day_is_found_out_and_resynchronised(
    home: Household, tmp_path: Path, way: str
) -> None:
    copy = tmp_path / "copy.db"
    backup(home.path, copy)
    await home.core.books.delivered([delivery(NOW - FIVE_MINUTES, 40)])
    await home.core.turn()  # reported
    lost = await home.trade(4)
    await home.stop()
    if way == "restored":
        restore(copy, home.path, home.bench.clock.now())
    else:
        home.path.with_name("ledger.db-wal").unlink(missing_ok=True)
        shutil.copy(copy, home.path)
    await home.start()
    assert any(RESYNC in reason for reason in home.core.locked()), home.core.locked()
    orders = await orders_in_the_book(home)
    await home.trade()
    assert await orders_in_the_book(home) == orders
    assert not any(pending for pending in await home.ledger.pending())
    await home.stop()
    fetched = await home.resync()
    assert fetched.orders > 0
    assert fetched.deliveries == 1
    await home.start()
    assert home.core.locked() == []
    await home.assert_like_the_book()
    assert home.core.books.trades == lost
    assert verify(home.path, keys(home.bench)).fault == ""
    await home.next_step()
    assert await home.trade(4) > lost
    await home.assert_like_the_book()


async def test_a_lost_correction_of_a_reading_comes_back(home: Household, tmp_path: Path) -> None:
    copy, first, second = tmp_path / "copy.db", NOW - FIVE_MINUTES, NOW - 2 * FIVE_MINUTES
    await home.core.books.delivered([delivery(first, 40), delivery(second, 10)])
    await home.core.turn()  # reported
    await home.core.books.delivered([delivery(second, 11)])  # not reported when the backup is made
    backup(home.path, copy)
    await home.core.books.delivered([delivery(first, 50)])
    home.bench.clock.wall = Instant(home.bench.clock.wall + 2 * SECOND)  # one correction a second counts
    await home.core.turn()
    await home.stop()
    restore(copy, home.path, home.bench.clock.now())
    assert (await home.resync()).deliveries == 1
    await home.start()
    held = {read.interval.start: read.energy for read in await home.ledger.deliveries(Instant(second))}
    assert held == {first: 50, second: 11}
    await home.core.turn()
    there = await home.link.deliveries(Interval(Instant(second), Duration(2 * FIVE_MINUTES)))
    assert held == {read.interval.start: read.energy for read in there}


async def test_an_empty_ledger_gets_everything_back(home: Household) -> None:
    await home.stop()
    for file in home.path.parent.glob("ledger.db*"):
        file.unlink()
    await home.start()
    assert any(RESYNC in reason for reason in home.core.locked())
    await home.stop()
    await home.resync()
    await home.start()
    assert home.core.locked() == []
    await home.assert_like_the_book()
    assert verify(home.path, keys(home.bench)).fault == ""


async def test_a_voided_order_that_was_lost_leaves_no_gap(home: Household, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    backup(home.path, copy)
    last = home.ledger.heads.orders
    [pair, *_] = [pair for pair, _ in await home.ledger.pairs(AHEAD.start) if pair.kind is Kind.TRADE]
    lost = Order(replace(pair, key=LOST), home.bench.clock.now())
    signed = home.link.seal(lost, last.sequence + 1, last.head)
    await home.link.reconcile(LOST, signed)
    await home.stop()
    restore(copy, home.path, home.bench.clock.now())
    await home.resync()
    await home.start()
    assert home.core.locked() == []
    assert home.ledger.heads.orders.sequence == last.sequence + 1
    await home.next_step()
    await home.trade(4)
    await home.assert_like_the_book()
    assert verify(home.path, keys(home.bench)).fault == ""


async def test_resync_can_be_broken_off_and_run_again(home: Household, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    backup(home.path, copy)
    await home.trade(4)
    await home.stop()
    restore(copy, home.path, home.bench.clock.now())
    ledger = Ledger(home.path, home.bench.clock, InlineWriter())
    link = home.bench.link()
    async with link.session():
        for told in (await link.messages(ledger.heads.messages))[:2]:
            await ledger.take(told, lost=True)
    ledger.close()
    await home.resync()
    await home.start()
    await home.assert_like_the_book()


async def test_a_resync_that_had_only_the_messages_is_still_needed(
    home: Household, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Home and retailer have the same messages again: nothing but the ledger tells that readings lack."""
    copy = tmp_path / "copy.db"
    backup(home.path, copy)
    await home.core.books.delivered([delivery(NOW - FIVE_MINUTES, 40)])
    await home.core.turn()  # reported
    await home.trade(4)
    await home.stop()
    home.path.with_name("ledger.db-wal").unlink(missing_ok=True)
    shutil.copy(copy, home.path)

    async def died(*_: object) -> tuple[int, int]:
        raise OutcomeUnknown("the network went away")

    with monkeypatch.context() as broken:
        broken.setattr("temix_gateway.resync._fetch_past", died)
        with pytest.raises(NotAlike):
            await home.resync()
    await home.start()
    assert any(RESYNC in reason for reason in home.core.locked()), home.core.locked()
    await home.stop()
    assert (await home.resync()).deliveries == 1
    await home.start()
    assert home.core.locked() == []


@asynccontextmanager
async def older_book(
    home: Household, book: Path, circuit: Circuit, authority: trustme.CA
) -> AsyncIterator[Bench]:
    """The same retailer over an older book."""
    with closing(open_store(book)) as store:
        retailer = Retailer(home.bench.clock, store, terms(circuit), randomness=randomness(5))
        await retailer.turn()
        application = Service(retailer, randomness(6)).application()
        async with served(application, authority.issue_cert("localhost")) as url:
            yield replace(home.bench, retailer=retailer, url=url)


async def test_a_retailer_that_put_back_an_older_book_is_found_out(
    home: Household, tmp_path: Path, circuit: Circuit, authority: trustme.CA
) -> None:
    old = tmp_path / "old" / "book.db"
    old.parent.mkdir()
    with (
        closing(sqlite3.connect(tmp_path / "book.db")) as source,
        closing(sqlite3.connect(old)) as target,
    ):
        source.backup(target)
    await home.trade(4)
    await home.stop()
    async with older_book(home, old, circuit, authority) as bench:
        first, home.bench = home.bench, bench
        await home.start()
        [reason] = [reason for reason in home.core.locked() if "book" in reason]
        assert "the retailer's book lacks order" in reason
        assert "tell the retailer" in reason
        before = await orders_in_the_book(home)
        await home.trade()
        assert await orders_in_the_book(home) == before
        await home.stop()
        with pytest.raises(NotAlike, match="the retailer's book lacks order"):
            await home.resync()
        assert bench.retailer.inquiries.alarm_count == 1
        [(_, text, _)] = await bench.retailer.inquiries.alarms()
        assert "was an older book put back?" in text
    home.bench = first
    await home.start()
    assert home.core.locked() == []
    await home.assert_like_the_book()


async def test_two_gateways_with_one_ledger_do_not_both_trade(home: Household, tmp_path: Path) -> None:
    twin = Household(home.bench, tmp_path / "twin" / "ledger.db", seed=2)
    twin.path.parent.mkdir()
    backup(home.path, twin.path)
    async with running(twin):
        assert twin.core.locked() == []
        await home.next_step()
        await home.trade(4)
        before = await orders_in_the_book(home)
        await twin.trade(4)
        assert await orders_in_the_book(home) == before
        assert any("an older ledger was put back" in reason for reason in twin.core.locked())
        await home.trade(2)
        await home.assert_like_the_book()


async def test_spots_that_were_missed_are_asked_for_and_settle(home: Household) -> None:
    step = Interval(Instant(NOW + HOUR), FIVE_MINUTES)
    home._linking.cancel()
    clock = home.bench.clock
    while clock.wall < step.end + 4 * FIVE_MINUTES:
        clock.wall = Interval(clock.wall, FIVE_MINUTES).end
        await home.bench.retailer.turn()
    await home.stop()
    await home.start()
    await home.core.books.delivered([delivery(step.start, 130)])
    assert step.start not in await home.ledger.settled(step.start)
    await home.core.turn()
    assert (await home.ledger.settled(step.start))[step.start][1].energy == 130
    settled = await home.bench.retailer.inquiries.settle(HOME, step)
    assert settled is None or settled.delivery == 130
    await home.core.turn()
    settled = await home.bench.retailer.inquiries.settle(HOME, step)
    assert settled is not None
    found = verify(home.path, keys(home.bench))
    assert (found.fault, found.settlements) == ("", 2)


async def test_a_gateway_in_use_is_not_resynchronised_beneath(home: Household) -> None:
    with pytest.raises(LedgerInUse):
        await home.resync()
