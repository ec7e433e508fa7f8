"""The ledger keeps what it acknowledged, refuses to be changed, and tells when it was."""

import asyncio
import signal
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from unittest.mock import Mock

import pytest
from temix_gateway.errors import LedgerInUse, LedgerLocked, LedgerTooNew, LedgerUnreadable, MessageReused
from temix_gateway.ledger import queries
from temix_gateway.ledger.file import open_file
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.ledger.packing import pack, unpack
from temix_gateway.ledger.schema import RECORDS, STEPS
from temix_gateway.ledger.writer import InlineWriter
from temix_market.instants import FIVE_MINUTES, HOUR, Instant
from temix_market.ports import Booked, NotBooked, Voided
from temix_market.settlement import settle
from temix_market.transactions import Kind, Order, PairKey

from tests.gateway.mandate import mandated
from tests.gateway.market import (
    HOME,
    LSE,
    NOW,
    FakeClock,
    delivery,
    order,
    pair,
    publication,
    readings,
    spots,
    subscription,
    tender,
)

FILLED = [table for table in RECORDS if table not in {"archives", "tenders"}]
"""The tables of which ``fill`` makes a record; test_archive.py and test_tenders.py are about the others."""

RECEIPTS = ("energy receipt", "transport receipt")


def seal(order: Order, sequence: int, before: str) -> str:
    return f"{sequence} {before} {order.pair.key}"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    opened = Ledger(path, FakeClock())
    yield opened
    opened.close()


async def fill(ledger: Ledger) -> None:
    """One record of each kind, at the least."""
    await ledger.file_publication(publication(LSE, 1, tender(LSE, NOW + HOUR)), "signed tenders")
    await ledger.take(subscription(ledger, pair("subscription", kind=Kind.SUBSCRIPTION)))
    await ledger.place(order("trade"), seal)
    await ledger.resolve(Booked(PairKey("trade"), RECEIPTS))
    await ledger.freeze(spots(NOW))
    await ledger.deliver([delivery(NOW, 40)])
    await ledger.settle([settle(delivery(NOW, 40), [], spots(NOW))])
    await ledger.set_limits("{}")
    await mandated(ledger)
    await ledger.resynchronise("as if restored")


@contextmanager
def intrude(path: Path) -> Iterator[sqlite3.Connection]:
    """Change a ledger behind its back, and put its triggers back afterwards."""
    with closing(sqlite3.connect(path, autocommit=True)) as intruder:
        intruder.create_function("pack", 1, pack)
        intruder.create_function("unpack", 1, unpack)
        triggers = intruder.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            intruder.execute(f"DROP TRIGGER {name}")
        yield intruder
        for _, statement in triggers:
            intruder.execute(statement)


def locked_by(path: Path) -> str:
    """Why the ledger at ``path`` is locked."""
    ledger = Ledger(path, FakeClock())
    ledger.close()
    return ledger.fault


def reopen(ledger: Ledger) -> Ledger:
    ledger.close()
    return Ledger(ledger.path, FakeClock(), InlineWriter())


async def test_everything_is_there_after_a_restart(ledger: Ledger) -> None:
    await fill(ledger)
    head = ledger.head
    again = reopen(ledger)
    assert again.head == head
    assert head.sequence == 14
    assert not again.fault
    assert [pair.key for pair, _ in await again.pairs(NOW)] == ["subscription", "trade"]
    assert [pair.key for pair, _ in await again.ordered(NOW)] == ["trade"]
    assert await again.trades() == 1
    assert await again.spots(NOW) == spots(NOW)
    assert await again.deliveries(NOW) == [delivery(NOW, 40)]
    assert await again.settled(NOW) == {NOW: (0, delivery(NOW, 40))}
    again.close()


async def test_a_pair_comes_back_as_it_was(ledger: Ledger) -> None:
    sold = pair("sold", kind=Kind.SUBSCRIPTION)
    await ledger.take(subscription(ledger, sold))
    [(found, at)] = await ledger.pairs(NOW)
    assert found == sold
    assert at == NOW
    assert await ledger.pairs(Instant(NOW + 2 * HOUR)) == []


async def test_orders_are_numbered_and_name_the_one_before(ledger: Ledger) -> None:
    first = await ledger.place(order("a"), seal)
    second = await ledger.place(order("b"), seal)
    assert first.signed.split()[0] == "1"
    number, before, _ = second.signed.split()
    assert number == "2"
    assert before not in {"0" * 64, first.signed.split()[1]}
    assert [pending.key for pending in await ledger.pending()] == ["a", "b"]


