"""Many seeds, in several processes."""

import multiprocessing
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, override

from tests.faults.trouble.mutants import MUTANTS
from tests.faults.trouble.run import Violation
from tests.faults.trouble.simulation import Result, simulate

PROCESSES: Final = 2
_SEEDS_A_PROCESS: Final = 50
"""aiohttp remembers the last 1,024 handlers of the process and with them their runs, about 13 MB each."""
_MEMORY: Final = Path("/dev/shm")


@dataclass
class Found:
    """What a search came to."""

    seeds: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    violations: list[Violation] = field(default_factory=list)
    minutes: float = 0.0

    @override
    def __str__(self) -> str:
        counts = ", ".join(f"{count} {name}" for name, count in sorted(self.counts.items()))
        return f"{self.seeds} seeds, {self.seeds / self.minutes:.0f} a minute; {counts}"


def pool() -> Executor:
    """Processes that share nothing but the code."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.faults.trouble.search"])
    return ProcessPoolExecutor(PROCESSES, mp_context=context, max_tasks_per_child=_SEEDS_A_PROCESS)


def search(seeds: Iterable[int]) -> Found:
    """Run every seed."""
    found, start = Found(), time.monotonic()
    with pool() as processes:
        for result in processes.map(one, seeds):
            found.seeds += 1
            found.counts.update(result.counts)
            found.violations += [result.violation] if result.violation else []
    found.minutes = (time.monotonic() - start) / 60
    return found


def one(seed: int) -> Result:
    """Run a seed, on disks in memory where there is such."""
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        return simulate(seed, Path(folder))


def hunt(name: str, seeds: Iterable[int]) -> Violation | None:
    """Look for a deliberate bug: the first violation of an invariant that it breaks, or nothing.

    Whatever else a run with the bug comes to is no catch: it may be for another reason.
    """
    mutant = next(mutant for mutant in MUTANTS if mutant.name == name)
    with mutant.applied():
        for seed in seeds:
            with suppress(Exception):
                found = one(seed).violation
                if found is not None and found.invariant in mutant.breaks:
                    return found
    return None
