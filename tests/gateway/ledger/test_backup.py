"""A backup is whole or not there; a restored ledger says so, and the one it replaced is kept."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from temix_gateway.errors import LedgerInUse, LedgerNotCopied, LedgerTooNew, LedgerUnreadable
from temix_gateway.ledger.backup import backup, restore
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.ledger.schema import STEPS
from temix_gateway.ledger.verify import verify
from temix_gateway.ledger.writer import InlineWriter

from tests.gateway.ledger.test_ledger import fill, seal
from tests.gateway.market import NOW, FakeClock, order


def opened(path: Path) -> Ledger:
    return Ledger(path, FakeClock(), InlineWriter())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return tmp_path / "backups" / "monday.db"


@pytest.fixture(autouse=True)
def backups(copy: Path) -> None:
    copy.parent.mkdir()


async def test_a_running_ledger_is_copied_as_it_is(path: Path, copy: Path) -> None:
    ledger = opened(path)
    await fill(ledger)
    head = ledger.head
    backup(path, copy)
    await ledger.place(order("later"), seal)
    ledger.close()
    found = verify(copy)
    assert not found.fault
    assert (found.sequence, found.head) == (head.sequence, head.head)
    assert [left.name for left in copy.parent.iterdir()] == [copy.name]
    assert copy.stat().st_mode & 0o777 == 0o600


async def test_a_backup_replaces_an_older_one_together_with_its_log(path: Path, copy: Path) -> None:
    ledger = opened(path)
    backup(path, copy)
    with closing(sqlite3.connect(copy, autocommit=True)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("CREATE TABLE intruder (a)")
        log = copy.with_name(f"{copy.name}-wal").read_bytes()
    copy.with_name(f"{copy.name}-wal").write_bytes(log)
    await fill(ledger)
    backup(path, copy)
    ledger.close()
    assert verify(copy).sequence == 14


async def test_a_damaged_ledger_never_replaces_a_good_backup(path: Path, copy: Path) -> None:
    ledger = opened(path)
    await fill(ledger)
    ledger.close()
    backup(path, copy)
    good = copy.read_bytes()
    path.write_bytes(path.read_bytes().replace(b"transport receipt", b"transport deceipt"))
    with pytest.raises(LedgerUnreadable, match=r"record \d+ \(answers\) is not what was written"):
        backup(path, copy)
    assert copy.read_bytes() == good
    assert [left.name for left in copy.parent.iterdir()] == [copy.name]


def test_what_cannot_be_copied_is_told(path: Path, copy: Path) -> None:
    with pytest.raises(LedgerNotCopied, match=r"ledger\.db was not copied to .*monday\.db"):
        backup(path, copy)
    opened(path).close()
    with pytest.raises(LedgerNotCopied, match="nowhere"):
        backup(path, copy.parent / "nowhere" / "copy.db")


async def test_a_restored_ledger_says_so_until_it_is_resynchronised(path: Path, copy: Path) -> None:
    ledger = opened(path)
    await fill(ledger)
    backup(path, copy)
    head = ledger.head
    await ledger.place(order("lost with the backup"), seal)
    lost = ledger.head
    ledger.close()
    restore(copy, path, NOW)
    restored = opened(path)
    assert not restored.fault
    assert restored.restored == "monday.db"
    assert restored.head.sequence == head.sequence + 1
    assert [pending.key for pending in await restored.pending()] == []
    restored.close()
    restored = opened(path)
    assert restored.restored == "monday.db"
    await restored.resynchronise("nothing was missing")
    assert not restored.restored
    restored.close()
    again = opened(path)
    assert not again.restored
    again.close()
    replaced = verify(path.with_name("ledger.replaced-1.db"))
    assert (replaced.sequence, replaced.head) == (lost.sequence, lost.head)


async def test_restoring_twice_keeps_both_replaced_ledgers(path: Path, copy: Path) -> None:
    opened(path).close()
    backup(path, copy)
    restore(copy, path, NOW)
    restore(copy, path, NOW)
    assert [verify(path.with_name(f"ledger.replaced-{number}.db")).sequence for number in (1, 2)] == [0, 1]


async def test_a_ledger_is_restored_where_there_is_none(path: Path, copy: Path) -> None:
    opened(path).close()
    backup(path, copy)
    elsewhere = path.with_name("new") / "ledger.db"
    restore(copy, elsewhere, NOW)
    ledger = opened(elsewhere)
    assert ledger.restored == "monday.db"
    ledger.close()


async def test_a_running_gateway_is_not_restored_beneath(path: Path, copy: Path) -> None:
    ledger = opened(path)
    backup(path, copy)
    with pytest.raises(LedgerInUse):
        restore(copy, path, NOW)
    ledger.close()


async def test_a_damaged_or_newer_backup_changes_nothing(path: Path, copy: Path) -> None:
    ledger = opened(path)
    await fill(ledger)
    ledger.close()
    backup(path, copy)
    whole = path.read_bytes()
    copy.write_bytes(copy.read_bytes().replace(b"energy receipt", b"energy deceipt"))
    with pytest.raises(LedgerUnreadable, match=r"record \d+ \(answers\) is not what was written"):
        restore(copy, path, NOW)
    backup(path, copy)
    with closing(sqlite3.connect(copy, autocommit=True)) as newer:
        newer.execute(f"PRAGMA user_version = {len(STEPS) + 1}")
    with pytest.raises(LedgerTooNew):
        restore(copy, path, NOW)
    assert path.read_bytes() == whole
    assert not list(path.parent.glob("*restoring*"))
