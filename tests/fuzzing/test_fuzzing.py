"""A parser takes an input or refuses it in its own words: it never falls, hangs, or eats the memory.

Each runs in a process of its own.
"""

import json
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.fuzzing.all_parsers import PARSERS

SLOWEST_S = 2.0
"""Of processor time; the machine may be busy."""
RESIDENT_MB = 200
BESIDE_MB = {"gateway's messages": 200}
"""What the parser's own surroundings take: Home Assistant and what its sensors import."""


def fuzzed(parser: str, count: int, seed: int) -> dict[str, float]:
    run = [sys.executable, "-m", "tests.fuzzing.run", parser, str(count), str(seed)]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-6_000:]
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    assert told["taken"] + told["refused"] == count
    assert told["taken"], "what is not changed is valid"
    assert told["refused"]
    assert told["slowest"] < SLOWEST_S
    assert told["resident"] < RESIDENT_MB + BESIDE_MB.get(parser, 0)
    return told


@pytest.mark.timeout(120)
@pytest.mark.parametrize("parser", PARSERS)
def test_some_inputs(parser: str) -> None:
    fuzzed(parser, 300 if parser == "backup" else 2_000, seed=7)


@pytest.mark.long
@pytest.mark.timeout(7200)  # of backups, on a machine that does much else
@pytest.mark.parametrize("parser", PARSERS)
def test_a_hundred_thousand_inputs(parser: str, tell: Callable[[object], None]) -> None:
    told = fuzzed(parser, 100_000, seed=1)
    tell(
        f"{told['taken']:.0f} taken, {told['refused']:.0f} refused, slowest {1000 * told['slowest']:.1f} ms, "
        f"{told['resident']:.0f} MB"
    )
