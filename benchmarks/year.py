"""A year of one home, replayed month by month in processes side by side, as a table with savings and regret.

Run as benchmarks/year.py [YEAR] [MONTH …]: all twelve months unless some are named. Each month is what
``temix-gateway replay --regret`` does: hourly plans and more where prices or the home change, on steps of 5,
15 and 60 minutes, through the real gateway, ledger and retailer; then the same home once more, knowing all
beforehand. SIDE_BY_SIDE says how many months are replayed at a time, two at most unless it does.

Finished months are kept in build/year, so that a run that was ended goes on where it was: under a key of all
code and data that take part, so that nothing old is told for new.
"""

import argparse
import calendar
import json
import multiprocessing
import os
import platform
import tempfile
import time
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import structlog
from rich.console import Console
from rich.progress import Progress
from temix_replay.replaying import parts, replayed
from temix_replay.scene import Scene
from temix_replay.telling import as_json

ROOT: Final = Path(__file__).parents[1]
PLACE: Final = ROOT / "build" / "year"
CODE: Final = tuple(
    ROOT / "gateway" / f"temix_{room}" for room in ("market", "gateway", "retailer", "replay")
)
SOLVING: Final = ("numpy", "highspy")
NICER: Final = 19


@dataclass(frozen=True, slots=True)
class Row:
    """What a month came to, in currency units; ``seconds`` are the processor's."""

    paid: float
    foresight: float
    left: float
    regret: float
    flat: float
    without: float
    plans: int
    early: int
    seconds: float

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Row:
        """From a month's JSON."""
        total, known, plans = found["total"], found["foresight"], found["plans"]
        return cls(
            float(total["paid"]),
            float(known["paid"]),
            float(known["more_left_with_temix"]),
            float(known["regret"]),
            float(total["flat_tariff"]),
            float(total["without_control"]),
            sum(plans.values()),
            plans["on_material_change"],
            found["processor_seconds"],
        )

    @classmethod
    def total(cls, rows: Sequence[Row]) -> Row:
        """The sum of months."""
        return cls(*(sum(getattr(row, name) for row in rows) for name in cls.__dataclass_fields__))

    def cells(self) -> list[str]:
        """In the order of ``HEADS``."""
        money = (
            self.paid,
            self.flat,
            self.without,
            self.without - self.paid,
            self.foresight,
            self.left,
            self.regret,
        )
        return [*(f"{value:.2f}" for value in money), f"{self.plans}", f"{self.early}", f"{self.seconds:.0f}"]


HEADS: Final = (
    "paid", "flat tariff", "without control", "saved", "with foresight", "more left", "regret",
    "plans", "of these early", "processor s",
)  # fmt: skip


def key(options: Sequence[object], folders: Iterable[Path] = CODE) -> str:
    """A name for a result: another one whenever code, data, solver or options are others."""
    told = [platform.python_version(), *(version(name) for name in SOLVING), *options]
    found = sha256(repr(told).encode())
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                found.update(f"{path.relative_to(folder.parent)} ".encode())
                found.update(sha256(path.read_bytes()).digest())
    return found.hexdigest()[:16]


def file(year: int, number: int) -> Path:
    """Where a month's result is kept."""
    return PLACE / f"{year}-{number:02}-{key((year, number))}.json"


def month(year: int, number: int, shares: MutableMapping[int, float]) -> None:
    """Replay a month into its file; ``shares`` is told how much of it is done (0 … 1).

    Raises:
        RuntimeError: code or data were changed meanwhile.
    """
    kept = file(year, number)
    os.nice(NICER)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    scene = Scene(date(year, number, 1), calendar.monthrange(year, number)[1])
    order = parts(scene, regret=True)

    def lived(part: str, share: float) -> None:
        shares[number] = (order.index(part) + share) / len(order)

    with tempfile.TemporaryDirectory() as folder:
        found = as_json(replayed(scene, Path(folder), lived, regret=True))
    found["processor_seconds"] = time.process_time()
    found["load"] = os.getloadavg()[2]
    if file(year, number) != kept:
        raise RuntimeError("code or data were changed meanwhile: run it again")
    whole = kept.with_suffix(".new")
    whole.write_text(json.dumps(found), encoding="utf-8")
    whole.replace(kept)


def replay(year: int, numbers: Sequence[int], at_a_time: int) -> dict[int, dict[str, Any]]:
    """Each month's result: the kept one, or a new one."""
    PLACE.mkdir(parents=True, exist_ok=True)
    named = {number: file(year, number) for number in numbers}
    lacking = [number for number in numbers if not named[number].is_file()]
    with (
        Progress(console=Console(stderr=True)) as progress,
        multiprocessing.Manager() as manager,
        ProcessPoolExecutor(at_a_time, multiprocessing.get_context("spawn"), max_tasks_per_child=1) as pool,
    ):
        shares: MutableMapping[int, float] = manager.dict()
        tasks = {number: progress.add_task(f"{year}-{number:02}", total=1) for number in lacking}
        waiting = {pool.submit(month, year, number, shares) for number in lacking}
        while waiting:
            done, waiting = wait(waiting, timeout=2)
            for each in done:
                each.result()
            for number, share in shares.items():
                progress.update(tasks[number], completed=share)
    return {number: json.loads(named[number].read_text(encoding="utf-8")) for number in numbers}


def table(months: Mapping[int, Row]) -> list[str]:
    """One line a month, and their sum."""
    lines = [f"| month | {' | '.join(HEADS)} |", f"|---{'|---:' * len(HEADS)}|"]
    named = {calendar.month_abbr[number]: row for number, row in months.items()}
    for name, row in {**named, "all": Row.total(list(months.values()))}.items():
        lines.append(f"| {name} | {' | '.join(row.cells())} |")
    return lines


def main(year: int, numbers: list[int]) -> None:
    """Replay the months and print the table."""
    at_a_time = int(os.environ.get("SIDE_BY_SIDE") or min(2, os.cpu_count() or 1))
    began = time.perf_counter()
    print(f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}, {time.strftime('%Y-%m-%d')}\n")
    found = replay(year, numbers, at_a_time)
    print("\n".join(table({number: Row.of(each) for number, each in found.items()})))
    print(f"\n{time.perf_counter() - began:.0f} s, {at_a_time} at a time.")


if __name__ == "__main__":
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("year", type=int, nargs="?", default=2021)
    parser.add_argument("months", type=int, nargs="*", choices=range(1, 13), metavar="MONTH")
    asked = parser.parse_args()
    main(asked.year, asked.months or list(range(1, 13)))
