"""Many seeds, in several processes."""

import multiprocessing
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, override

from tests.faults.trouble.mutants import MUTANTS
from tests.faults.trouble.simulation import Violated, simulate

PROCESSES: Final = 2
_MEMORY: Final = Path("/dev/shm")


@dataclass
class Found:
    """What a search came to."""

    seeds: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    minutes: float = 0.0

    @override
    def __str__(self) -> str:
        counts = ", ".join(f"{count} {name}" for name, count in sorted(self.counts.items()))
        return f"{self.seeds} seeds, {self.seeds / self.minutes:.0f} a minute; {counts}"


def pool() -> Executor:
    """Processes that share nothing but the code."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.faults.trouble.search"])
    return ProcessPoolExecutor(PROCESSES, mp_context=context)


def search(seeds: Iterable[int]) -> Found:
    """Run every seed."""
    found, start = Found(), time.monotonic()
    with pool() as processes:
        for counts, violation in processes.map(one, seeds):
            found.seeds += 1
            found.counts.update(counts)
            found.violations += [violation] if violation else []
    found.minutes = (time.monotonic() - start) / 60
    return found


def one(seed: int) -> tuple[Counter[str], str]:
    """Run a seed: what was counted, or what was violated."""
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        try:
            return simulate(seed, Path(folder)).counts, ""
        except Violated as error:
            return Counter(), str(error)


def hunt(name: str, most: int) -> str:
    """Look for a deliberate bug with up to ``most`` seeds: how it was noticed, or nothing."""
    mutant = next(mutant for mutant in MUTANTS if mutant.name == name)
    with mutant.applied():
        return next((violation for seed in range(most) if (violation := one(seed)[1])), "")
