"""The whole case as one mixed-integer program: exact but slow; or with fractions, a bound within moments."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from temix_gateway.planning.case import Case
from temix_gateway.planning.devices.fields import money
from temix_gateway.planning.following import nearest
from temix_gateway.planning.models.battery import BatteryModel
from temix_gateway.planning.models.duty import Duty
from temix_gateway.planning.models.model import Floats, Schedule
from temix_gateway.planning.models.pv_curtailment import PvModel
from temix_gateway.planning.models.single_run import SingleModel
from temix_gateway.planning.models.storage import Storage
from temix_gateway.planning.program import INFINITE, Indices, Program, Solution, run
from temix_gateway.planning.site import Site

GAP = 1e-4
"""Relative gap at which a plan of the exact program is good enough."""
MOST_CHOICES = 3_000
"""Devices times steps up to which the exact program is tried."""


type Powers = dict[int, tuple[Indices, Floats]]
"""By the index of a device its columns, and the power (W) that each stands for, (T, …)."""


def whole_case(case: Case, *, exact: bool) -> tuple[Program, Site]:
    """The program of a case.

    Args:
        case: what to plan.
        exact: levels are integers, rules on switching and thermostats hold. Otherwise a level may run for a
            share of a step: whatever the devices can do costs at least the minimum of that program.
    """
    program = Program()
    site = Site.build(case, program)
    enter(case, program, site.balance, exact=exact)
    return program, site


@dataclass(frozen=True, slots=True)
class Optimum:
    """A schedule for each device, in their order; no plan costs less than ``bound`` (currency units)."""

    schedules: tuple[Schedule, ...]
    bound: float


def tractable(case: Case) -> bool:
    """Whether the exact program of a case is mostly solved within moments: no heat, no car, not too long."""
    free = [model for model in case.models if not isinstance(model, BatteryModel | PvModel)]
    return len(free) * len(case.grid) <= MOST_CHOICES and all(
        isinstance(model, SingleModel) or model.storage.counts for model in free
    )


def optimum(case: Case, seconds: float, known: Sequence[Schedule]) -> Optimum | None:
    """The best plan by the exact program, from a known one on; None if time was up before it had one."""
    program = Program()
    site = Site.build(case, program)
    powers = enter(case, program, site.balance, exact=True)
    solver = program.solver(relaxed=False)
    solver.setOptionValue("mip_rel_gap", GAP)
    solver.setOptionValue("mip_allow_restart", False)
    hints = [_hint(known[index].power, *chosen) for index, chosen in powers.items()]
    if hints:
        columns, values = (np.concatenate(part) for part in zip(*hints, strict=True))
        solver.setSolution(len(columns), columns.astype(np.int32), values)
    found = run(solver, seconds)
    if found is None:
        return None
    schedules = site.schedules(found)
    for index, chosen in powers.items():
        schedules[index] = nearest(case.models[index], drawn(found, *chosen), case.grid)
    ordered = tuple(schedules[index] for index in range(len(case.models)))
    return Optimum(ordered, found.bound + site.constant)


def drawn(solution: Solution, columns: Indices, power: Floats) -> Floats:
    """What a device draws in a solution, W, (T,)."""
    total: Floats = (solution.columns[columns] * power).sum(axis=1)
    return total


def _hint(wanted: Floats, columns: Indices, power: Floats) -> tuple[Indices, Floats]:
    """The columns of a device, and which of them stand for a power (W): a start, or a level in each step."""
    single = columns.ndim == 1
    chosen = started(wanted, power) if single else (np.abs(power - wanted[:, None]) < 1).astype(np.float64)
    return columns.ravel(), chosen.ravel()


def started(wanted: Floats, power: Floats) -> Floats:
    """Which of a single run's starts, (T, starts), draws a power (W): one, or none where nothing is drawn."""
    starts = np.zeros(power.shape[1])
    if starts.size and wanted.any():
        starts[np.argmin(np.abs(power - wanted[:, None]).sum(axis=0))] = 1.0
    return starts


def enter(case: Case, program: Program, balance: Indices, *, exact: bool) -> Powers:
    """Enter the devices that are not in the linear part."""
    powers: Powers = {}
    for index, model in enumerate(case.models):
        if isinstance(model, SingleModel):
            powers[index] = _single(model, program, balance, exact=exact), model.power
        elif not isinstance(model, BatteryModel | PvModel):
            powers[index] = _storage(model.storage, program, balance, exact=exact)
    return powers


