"""The planner beside EMHASS 0.18.7, on the same homes: time, cost and memory, as a table.

Run as benchmarks/beside_emhass.py [published | beside] …

``published`` are EMHASS's fourteen days; their data come from its repository, and are looked for where
tests/real_data.py says. ``beside`` makes EMHASS an environment of its own, once, under build/: that takes
some minutes and needs Python 3.12 (or 3.11, 3.10), as ``python3.12`` or through uv. Prices are those of
benchmarks/planner.py; a home has a battery and two to four loads that run for some hours a day.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))
sys.path.insert(0, str(Path(__file__).parent))

import msgspec
import numpy as np
import planner
from choosing import chosen
from temix_gateway.planning import Problem
from temix_gateway.planning.case import Case
from temix_gateway.planning.devices import Battery, DailyRun
from temix_gateway.planning.exact import whole_case
from temix_gateway.planning.planner import plan
from temix_market.instants import FIVE_MINUTES, HOUR, QUARTER, Duration
from temix_market.intervals import Interval
from temix_market.units import Energy, Power, Price

from tests import real_data
from tests.gateway.planning import published as study
from tests.gateway.planning.homes import any_time, uniform

EMHASS = "emhass==0.18.7"
PLACE = Path(__file__).parent.parent / "build" / "emhass"
PYTHONS = ("3.12", "3.11", "3.10")
DAYS = 12
LOADS = ((1_500, 3), (2_000, 2), (1_000, 4), (700, 5))
"""Power (W) and hours a day of what can be deferred; a day's home has the first two, three or four."""
GRID = Power(12_000)
GAPS = (0.01, 0.001)
PROOF_S, PROOF_GAP = 60.0, 1e-4
COMPILED = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Both planners start from compiled modules, as at home: pip compiles what it installs, uv does not."""


def home(steps: int, step: Duration, day: int) -> Problem:
    """A home with a battery, which ends as full as it begins, and two to four loads.

    EMHASS bounds what leaves the battery before its losses: 3,000 W there are 2,850 W here.
    """
    problem = planner.priced(uniform(steps, step), day, ("battery",))
    start, end = problem.steps[0].interval.start, problem.steps[-1].interval.end
    days = (end - start) / (24 * HOUR)
    battery = Battery(
        id="battery",
        capacity=Energy(9_000),
        reserve=Energy(3_000),
        stored=Energy(6_000),
        target=Energy(6_000),
        max_charge=Power(3_000),
        max_discharge=Power(2_850),
        wear=Price(0),
        end_price=Price(0),
    )
    whole = Interval(start, Duration(end - start))
    loads = tuple(
        any_time(power, Duration(round(hours * days) * HOUR), whole) for power, hours in LOADS[: 2 + day % 3]
    )
    return msgspec.structs.replace(
        problem, devices=(battery, *loads), import_limit=GRID, export_limit=GRID, now=start
    )


def asked(problem: Problem, gap: float) -> dict[str, Any]:
    """The same in EMHASS's words."""
    step = problem.steps[0].interval.duration
    return {
        "gap": gap,
        "steps": len(problem.steps),
        "minutes": step // 60_000,
        "buy": [each.buy[0].price / 1e6 for each in problem.steps],
        "sell": [each.sell[0].price / 1e6 for each in problem.steps],
        "load": [each.base_load for each in problem.steps],
        "pv": [each.pv for each in problem.steps],
        "grid": GRID,
        "battery": {
            "capacity": 10_000,
            "low": 0.3,
            "high": 0.9,
            "usual": 0.6,
            "power": 3_000,
            "efficiency": 0.95,
        },
        "loads": [
            {"power": load.power, "hours": load.windows[0].run / HOUR}
            for load in problem.devices
            if isinstance(load, DailyRun)
        ],
    }


def paid(problem: Problem, powers: list[list[float]]) -> float:
    """What powers (W) of battery and loads cost at the problem's prices, currency units."""
    case = Case.of(problem)
    net = case.fixed + np.array(powers).sum(axis=0) * case.grid.hours
    return float(case.tariff.energy(net).sum())


def environment() -> Path:
    """EMHASS's own Python, installed where it is not yet."""
    python = PLACE / "bin" / "python"
    if not (PLACE / "ready").is_file():
        for version in PYTHONS:
            if own := shutil.which(f"python{version}"):
                made = subprocess.run([own, "-m", "venv", "--clear", PLACE], check=False).returncode == 0
            elif uv := shutil.which("uv"):
                command = [uv, "venv", "--clear", "--seed", "--python", version, PLACE]
                made = subprocess.run(command, check=False).returncode == 0
            else:
                made = False
            if made:
                break
        else:
            sys.exit("EMHASS needs Python 3.12, 3.11 or 3.10: install one, or uv")
        subprocess.run([python, "-m", "pip", "install", "--quiet", EMHASS], check=True)
        (PLACE / "ready").touch()
    return python


