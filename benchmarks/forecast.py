"""How far the forecasts of base load and sun are from what came, as a table.

Run as benchmarks/forecast.py [FOLDER], where FOLDER (else that of tests/real_data.py) holds a home's year in
half hours (emhass_home_load_30min_long.csv, from EMHASS's repository) and a roof's in quarters
(nrel_serf_east_pv_15min_2016.csv, from pvanalytics). Forecasts are made every six hours for the next 36;
nothing later than the moment of the forecast is known to it. A second table has homes that were watched for
a few days only.
"""

import csv
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
from rich.console import Console
from rich.progress import track
from temix_gateway.planning.forecast import History, Kind
from temix_market.instants import HOUR, QUARTER, Duration, Instant, from_datetime
from temix_market.intervals import Interval

from tests import real_data

DAY = Duration(24 * HOUR)
EVERY = Duration(6 * HOUR)
AHEAD = Duration(36 * HOUR)
MEMORY = Duration(57 * DAY)
QUANTILES = (0.1, 0.5, 0.9)
YOUNG = (0, 1, 2, 4, 7, 14, 28, 56)
"""Days that a home has been watched."""
SEVERAL = Duration(127 * HOUR)
"""Between two forecasts of young homes: all hours and weekdays have their turn."""
type Seen = dict[Instant, float]


def half_hours(file: Path) -> Seen:
    """Mean load of each quarter of the home's year, W; gaps are left out."""
    seen: Seen = {}
    with file.open(encoding="utf-8") as lines:
        for row in list(csv.reader(lines))[1:]:
            if row[1]:
                start = from_datetime(datetime.fromisoformat(row[0]))
                seen[start] = seen[Instant(start + QUARTER)] = float(row[1])
    return seen


def quarters(file: Path) -> Seen:
    """Power of each quarter of the roof's year, W; a meter's small negatives at night are nothing."""
    with file.open(encoding="utf-8") as lines:
        rows = list(csv.reader(lines))[1:]
    return {from_datetime(datetime.fromisoformat(at)): max(0.0, float(power)) for at, power in rows if power}


def compared(
    kind: Kind, zone: ZoneInfo, seen: Seen, console: Console
) -> tuple[dict[str, float], dict[str, float]]:
    """Mean absolute errors in W by method, and the share of what came that lay below each quantile."""
    errors: dict[str, list[float]] = {}
    below: dict[str, list[float]] = {}
    first, last = min(seen), max(seen)
    moments = range(first + 8 * DAY, last - AHEAD, EVERY)
    for at in track(moments, description=kind.value, console=console):
        now = Instant(at)
        known = [
            (Interval(Instant(start), QUARTER), seen[Instant(start)])
            for start in range(max(first, now - MEMORY), now, QUARTER)
            if Instant(start) in seen
        ]
        steps = [Interval(Instant(start), QUARTER) for start in range(now, now + AHEAD, QUARTER)]
        steps = [step for step in steps if step.start in seen]
        if not steps:
            continue
        came = np.array([seen[step.start] for step in steps])
        found = History.of(kind, zone, known, now).forecast(now, steps, QUANTILES)
        rivals: dict[str, Sequence[float]] = {
            "ours, expected": found.expected.tolist(),
            "ours, median": found.at_most[1].tolist(),
            "now, for ever": [seen.get(Instant(now - QUARTER), np.nan)] * len(steps),
            "same time yesterday": _same(seen, steps, now, 1),
            "same time last week": _same(seen, steps, now, 7),
        }
        for name, values in rivals.items():
            errors.setdefault(name, []).append(float(np.nanmean(np.abs(np.array(values) - came))))
        light = came > 1 if kind is Kind.PV else np.ones(len(came), bool)
        if light.any():
            for share, row in zip(QUANTILES, found.at_most, strict=True):
                below.setdefault(f"{share:.0%}", []).append(float(np.mean(came[light] <= row[light])))
    return _means(errors), _means(below)


def by_age(kind: Kind, zone: ZoneInfo, seen: Seen, console: Console) -> dict[int, float]:
    """Mean absolute errors in W of what is expected, by how many days the home has been watched."""
    errors: dict[int, list[float]] = {days: [] for days in YOUNG}
    moments = range(min(seen) + MEMORY, max(seen) - AHEAD, SEVERAL)
    for at in track(moments, description=f"{kind.value}, young homes", console=console):
        now = Instant(at)
        steps = [Interval(Instant(start), QUARTER) for start in range(now, now + AHEAD, QUARTER)]
        steps = [step for step in steps if step.start in seen]
        came = np.array([seen[step.start] for step in steps])
        for days, found in errors.items():
            known = [
                (Interval(Instant(start), QUARTER), seen[Instant(start)])
                for start in range(now - days * DAY, now, QUARTER)
                if Instant(start) in seen
            ]
            expected = History.of(kind, zone, known, now).forecast(now, steps).expected
            found.append(float(np.mean(np.abs(expected - came))) if steps else np.nan)
    return {days: float(np.nanmean(found)) for days, found in errors.items()}


def _same(seen: Seen, steps: Iterable[Interval], now: Instant, days: int) -> list[float]:
    """What was seen so many days before, or the first multiple of them that was past already."""
    found = []
    for step in steps:
        at = step.start - days * DAY
        while at >= now:
            at -= days * DAY
        found.append(seen.get(Instant(at), np.nan))
    return found


def _means(lists: dict[str, list[float]]) -> dict[str, float]:
    return {name: float(np.nanmean(values)) for name, values in lists.items()}


def main(folder: Path) -> None:
    """Print one table a series."""
    console = Console(stderr=True)
    print(f"{os.cpu_count()} CPUs, {time.strftime('%Y-%m-%d')}")
    series: tuple[tuple[Kind, str, str, Callable[[Path], Seen]], ...] = (
        (Kind.LOAD, "emhass_home_load_30min_long.csv", "Europe/Paris", half_hours),
        (Kind.PV, "nrel_serf_east_pv_15min_2016.csv", "America/Denver", quarters),
    )
    if missing := [name for _, name, _, _ in series if not (folder / name).is_file()]:
        sys.exit(f"{folder} lacks {' and '.join(missing)}: see the top of this file for where they come from")
    for kind, name, zone, read in series:
        seen = read(folder / name)
        began = time.perf_counter()
        errors, below = compared(kind, ZoneInfo(zone), seen, console)
        mean = np.mean(list(seen.values()))
        print(f"\n## {kind.value}: mean {mean:.0f} W, {time.perf_counter() - began:.0f} s\n")
        print("| method | mean absolute error, W | of the mean |\n|---|---:|---:|")
        for method, error in errors.items():
            print(f"| {method} | {error:.1f} | {error / mean:.1%} |")
        print("\n| days watched | mean absolute error, W |\n|---:|---:|")
        for days, error in by_age(kind, ZoneInfo(zone), seen, console).items():
            print(f"| {days} | {error:.1f} |")
        print(
            "\nBelow the quantile lay: " + ", ".join(f"{name}: {share:.1%}" for name, share in below.items())
        )


if __name__ == "__main__":
    asked = Path(sys.argv[1]) if len(sys.argv) > 1 else real_data.folder()
    if asked is None:
        sys.exit("where are the series? benchmarks/forecast.py FOLDER, or TEMIX_DATA")
    main(asked)
