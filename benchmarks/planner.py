"""How fast and how good the planner is, as a table.

Run as benchmarks/planner.py [speed | steadiness | optimum | milp | coarse | stall | feeder] …

Prices are ERCOT's day-ahead ones of 2021 (LZ_HOUSTON) with the retailer's shape within the hour, 0.03 per kWh
on top to buy and 0.02 less to sell; the home is that of the planner's tests. Times are of the wall clock: of
a machine that does something else, they say little.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import combinations
from pathlib import Path
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).parent.parent))

import msgspec
import numpy as np
from choosing import chosen
from temix_gateway.planning import Problem, Segment
from temix_gateway.planning.case import Case
from temix_gateway.planning.coarse import coarse
from temix_gateway.planning.exact import drawn, enter, whole_case
from temix_gateway.planning.following import nearest
from temix_gateway.planning.master import Master
from temix_gateway.planning.planner import plan
from temix_gateway.planning.program import Program
from temix_gateway.planning.site import Site
from temix_gateway.planning.worker import PlannerProcess
from temix_market.instants import FIVE_MINUTES, HOUR, QUARTER, Duration, Instant
from temix_market.intervals import Interval
from temix_market.units import Price
from temix_retailer.prices import load_wholesale

from tests.gateway.planning import feeder, rolling
from tests.gateway.planning.homes import home, tapering, uniform
from tests.gateway.planning.test_steadiness import noises

WHOLESALE = load_wholesale(ZoneInfo("America/Chicago"))
DAYS = 20
APART = 16
"""Days between one and the next: twenty of them from February, with the storm, to December."""
WHOLE = ("ev", "pool", "dishwasher")
"""Devices whose best answer to prices is exact. Heat's is not, and seldom is its optimum proven."""
HEAT = ("water", "climate")
INSTANCES = 84
PROOF_S = 30.0
PROOF_GAP, PROOF_MONEY = 3e-4, 1e-4
"""An optimum counts as proven where the best plan known is so near to the best bound: relative, or money."""
LONG_S = 5.0
WHOLE_DAY = Duration(24 * HOUR)
MILP_S = 600.0
HOMES = 1_000
PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
"""
"""Tells a command's peak memory, MB, from a small process: a child also counts what its parent was."""


def priced(intervals: Sequence[Interval], day: int, devices: tuple[str, ...] | None = None) -> Problem:
    """The home at the prices of some days later."""
    problem = home(list(intervals), day, devices)
    steps = []
    for step in problem.steps:
        level = _level(step.interval, day)
        buy, sell = Price(round(level) + 30_000), Price(round(level) - 20_000)
        steps.append(msgspec.structs.replace(step, buy=(Segment(buy),), sell=(Segment(sell),)))
    return msgspec.structs.replace(problem, steps=tuple(steps))


def _level(step: Interval, day: int) -> float:
    """Mean price of a step so many days later, µ/kWh."""
    starts = range(step.start, step.end, FIVE_MINUTES)
    return float(np.mean([_price(Instant(start + day * 24 * HOUR)) for start in starts]))


