"""Small homes as mixed-integer programs, written from what the devices' documentation says and nothing else.

They share no array and no rule with the planner's own models, so that a mistake there is seen. Steps are of
one length, at most a quarter of an hour; rules on runs and rests are whole multiples of it.
"""

import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import highspy
from temix_gateway.planning import Problem
from temix_gateway.planning.devices import (
    Battery,
    Climate,
    Curtailable,
    DailyRun,
    Device,
    EvCharger,
    PvCurtailment,
    SingleRun,
    WaterHeater,
)
from temix_market.instants import HOUR, Duration

type Term = Any
"""A variable, a number, or a sum of such."""
HUGE = 1e5
"""Wh, W and K beyond what any of these homes has."""


@dataclass
class Reference:
    """One program; ``cost`` in currency units, ``drawn`` in W by step."""

    problem: Problem
    solver: highspy.Highs = field(default_factory=highspy.Highs)
    cost: Term = 0.0

    def __post_init__(self) -> None:
        """Enter everything."""
        self.solver.silent()
        # The threads of a process's first solver are those of all: with others, the planner's would fail.
        self.solver.setOptionValue("threads", 1)
        steps = self.problem.steps
        self.count, self.hours = len(steps), steps[0].interval.duration / HOUR
        assert {step.interval.duration for step in steps} == {steps[0].interval.duration}
        assert self.hours <= 0.25
        drawn: list[Term] = [step.base_load - step.pv for step in steps]
        for device in self.problem.devices:
            drawn = [before + more for before, more in zip(drawn, self._enter(device), strict=True)]
        for number, step in enumerate(steps):
            beyond: Term = step.position
            for segment in step.buy:
                taken = self._some(HUGE if segment.depth is None else segment.depth)
                beyond, self.cost = beyond + taken, self.cost + taken * (segment.price / 1e9)
            for segment in step.sell:
                given = self._some(HUGE if segment.depth is None else segment.depth)
                beyond, self.cost = beyond - given, self.cost - given * (segment.price / 1e9)
            net = drawn[number] * self.hours
            self._must(net == beyond)
            for limit, sign in ((self.problem.import_limit, 1), (self.problem.export_limit, -1)):
                if limit is not None:
                    excess = self._some()
                    self._must(excess >= sign * net - limit * self.hours)
                    self.cost += excess * (self.problem.limit_worth / 1e9)

    def optimum(self) -> float:
        """The proven least cost, currency units."""
        self.solver.setOptionValue("mip_rel_gap", 0.0)
        self.solver.setOptionValue("mip_abs_gap", 1e-7)
        self.solver.setOptionValue("time_limit", 40.0)
        self.solver.minimize(self.cost)
        assert self.solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
        return float(self.solver.getInfo().objective_function_value)

    def _some(self, most: float = HUGE, least: float = 0.0) -> Term:
        return self.solver.addVariable(lb=least, ub=most)

    def _yes(self) -> Term:
        return self.solver.addBinary()

    def _must(self, rule: Term) -> None:
        if isinstance(rule, bool):
            assert rule
        else:
            self.solver.addConstr(rule)

    def _short(self, wanted: float, held: Term, worth: float) -> None:
        """What is missing costs; ``worth`` per unit, currency units."""
        missing = self._some()
        self._must(missing >= wanted - held)
        self.cost += missing * worth

    def _until(self, instant: int) -> int:
        """The last step that ends by then."""
        return max(
            (n for n, step in enumerate(self.problem.steps) if step.interval.end <= instant), default=-1
        )

    def _enter(self, device: Device) -> list[Term]:  # noqa: PLR0911 - one for each kind
        match device:
            case EvCharger():
                return self._car(device)
            case Battery():
                return self._battery(device)
            case WaterHeater():
                return self._tank(device)
            case Climate():
                return self._room(device)
            case DailyRun():
                return self._counted(device)
            case SingleRun():
                return self._once(device)
            case Curtailable():
                return self._pausing(device)
            case PvCurtailment():
                return [self._some(device.most * step.pv) for step in self.problem.steps]

    def _car(self, car: EvCharger) -> list[Term]:
        most = (car.max_power - car.min_power) // car.power_step
        arrives = self.problem.steps[0].interval.start if car.arrives is None else car.arrives
        leaves = car.ready_by if car.stays_until is None else car.stays_until
        due, worth = self._until(car.ready_by), car.worth / 1e9
        held: Term = car.stored
        drawn = []
        for number, step in enumerate(self.problem.steps):
            charges, amps = self._yes(), self.solver.addIntegral(lb=0, ub=most)
            self._must(amps <= most * charges)
            if not (step.interval.start >= arrives and step.interval.end <= leaves):
                self._must(charges == 0)
            power, held = self._filled(
                charges * car.min_power + amps * car.power_step, held, car.efficiency, car.capacity
            )
            drawn.append(power)
            if number == due:
                self._short(car.target, held, worth)
            elif number < due:
                self._short(car.minimum, held, worth * self.hours)
                self._short(car.target, held, worth * self.hours * car.leaves_early)
        return drawn

    def _filled(self, asked: Term, held: Term, efficiency: float, capacity: float) -> tuple[Term, Term]:
        """What is drawn of the power asked for, and what is held then: all, or as much as fills the store."""
        full, power, after = self._yes(), self._some(), self._some(capacity, -HUGE)
        self._must(after == held + power * (efficiency * self.hours))
        self._must(power <= asked)
        self._must(power >= asked - HUGE * full)
        self._must(after >= capacity - 2 * HUGE + 2 * HUGE * full)
        return power, after

    def _battery(self, battery: Battery) -> list[Term]:
        usual = self.problem.usual_price * 1e6
        end = (
            usual * battery.discharge_efficiency - battery.wear
            if battery.end_price is None
            else battery.end_price
        )
        held: Term = battery.stored
        drawn = []
        for _ in self.problem.steps:
            charges, taken, given = self._yes(), self._some(), self._some()
            self._must(taken <= battery.max_charge * charges)
            self._must(given <= battery.max_discharge - battery.max_discharge * charges)
            after = self._some(battery.capacity, min(battery.reserve, battery.stored))
            self._must(
                after
                == held
                + taken * (battery.charge_efficiency * self.hours)
                - given * (self.hours / battery.discharge_efficiency)
            )
            held = after
            self.cost += given * (self.hours * battery.wear / 1e9)
            drawn.append(taken - given)
        self.cost -= (held - battery.stored) * (end / 1e9)
        if battery.target is not None:
            self._short(battery.target, held, battery.worth / 1e9)
        return drawn

    def _tank(self, tank: WaterHeater) -> list[Term]:
        keep, worth = math.exp(-self.hours / tank.loss_hours), tank.worth / 1e9
        heated, on = self._levels(tank.power, tank.levels)
        self._switches(on, tank.on, tank.lasted, tank.min_run, tank.min_rest)
        held: Term = tank.stored
        drawn = []
        for number, asked in enumerate(heated):
            idle = held * keep - tank.draws[number] * self.hours
            power, after = self._filled(asked, idle, tank.efficiency, tank.capacity)
            unserved, lacks = self._some(), self._yes()
            self._must(after + unserved >= 0)
            self._must(unserved <= HUGE * lacks)  # what is lacking, and no more
            self._must(unserved <= HUGE - HUGE * lacks - after)
            self.cost += unserved * worth
            self._short(tank.reserve, after, worth * self.hours)
            held = after + unserved  # a draw that found no heat is gone
            drawn.append(power)
        return drawn

    def _levels(self, power: float, levels: int) -> tuple[list[Term], list[Term]]:
        asked, on = [], []
        for _ in self.problem.steps:
            runs, level = self._yes() if power else self._some(0), self.solver.addIntegral(lb=0, ub=levels)
            self._must(level <= levels * runs)
            self._must(level >= runs)
            asked.append(level * (power / levels))
            on.append(runs)
        return asked, on

    def _room(self, room: Climate) -> list[Term]:
        keep, worth = math.exp(-self.hours / room.loss_hours), room.worth / 1e6
        heating, warms = self._levels(room.heating_power, room.levels)
        cooling, cools = self._levels(room.cooling_power, room.levels)
        on = [first + second for first, second in zip(warms, cools, strict=True)]
        for runs in on:
            self._must(runs <= 1)
        self._switches(on, room.on, room.lasted, room.min_run, room.min_rest)
        held: Term = room.temperature
        for number, outdoor in enumerate(room.outdoor):
            heat = (
                heating[number] * room.heating_efficiency
                - cooling[number] * room.cooling_efficiency
                + (room.gains[number] if room.gains else 0.0)
            )
            after = self._some(HUGE, -HUGE)
            self._must(
                after
                == held * keep
                + outdoor * (1 - keep)
                + heat * ((1 - keep) * room.loss_hours / room.heat_capacity)
            )
            self._short(room.low[number], after, worth * self.hours)
            above = self._some()
            self._must(above >= after - room.high[number])
            self.cost += above * (worth * self.hours)
            held = after
        return [first + second for first, second in zip(heating, cooling, strict=True)]

    def _counted(self, pump: DailyRun) -> list[Term]:
        on = [self._yes() for _ in self.problem.steps]
        inside = [False] * self.count
        for window in pump.windows:
            hours: Term = 0.0
            for number, step in enumerate(self.problem.steps):
                if window.start <= step.interval.start and step.interval.end <= window.end:
                    inside[number] = True
                    hours = hours + on[number] * self.hours
            self._short(window.run / HOUR, hours, pump.worth / 1e6)
        for runs, may in zip(on, inside, strict=True):
            if not may:
                self._must(runs == 0)
        for start in self._switches(on, pump.on, pump.lasted, pump.min_run, pump.min_rest):
            self.cost += start * (pump.start_cost / 1e6)
        return [runs * pump.power for runs in on]

    def _switches(
        self, on: list[Term], was_on: bool, lasted: Duration, min_run: Duration, min_rest: Duration
    ) -> list[Term]:
        """The rules on runs and rests; whether each step begins a run."""
        step = self.problem.steps[0].interval.duration
        least_on, least_off = max(1, -(-min_run // step)), max(1, -(-min_rest // step))
        before = [1 if was_on else 0, *on[:-1]]
        starts, stops = [self._yes() for _ in on], [self._yes() for _ in on]
        for number, runs in enumerate(on):
            self._must(starts[number] - stops[number] == runs - before[number])
            self._must(starts[number] + stops[number] <= 1)
            for later in range(number, min(self.count, number + least_on)):
                self._must(on[later] >= starts[number])
            for later in range(number, min(self.count, number + least_off)):
                self._must(on[later] <= 1 - stops[number])
        left = (min_run if was_on else min_rest) - lasted
        for number in range(min(self.count, max(0, -(-left // step)))):
            self._must(on[number] == (1 if was_on else 0))
        return starts

    def _once(self, run: SingleRun) -> list[Term]:
        steps, length = self.problem.steps, len(run.profile) * run.profile_step
        earliest = steps[0].interval.start if run.earliest is None else run.earliest
        first = [step.interval.start for step in steps]
        starts = (
            [at for at in first if at >= earliest and at + length <= steps[-1].interval.end]
            if run.started is None
            else [run.started]
        )
        chosen = [self._yes() for _ in starts]
        total: Term = 0.0 if run.started is not None else self._yes()
        self.cost += total * (run.worth / 1e6)
        drawn: list[Term] = [0.0] * self.count
        for start, yes in zip(starts, chosen, strict=True):
            total = total + yes
            self.cost += yes * (max(0, start + length - run.ready_by) / HOUR * run.late_worth / 1e6)
            for part, power in enumerate(run.profile):
                begins = start + part * run.profile_step
                for number, step in enumerate(steps):
                    overlap = min(step.interval.end, begins + run.profile_step) - max(
                        step.interval.start, begins
                    )
                    if overlap > 0:
                        drawn[number] = drawn[number] + yes * (power * overlap / step.interval.duration)
        self._must(total == 1)
        return drawn

    def _pausing(self, load: Curtailable) -> list[Term]:
        step = self.problem.steps[0].interval.duration
        on = [self._yes() for _ in self.problem.steps]
        self._switches(on, not load.paused, load.lasted, load.between, load.shortest_pause)
        most, already = load.longest_pause // step, load.lasted // step if load.paused else 0
        for first in range(self.count):
            end = first + most + 1 - (already if first == 0 else 0)
            if end <= self.count:
                self._must(sum(on[first:end]) >= 1)
        for number, runs in enumerate(on):
            self.cost += (1 - runs) * (load.load[number] * self.hours * load.worth / 1e9)
        return [runs * power for runs, power in zip(on, load.load, strict=True)]


def optimum(problem: Problem) -> float:
    """The proven least cost of a small home, currency units."""
    assert all(one.interval.end == other.interval.start for one, other in pairwise(problem.steps))
    return Reference(problem).optimum()
