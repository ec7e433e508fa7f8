"""Whenever the power goes, the ledger comes back whole, with everything that it acknowledged."""

import sqlite3
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random
from unittest.mock import patch

import pytest
from temix_gateway.ledger import chain, disk
from temix_gateway.ledger.backup import restore
from temix_gateway.ledger.file import open_file
from temix_gateway.ledger.packing import told
from temix_gateway.ledger.schema import STEPS
from temix_gateway.ledger.verify import verify
from temix_market.ports import Head

from tests.faults.platter import Cut, cuts
from tests.faults.recording import recording
from tests.faults.workload import Home, head_of
from tests.gateway.market import NOW

LEDGER = "ledger.db"
CALLS = 60
CUTS_A_SEED = 50
CHECKPOINTS = (6, 20, 100, 1000)


@dataclass(slots=True)
class Tally:
    """What was tried."""

    images: int = 0
    records: int = 0

    def __str__(self) -> str:
        return f"{self.images} power cuts, {self.records} acknowledged records: 0 lost, 0 files corrupt"


async def trade(seed: int, folder: Path, amend: Callable[[str], str] = str) -> tuple[list[Head], list[Cut]]:
    """Trade on a new ledger with restarts in between; every head in turn, and what power cuts left."""
    chance = Random(seed)
    home, heads = Home(chance), []
    with recording(folder, checkpoint=chance.choice(CHECKPOINTS), amend=amend) as record:
        ledger = home.open(folder / LEDGER)
        for _ in range(CALLS):
            if chance.random() < 0.05:
                ledger.close()
                ledger = home.open(folder / LEDGER)
            heads.append(ledger.head)
            record.told(len(heads) - 1)
            await home.act(ledger)
        heads.append(ledger.head)
        record.told(len(heads) - 1)
        ledger.close()
    return heads, list(cuts(record, chance, CUTS_A_SEED))


def check_image(image: Path, cut: Cut, heads: Sequence[Head]) -> int:
    """The ledger holds all that was told, and of the call in between all or nothing; how many records."""
    path = image / LEDGER
    told = cut.told[-1] if cut.told else 0
    found = head_of(path)
    assert found in heads[told : told + 2], f"{found} is none of {heads[told : told + 2]}"
    verdict = verify(path)
    assert not verdict.fault, verdict.fault
    return heads[told].sequence


async def go_on(image: Path) -> None:
    """Trade after the power cut, with another power cut while the ledger comes back."""
    chance = Random(0)
    home, heads = Home(chance), [head_of(image / LEDGER)]
    with recording(image, checkpoint=6) as record:
        ledger = home.open(image / LEDGER)
        for number in range(3):
            await ledger.set_limits(f"after the power cut, {number}")
            heads.append(ledger.head)
            record.told(len(heads) - 1)
        ledger.close()
    for cut in cuts(record, chance, 3):
        cut.put(image)
        check_image(image, cut, heads)


async def cut_while_trading(seeds: Sequence[int], folder: Path, amend: Callable[[str], str] = str) -> Tally:
    """All power cuts of all seeds."""
    tally = Tally()
    for seed in seeds:
        work, image = folder / f"{seed}", folder / f"{seed}-image"
        work.mkdir()
        image.mkdir()
        heads, left = await trade(seed, work, amend)
        for number, cut in enumerate(left):
            cut.put(image)
            try:
                tally.records += check_image(image, cut, heads)
                if number % 10 == 0:
                    await go_on(image)
            except Exception as error:
                error.add_note(f"seed {seed}, cut {number}: {cut.where}")
                raise
            tally.images += 1
    return tally


async def test_a_power_cut_while_trading_loses_nothing(folder: Path) -> None:
    print(await cut_while_trading(range(8), folder))


@pytest.mark.parametrize("weaker", ["NORMAL", "OFF"])
async def test_a_ledger_that_does_not_sync_every_commit_is_found_out(folder: Path, weaker: str) -> None:
    def amend(statement: str) -> str:
        return statement.replace("synchronous = FULL", f"synchronous = {weaker}")

    with pytest.raises(AssertionError, match="is none of"):
        await cut_while_trading(range(8), folder, amend)


async def build_older(seed: int, folder: Path) -> Head:
    """A ledger of the first schema, closed or just cut off from its power; its head."""
    chance = Random(seed)
    home, scratch = Home(chance), folder / "scratch.db"
    ledger = home.open(scratch)
    for _ in range(CALLS):
        await home.act(ledger)
    ledger.close()
    older = open_file(folder / LEDGER, STEPS[:1])
    older.connection.execute("ATTACH ? AS scratch", (str(scratch),))
    older.connection.execute("BEGIN")
    older.connection.execute(
        "INSERT INTO inbox SELECT author, 'publication/' || sequence, digest FROM scratch.publications"
    )
    tables = {name for (name,) in older.connection.execute("SELECT name FROM main.sqlite_schema")}
    last, link = 0, chain.START
    for number, code in older.connection.execute(
        "SELECT number, kind FROM scratch.chain ORDER BY number"
    ).fetchall():
        kind = chain.name(code)
        if kind not in tables:
            continue
        _, *row = older.connection.execute(
            f"SELECT * FROM scratch.{kind} WHERE number = ?", (number,)
        ).fetchone()
        row = told(kind, (last := last + 1, *row))  # as the first schema held it
        link = chain.step(link, kind, row)
        older.connection.execute("INSERT INTO chain VALUES (?, ?, ?)", (last, kind, link))
        older.connection.execute(f"INSERT INTO {kind} VALUES ({', '.join('?' * len(row))})", row)
    older.connection.execute("COMMIT")
    older.connection.execute("DETACH scratch")
    log = folder / f"{LEDGER}-wal"
    content = log.read_bytes()
    file = (folder / LEDGER).read_bytes()
    older.close()
    for left in folder.glob("scratch.db*"):
        left.unlink()
    if chance.random() < 0.5:
        log.write_bytes(content)
        (folder / LEDGER).write_bytes(file)
    return Head(last, link.hex())


