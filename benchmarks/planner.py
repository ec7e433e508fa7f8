"""How fast and how good the planner is, as a table.

Run as benchmarks/planner.py [speed | optimum | stall] …

Prices are ERCOT's day-ahead ones of 2021 (LZ_HOUSTON) with the retailer's shape within the hour, 0.03 per kWh
on top to buy and 0.02 less to sell; the home is that of the planner's tests. Times are of the wall clock: of
a machine that does something else, they say little.
"""

import asyncio
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).parent.parent))

import msgspec
import numpy as np
from temix_gateway.planning import Problem, Segment, plan
from temix_gateway.planning.case import Case
from temix_gateway.planning.exact import whole_case
from temix_gateway.planning.worker import PlannerProcess
from temix_market.instants import FIVE_MINUTES, HOUR, QUARTER, Instant
from temix_market.intervals import Interval
from temix_market.units import Price
from temix_retailer.prices import load_wholesale

from tests.gateway.planning.homes import home, tapering, uniform

WHOLESALE = load_wholesale(ZoneInfo("America/Chicago"))
DAYS = 20
PROOF_S = 20.0


def priced(intervals: Sequence[Interval], day: int, devices: tuple[str, ...] | None = None) -> Problem:
    """The home at the prices of some days later."""
    problem = home(list(intervals), day, devices)
    steps = []
    for step in problem.steps:
        starts = range(step.interval.start, step.interval.end, FIVE_MINUTES)
        level = np.mean([_price(Instant(start + day * 24 * HOUR)) for start in starts])
        buy, sell = Price(round(level) + 30_000), Price(round(level) - 20_000)
        steps.append(msgspec.structs.replace(step, buy=(Segment(buy),), sell=(Segment(sell),)))
    return msgspec.structs.replace(problem, steps=tuple(steps))


def _price(start: Instant) -> int:
    hour = Instant(start - start % HOUR)
    return WHOLESALE.steps(hour)[(start - hour) // FIVE_MINUTES]


def twice(problem: Problem) -> Problem:
    """The same home with every device twice."""
    again = tuple(msgspec.structs.replace(device, id=f"{device.id} 2") for device in problem.devices)
    return msgspec.structs.replace(problem, devices=problem.devices + again)


def speed() -> None:
    """Time to a plan within its budget, to the greedy one, and what more time would gain."""
    cases: tuple[tuple[str, list[Interval], Callable[[Problem], Problem]], ...] = (
        ("576 steps, 6 devices", uniform(576), lambda problem: problem),
        ("576 steps, 12 devices", uniform(576), twice),
        ("5/15/60 minutes, 6 devices", tapering(), lambda problem: problem),
    )
    print("| case | p50 s | p95 s | greedy p95 s | dearer than after 20 s, median | worst |")
    print("|---|---|---|---|---|---|")
    for name, intervals, change in cases:
        found, first, dearer = [], [], []
        for day in range(DAYS):
            problem = change(priced(intervals, day))
            first.append(plan(problem, budget=0).seconds)
            quick = plan(problem, budget=1.0)
            found.append(quick.seconds)
            if day < 6:
                long = plan(problem, budget=20.0)
                dearer.append((quick.cost - long.cost) / abs(long.cost))
        p50, p95 = np.quantile(found, (0.5, 0.95))
        median, worst = np.median(dearer), max(dearer)
        greedy = np.quantile(first, 0.95)
        times = f"{p50:.2f} | {p95:.2f} | {greedy:.2f}"
        print(f"| {name} | {times} | {median:.2%} | {worst:.2%} |", flush=True)
    child = "from benchmarks.planner import *; plan(priced(uniform(576), 0)); print(peak())"
    done = subprocess.run([sys.executable, "-c", child], capture_output=True, text=True, check=True)
    print(f"\nPeak memory of a process that plans 576 steps, 6 devices: {done.stdout.strip()} MB")


def peak() -> int:
    """Peak resident memory of this process, MB."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def optimum() -> None:
    """Cost above the proven optimum at 96 steps of 15 minutes, of the instances where one could be proven."""
    others = ("ev", "pool", "dishwasher", "water")
    sets = [("battery", *some) for count in (1, 2, 3) for some in combinations(others, count)]
    above, unproven, seconds = [], 0, []
    for number in range(60):
        problem = priced(uniform(96, QUARTER), number * 5, sets[number % len(sets)])
        program, site = whole_case(Case.of(problem), exact=True)
        best = program.solve(PROOF_S, 1e-5)
        if best is None or not best.optimal:
            unproven += 1
            continue
        cost = best.objective + site.constant
        found = plan(problem, budget=1.0)
        seconds.append(found.seconds)
        above.append((found.cost / 1e9 - cost) / abs(cost))
        print(f"{number} {sets[number % len(sets)]} {cost:.4f} {above[-1]:.3%}", file=sys.stderr, flush=True)
    print("| proven | not proven in time | median above | p95 above | worst above | planner p50 s |")
    print("|---|---|---|---|---|---|")
    figures = f"{np.median(above):.3%} | {np.quantile(above, 0.95):.3%} | {max(above):.3%}"
    print(f"| {len(above)} | {unproven} | {figures} | {np.median(seconds):.2f} |")


def stall() -> None:
    """How late a timer of the event loop is while the planner's process plans 576 steps."""
    late = asyncio.run(_late())
    quantiles = np.quantile(late, (0.5, 0.99, 1.0)) * 1000
    print("| ticks | p50 ms | p99 ms | greatest ms |\n|---|---|---|---|")
    print(f"| {len(late)} | " + " | ".join(f"{quantile:.1f}" for quantile in quantiles) + " |")


async def _late() -> list[float]:
    process, problem = PlannerProcess(), priced(uniform(576), 0)
    process(problem, None)
    tasks = [asyncio.create_task(asyncio.to_thread(process, problem, None))]
    late = []
    while not tasks[-1].done() or len(tasks) < 5:
        if tasks[-1].done():
            tasks.append(asyncio.create_task(asyncio.to_thread(process, problem, None)))
        due = time.perf_counter() + 0.005
        await asyncio.sleep(0.005)
        late.append(time.perf_counter() - due)
    process.close()
    return late


if __name__ == "__main__":
    print(f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}, {time.strftime('%Y-%m-%d')}\n")
    for name in sys.argv[1:] or ["speed", "optimum", "stall"]:
        print(f"## {name}\n")
        {"speed": speed, "optimum": optimum, "stall": stall}[name]()
        print()
