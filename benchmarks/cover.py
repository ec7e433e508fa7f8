"""What buying ahead for surprises costs, and how much less a day's bill then differs: a table.

Run as benchmarks/cover.py FIRST DAYS SEEDS, such as 2021-04-12 3 3: each seed is another home, which lives
the same days once for each kind of cover.
"""

import argparse
import logging
import tempfile
from dataclasses import replace
from datetime import date
from pathlib import Path
from statistics import fmean, pstdev
from typing import Final, get_args

import structlog
from rich.console import Console
from rich.progress import track
from rich.table import Table
from temix_gateway.config import Cover
from temix_market.units import Money
from temix_replay.calibration import make_baseline
from temix_replay.result import Replay
from temix_replay.run import run
from temix_replay.scene import Scene

COVERS: Final[tuple[Cover, ...]] = get_args(Cover.__value__)


def lived(first: date, days: int, seed: int) -> dict[Cover, Replay]:
    """The same home's same days with each kind of cover."""
    scene = Scene(first, days, seed)
    market = scene.terms()
    baseline = make_baseline(market.circuit, scene.place, scene.model, scene.days, lambda _: None)
    found = {}
    for cover in COVERS:
        with tempfile.TemporaryDirectory() as folder:
            found[cover] = run(replace(scene, cover=cover), market, baseline, Path(folder), lambda _: None)
    return found


def main(first: date, days: int, seeds: int) -> None:
    """Print the table."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    console = Console(width=120)
    homes = [
        lived(first, days, seed)
        for seed in track(range(1, seeds + 1), console=Console(stderr=True), description="homes")
    ]
    table = Table(title=f"{days} days from {first} in {seeds} homes, USD a day")
    for heading in ("cover", "mean", "spread (standard deviation)", "dearest day", "trades a day"):
        table.add_column(heading, justify="right")
    for cover in COVERS:
        paid = [_units(day.paid) for home in homes for day in home[cover].days]
        trades = fmean(day.trades for home in homes for day in home[cover].days)
        figures = (fmean(paid), pstdev(paid), max(paid))
        table.add_row(cover, *(f"{figure:.3f}" for figure in figures), f"{trades:.0f}")
    console.print(table)
    changed = [
        _units(Money(other.paid - usual.paid))
        for home in homes
        for usual, other in zip(home["expected"].days, home["cautious"].days, strict=True)
    ]
    console.print(f"cautious less expected, a day: {fmean(changed):+.3f} ± {pstdev(changed):.3f}")


def _units(money: Money) -> float:
    return money / 1e9


if __name__ == "__main__":
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("first", type=date.fromisoformat, metavar="FIRST")
    parser.add_argument("days", type=int, metavar="DAYS")
    parser.add_argument("seeds", type=int, metavar="SEEDS")
    main(**vars(parser.parse_args()))