def check_migration(image: Path, cut: Cut, head: Head) -> None:
    """The ledger is of the old schema or of the new; before the new there is a whole backup of the old."""
    path, old = image / LEDGER, image / "ledger.schema-1.db"
    with closing(sqlite3.connect(path)) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
    assert version == len(STEPS) or not cut.told, "acknowledged, but not migrated"
    assert version == 1 or old.exists(), "migrated, but there is no backup"
    for file in [path, old] if old.exists() else [path]:
        verdict = verify(file)
        assert not verdict.fault, f"{file.name}: {verdict.fault}"
        assert Head(verdict.sequence, verdict.head) == head, f"{file.name}: {verdict}"
    assert head_of(path) == head


async def cut_while_migrating(seeds: Sequence[int], folder: Path) -> Tally:
    """All power cuts during a migration, of all seeds."""
    tally = Tally()
    for seed in seeds:
        work, image = folder / f"{seed}", folder / f"{seed}-image"
        work.mkdir()
        image.mkdir()
        head = await build_older(seed, work)
        chance = Random(seed)
        with recording(work, checkpoint=chance.choice(CHECKPOINTS)) as record:
            file = open_file(work / LEDGER)
            record.told("migrated")
            file.close()
        for number, cut in enumerate(cuts(record, chance, CUTS_A_SEED)):
            cut.put(image)
            try:
                check_migration(image, cut, head)
            except Exception as error:
                error.add_note(f"seed {seed}, cut {number}: {cut.where}")
                raise
            tally.records += head.sequence
            tally.images += 1
    return tally


async def test_a_power_cut_while_migrating_loses_nothing(folder: Path) -> None:
    print(await cut_while_migrating(range(6), folder))


async def test_a_backup_that_is_not_synced_is_found_out(folder: Path) -> None:
    with patch.object(disk, "sync"), pytest.raises(AssertionError, match=r"no backup|ledger.schema-1.db"):
        await cut_while_migrating(range(6), folder)


def check_restore(image: Path, cut: Cut, heads: tuple[Head, Head]) -> None:
    """The ledger is wholly the old one, or wholly the backup with a record that it was put back."""
    path = image / LEDGER
    before, backup = heads
    ledger = Home(Random(0)).open(path)
    ledger.close()
    assert not ledger.fault, ledger.fault
    if ledger.restored:
        assert ledger.head.sequence == backup.sequence + 1
        replaced = verify(image / "ledger.replaced-1.db")
        assert not replaced.fault, replaced.fault
        assert Head(replaced.sequence, replaced.head) == before, "the replaced ledger lost records"
    else:
        assert ledger.head == before
        assert not cut.told, "acknowledged, but not restored"
    verdict = verify(path)
    assert not verdict.fault, verdict.fault


async def cut_while_restoring(seeds: Sequence[int], folder: Path) -> Tally:
    """All power cuts while a backup is put back over a ledger that has a log of its own, of all seeds."""
    tally = Tally()
    for seed in seeds:
        work, image = folder / f"{seed}", folder / f"{seed}-image"
        work.mkdir()
        image.mkdir()
        chance = Random(seed)
        before = await build_older(seed, work)
        kept = folder / f"{seed}-backup"
        kept.mkdir()
        ledger = Home(chance).open(kept / LEDGER)
        home = Home(chance)
        for _ in range(CALLS // 2):
            await home.act(ledger)
        backup = ledger.head
        ledger.close()
        with recording(work) as record:
            restore(kept / LEDGER, work / LEDGER, NOW)
            record.told("restored")
        for number, cut in enumerate(cuts(record, chance, CUTS_A_SEED)):
            cut.put(image)
            try:
                check_restore(image, cut, (before, backup))
            except Exception as error:
                error.add_note(f"seed {seed}, cut {number}: {cut.where}")
                raise
            tally.records += before.sequence
            tally.images += 1
    return tally


async def test_a_power_cut_while_restoring_leaves_the_old_or_the_restored(folder: Path) -> None:
    print(await cut_while_restoring(range(4), folder))


@pytest.mark.long
@pytest.mark.parametrize(
    "during, count",
    [(cut_while_trading, 10_000), (cut_while_migrating, 10_000), (cut_while_restoring, 2_000)],
)
async def test_thousands_of_power_cuts_lose_nothing(
    folder: Path,
    during: Callable[[Sequence[int], Path], Awaitable[Tally]],
    count: int,
    tell: Callable[[object], None],
) -> None:
    start = time.monotonic()
    tally = await during(range(1000, 1000 + count // CUTS_A_SEED), folder)
    minutes = (time.monotonic() - start) / 60
    tell(f"{during.__name__}: {tally}; {tally.images / minutes:.0f} cuts a minute")
    assert tally.images == count
