"""A damaged ledger is noticed, or tells the truth all the same: never a silent wrong figure."""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import pytest
from temix_gateway.errors import LedgerError
from temix_gateway.ledger import chain
from temix_gateway.ledger.verify import verify
from temix_market.ports import Head

from tests.faults.workload import Home, figures

LEDGER = "ledger.db"
FLIPS = 200
CALLS = 150


async def build(folder: Path) -> tuple[bytes, bytes, list[Head], list[Any]]:
    """A ledger that was cut off: its file, its log, every head that was acknowledged, and its figures."""
    home, path = Home(Random(7)), folder / LEDGER
    ledger, heads = home.open(path), []
    for _ in range(CALLS):
        await home.act(ledger)
        heads.append(ledger.head)
    file, log = path.read_bytes(), path.with_name(f"{LEDGER}-wal").read_bytes()
    truth = await figures(ledger)
    ledger.close()
    return file, log, heads, truth


async def look(folder: Path, file: bytes, truth: Sequence[Any]) -> str:
    """What comes of a damaged file: it is reported, or every figure is right; else an error."""
    path = folder / LEDGER
    for old in folder.glob(f"{LEDGER}*"):
        old.unlink()
    path.write_bytes(file)
    try:
        whole = verify(path).fault
    except LedgerError as error:
        whole = str(error)
    try:
        ledger = Home(Random(0)).open(path)
    except LedgerError as error:
        return agreed(str(error), whole)
    try:
        if ledger.fault:
            return agreed(ledger.fault, whole)
        assert await figures(ledger) == truth, "a silent wrong figure"
    finally:
        ledger.close()
    return ""


def agreed(start: str, whole: str) -> str:
    """What was reported at the start; the whole check must have found something, too."""
    assert whole, f"found at start, but verified: {start}"
    return start


async def flip(folder: Path, seed: int, count: int) -> tuple[int, int]:
    """Change single bytes of a closed ledger anywhere; how many were reported, how many did no harm."""
    *_, truth = await build(folder)
    content = (folder / LEDGER).read_bytes()
    chance, reported = Random(seed), 0
    for _ in range(count):
        damaged = bytearray(content)
        place, change = chance.randrange(len(content)), chance.randrange(1, 256)
        damaged[place] ^= change
        try:
            reported += bool(await look(folder, bytes(damaged), truth))
        except Exception as error:
            error.add_note(f"seed {seed}: byte {place} of {len(content)} changed by {change:#x}")
            raise
    return reported, count - reported


async def test_a_changed_byte_is_never_a_silent_wrong_figure(folder: Path) -> None:
    reported, harmless = await flip(folder, seed=3, count=FLIPS)
    print(f"seed 3: {FLIPS} changed bytes: {reported} reported, {harmless} in places that say nothing")
    assert reported > FLIPS // 2


@pytest.mark.long
async def test_many_changed_bytes_are_never_a_silent_wrong_figure(
    folder: Path, tell: Callable[[object], None]
) -> None:
    reported, harmless = await flip(folder, seed=4, count=2_000)
    tell(f"seed 4: 2000 changed bytes: {reported} reported, {harmless} in places that say nothing")


@pytest.mark.timeout(300)
async def test_every_byte_of_the_header_is_looked_at(folder: Path) -> None:
    *_, truth = await build(folder)
    content = (folder / LEDGER).read_bytes()
    for place in range(100):
        for change in (0x01, 0x80, 0xFF):
            damaged = bytearray(content)
            damaged[place] ^= change
            await look(folder, bytes(damaged), truth)


async def test_a_schema_that_is_no_text_is_reported(folder: Path) -> None:
    """Then SQLite's own message is no text either."""
    *_, truth = await build(folder)
    content = (folder / LEDGER).read_bytes()
    damaged = content.replace(b"CREATE TABLE limits", b"CREATE T\xe2BLE limits")
    assert "cannot be read" in await look(folder, damaged, truth)


async def test_a_chain_that_is_not_checked_is_found_out(folder: Path) -> None:
    with (
        patch.object(chain, "verify", lambda *_arguments, **_options: ""),
        pytest.raises((AssertionError, ValueError), match=r"silent wrong|is not a valid"),
    ):
        await flip(folder, seed=2, count=FLIPS)


async def test_a_check_that_leaves_out_the_indexes_is_found_out(folder: Path) -> None:
    usual = sqlite3.connect

    class Quick(sqlite3.Connection):
        def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
            return super().execute(statement.replace("integrity_check", "quick_check"), *values)

    def connect(*arguments: Any, **options: Any) -> sqlite3.Connection:
        return usual(*arguments, factory=Quick, **options)

    with (
        patch.object(sqlite3, "connect", connect),
        pytest.raises((AssertionError, sqlite3.DatabaseError), match=r"silent wrong|malformed"),
    ):
        await flip(folder, seed=5, count=FLIPS)


async def test_a_truncated_file_is_reported(folder: Path) -> None:
    *_, truth = await build(folder)
    content = (folder / LEDGER).read_bytes()
    chance = Random(5)
    for size in [0, 1, 100, 4096, len(content) - 1, *(chance.randrange(len(content)) for _ in range(55))]:
        assert await look(folder, content[:size], truth), f"seed 5: cut to {size} of {len(content)} bytes"


async def test_a_damaged_log_leaves_a_ledger_that_was_once_right(folder: Path) -> None:
    """What the log lost looks like an older ledger: only a comparison of heads with the retailer can tell."""
    file, log, heads, _ = await build(folder)
    chance, path, lost = Random(6), folder / LEDGER, 0
    for number in range(100):
        place = chance.randrange(len(log))
        damaged = bytearray(log)
        if number % 2:
            damaged[place] ^= chance.randrange(1, 256)
        else:
            del damaged[place:]
        path.write_bytes(file)
        path.with_name(f"{LEDGER}-wal").write_bytes(damaged)
        path.with_name(f"{LEDGER}-shm").unlink(missing_ok=True)
        ledger = Home(Random(0)).open(path)
        ledger.close()
        assert not ledger.fault
        assert ledger.head in heads or ledger.head.sequence == 0, f"seed 6: {number}, byte {place}"
        lost += ledger.head != heads[-1]
    assert lost > 50


async def test_a_log_without_its_file_is_no_new_ledger(folder: Path) -> None:
    _, log, *_ = await build(folder)
    (folder / LEDGER).unlink()
    (folder / f"{LEDGER}-wal").write_bytes(log)
    with pytest.raises(LedgerError, match="the file is missing, but its log is there"):
        Home(Random(0)).open(folder / LEDGER)