def beside() -> None:
    """Twelve days at 96 steps of a quarter and at 576 of five minutes."""
    python = environment()
    first = home(96, QUARTER, 0)
    ask_emhass(python, first, GAPS[0]), ask_ours(first)  # the first of each compiles
    print(
        "| steps | planner | build and solve p50 s | worst s | process p50 s | peak MB | above the optimum |"
    )
    print("|---|---|---|---|---|---|---|")
    for steps, step in ((96, QUARTER), (576, FIVE_MINUTES)):
        problems = [home(steps, step, 2 * day) for day in range(DAYS)]
        best = [proven(problem) for problem in problems]
        theirs = {gap: [ask_emhass(python, problem, gap) for problem in problems] for gap in GAPS}
        for gap, results in theirs.items():
            tell(f"{steps} | EMHASS, gap {gap}", results, best)
        tell(f"{steps} | temix-gateway plan", [ask_ours(problem) for problem in problems], best)


def proven(problem: Problem) -> float:
    """What no plan costs less than: of the exact program, within 0.01 % where it was solved in time."""
    program, site = whole_case(Case.of(problem), exact=True)
    found = program.solve(PROOF_S, PROOF_GAP)
    bound = plan(problem, budget=PROOF_S / 6).bound
    known = [] if found is None else [found.bound + site.constant]
    return max(known + ([] if bound is None else [bound / 1e9]))


type Result = tuple[float, float, float, float]
"""Seconds of build and solve and of the whole process, peak memory (MB), cost."""


def ask_emhass(python: Path, problem: Problem, gap: float) -> Result:
    """One problem in a process of its own, as it is where it is asked now and then."""
    with tempfile.TemporaryDirectory() as folder:
        question, answer = Path(folder, "problems.json"), Path(folder, "results.json")
        question.write_text(json.dumps([asked(problem, gap)]), encoding="utf-8")
        began = time.perf_counter()
        worker = Path(__file__).with_name("beside_emhass_worker.py")
        subprocess.run(
            [python, worker, question, answer],
            check=True,
            env=COMPILED,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        whole = time.perf_counter() - began
        found = json.loads(answer.read_text(encoding="utf-8"))
    (result,) = found["results"]
    return result["seconds"], whole, found["peak"], paid(problem, [result["battery"], *result["loads"]])


def ask_ours(problem: Problem) -> Result:
    """The same by the command line."""
    with tempfile.TemporaryDirectory() as folder:
        question = Path(folder, "problem.json")
        question.write_bytes(msgspec.json.encode(problem))
        command = [str(Path(sys.executable).with_name("temix-gateway")), "plan", str(question), "--json"]
        began = time.perf_counter()
        text = subprocess.run(command, check=True, capture_output=True, env=COMPILED).stdout
        whole = time.perf_counter() - began
        peak = planner.peak_of(command)
    found = json.loads(text)
    assert not found["unmet"], found["unmet"]
    cost = found["energy_cost"] / 1e9  # a plan gives powers in whole watts: too coarse for this
    return found["seconds"], whole, peak, cost


def tell(name: str, results: list[Result], best: list[float]) -> None:
    """A row of the table."""
    seconds, whole, peak, costs = zip(*results, strict=True)
    above = [(cost - least) / abs(least) for cost, least in zip(costs, best, strict=True)]
    times = f"{np.median(seconds):.2f} | {max(seconds):.2f} | {np.median(whole):.2f} | {max(peak):.0f}"
    print(f"| {name} | {times} | {np.median(above):.3%}, worst {max(above):.3%} |", flush=True)


def published() -> None:
    """EMHASS's published fourteen days."""
    if not real_data.file(study.DATA).is_file():
        sys.exit(f"{study.DATA} is not there: name its folder in TEMIX_DATA")
    print("| fourteen days | ours, € | the study, € |\n|---|---|---|")
    print(f"| without a battery | {study.without():.4f} | {study.NO_BATTERY} |")
    print(f"| knowing all | {study.perfect():.4f} | {study.PERFECT} |")
    began = time.perf_counter()
    print(f"| every half hour, own forecast | {study.rolling().paid:.4f} | 79.7017 to 79.7122 |")
    print(f"\nThe last took {time.perf_counter() - began:.0f} s for 672 forecasts and plans.")


COMMANDS = {"published": published, "beside": beside}

if __name__ == "__main__":
    names = chosen(__doc__, COMMANDS)
    print(f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}, {time.strftime('%Y-%m-%d')}\n")
    for name in names:
        print(f"## {name}\n")
        COMMANDS[name]()
        print()