def _price(start: Instant) -> int:
    hour = Instant(start - start % HOUR)
    return WHOLESALE.steps(hour)[(start - hour) // FIVE_MINUTES]


def twice(problem: Problem) -> Problem:
    """The same home with every device twice."""
    again = tuple(msgspec.structs.replace(device, id=f"{device.id} 2") for device in problem.devices)
    return msgspec.structs.replace(problem, devices=problem.devices + again)


def speed() -> None:
    """Time to a plan within its budget, to the greedy one, and what more time would gain."""
    cases: tuple[tuple[str, list[Interval], Callable[[Problem], Problem], float], ...] = (
        ("576 steps, 6 devices", uniform(576), lambda problem: problem, 1.0),
        ("576 steps, 12 devices", uniform(576), twice, 1.0),
        ("5/15/60 minutes, 6 devices", tapering(), lambda problem: problem, 1.0),
        ("5/15/60 minutes, 6 devices", tapering(), lambda problem: problem, 0.3),
    )
    print("| case | budget s | p50 s | p95 s | greedy p95 s | dearer than after 20 s, median | worst |")
    print("|---|---|---|---|---|---|---|")
    for name, intervals, change, budget in cases:
        found, first, dearer = [], [], []
        for day in range(DAYS):
            problem = change(priced(intervals, APART * day))
            first.append(plan(problem, budget=0).seconds)
            quick = plan(problem, budget=budget)
            found.append(quick.seconds)
            if day % 3 == 0:
                long = plan(problem, budget=20.0)
                dearer.append((quick.cost - long.cost) / abs(long.cost))
        p50, p95 = np.quantile(found, (0.5, 0.95))
        median, worst = np.median(dearer), max(dearer)
        greedy = np.quantile(first, 0.95)
        times = f"{p50:.2f} | {p95:.2f} | {greedy:.2f}"
        print(f"| {name} | {budget} | {times} | {median:.2%} | {worst:.2%} |", flush=True)
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        file.write(msgspec.json.encode(priced(uniform(576), 0)))
        file.flush()
        peak = peak_of([str(Path(sys.executable).with_name("temix-gateway")), "plan", file.name, "--json"])
    print(f"\nPeak memory of `temix-gateway plan` with 576 steps, 6 devices: {peak:.0f} MB")


def peak_of(command: list[str]) -> float:
    """Peak memory of a command, MB."""
    told = subprocess.run([sys.executable, "-c", PEAK, *command], capture_output=True, check=True, text=True)
    return float(told.stdout)


def steadiness() -> None:
    """A day's switches and cost, planned anew every 5 minutes on noisy prices, beside one that knows all."""
    days = (
        ("two peaks, made", rolling.two_peaks),
        ("ERCOT, 9 September", partial(_like_day, day=208)),
        ("ERCOT, 23 July, five times as dear", partial(_like_day, day=160, times=5)),
    )
    print(f"| day | plans | {' | '.join(rolling.SWITCHED)} | all | cost |")
    print("|---|---|" + "---:|" * (len(rolling.SWITCHED) + 2))
    for name, prices in days:
        _tell(f"{name} | one that knows all", rolling.single(WHOLE_DAY, LONG_S, prices))
        for seed in (0, 1):
            lived = rolling.live(WHOLE_DAY, 1, noises(seed), LONG_S, prices)
            _tell(f"{name} | {lived.plans}, noise {seed}", lived)


def _like_day(steps: Sequence[Interval], day: int, times: int = 1) -> np.ndarray:
    """Prices of some days later, currency units per kWh."""
    return times * np.array([_level(step, day) for step in steps]) / 1e6


def _tell(head: str, lived: rolling.Day) -> None:
    each = " | ".join(str(lived.switches_of(device)) for device in rolling.SWITCHED)
    print(f"| {head} | {each} | {lived.switches} | {lived.cost:.3f} |", flush=True)


def optimum() -> None:
    """Cost above the proven optimum at 96 steps of 15 minutes, of homes without and with heat.

    Proofs come from the planner's own bound with more time, or from the exact program begun at its plan.
    """
    whole = [("battery", *some) for count in (1, 2, 3) for some in combinations(WHOLE, count)]
    heated = [
        ("battery", *some, *heat)
        for count in (0, 1)
        for some in combinations(WHOLE, count)
        for heat in (*combinations(HEAT, 1), HEAT)
    ]
    print("| homes | proven | above the optimum, median | p95 | worst | worst, cents | planner p50 s |")
    print("|---|---|---|---|---|---|---|")
    _compare("without heat", whole, INSTANCES)
    _compare("with heat", heated, len(heated))


def _compare(name: str, sets: Sequence[tuple[str, ...]], count: int) -> None:
    """A row of the table. Where there is no proof, the distance is counted to the best bound known."""
    proven, above, cents, seconds, unproven = 0, [], [], [], []
    for number in range(count):
        devices = sets[number % len(sets)]
        problem = priced(uniform(96, QUARTER), 3 * number, devices)
        found = plan(problem)
        cost, bound = _best(problem)
        seconds.append(found.seconds)
        distance = found.cost / 1e9 - bound
        print(
            f"{number} {devices} {found.cost / 1e9:.4f}, at best {cost:.4f}, bound {bound:.4f}",
            file=sys.stderr,
            flush=True,
        )
        if cost - bound > max(PROOF_GAP * abs(cost), PROOF_MONEY):
            unproven.append(distance / abs(bound))
            continue
        proven += 1
        cents.append((found.cost / 1e9 - cost) * 100)
        above.append(cents[-1] / 100 / abs(cost))
    figures = "| | | | "
    if above:
        median, most = np.quantile(above, (0.5, 0.95))
        figures = f"| {median:.3%} | {most:.3%} | {max(above):.3%} | {max(cents):.2f} "
    print(f"| {name} | {proven} of {count} {figures}| {np.median(seconds):.2f} |", flush=True)
    if unproven:
        print(
            f"| {name}, the others: above a bound | {count - proven} | {np.median(unproven):.2%} | ", end=""
        )
        print(f"{np.quantile(unproven, 0.95):.2%} | {max(unproven):.2%} | | |", flush=True)


def _best(problem: Problem) -> tuple[float, float]:
    """Cost of the best plan that is known, and the best bound, currency units."""
    long = plan(problem, budget=LONG_S)
    cost, bound = long.cost / 1e9, -np.inf if long.bound is None else long.bound / 1e9
    if cost - bound <= max(PROOF_GAP * abs(cost), PROOF_MONEY):
        return cost, bound
    program, site = whole_case(Case.of(problem), exact=True)
    best = program.solve(PROOF_S, PROOF_GAP)
    if best is None:
        return cost, bound
    return min(cost, best.objective + site.constant), max(bound, best.bound + site.constant)


def milp() -> None:
    """The planner's second against ten minutes of one integer program of the whole problem, 576 steps."""
    print("| day | planner | its seconds | integer program | its gap | planner dearer by |")
    print("|---|---|---|---|---|---|")
    for day in (1, 8, 15):
        problem = priced(uniform(576), day)
        found = plan(problem)
        program, site = whole_case(Case.of(problem), exact=True)
        best = program.solve(MILP_S, 1e-4)
        head = f"| {day} | {found.cost / 1e9:.3f} | {found.seconds:.2f} "
        if best is None:
            print(f"{head}| none found | | |", flush=True)
            continue
        cost, bound = best.objective + site.constant, best.bound + site.constant
        gap, dearer = (cost - bound) / abs(cost), (found.cost / 1e9 - cost) / abs(cost)
        print(f"{head}| {cost:.3f} | {gap:.2%} | {dearer:.2%} |", flush=True)


def coarse_milp() -> None:
    """The integer program of the joined steps, its devices rounded to the steps' own, against the search."""
    limits = (0.3, 1.0, 5.0)
    print(f"| steps | day | search | its s | {' | '.join(f'at most {limit} s' for limit in limits)} |")
    print("|---|---|---|---|" + "---|" * len(limits))
    for steps in (tapering(), uniform(576)):
        for day in (48, 96, 160, 208):
            case = Case.of(priced(steps, day))
            found = plan(case.problem, budget=2.0)
            told = [_of_coarse_milp(case, limit) for limit in limits]
            print(f"| {len(steps)} | {day} | {found.cost / 1e9:.3f} | {found.seconds:.2f} | ", end="")
            print(" | ".join(told) + " |", flush=True)


def _of_coarse_milp(case: Case, limit: float) -> str:
    problem, parts = coarse(case.problem)
    began, rough, program = time.perf_counter(), Case.of(problem), Program()
    powers = enter(rough, program, Site.build(rough, program).balance, exact=True)
    found = program.solve(limit, PROOF_GAP)
    seconds = time.perf_counter() - began
    if found is None:
        return f"none in {seconds:.2f} s"
    of, master = np.repeat(np.arange(len(parts)), [len(part) for part in parts]), Master(case)
    for index, columns in powers.items():
        near = nearest(case.models[index], drawn(found, *columns)[of], case.grid)
        master.fix(index, master.add(index, near))
    best = master.solve(MILP_S)
    assert best is not None
    return f"{best.objective + master.site.constant:.3f} in {seconds:.2f} s"


def stall() -> None:
    """How late a timer of the event loop is while the planner's process plans 576 steps."""
    late = asyncio.run(_late())
    quantiles = np.quantile(late, (0.5, 0.99, 1.0)) * 1000
    print("| ticks | p50 ms | p99 ms | greatest ms |\n|---|---|---|---|")
    print(f"| {len(late)} | " + " | ".join(f"{quantile:.1f}" for quantile in quantiles) + " |")


def one_feeder() -> None:
    """The peak of 1,000 homes with a car each, where prices follow the load, against the least possible."""
    fleet = feeder.cars(HOMES, seed=1)
    least = feeder.least_peak(fleet)
    print(
        "| depth of tenders | turns of each home | peak, kW a home | of the least peak |\n|---|---|---|---|"
    )
    for deep in (True, False):
        for turns in (1, 4):
            drawn = feeder.night(fleet, deep=deep, turns=turns)
            peak = float((drawn + feeder.base(HOMES)).max())
            depth = "all that is asked" if deep else "20 W a home"
            print(f"| {depth} | {turns} | {peak / HOMES:.2f} | {peak / least:.2f} |", flush=True)


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


COMMANDS = {
    "speed": speed,
    "steadiness": steadiness,
    "optimum": optimum,
    "milp": milp,
    "coarse": coarse_milp,
    "stall": stall,
    "feeder": one_feeder,
}


if __name__ == "__main__":
    names = chosen(__doc__, COMMANDS)
    print(f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}, {time.strftime('%Y-%m-%d')}\n")
    for name in names:
        print(f"## {name}\n")
        COMMANDS[name]()
        print()