async def test_an_order_reserves_until_a_definite_answer(ledger: Ledger) -> None:
    for key in "abc":
        await ledger.place(order(key), seal)
    await ledger.resolve(NotBooked(PairKey("a"), 416, "beyond_depth", "too much", RECEIPTS))
    await ledger.resolve(Voided(PairKey("b"), RECEIPTS))
    assert [pending.key for pending in await ledger.pending()] == ["c"]
    assert [pair.key for pair, _ in await ledger.ordered(NOW)] == ["c"]
    await ledger.resolve(Booked(PairKey("c"), RECEIPTS))
    assert [pair.key for pair, _ in await ledger.pairs(NOW)] == ["c"]


async def test_what_waits_is_looked_for_only_when_a_record_may_have_changed_it(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked for several times at each turn, and the orders of a year are many to look through."""
    pending = Mock(side_effect=queries.pending)
    monkeypatch.setattr(queries, "pending", pending)
    for number in range(3):
        await ledger.place(order(f"{number}"), seal)
        for _ in range(3):
            assert [waits.key for waits in await ledger.pending()] == [f"{number}"]
            await ledger.freeze(spots(Instant(NOW + number * FIVE_MINUTES)))
        await ledger.resolve(Booked(PairKey(f"{number}"), RECEIPTS))
    assert await ledger.pending() == []
    assert pending.call_count == 4


async def test_a_ledger_of_a_simulation_does_not_wait_for_the_disk(path: Path) -> None:
    for synced, level in ((True, 2), (False, 0)):
        file = open_file(path, synced=synced)
        assert file.connection.execute("PRAGMA synchronous").fetchone() == (level,)
        assert file.reopen().execute("PRAGMA synchronous").fetchone() == (level,)
        file.close()


async def test_a_second_answer_changes_nothing(ledger: Ledger) -> None:
    await ledger.place(order("a"), seal)
    await ledger.resolve(Booked(PairKey("a"), RECEIPTS))
    head = ledger.head
    await ledger.resolve(Booked(PairKey("a"), RECEIPTS))
    assert ledger.head == head


async def test_the_same_key_cannot_be_placed_twice(ledger: Ledger) -> None:
    await ledger.place(order("a"), seal)
    head = ledger.head
    with pytest.raises(sqlite3.IntegrityError):
        await ledger.place(order("a"), seal)
    assert ledger.head == head
    await ledger.place(order("b"), seal)


async def test_the_same_message_counts_once(ledger: Ledger) -> None:
    tenders = publication(LSE, 1, tender(LSE, NOW + HOUR))
    assert await ledger.file_publication(tenders, "bytes")
    assert not await ledger.file_publication(tenders, "bytes")
    assert not await ledger.file_publication(tenders, "the same, signed anew")
    booked = pair("s", kind=Kind.SUBSCRIPTION)
    told = subscription(ledger, booked)
    assert await ledger.take(told)
    head = ledger.head
    assert await ledger.take(told)
    assert ledger.head == head


async def test_the_same_id_with_other_content_is_refused(ledger: Ledger) -> None:
    tenders = publication(LSE, 1, tender(LSE, NOW + HOUR))
    await ledger.file_publication(tenders, "bytes")
    with pytest.raises(MessageReused, match="lse sent publication/1 twice"):
        await ledger.file_publication(publication(LSE, 1, tender(LSE, NOW + HOUR, price=1)), "other")
    await ledger.take(subscription(ledger, pair("s", kind=Kind.SUBSCRIPTION)))
    head = ledger.head
    other = pair("s", kind=Kind.SUBSCRIPTION, quantity=240)
    with pytest.raises(MessageReused, match="pair s"):
        await ledger.take(subscription(ledger, pair("new"), other))
    assert ledger.head == head


async def test_the_newest_reading_counts_and_the_retailers_wins(ledger: Ledger) -> None:
    await ledger.deliver([delivery(NOW, 40), delivery(NOW + FIVE_MINUTES, 7)])
    assert await ledger.deliver([delivery(NOW, 40)]) == []
    await ledger.take(readings(ledger, delivery(NOW, 39)))
    await ledger.deliver([delivery(NOW, 41)])
    assert await ledger.deliveries(NOW) == [delivery(NOW, 39), delivery(NOW + FIVE_MINUTES, 7)]


@pytest.mark.parametrize("table", ["chain", *FILLED])
async def test_nothing_can_be_changed_or_removed(ledger: Ledger, path: Path, table: str) -> None:
    await fill(ledger)
    with closing(sqlite3.connect(path, autocommit=True)) as intruder:
        intruder.execute("PRAGMA recursive_triggers = ON")
        column = intruder.execute(f"SELECT name FROM pragma_table_info('{table}')").fetchone()[0]
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET {column} = {column}"):
            with pytest.raises(sqlite3.IntegrityError, match=f"{table} is append-only"):
                intruder.execute(statement)


@pytest.mark.parametrize("table", FILLED)
async def test_a_changed_record_is_noticed(ledger: Ledger, path: Path, table: str) -> None:
    await fill(ledger)
    ledger.close()
    with intrude(path) as intruder:
        column = intruder.execute(
            f"SELECT name FROM pragma_table_info('{table}') WHERE type = 'INTEGER' AND name != 'number'"
        ).fetchone()
        text = table == "limits"
        change = f"{column[0]} = {column[0]} + 60000" if column and not text else "terms = 'none'"
        intruder.execute(f"UPDATE {table} SET {change} WHERE number = (SELECT min(number) FROM {table})")
    locked = Ledger(path, FakeClock())
    assert f"({table}) is not what was written" in locked.fault
    assert "failed its check" in locked.fault
    with pytest.raises(LedgerLocked, match="is not what was written"):
        await locked.deliver([delivery(NOW, 1)])
    if table != "transactions":
        assert len(await locked.pairs(NOW)) == 2
    locked.close()


async def test_a_missing_record_is_noticed(ledger: Ledger, path: Path) -> None:
    await fill(ledger)
    ledger.close()
    with intrude(path) as intruder:
        intruder.execute("PRAGMA foreign_keys = OFF")
        intruder.execute("DELETE FROM chain WHERE number = 4")
    assert "record 4 is missing" in locked_by(path)


@pytest.mark.parametrize("number", [-7, 0, 5, 999])
async def test_a_record_beside_the_chain_is_noticed(ledger: Ledger, path: Path, number: int) -> None:
    await fill(ledger)
    ledger.close()
    with intrude(path) as intruder:
        intruder.execute("INSERT INTO deliveries VALUES (?, ?, 'home', 1, 0, ?)", (number, NOW, NOW))
    assert f"record {number} (deliveries) is not in the chain" in locked_by(path)


async def test_a_missing_trigger_is_noticed(ledger: Ledger, path: Path) -> None:
    await fill(ledger)
    ledger.close()
    with closing(sqlite3.connect(path, autocommit=True)) as intruder:
        intruder.execute("DROP TRIGGER chain_no_delete")
    assert "the tables are not those of schema" in locked_by(path)


async def test_a_second_writer_is_refused(ledger: Ledger, path: Path) -> None:
    with pytest.raises(LedgerInUse, match="in use by another gateway"):
        Ledger(path, FakeClock())
    reopen(ledger).close()


@pytest.mark.parametrize(
    "content, fault", [(b"not a database" * 100, "file is not a database"), (b"", "it is empty")]
)
async def test_what_is_no_database_locks_the_ledger_and_is_left_alone(
    path: Path, content: bytes, fault: str
) -> None:
    path.write_bytes(content)
    ledger = Ledger(path, FakeClock())
    assert f"failed its check: {fault}; put back a backup" in ledger.fault
    assert await ledger.pairs(NOW) == []
    with pytest.raises(LedgerLocked, match=fault):
        await ledger.place(order("a"), seal)
    with pytest.raises(LedgerInUse):
        Ledger(path, FakeClock())
    ledger.close()
    assert path.read_bytes() == content


def test_a_folder_in_its_place_is_refused(path: Path) -> None:
    path.mkdir()
    with pytest.raises(LedgerUnreadable, match=str(path)):
        open_file(path)


def test_another_programs_database_is_refused(path: Path) -> None:
    with closing(sqlite3.connect(path, autocommit=True)) as other:
        other.execute("CREATE TABLE recipes (name TEXT)")
    with pytest.raises(LedgerUnreadable, match="another program"):
        open_file(path)


async def test_a_newer_schema_is_refused_and_left_alone(ledger: Ledger, path: Path) -> None:
    await fill(ledger)
    ledger.close()
    with closing(sqlite3.connect(path, autocommit=True)) as newer:
        newer.execute(f"PRAGMA user_version = {len(STEPS) + 1}")
        content = list(newer.iterdump())
        with pytest.raises(LedgerTooNew, match="install the version that wrote it"):
            open_file(path)
        assert list(newer.iterdump()) == content


async def test_an_older_schema_is_backed_up_and_migrated(ledger: Ledger, path: Path) -> None:
    await fill(ledger)
    head = ledger.head
    ledger.close()
    later = (*STEPS, ("CREATE TABLE notes (text TEXT) STRICT", "INSERT INTO notes VALUES ('kept')"))
    migrated = Ledger(path, FakeClock(), InlineWriter(), later)
    assert migrated.head == head
    migrated.close()
    with closing(sqlite3.connect(path)) as now:
        assert now.execute("SELECT text FROM notes").fetchone() == ("kept",)
    backup = Ledger(path.with_name(f"ledger.schema-{len(STEPS)}.db"), FakeClock())
    assert backup.head == head
    assert not backup.fault
    backup.close()


async def test_a_migration_that_fails_leaves_the_old_schema(ledger: Ledger, path: Path) -> None:
    await fill(ledger)
    head = ledger.head
    ledger.close()
    with pytest.raises(LedgerUnreadable, match="syntax error"):
        open_file(path, (*STEPS, ("CREATE TABLE notes (text TEXT) STRICT", "nonsense")))
    with closing(sqlite3.connect(path)) as old:
        assert old.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'notes'").fetchone() == (0,)
    again = Ledger(path, FakeClock())
    assert again.head == head
    again.close()


async def test_a_full_disk_locks_the_ledger_and_keeps_what_it_has(ledger: Ledger) -> None:
    await fill(ledger)
    head = ledger.head
    (pages,) = ledger._db.execute("PRAGMA page_count").fetchone()
    ledger._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(LedgerLocked, match="full"):
        await ledger.set_limits("x" * 100_000)
    with pytest.raises(LedgerLocked, match="mend the disk"):
        await ledger.deliver([delivery(NOW, 7)])
    assert ledger.head == head
    assert len(await ledger.pairs(NOW)) == 2
    again = reopen(ledger)
    assert again.head == head
    assert not again.fault
    again.close()


KILLED = """
    import asyncio, os, sys
    from pathlib import Path
    from tests.gateway.ledger.test_ledger import RECEIPTS, order, seal
    from tests.gateway.market import FakeClock
    from temix_gateway.ledger.ledger import Ledger
    from temix_market.ports import Booked

    async def trade():
        ledger = Ledger(Path(sys.argv[1]), FakeClock())
        for number in range(100_000):
            key = f"key-{number}"
            await ledger.place(order(key), seal)
            os.write(1, f"placed {key}\\n".encode())
            await ledger.resolve(Booked(key, RECEIPTS))
            os.write(1, f"booked {key}\\n".encode())

    asyncio.run(trade())
"""


def kill_after(path: Path, lines: int) -> list[list[str]]:
    """Let a process trade, kill it after so many lines, and return what it said."""
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        told = [process.stdout.readline() for _ in range(lines)]
        process.send_signal(signal.SIGKILL)
        told += process.stdout.readlines()
    return [line.split() for line in told if line.endswith("\n")]


@pytest.mark.timeout(30)
@pytest.mark.parametrize("lines", [1, 2, 17, 50])
async def test_a_killed_process_loses_nothing_that_was_acknowledged(path: Path, lines: int) -> None:
    said = await asyncio.to_thread(kill_after, path, lines)
    placed = {key for word, key in said if word == "placed"}
    booked = {key for word, key in said if word == "booked"}
    ledger = Ledger(path, FakeClock())
    assert not ledger.fault
    found = {pair.key for pair, _ in await ledger.pairs(NOW)}
    pending = {order.key for order in await ledger.pending()}
    assert booked <= found
    assert placed <= found | pending
    assert not found & pending
    assert all(order.pair.home == HOME for order in await ledger.pending())
    ledger.close()


async def test_the_loop_is_never_blocked(path: Path, no_blocking: object) -> None:
    ledger = await asyncio.to_thread(Ledger, path, FakeClock())
    await fill(ledger)
    await asyncio.to_thread(ledger.close)
