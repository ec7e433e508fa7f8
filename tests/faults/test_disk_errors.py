"""A disk that fails is reported in words; what was acknowledged before stays, nothing half-done counts."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from random import Random

import apsw
import pytest
from temix_gateway.errors import LedgerError, LedgerLocked, LedgerUnreadable
from temix_gateway.ledger.backup import backup, restore
from temix_gateway.ledger.file import open_file
from temix_gateway.ledger.verify import verify
from temix_market.ports import Head

from tests.faults.platter import cuts
from tests.faults.recording import Fault, recording
from tests.faults.test_power_cuts import LEDGER, build_older
from tests.faults.workload import Home, head_of
from tests.gateway.market import NOW

FAULTS = {
    "disk full": ("write", apsw.SQLITE_FULL),
    "error on write": ("write", apsw.SQLITE_IOERR_WRITE),
    "error on sync": ("sync", apsw.SQLITE_IOERR_FSYNC),
    "turned read-only": ("write", apsw.SQLITE_READONLY),
}
LENGTHS = {"once": 1, "for a while": 5, "for good": 10**9}


def failing(operation: str, result: int, after: int, times: int) -> Fault:
    """Fail so many operations after the first ones."""
    seen = 0

    def fault(asked: str, _name: str) -> int | None:
        nonlocal seen
        seen += asked == operation
        return result if asked == operation and after < seen <= after + times else None

    return fault


def check_kept(path: Path, told: Head) -> None:
    """Everything up to ``told`` is there, as it was, and all is well."""
    head_of(path)
    verdict = verify(path)
    assert not verdict.fault, verdict.fault
    if told.sequence:
        with closing(sqlite3.connect(path)) as connection:
            query = "SELECT hex(head) FROM chain WHERE number = ?"
            found = connection.execute(query, (told.sequence,)).fetchone()
        assert found == (told.head.upper(),), f"{told} is lost"


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("seed", [*range(5), 55])  # 4, 55: unless the log is written again
async def test_a_failing_disk_is_reported_and_loses_nothing(
    folder: Path, seed: int, kind: str, length: str
) -> None:
    work, image = folder / "work", folder / "image"
    work.mkdir()
    image.mkdir()
    chance, reported = Random(seed), 0
    home = Home(chance)
    with recording(work, checkpoint=12) as record:
        ledger = home.open(work / LEDGER)
        operation, result = FAULTS[kind]
        record.fault = failing(operation, result, chance.randrange(60), LENGTHS[length])
        for _ in range(40):
            try:
                await home.act(ledger)
            except LedgerLocked as error:  # from then on nothing is written
                reported += error.reason.startswith(f"{work / LEDGER} cannot be written")
            record.told(ledger.head)
        told = ledger.head
        ledger.close()
        record.fault = lambda _operation, _name: None
        ledger = home.open(work / LEDGER)  # mended and started anew: the home trades on
        assert not ledger.fault
        assert ledger.head.sequence >= told.sequence
        for _ in range(5):
            await home.act(ledger)
            record.told(ledger.head)
        ledger.close()
    assert reported or length != "for good", "nobody was told"
    check_kept(work / LEDGER, ledger.head)
    for cut in cuts(record, chance, 5):
        cut.put(image)
        check_kept(image / LEDGER, cut.told[-1] if cut.told else Head(0, ""))


def steps() -> Iterator[tuple[str, Callable[[Path, Path], None]]]:
    """What else writes, given the ledger's folder and a backup."""
    yield "migrating", lambda work, _kept: open_file(work / LEDGER).close()
    yield "backing up", lambda work, _kept: backup(work / LEDGER, work / "copy.db")
    yield "restoring", lambda work, kept: restore(kept, work / LEDGER, NOW)


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("name, step", steps(), ids=[name for name, _ in steps()])
async def test_a_step_on_a_failing_disk_is_refused_and_can_be_repeated(
    folder: Path, name: str, step: Callable[[Path, Path], None], kind: str
) -> None:
    work, kept = folder / "work", folder / "kept"
    work.mkdir()
    kept.mkdir()
    before = await build_older(2, work)
    await build_older(3, kept)
    backup(kept / LEDGER, folder / "backup.db")
    operation, result = FAULTS[kind]
    failed = 0
    for after in range(0, 100, 7):
        with recording(work) as record:
            record.fault = failing(operation, result, after, LENGTHS["for good"])
            try:
                step(work, folder / "backup.db")
            except LedgerError:
                failed += 1
                assert not (work / "copy.db").exists()
                assert not (work / f"{LEDGER}.partial").exists()
            else:
                break
    assert failed
    step(work, folder / "backup.db")
    verdict = verify(work / LEDGER)
    assert not verdict.fault, verdict.fault
    assert name == "restoring" or verdict.sequence == before.sequence


@pytest.mark.parametrize("kind", FAULTS)
async def test_a_new_ledger_on_a_failing_disk_is_whole_or_none(folder: Path, kind: str) -> None:
    operation, result = FAULTS[kind]
    for after in range(6):
        with recording(folder) as record:
            record.fault = failing(operation, result, after, LENGTHS["for good"])
            with suppress(LedgerUnreadable):
                open_file(folder / LEDGER).close()
        assert head_of(folder / LEDGER).sequence == 0
        for left in folder.iterdir():
            left.unlink()


async def test_a_read_only_disk_is_told_and_can_be_verified(folder: Path) -> None:
    home = Home(Random(0))
    ledger = home.open(folder / LEDGER)
    for _ in range(20):
        await home.act(ledger)
    ledger.close()
    with recording(folder) as record:
        record.fault = lambda operation, _name: apsw.SQLITE_READONLY if operation == "open" else None
        with pytest.raises(LedgerUnreadable, match="Read-only file system"):
            home.open(folder / LEDGER)
        verdict = verify(folder / LEDGER)
    assert Head(verdict.sequence, verdict.head) == ledger.head
    assert not record.events
