"""Old months move to an archive; nothing is lost, and the chain runs on through both."""

import asyncio
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from temix_gateway.accounts import Sums
from temix_gateway.errors import LedgerNotArchived, LedgerUnreadable
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.ledger.packing import unpack
from temix_gateway.ledger.rows import text_digest
from temix_gateway.ledger.schema import STEPS
from temix_gateway.ledger.segments import reader, sealed, unite
from temix_gateway.ledger.totals import Figures
from temix_gateway.ledger.totals import steps as steps_of
from temix_gateway.ledger.verify import verify
from temix_gateway.ledger.writer import InlineWriter
from temix_market.calendar import local_day
from temix_market.home_tenders import How
from temix_market.instants import HOUR, Duration, Instant
from temix_market.intervals import Interval
from temix_market.ports import Booked
from temix_market.settlement import settle
from temix_market.transactions import Kind, Order, PairKey
from temix_market.wire.keys import SigningKey, uuid7
from temix_market.wire.response import ok

from tests.gateway.ledger import test_tenders as tenders
from tests.gateway.ledger.test_ledger import intrude
from tests.gateway.ledger.test_verify import KEYS, forge, receipts, seal, signed_by_lse
from tests.gateway.market import (
    DO,
    LSE,
    FakeClock,
    delivery,
    order,
    pair,
    publication,
    spots,
    subscription,
    tender,
)

DAY = Duration(24 * HOUR)
ZONE = ZoneInfo("America/Chicago")
FIRST = local_day(ZONE, date(2026, 10, 1)).start
DAYS = 2
"""So many days of each month are lived."""