def _single(model: SingleModel, program: Program, balance: Indices, *, exact: bool) -> Indices:
    starts = program.add_columns(model.late * money(model.device.late_worth), whole=exact)
    energy = model.power * model.grid.hours[:, None] / 1000
    program.put(balance[:, None], starts[None, :], -energy)
    one = program.add_rows(np.ones(1), np.ones(1))
    program.put(one, starts, 1.0)
    if model.device.started is None:
        program.put(one, program.add_columns(np.array([money(model.device.worth)]), whole=exact), 1.0)
    return starts


def _storage(storage: Storage, program: Program, balance: Indices, *, exact: bool) -> tuple[Indices, Floats]:
    grid, steps = storage.grid, len(storage.grid)
    plain = storage.free_to_switch and storage.extra is None and not (exact and storage.throttles)
    levels = np.arange(storage.power.shape[1]) if exact else _outer(storage)
    levels = levels[levels > 0] if plain else levels  # off is then what is left of a step
    extra = np.zeros_like(storage.power) if storage.extra is None else storage.extra
    usable = np.where(storage.allowed[:, levels], 1.0, 0.0)
    cut_off = exact and storage.throttles
    runs = program.add_columns(extra[:, levels], upper=usable, whole=exact and not cut_off)
    chosen = program.add_columns(np.zeros(usable.shape), upper=usable, whole=True) if cut_off else runs
    one = program.add_rows(np.full(steps, 0.0 if plain else 1.0), np.ones(steps))
    program.put(one[:, None], chosen, 1.0)
    if cut_off:
        less = program.add_rows(np.full(chosen.size, -INFINITE), np.zeros(chosen.size)).reshape(chosen.shape)
        program.put(less, runs, 1.0)
        program.put(less, chosen, -1.0)
    program.put(balance[:, None], runs, -storage.power[:, levels] * grid.hours[:, None] / 1000)

    if storage.counts:
        _count(storage, program, runs, levels)
    else:
        _follow(storage, program, runs, levels, chosen if cut_off else None)
    if storage.duty is not None and not storage.free_to_switch:
        _switching(storage, storage.duty, program, chosen)
    return runs, storage.power[:, levels]


def _count(storage: Storage, program: Program, runs: Indices, levels: Indices) -> None:
    """A quantity that only adds up until it begins anew: one sum for each wish, with no state between."""
    begins = 0
    for step in range(len(storage.grid)):
        if storage.keep[step] == 0:
            begins = step
        for wish in storage.wishes:
            if wish.weight[step]:
                start = storage.start if not (storage.keep[: step + 1] == 0).any() else 0.0
                row = program.add_rows(np.array([wish.target[step] - start]), np.array([INFINITE]))
                program.put(row, runs[begins : step + 1], storage.push[begins : step + 1, levels])
                program.put(row, program.add_columns(wish.weight[step : step + 1]), 1.0)


def _follow(
    storage: Storage, program: Program, runs: Indices, levels: Indices, chosen: Indices | None
) -> None:
    """The stored quantity step by step; ``chosen`` where a level is cut off when the store is full."""
    steps = len(storage.grid)
    scale = float(storage.points[-1] - storage.points[0]) / 10
    low, high = (storage.points[[0, -1]] / scale) if storage.throttles else (-INFINITE, INFINITE)
    worth = np.zeros(steps)
    worth[-1] = -storage.end_worth * scale
    state = program.add_columns(worth, lower=low, upper=high)
    shorts = [
        _wish(program, state, wish.target / scale, wish.weight * scale, wish.above) for wish in storage.wishes
    ]
    start = np.zeros(steps)
    start[0] = storage.keep[0] * max(storage.start, storage.floor) / scale
    flow = program.add_rows(start - storage.drain / scale, start - storage.drain / scale)
    program.put(flow, state, 1.0)
    program.put(flow[1:], state[:-1], -storage.keep[1:])
    program.put(flow[:, None], runs, -storage.push[:, levels] / scale)
    if np.isfinite(
        storage.floor
    ):  # the first wish is what lies below the floor: it is made good, and paid for
        program.put(flow[1:], shorts[0][:-1], -storage.keep[1:])
    if chosen is not None:
        _thermostat(storage, program, state, chosen, runs)


