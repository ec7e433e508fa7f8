"""The replays whose figures the docs tell, made anew, as the tables that they tell them in.

Run as benchmarks/replays.py [storm] [even] [mild]: all of them unless some are named. They stand in
README.md (the storm week, with its picture docs/images/uri-week.svg, which is drawn anew, and the same with
even hours), docs/how-to/replay.md (storm and mild week with audits and regret) and
docs/explanation/simulated-home.md. The audits' columns depend on how fast the machine searches.
"""

import logging
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final

import structlog
from choosing import chosen
from rich.console import Console
from rich.progress import Progress
from temix_gateway.home.account import Audit
from temix_replay.foresight import audits
from temix_replay.picture import draw
from temix_replay.replaying import parts, replayed
from temix_replay.result import Replay
from temix_replay.scene import Scene
from temix_replay.telling import CASES

PICTURE: Final = Path(__file__).parents[1] / "docs" / "images" / "uri-week.svg"
STORM: Final = Scene(date(2021, 2, 13), 7)
SCENES: Final = {
    "storm": STORM,
    "even": replace(STORM, even_hours=True),
    "mild": Scene(date(2021, 4, 12), 7),
}


def made(scene: Scene, folder: Path) -> Replay:
    """One of them, with regret."""
    with Progress(console=Console(stderr=True)) as progress:
        tasks = {part: progress.add_task(part, total=1) for part in parts(scene, regret=True)}

        def lived(part: str, share: float) -> None:
            progress.update(tasks[part], completed=share)

        return replayed(scene, folder, lived, regret=True)


def days(replayed_week: Replay) -> list[str]:
    """The table of README.md."""
    lines = [
        f"| {day.date:%a %d %b} | {_money(day.paid)} | {_money(day.flat)} | {_money(day.uncontrolled)} "
        f"| {day.energy / 1000:.1f} | {day.uncontrolled_energy / 1000:.1f} |"
        for day in replayed_week.days
    ]
    energy, free = (
        sum(getattr(day, name) for day in replayed_week.days) / 1000
        for name in ("energy", "uncontrolled_energy")
    )
    paid, flat, without = (
        _money(money) for money in (replayed_week.paid, replayed_week.flat, replayed_week.without_control)
    )
    return [
        *lines,
        f"| **the week** | **{paid}** | **{flat}** | **{without}** | **{energy:.1f}** | **{free:.1f}** |",
    ]


def week(name: str, done: Replay) -> str:
    """The row of docs/how-to/replay.md, before what the audits say."""
    known = done.foresight
    assert known is not None
    cells = [done.paid, done.without_control, done.flat, known.paid, done.regret or 0, done.spot_only]
    return f"| {name} | {' | '.join(map(_money, cells))} |"


def audited(found: Sequence[Audit]) -> str:
    """What the audits of its days add up to."""
    return ", ".join(f"{case} {_money(round(1e9 * _sum(found, CASES[case])))}" for case in "BCD")


def _sum(found: Sequence[Audit], case: Callable[[Audit], str | None]) -> float:
    return sum(float(case(audit) or "nan") for audit in found)


def _money(nano: int) -> str:
    return f"{nano / 1e9:.2f}".replace("-", "−")


def main(names: list[str]) -> None:
    """Replay and print."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    print(f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}, {time.strftime('%Y-%m-%d')}\n")
    print("| week | paid | without control | flat | with foresight | regret | nothing ahead |")
    for name in names:
        began, scene = time.process_time(), SCENES[name]
        with tempfile.TemporaryDirectory() as folder:
            done = made(scene, Path(folder))
            print(week(name, done))
            if name == "storm":
                print("\n".join(days(done)))
                PICTURE.write_text(draw(done), encoding="utf-8")
            print(f"{time.process_time() - began:.0f} s of processor time")
            if name != "even":
                print(f"audited: {audited(audits(scene, done, Path(folder)))}\n")


if __name__ == "__main__":
    main(chosen(__doc__, SCENES))
