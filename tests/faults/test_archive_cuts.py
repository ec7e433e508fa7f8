"""Whenever the power goes while old months move to an archive: no record is lost, and none is there twice."""

from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from unittest.mock import patch

import apsw
import pytest
from temix_gateway.errors import LedgerError, LedgerLocked, LedgerNotArchived
from temix_gateway.ledger import disk
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.ledger.verify import verify
from temix_gateway.ledger.writer import InlineWriter
from temix_market.instants import Instant
from temix_market.ports import Booked, Head
from temix_market.settlement import settle
from temix_market.transactions import Kind, PairKey

from tests.faults.platter import Cut, cuts
from tests.faults.recording import recording
from tests.faults.test_disk_errors import LENGTHS, failing
from tests.faults.test_power_cuts import CHECKPOINTS, CUTS_A_SEED, LEDGER, Tally
from tests.faults.workload import RECEIPTS, head_of, seal
from tests.gateway.ledger.test_archive import DAY, FIRST, ZONE, month
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

ARCHIVE = "ledger.archive-2026-10.db"


async def build(seed: int, folder: Path) -> tuple[Head, FakeClock]:
    """A ledger of 14 months, of which one can go; its head, and the time."""
    chance, clock = Random(seed), FakeClock(FIRST)
    ledger = Ledger(folder / LEDGER, clock, InlineWriter())
    for number in range(15):
        await ledger.set_limits(f"{number}")
        for day in range(chance.randrange(1, 4)):
            clock.wall = start = Instant(month(number) + day * DAY)
            for author in (LSE, DO):
                known = publication(author, 10 * number + day, tender(author, start), at=start)
                await ledger.file_publication(known, "not kept in the history")
            key = PairKey(f"{number}-{day}")
            await ledger.place(order(key, start, start + 60_000), seal)
            if chance.random() < 0.9:
                await ledger.resolve(Booked(key, RECEIPTS))
            await ledger.take(subscription(ledger, pair(f"s{key}", start, kind=Kind.SUBSCRIPTION)))
            await ledger.freeze(spots(start))
            await ledger.deliver([delivery(start, day)])
            pairs = [found for found, _ in await ledger.pairs(start) if found.interval.start == start]
            await ledger.settle([settle(delivery(start, day), pairs, spots(start))])
    ledger.close()
    return ledger.head, clock


def check_image(image: Path, cut: Cut, heads: Sequence[Head]) -> int:
    """Live file and archives together hold all that was told, once; how many records."""
    told = cut.told[-1] if cut.told else 0
    found = head_of(image / LEDGER)
    assert found in heads[told:], f"{found} is none of {heads[told:]}"
    verdict = verify(image / LEDGER)
    assert not verdict.fault, verdict.fault
    assert verdict.archives == (1 if found.sequence > heads[0].sequence else 0)
    return found.sequence


async def cut_while_archiving(seeds: Sequence[int], folder: Path, amend: Callable[[str], str] = str) -> Tally:
    """All power cuts of all seeds."""
    tally = Tally()
    for seed in seeds:
        work, image = folder / f"{seed}", folder / f"{seed}-image"
        work.mkdir()
        image.mkdir()
        head, clock = await build(seed, work)
        chance, heads = Random(seed), [head]
        with recording(work, checkpoint=chance.choice(CHECKPOINTS), amend=amend) as record:
            ledger = Ledger(work / LEDGER, clock, InlineWriter())
            assert await ledger.archive(ZONE) == ARCHIVE
            heads.append(ledger.head)
            record.told(1)
            await ledger.set_limits("afterwards")
            heads.append(ledger.head)
            record.told(2)
            ledger.close()
        for number, cut in enumerate(cuts(record, chance, CUTS_A_SEED)):
            cut.put(image)
            try:
                tally.records += check_image(image, cut, heads)
                if number % 10 == 0:
                    await go_on(image, clock)
            except Exception as error:
                error.add_note(f"seed {seed}, cut {number}: {cut.where}")
                raise
            tally.images += 1
    return tally


async def go_on(image: Path, clock: FakeClock) -> None:
    """What was broken off is done again, whatever it left behind."""
    ledger = Ledger(image / LEDGER, clock, InlineWriter())
    await ledger.archive(ZONE)
    assert await ledger.archive(ZONE) == ""
    ledger.close()
    verdict = verify(image / LEDGER)
    assert (verdict.fault, verdict.archives) == ("", 1)
    assert {path.name for path in image.glob("*.db*")} <= {LEDGER, f"{LEDGER}.lock", ARCHIVE, "tenders.db"}


async def test_a_power_cut_while_archiving_loses_nothing(folder: Path) -> None:
    print(await cut_while_archiving(range(1), folder))


async def test_an_archive_that_is_not_synced_is_found_out(folder: Path) -> None:
    def amend(statement: str) -> str:  # else SQLite syncs files and names by itself
        return statement.replace("BEGIN IMMEDIATE", "PRAGMA synchronous = OFF; BEGIN IMMEDIATE")

    with patch.object(disk, "sync"), pytest.raises((AssertionError, LedgerError), match=r"ledger|is none of"):
        await cut_while_archiving(range(3), folder, amend)


@pytest.mark.parametrize(
    "operation, result",
    [
        ("write", apsw.SQLITE_FULL),
        ("sync", apsw.SQLITE_IOERR_FSYNC),
        ("rename", apsw.SQLITE_IOERR),
    ],
)
async def test_a_failing_disk_leaves_the_ledger_as_it_was(folder: Path, operation: str, result: int) -> None:
    head, clock = await build(1, folder)
    failed = 0
    for after in range(0, 200, 5):
        with recording(folder) as record:
            ledger = Ledger(folder / LEDGER, clock, InlineWriter())
            record.fault = failing(operation, result, after, LENGTHS["for good"])
            try:
                await ledger.archive(ZONE)
            except LedgerNotArchived, LedgerLocked:
                failed += 1
            else:
                assert ledger.head != head
                break
            finally:
                record.fault = lambda _operation, _name: None
                ledger.close()
        assert head_of(folder / LEDGER) == head
        assert not verify(folder / LEDGER).fault
    assert failed


@pytest.mark.long
async def test_thousands_of_power_cuts_while_archiving_lose_nothing(
    folder: Path, tell: Callable[[object], None]
) -> None:
    tally = await cut_while_archiving(range(1000, 1040), folder)
    tell(tally)
    assert tally.images == 2_000
