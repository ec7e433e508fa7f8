"""Whatever happens between home and retailer: nothing is lost, nothing happens twice, and all settles."""

import asyncio
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from tests.faults.trouble.mutants import MUTANTS
from tests.faults.trouble.network import TroubleLoop
from tests.faults.trouble.points import GATEWAY, GATEWAY_TENDERING, RETAILER, RETAILER_TENDERING
from tests.faults.trouble.search import Found, hunt, one, pool, search
from tests.faults.trouble.seen import missing
from tests.faults.trouble.simulation import simulate
from tests.faults.trouble.troubles import TROUBLES

ORDINARY = range(100)
LONG = range(2_000)
A_MUTANT = range(100)
"""Seeds that pass without it: they are among the ordinary ones."""

QUICK = (
    "no answer is a refusal",
    "depth has no end",
    "another order under the same key",
    "any price",
    "the home's reading wins",
)
"""Noticed within a few seeds: the slice of the ordinary run."""

DIES = Counter({f"died {point.label}": 0 for point in (*GATEWAY, *RETAILER)})
DIES_TENDERING = Counter({f"died {point.label}": 0 for point in (*GATEWAY_TENDERING, *RETAILER_TENDERING)})
"""Each of them at least once in the long run."""

TROUBLE = Counter(
    {
        "lost order": 60,
        "lost answer": 50,
        "lost message": 100,
        "repeated request": 100,
        "message overtook another": 100,
        "connections half-open": 30,
        "connections reset": 50,
        "partition": 30,
        "gateway killed": 100,
        "gateway without power": 50,
        "retailer killed": 50,
        "retailer without power": 40,
        "died": 30,
        "request refused by a 4xx": 50,
        "request refused by a 5xx": 15,
        "answer replaced by a 5xx": 15,
        "clock set forwards": 20,
        "clock set back": 20,
        "clock apart": 100,
        "key reused": 40,
        "contradiction": 20,
        "publication missing": 40,
        "reading of the retailer": 200,
        "readings lost": 20,
        "readings late": 20,
        "readings doubled": 20,
        "backup restored": 5,
        "backup copied": 5,
        "resynchronised": 5,
        "other limits": 20,
        "paused": 20,
    }
)
"""What a hundred seeds must have gone through: each trouble by what came of it, not by what was meant to."""

LIFE = Counter(
    {
        "steps": 10_000,
        "connected": 300,
        "trades": 1_500,
        "subscribed": 1_000,
        "settlements": 300,
        "superseded": 20,
        "expired": 1,
        "voided": 10,
        "refused": 20,
        "settled in 5 minutes after the last trouble": 50,
    }
)
"""A simulator that does nothing finds nothing."""

TENDERING = Counter(
    {
        "tenders": 300,
        "opened": 300,
        "accepted": 70,
        "accepted in parts": 15,
        "canceled": 200,
        "lapsed": 40,
        "filled": 30,
        "died over a tender": 7,
    }
)
"""A hundred seeds, in half of which the home makes tenders of its own: they are made, and end in each way."""


def check(found: Found) -> None:
    """No violation, and enough of everything."""
    assert not found.violations, "\n".join(map(str, found.violations))
    found.counts["died"] = sum(found.counts[point] for point in DIES)
    found.counts["died over a tender"] = sum(found.counts[point] for point in DIES_TENDERING)
    for name, least in (TROUBLE + LIFE + TENDERING).items():
        assert found.counts[name] * 100 >= least * found.seeds, f"too little: {name}"


@pytest.mark.timeout(1800)
def test_nothing_is_lost_or_doubled_in_any_trouble(tell: Callable[[object], None]) -> None:
    tell(found := search(ORDINARY))
    check(found)


@pytest.mark.long
def test_two_thousand_seeds(tell: Callable[[object], None]) -> None:
    tell(found := search(LONG))
    check(found)
    for name in (*TROUBLES, *DIES, *DIES_TENDERING):
        assert found.counts[name], f"never: {name}"


@pytest.mark.timeout(300)
def test_the_same_seed_is_the_same_run(folder: Path) -> None:
    (folder / "first").mkdir()
    first = simulate(7, folder / "first")
    code = (
        "import sys, pathlib; from tests.faults.trouble.simulation import simulate; "
        "print(simulate(7, pathlib.Path(sys.argv[1])).trace)"
    )
    (folder / "second").mkdir()
    command = [sys.executable, "-c", code, str(folder / "second")]
    second = subprocess.run(command, check=True, capture_output=True, text=True, env={"PYTHONHASHSEED": "5"})
    assert second.stdout.strip() == first.trace
    assert one(8).trace != first.trace


def test_a_record_that_is_gone_or_another_one_is_missing_and_only_once() -> None:
    before = {1: b"one", 2: b"two", 4: b"four", 5: b"not acknowledged"}
    assert missing(before, {1: b"one", 2: b"other"}, 4) == [2, 4]
    assert missing(before, before, 4) == []
    assert missing({1: b"one", 2: b"other"}, {1: b"one", 2: b"other"}, 4) == []


def test_a_set_of_tasks_has_the_order_in_which_they_were_made() -> None:
    """Else whoever ends all tasks of a process ends them in another order in every run."""

    async def begun() -> bool:
        tasks = [asyncio.create_task(asyncio.sleep(0)) for _ in range(100)]
        found = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        await asyncio.gather(*tasks)
        return found == tasks

    with asyncio.Runner(loop_factory=lambda: TroubleLoop(Random(1))) as runner:
        assert runner.run(begun())


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", QUICK)
def test_a_deliberate_bug_is_noticed(name: str) -> None:
    with pool() as processes:
        noticed = processes.submit(hunt, name, A_MUTANT).result()
    assert noticed
    print(f"{name}: {noticed.invariant}, seed {noticed.seed}")


@pytest.mark.long
def test_all_deliberate_bugs_but_one_are_noticed(tell: Callable[[object], None]) -> None:
    assert len(MUTANTS) >= 20
    assert set(A_MUTANT) <= set(ORDINARY), "else what was noticed may not be the bug"
    names = [mutant.name for mutant in MUTANTS]
    with pool() as processes:
        noticed = dict(zip(names, processes.map(hunt, names, [A_MUTANT] * len(names)), strict=True))
    for name, found in noticed.items():
        tell(f"{name}: {f'{found.invariant}, seed {found.seed}' if found else 'NOT NOTICED'}")
    assert sum(found is not None for found in noticed.values()) >= len(MUTANTS) - 1
