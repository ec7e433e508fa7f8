"""A gateway process is killed at labelled points while it trades: nothing is lost, nothing happens twice."""

import asyncio
import multiprocessing
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from temix_gateway.ledger.packing import unpack
from temix_gateway.ledger.rows import PAIR_COLUMNS, row_pair
from temix_gateway.ledger.schema import STEPS
from temix_gateway.ledger.verify import verify
from temix_market.transactions import Kind, Pair, PairKey

from tests.faults.killing.gateway import PARTIAL, Death, live
from tests.faults.killing.retailer import Served, served

FIRST = "after inbox, before commit"
"""Reached when a publication is new: before anything else, and again after each death there."""
POINTS = (
    FIRST,
    "before reserve",
    "after sign",
    "after reserve, before commit",
    "after commit",
    PARTIAL,
    "before receive",
    "after receive",
    "after answer, before commit",
    "after answer commit, before apply",
    "after report",
    "before backup",
    "within migrate",
)
AT_START = {"before backup", "within migrate"}
DIES_WITHIN_S = 60

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["tests.faults.killing.gateway"])


async def run(configuration: Path, death: Death) -> int:
    """Let a gateway live; the exit code of its process."""
    process = _forks.Process(target=live, args=(configuration, death))
    process.start()
    await asyncio.to_thread(process.join, DIES_WITHIN_S)
    if process.exitcode is None:
        process.kill()
        process.join()
        pytest.fail(f"{death} did not end within {DIES_WITHIN_S} s")
    return process.exitcode


async def kill(world: Served, label: str, seeds: range) -> None:
    """Kill it so many times at one point; between two times it may have traded a while."""
    for seed in seeds:
        once = label == FIRST or label in AT_START
        death = Death(label, 1 if once else 1 + seed % 3, seed, later=label in AT_START)
        assert await run(world.configuration, death) == -signal.SIGKILL, death


def take_back(path: Path) -> None:
    """Undo the later version's step, so that this version can read the ledger."""
    with closing(sqlite3.connect(path, autocommit=True)) as rows:
        assert rows.execute("PRAGMA user_version").fetchone() == (len(STEPS) + 1,)
        rows.execute("DROP TABLE later")
        rows.execute(f"PRAGMA user_version = {len(STEPS)}")


async def check(world: Served, *, later: bool = False) -> int:
    """Restart, let what is open settle, and compare everything; the number of trades."""
    assert await run(world.configuration, Death(later=later)) == 0
    path = world.configuration.parent / "data" / "ledger.db"
    if later:
        take_back(path)
    verdict = verify(path)
    assert not verdict.fault, verdict.fault
    booked, receipts = world.pairs(), world.receipts()
    with closing(sqlite3.connect(path)) as rows:
        ledger: dict[PairKey, Pair] = {}
        for row in rows.execute(f"SELECT {PAIR_COLUMNS}, kind FROM transactions"):
            ledger[row[0]] = row_pair(row[:12], Kind(row[12]))
        answers = rows.execute("SELECT key, energy_receipt, transport_receipt FROM answers").fetchall()
        open_orders = rows.execute(
            "SELECT key FROM orders WHERE key NOT IN (SELECT key FROM answers)"
        ).fetchall()
    assert open_orders == []
    assert ledger == booked
    assert {key: (unpack(energy), unpack(transport)) for key, energy, transport in answers} == receipts
    assert world.alarms() == []
    return sum(pair.kind is Kind.TRADE for pair in ledger.values())


async def kill_at(label: str, folder: Path, count: int) -> int:
    """Trade, kill, compare."""
    async with served(folder) as world:
        if label != FIRST:
            await kill(world, "after apply", range(2, 3))  # there is something to lose
        await kill(world, label, range(count))
        if label == FIRST:
            await kill(world, "after apply", range(2, 3))
        return await check(world, later=label in AT_START)


@pytest.mark.timeout(300)
async def test_a_killed_gateway_loses_and_doubles_nothing(tmp_path: Path) -> None:
    async with served(tmp_path) as world:
        for number, label in enumerate(POINTS):
            await kill(world, label, range(number, number + 1))
        trades = await check(world, later=POINTS[-1] in AT_START)
    assert trades >= len(POINTS) / 2
    print(f"killed at {len(POINTS)} points, {trades} trades: 0 lost, 0 doubled")


@pytest.mark.long
@pytest.mark.parametrize("label", POINTS)
async def test_twenty_five_kills_at_each_point_lose_and_double_nothing(
    tmp_path: Path, label: str, tell: Callable[[object], None]
) -> None:
    start = time.monotonic()
    trades = await kill_at(label, tmp_path, 25)
    tell(f"killed 25 times {label}, {trades} trades: 0 lost, 0 doubled, {time.monotonic() - start:.0f} s")
