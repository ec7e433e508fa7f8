"""Whatever happens between home and retailer: nothing is lost, nothing happens twice, and all settles."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.faults.trouble.mutants import MUTANTS
from tests.faults.trouble.points import GATEWAY, RETAILER
from tests.faults.trouble.search import Found, hunt, one, pool, search
from tests.faults.trouble.simulation import simulate
from tests.faults.trouble.troubles import TROUBLES

ORDINARY = range(20)
LONG = range(20, 2_000)
SEEDS_A_MUTANT = 60
QUICK = ("no answer is a refusal", "depth has no end", "another order under the same key", "any price")
"""Found within a few seeds: the slice of the ordinary run."""

AT_LEAST = Counter(
    {
        "trades": 1_500,
        "subscribed": 500,
        "settlements": 300,
        "superseded": 20,
        "expired": 1,
        "voided": 10,
        "lost order": 5,
        "lost answer": 5,
        "repeated request": 50,
        "key reused": 20,
        "publication missing": 50,
        "answer replaced by an error": 10,
        "request refused by a proxy": 20,
        "clock apart": 50,
        "killed": 50,
        "power cut": 50,
        "steps": 15_000,
    }
)
"""What a hundred seeds must have gone through: a simulator that does nothing finds nothing."""


def check(found: Found) -> None:
    """No violation, and enough of everything."""
    print(found)
    assert not found.violations, "\n".join(found.violations)
    for name, least in AT_LEAST.items():
        assert found.counts[name] * 100 >= least * found.seeds, f"too little: {name}"


@pytest.mark.timeout(900)
def test_nothing_is_lost_or_doubled_in_any_trouble() -> None:
    check(search(ORDINARY))


@pytest.mark.long
@pytest.mark.timeout(3000)
def test_two_thousand_seeds() -> None:
    found = search(LONG)
    check(found)
    for name in TROUBLES:
        assert found.counts[name], f"never tried: {name}"
    for point in (*GATEWAY, *RETAILER):
        assert found.counts[f"died {point.label}"], f"nobody died {point.label}"


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
    assert one(8)[0] != first.counts


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", QUICK)
def test_a_deliberate_bug_is_noticed(name: str) -> None:
    with pool() as processes:
        noticed = processes.submit(hunt, name, SEEDS_A_MUTANT).result()
    print(f"{name}: {noticed}")
    assert noticed


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_all_deliberate_bugs_but_one_are_noticed() -> None:
    assert len(MUTANTS) >= 20
    with pool() as processes:
        names = [mutant.name for mutant in MUTANTS]
        noticed = dict(zip(names, processes.map(hunt, names, [SEEDS_A_MUTANT] * len(names)), strict=True))
    for name, how in noticed.items():
        print(f"{name}: {how or 'NOT NOTICED'}")
    assert sum(map(bool, noticed.values())) >= len(MUTANTS) - 1