def month(number: int) -> Instant:
    """The middle of the month so many after October 2026."""
    return local_day(ZONE, date(2026 + (9 + number) // 12, (9 + number) % 12 + 1, 15)).start


async def live(ledger: Ledger, clock: FakeClock, day: Instant, number: int) -> None:
    """A step of a day: tenders, an order that is booked, a subscription; the day before is settled."""
    clock.wall = day
    for author in (LSE, DO):
        await ledger.file_publication(publication(author, number, tender(author, day), at=day), f"{number}")
    key = PairKey(uuid7(day, number.to_bytes(10)))
    await ledger.place(order(key, day, day + 60_000), seal)
    await ledger.resolve(Booked(key, receipts(key, ok(key, day))))
    name = uuid7(day, (number + 2**40).to_bytes(10))
    subscribed = pair(name, day, kind=Kind.SUBSCRIPTION, quantity=240)
    signed = signed_by_lse(ledger, subscribed)
    await ledger.take(subscription(ledger, subscribed, signed=signed))
    await ledger.freeze(spots(day, 50_000 + number))
    await ledger.deliver([delivery(day, number)])
    before = Instant(day - DAY)
    for read in await ledger.deliveries(before):
        if read.interval.start == before:
            pairs = [found for found, _ in await ledger.pairs(before) if found.interval.start == before]
            frozen = [spot for spot in await ledger.spots(before) if spot.interval == read.interval]
            await ledger.settle([settle(read, pairs, frozen)])


async def years(ledger: Ledger, clock: FakeClock, months: int) -> list[str]:
    """Live through some days of so many months, and archive each day what is due."""
    files, number = [], 0
    await ledger.set_limits('{"moneyADay":1}')
    for count in range(months):
        for day in range(DAYS):
            number += 1
            await live(ledger, clock, Instant(month(count) + day * DAY), number)
            files.append(await ledger.archive(ZONE))
    return [file for file in files if file]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(FIRST)


@pytest.fixture
def ledger(tmp_path: Path, clock: FakeClock) -> Iterator[Ledger]:
    opened = Ledger(tmp_path / "ledger.db", clock, InlineWriter())
    yield opened
    opened.close()


async def test_a_month_leaves_when_thirteen_closed_ones_are_younger(ledger: Ledger, clock: FakeClock) -> None:
    assert await years(ledger, clock, 14) == []
    before = ledger.head
    (count,) = ledger._db.execute("SELECT count(*) FROM chain").fetchone()
    await live(ledger, clock, month(14), 1000)
    assert await ledger.archive(ZONE) == "ledger.archive-2026-10.db"
    assert await ledger.archive(ZONE) == ""
    assert ledger.head.sequence > before.sequence
    (left,) = ledger._db.execute("SELECT count(*) FROM chain").fetchone()
    assert left < count
    ledger.close()
    assert verify(ledger.path, KEYS).fault == ""


async def test_nothing_is_lost(ledger: Ledger, clock: FakeClock, tmp_path: Path) -> None:
    whole = Ledger(tmp_path / "whole" / "ledger.db", FakeClock(FIRST), InlineWriter())
    whole_clock = whole._clock
    assert isinstance(whole_clock, FakeClock)
    number = 0
    for count in range(17):
        for day in range(DAYS):
            number += 1
            for one, its_clock in ((ledger, clock), (whole, whole_clock)):
                await live(one, its_clock, Instant(month(count) + day * DAY), number)
            await ledger.archive(ZONE)
    assert await ledger.trades() == await whole.trades() == number
    ledger.close()
    whole.close()
    archives = sealed(ledger.path)
    assert [archive.path.name[-10:-3] for archive in archives] == ["2026-10", "2026-11", "2026-12"]
    tables = ("transactions", "deliveries", "settlements", "spots", "orders", "answers")
    with closing(reader(ledger.path)) as parts, closing(reader(whole.path)) as one:
        unite(parts, [archive.path for archive in archives])
        for table in tables:
            columns = [row[1] for row in one.execute(f"PRAGMA table_info({table})") if row[1] != "number"]
            query = f"SELECT {', '.join(columns)} FROM {table} ORDER BY number"
            assert parts.execute(query).fetchall() == one.execute(query).fetchall(), table
    found, unparted = verify(ledger.path, KEYS), verify(whole.path, KEYS)
    assert found.fault == unparted.fault == ""
    assert (found.settlements, found.signatures) == (unparted.settlements, unparted.signatures)
    assert found.archives == 3


@pytest.mark.timeout(60)
async def test_counters_hold_all_of_more_archives_than_can_be_read_together(
    ledger: Ledger, clock: FakeClock
) -> None:
    newest: dict[int, Figures] = {}
    bought = 0
    for count in range(27):
        for day in range(DAYS):
            number = count * DAYS + day + 1
            await live(ledger, clock, Instant(month(count) + day * DAY), number)
            steps = await ledger.read(lambda db: list(steps_of(db, Interval(Instant(0), Duration(2**62)))))
            newest |= {step.start: step.figures for step in steps}
            bought += 120
            await ledger.archive(ZONE)
    expected = sum(newest.values(), Figures())
    files = sorted(ledger.path.parent.glob("ledger.archive-*.db"))
    assert len(files) > 10
    sums = await ledger.read(lambda db: Sums.of(db, ledger.path, clock.wall))
    assert sums.ever == expected
    assert sums.traded == (bought, 0)
    assert sums.first == min(newest)
    assert await ledger.trades() == 27 * DAYS
    files[0].unlink()
    lacking = await ledger.read(lambda db: Sums.of(db, ledger.path, clock.wall))
    assert lacking.first is not None
    assert lacking.first > min(newest)


async def test_orders_go_on_where_the_archive_ends(ledger: Ledger, clock: FakeClock) -> None:
    await years(ledger, clock, 1)
    digests = []

    def note(_: Order, sequence: int, before: str) -> str:
        digests.append((sequence, before))
        return "signed"

    clock.wall = month(15)  # a year in which nothing was ordered
    await ledger.file_publication(publication(LSE, 999, tender(LSE, clock.wall), at=clock.wall), "x")
    (signed,) = ledger._db.execute("SELECT signed FROM orders ORDER BY number DESC LIMIT 1").fetchone()
    assert await ledger.archive(ZONE)
    assert ledger._db.execute("SELECT count(*) FROM orders").fetchone() == (0,)
    await ledger.place(order("next", clock.wall), note)
    assert digests == [(DAYS + 1, text_digest(unpack(signed)))]
    ledger.close()


async def test_limits_in_force_stay(ledger: Ledger, clock: FakeClock) -> None:
    await years(ledger, clock, 15)
    assert ledger._db.execute("SELECT terms FROM limits").fetchall() == [('{"moneyADay":1}',)]
    ledger.close()


async def test_an_order_without_its_answer_stays(ledger: Ledger, clock: FakeClock) -> None:
    await years(ledger, clock, 1)
    await ledger.place(order("open", clock.wall), seal)
    (number,) = ledger._db.execute("SELECT max(number) FROM orders").fetchone()
    await live(ledger, clock, Instant(clock.wall + DAY), 998)
    await live(ledger, clock, month(15), 999)
    assert await ledger.archive(ZONE)
    assert ledger._db.execute("SELECT min(number) FROM chain").fetchone() == (number - 1,)
    assert [pending.key for pending in await ledger.pending()] == ["open"]
    ledger.close()
    assert verify(ledger.path).fault == ""


async def test_a_tender_leaves_with_its_end_and_not_before(ledger: Ledger, clock: FakeClock) -> None:
    await years(ledger, clock, 1)
    await tenders.opened(ledger)
    (number,) = ledger._db.execute("SELECT max(number) FROM orders").fetchone()
    await tenders.accept(ledger, tenders.accepted(480))
    await live(ledger, clock, Instant(clock.wall + DAY), 998)
    await live(ledger, clock, month(15), 999)
    assert await ledger.archive(ZONE)
    assert ledger._db.execute("SELECT min(number) FROM chain").fetchone() == (number - 1,)
    (standing,) = await ledger.open_tenders()
    assert (standing.tender, standing.accepted, standing.places) == (tenders.TENDER, 480, 1)
    await tenders.end(ledger, How.LAPSED, 480, 1)
    await live(ledger, clock, Instant(clock.wall + DAY), 1000)
    assert await ledger.archive(ZONE) == "", "its end is not so old"
    await live(ledger, clock, month(30), 1001)
    assert await ledger.archive(ZONE)
    assert ledger._db.execute("SELECT count(*) FROM tenders").fetchone() == (0,)
    assert await ledger.open_tenders() == []
    ledger.close()
    assert verify(ledger.path).fault == ""


async def test_a_reader_puts_it_off(ledger: Ledger, clock: FakeClock) -> None:
    await years(ledger, clock, 14)
    await live(ledger, clock, month(14), 1000)
    head = ledger.head
    ledger._db.execute("PRAGMA busy_timeout = 10")
    with closing(reader(ledger.path)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM chain").fetchone()
        with pytest.raises(LedgerNotArchived, match="tried again tomorrow"):
            await ledger.archive(ZONE)
    assert ledger.head == head
    await live(ledger, clock, Instant(clock.wall + DAY), 1001)
    assert await ledger.archive(ZONE)
    ledger.close()
    assert verify(ledger.path, KEYS).fault == ""


async def test_it_goes_on_after_a_restart(ledger: Ledger, clock: FakeClock) -> None:
    files = await years(ledger, clock, 16)
    assert files == ["ledger.archive-2026-10.db", "ledger.archive-2026-11.db"]
    ledger.close()
    again = Ledger(ledger.path, clock, InlineWriter())
    assert not again.fault
    assert again.head == ledger.head
    with pytest.raises(sqlite3.IntegrityError, match="archives is append-only"):
        again._db.execute("DELETE FROM archives")
    again.close()


async def test_the_loop_is_not_kept_waiting(tmp_path: Path, clock: FakeClock) -> None:
    ledger = Ledger(tmp_path / "ledger.db", clock)
    await years(ledger, clock, 15)
    ledger.close()
    assert verify(ledger.path, KEYS).archives == 1


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a ledger and two archives."""
    folder, clock = tmp_path_factory.mktemp("made"), FakeClock(FIRST)
    ledger = Ledger(folder / "ledger.db", clock, InlineWriter())
    asyncio.run(years(ledger, clock, 16))
    ledger.close()
    assert verify(ledger.path, KEYS).fault == ""
    return folder


@pytest.fixture
def parted(made: Path, tmp_path: Path) -> Path:
    """A ledger with two archives, to be damaged."""
    return shutil.copytree(made, tmp_path / "parted") / "ledger.db"


def old(path: Path) -> Path:
    first = sealed(path)[0].path
    first.chmod(0o600)
    return first


def test_a_missing_archive_is_named(parted: Path) -> None:
    old(parted).unlink()
    assert "ledger.archive-2026-10.db: unable to open" in verify(parted).fault
    again = Ledger(parted, FakeClock(), InlineWriter())
    assert not again.fault  # it trades on all the same
    again.close()


def test_a_changed_archive_is_named(parted: Path) -> None:
    with closing(sqlite3.connect(old(parted), autocommit=True)) as archive:
        archive.execute(f"PRAGMA user_version = {len(STEPS)}")
    content = old(parted).read_bytes()
    with intrude(old(parted)) as archive:
        archive.execute("UPDATE deliveries SET energy = energy + 1")
    assert "ledger.archive-2026-10.db: record 1" in verify(parted).fault
    old(parted).write_bytes(content[:-4096])
    assert "ledger.archive-2026-10.db: " in verify(parted).fault


def test_an_archive_whose_chain_was_written_anew_is_named(parted: Path) -> None:
    forge(old(parted), lambda forger: forger.execute("UPDATE limits SET terms = '{}'"))
    assert "does not end with record" in verify(parted).fault


def test_an_archive_is_no_ledger(parted: Path) -> None:
    with pytest.raises(LedgerUnreadable, match="sealed archive"):
        Ledger(old(parted), FakeClock(), InlineWriter())


def test_records_that_begin_nowhere_are_reported(parted: Path) -> None:
    with intrude(parted) as intruder:
        intruder.execute("UPDATE archives SET last = last + 1")
    again = Ledger(parted, FakeClock(), InlineWriter())
    assert "where no archive ends" in again.fault
    again.close()


def test_strangers_keys_find_the_first_signature(parted: Path) -> None:
    strangers = {party: SigningKey.from_seed(bytes(32)).public for party in KEYS}
    assert "ledger.archive-2026-10.db: record 4 (orders)" in verify(parted, strangers).fault


async def test_what_was_settled_in_the_next_file_is_done_again(ledger: Ledger, clock: FakeClock) -> None:
    """The day before the cut is settled after it."""
    await live(ledger, clock, Instant(month(1) - 16 * DAY), 1)
    await live(ledger, clock, Instant(clock.wall + DAY), 2)
    for count in range(2, 16):
        await live(ledger, clock, month(count), count + 1)
    await ledger.archive(ZONE)
    ledger.close()
    with closing(reader(sealed(ledger.path)[0].path)) as archive:
        assert archive.execute("SELECT count(*) FROM deliveries").fetchone() > (0,)
    assert verify(ledger.path, KEYS).fault == ""
