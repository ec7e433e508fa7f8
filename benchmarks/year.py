"""A year of one home, replayed month by month in processes side by side, as a table.

Run as benchmarks/year.py [YEAR] [MONTH …]: all twelve months unless some are named. Each month is a
``temix-gateway replay``: hourly plans and more where prices or the home change, on steps of 5, 15 and 60
minutes, through the real gateway, ledger and retailer. Results of months are kept in build/year: a run
that was ended goes on where it was.
"""

import calendar
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

PLACE = Path(__file__).parent.parent / "build" / "year"
SIDE_BY_SIDE = os.cpu_count() or 1
NICER = 19


def month(year: int, number: int) -> dict[str, Any]:
    """A month's replay as JSON, with the processor's seconds that it took."""
    kept = PLACE / f"{year}-{number:02}.json"
    if kept.is_file():
        return dict(json.loads(kept.read_text(encoding="utf-8")))
    days = calendar.monthrange(year, number)[1]
    command = [Path(sys.executable).with_name("temix-gateway"), "replay", "--from", f"{year}-{number:02}-01"]
    with tempfile.TemporaryFile() as trouble:
        child = subprocess.Popen(
            ["nice", "-n", str(NICER), *command, "--days", str(days), "--json"],
            stdout=subprocess.PIPE,
            stderr=trouble,
        )
        assert child.stdout is not None
        text = child.stdout.read()
        _, status, usage = os.wait4(child.pid, 0)
        if status:
            trouble.seek(0)
            sys.exit(f"{year}-{number:02} ended with {status}: {trouble.read().decode()[-2000:]}")
    found = {**json.loads(text), "processor_seconds": usage.ru_utime + usage.ru_stime}
    PLACE.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(found), encoding="utf-8")
    return found


def main(year: int, months: list[int]) -> None:
    """Replay the months and print the table."""
    began = time.perf_counter()
    print(f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}, {time.strftime('%Y-%m-%d')}\n")
    with Progress(console=Console(stderr=True)) as progress, ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        task = progress.add_task(str(year), total=len(months))

        def one(number: int) -> dict[str, Any]:
            found = month(year, number)
            progress.advance(task)
            return found

        done = list(pool.map(one, months))
    tell(months, done)
    print(f"\n{time.perf_counter() - began:.0f} s, {SIDE_BY_SIDE} at a time.")


def tell(months: list[int], done: list[dict[str, Any]]) -> None:
    """One row a month, and their sum."""
    names = ("paid", "flat_tariff", "without_control")
    print("| month | paid | flat tariff | without control | saved | plans | of these early | processor s |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    rows = [
        (
            *(float(found["total"][name]) for name in names),
            sum(found["plans"].values()),
            found["plans"]["on_material_change"],
            found["processor_seconds"],
        )
        for found in done
    ]
    sums = tuple(sum(column) for column in zip(*rows, strict=True))
    for name, row in zip(
        [*(calendar.month_abbr[number] for number in months), "all"], [*rows, sums], strict=True
    ):
        paid, flat, without, plans, early, seconds = row
        print(
            f"| {name} | {paid:.2f} | {flat:.2f} | {without:.2f} | {without - paid:.2f} "
            f"| {plans} | {early} | {seconds:.0f} |"
        )


if __name__ == "__main__":
    asked = [int(text) for text in sys.argv[1:]] or [2021]
    main(asked[0], asked[1:] or list(range(1, 13)))