def _outer(storage: Storage) -> Indices:
    """Off and the levels that push most in either direction: between them lies every other."""
    total = storage.push.sum(axis=0)
    outer = {0, int(np.argmax(total)), int(np.argmin(total))}
    return np.array(sorted(outer | ({1} if storage.extra is not None else set())), dtype=np.int64)


def _wish(program: Program, state: Indices, target: Floats, weight: Floats, above: bool) -> Indices:
    short = program.add_columns(weight)
    sign = -1.0 if above else 1.0
    rows = program.add_rows(
        np.full(len(target), -INFINITE) if above else target,
        target if above else np.full(len(target), INFINITE),
    )
    program.put(rows, state, 1.0)
    program.put(rows, short, sign)
    return short


def _thermostat(storage: Storage, program: Program, state: Indices, chosen: Indices, runs: Indices) -> None:
    """A level runs for less than the step only where that fills the store: ``full`` allows and demands it."""
    steps, top = len(storage.grid), storage.points[-1]
    scale = float(top - storage.points[0]) / 10
    full = program.add_columns(np.zeros(steps), upper=1.0, whole=True)
    partly = program.add_rows(np.full(steps, -INFINITE), np.zeros(steps))
    program.put(partly[:, None], chosen[:, 1:], 1.0)
    program.put(partly[:, None], runs[:, 1:], -1.0)
    program.put(partly, full, -1.0)
    reaches = program.add_rows(np.full(steps, top / scale - 10), np.full(steps, INFINITE))
    program.put(reaches, state, 1.0)
    program.put(reaches, full, -10.0)


def _switching(storage: Storage, duty: Duty, program: Program, chosen: Indices) -> None:
    """Starts and stops, each followed by its shortest run or rest; no rest longer than the longest."""
    steps = len(storage.grid)
    units = np.maximum(1, np.round(storage.grid.hours * 12)).astype(int)
    began = np.concatenate([[0], np.cumsum(units)])
    was_on = duty.is_on(storage.phase)
    lasted = storage.phase + 1 - (duty.off if was_on else 0)
    off = chosen[:, 0]
    starts = program.add_columns(np.full(steps, storage.start_cost))
    stops = program.add_columns(np.zeros(steps))
    first = np.zeros(steps)
    first[0] = 0.0 if was_on else 1.0
    change = program.add_rows(first, first)  # off − off before + starts − stops = 0
    program.put(change, off, 1.0)
    program.put(change[1:], off[:-1], -1.0)
    program.put(change, starts, 1.0)
    program.put(change, stops, -1.0)
    every = np.arange(steps)
    ran = program.add_rows(
        np.full(steps, -INFINITE), np.ones(steps)
    )  # in the shortest run of a start: not off
    program.put(ran, off, 1.0)
    step, start = _spans(np.searchsorted(began[:-1], began[:-1] - duty.on, side="right"), every + 1)
    program.put(ran[step], starts[start], 1.0)
    rested = program.add_rows(
        np.zeros(steps), np.full(steps, INFINITE)
    )  # in the shortest rest of a stop: off
    program.put(rested, off, 1.0)
    step, stop = _spans(np.searchsorted(began[:-1], began[:-1] - duty.min_rest, side="right"), every + 1)
    program.put(rested[step], stops[stop], -1.0)
    bound = np.array([0.0 if was_on else 1.0])
    for step in np.flatnonzero(began[:-1] < (duty.on if was_on else duty.min_rest) - lasted):
        program.put(program.add_rows(bound, bound), off[step : step + 1], 1.0)
    if duty.max_rest is not None:  # steps that together exceed the longest rest: one of them runs
        most = began[:-1] + duty.max_rest
        most[0] -= 0 if was_on else lasted
        end = np.searchsorted(began, most, side="right")
        begin = np.flatnonzero(end <= steps)
        row = program.add_rows(np.full(len(begin), -INFINITE), (end[begin] - begin - 1).astype(np.float64))
        step, within = _spans(begin, end[begin])
        program.put(row[step], off[within], 1.0)


def _spans(first: Indices, end: Indices) -> tuple[Indices, Indices]:
    """For each span from first to end: its number, as often as it is long, and what lies in it."""
    long = end - first
    number = np.repeat(np.arange(len(long)), long)
    place = np.arange(long.sum()) - np.repeat(np.cumsum(long) - long, long)
    return number, first[number] + place
