"""A search over whole schedules of the devices: they answer each other, the batteries, and marginal prices.

The master program holds the linear part of the home and, for each other device, the schedules seen so far
(its columns). With every device fixed to one it tells what batteries do, and what a stored kWh is worth in
each step. At that worth a battery is but one more seller and buyer of each step: so each device in turn
answers the true cost beside the others and the batteries, until none gains by another schedule. That is begun
from the relaxed program's plan, rounded, then from what is known already, and from others while that gains.

Column generation (Dantzig and Wolfe 1960) says how good that is where each device's best answer is exact: the
master program mixes schedules, and devices answer its prices, until none is new.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from temix_gateway.planning.case import Case
from temix_gateway.planning.following import nearest
from temix_gateway.planning.guide import CLOSE, Guide, bound, guide
from temix_gateway.planning.holding import unswitched, worth
from temix_gateway.planning.master import Master
from temix_gateway.planning.models import Model
from temix_gateway.planning.models.battery import BatteryModel
from temix_gateway.planning.models.model import Cost, Floats, Schedule
from temix_gateway.planning.models.pv_curtailment import PvModel
from temix_gateway.planning.models.single_run import SingleModel
from temix_gateway.planning.program import Solution
from temix_gateway.planning.reasons import IDLE_WATTS
from temix_gateway.planning.tariff import Answer

KEPT = 0.005
"""Currency units by which a change of a device's plan must lower the cost.

Against the least noise alone: what is kept is lost at each new plan again. For the rest see ``holding``.
"""
MOST_ROUNDS = 60
TINY = 1e-7
"""Currency units by which another schedule of a device must lower the cost."""
ENOUGH = 5e-4
"""Share of the cost that a new beginning must gain, for one more to be worth its time."""
FINISH_S = 0.5
"""Seconds that a step without which there is no plan may take, though time is up."""
GUIDED = 0.9
"""Of the time that is left, what the relaxed program may take."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A schedule for each device, in their order, and what no plan costs less than (currency units)."""

    schedules: tuple[Schedule, ...]
    bound: float | None


class Search:
    """One run of the search on a case, to be done by ``until`` (monotonic seconds)."""

    def __init__(self, case: Case, until: float) -> None:
        """Begin with the linear part alone."""
        self.case, self.until, self.master = case, until, Master(case)
        self.fixed: dict[int, int] = {}
        self.bound: float | None = None
        self._asked: set[tuple[int, tuple[tuple[int, int], ...]]] = set()

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return self.until - time.monotonic()

    def run(self, first: Mapping[int, Schedule], kept: Mapping[int, Schedule]) -> Outcome | None:
        """The best plan found from a first schedule for each device; None if time was up before.

        The schedules in ``kept`` count a little cheaper than they are, so that noise does not change them.
        """
        if self.left <= 0:
            return None
        begin = {index: self.master.add(index, schedule, KEPT) for index, schedule in kept.items()}
        for index in self.master.choosing:
            begin.setdefault(index, self.master.add(index, first[index]))
        best = self._take(begin)
        if best is None:
            return None
        guided = guide(self.case, GUIDED * self.left)
        self.bound = None if guided is None else guided.bound
        best = self._best_of(self._beginnings(begin, guided), best)
        if not self._close(best) and all(_answers_exactly(model) for model in self.case.models):
            best = self._rounds() or best
        best = self.master.final(best, max(self.left, FINISH_S))
        if self.bound is None and self.left > 0:
            self.bound = bound(self.case, self.left)
        return Outcome(self._schedules(best), self.bound)

    def held(
        self, schedules: Sequence[Schedule], running: Mapping[int, float], kept: Mapping[int, Schedule]
    ) -> tuple[Schedule, ...]:
        """Schedules by which devices go on as they do where switching now would gain too little by itself.

        ``running`` is what each draws up to now, W. What is to begin now by the plan in force (``kept``)
        begins, and a run that is begun only once is free to.
        """
        columns = {index: self.master.add(index, schedules[index]) for index in self.master.choosing}
        begun = best = self._take(columns)
        if best is None:
            return tuple(schedules)
        for index in self.master.choosing:
            on = running.get(index, 0.0) > IDLE_WATTS
            begins_as_planned = not on and index in kept and kept[index].power[0] > IDLE_WATTS
            if begins_as_planned or index not in running or isinstance(self.case.models[index], SingleModel):
                continue
            best = self._hold(index, best, on=on)
        if best is begun:
            return tuple(schedules)
        return self._schedules(self.master.final(best, max(self.left, FINISH_S)))

    def _hold(self, index: int, best: Solution, *, on: bool) -> Solution:
        before = self.fixed[index]
        schedule = self.master.columns[before][1]
        if (schedule.power[0] > IDLE_WATTS) == on:
            return best
        held = self.case.models[index].best(unswitched(self._cost_beside(index, best), on=on))
        if (held.power[0] > IDLE_WATTS) != on:
            return best  # it cannot go on
        column = self.master.add(index, held)
        self.master.fix(index, column)
        found = self.master.solve(max(self.left, FINISH_S))
        known = self.master.discounts
        gain = worth(self.case, schedule, held) + known.get(before, 0.0) - known.get(column, 0.0)
        if found is None or found.objective > best.objective + gain:
            self.master.fix(index, before)
            return best
        self.fixed[index] = column
        return found

    def _schedules(self, best: Solution) -> tuple[Schedule, ...]:
        """What each device does in a solution with every device fixed."""
        found = self.master.site.schedules(best)
        found.update((index, self.master.columns[column][1]) for index, column in self.fixed.items())
        return tuple(found[index] for index in range(len(self.case.models)))

    def _close(self, best: Solution) -> bool:
        cost = best.objective + self.master.site.constant
        return self.bound is not None and cost - self.bound < CLOSE * abs(cost)

    def _take(self, columns: Mapping[int, int]) -> Solution | None:
        """Fix each device to a schedule."""
        for index, column in columns.items():
            self.fixed[index] = column
            self.master.fix(index, column)
        return self.master.solve(max(self.left, FINISH_S))

    def _beginnings(self, begin: dict[int, int], guided: Guide | None) -> Iterator[dict[int, int]]:
        """Columns for the devices: near the relaxed program; what is known; one by one in several orders."""
        if guided is not None:
            yield {
                index: self.master.add(index, nearest(self.case.models[index], drawn, self.case.grid))
                for index, drawn in guided.drawn.items()
            }
        yield begin
        for turn in range(len(self.master.choosing)):
            yield self._ordered(turn, () if guided is None else guided.answers)

    def _best_of(self, beginnings: Iterable[dict[int, int]], best: Solution) -> Solution:
        """Settle from one beginning after another, as long as the last one gained enough."""
        known, least = dict(self.fixed), best.objective
        for number, columns in enumerate(beginnings):
            found = self._take(columns)
            found = None if found is None else self._settle(found)
            gain = 0.0 if found is None else least - found.objective
            if found is not None and gain > TINY:
                known, least, best = dict(self.fixed), found.objective, found
            enough = ENOUGH * abs(least + self.master.site.constant)
            if self.left <= 0 or self._close(best) or (number and gain < enough):
                break
        return self._take(known) or best

    def _settle(self, best: Solution) -> Solution:
        """Let each device in turn answer what the others do, until none gains by it."""
        idle = 0
        while idle < len(self.master.choosing):
            for index in self.master.choosing:
                if self.left <= 0 or idle >= len(self.master.choosing) or self._close(best):
                    return best
                better = self._answer(index, best)
                idle = idle + 1 if better is None else 0
                best = best if better is None else better
        return best

    def _answer(self, index: int, best: Solution) -> Solution | None:
        """A better solution with another schedule of one device; None where there is none.

        Batteries answer it at the worth that what they store has now.
        """
        asked = index, tuple(sorted(self.fixed.items()))
        if asked in self._asked:
            return None
        self._asked.add(asked)
        answer = self.case.models[index].best(self._cost_beside(index, best))
        column, before = self.master.add(index, answer), self.fixed[index]
        if column == before:
            return None
        self.master.fix(index, column)
        found = self.master.solve(max(self.left, FINISH_S))
        if found is None or found.objective > best.objective - TINY:
            self.master.fix(index, before)
            return None
        self.fixed[index] = column
        return found

    def _cost_beside(self, index: int, best: Solution) -> Cost:
        """What a device's power costs beside the others; batteries answer at the worth of what they store."""
        return self.case.tariff.beside(self.master.site.answers(best)).added_to(self._beside(index))

    def _beside(self, index: int) -> Floats:
        """Net load (Wh) of the home without a device and without what answers it, batteries and PV."""
        drawn = [
            self.master.columns[column][1].power for other, column in self.fixed.items() if other != index
        ]
        return self.case.fixed + np.sum(drawn, axis=0) * self.case.grid.hours if drawn else self.case.fixed

    def _ordered(self, turn: int, answers: Sequence[Answer]) -> dict[int, int]:
        """Schedules that devices choose one after the other, another one first in each turn."""
        tariff, net = self.case.tariff.beside(answers), self.case.fixed
        begin: dict[int, int] = {}
        devices = self.master.choosing[::-1]
        for index in (*devices[turn:], *devices[:turn]):
            schedule = self.case.models[index].best(tariff.added_to(net))
            net = net + schedule.power * self.case.grid.hours
            begin[index] = self.master.add(index, schedule)
        return begin

    def _rounds(self) -> Solution | None:
        """Prices and answers in turn, until none is new: each turn yields a bound. What is fixed stays so."""
        known = dict(self.fixed)
        for index in self.master.choosing:
            self.master.free(index)
        for _ in range(MOST_ROUNDS):
            solution = self.master.solve(self.left) if self.left > 0 else None
            if solution is None:
                break
            cost, bound = linear(solution.duals[self.master.site.balance], self.case), solution.objective
            seen = len(self.master.columns)
            for index in self.master.choosing:
                schedule = self.case.models[index].best(cost)
                lowest = float(cost(schedule.power).sum()) + schedule.own_cost
                bound += lowest - float(solution.duals[self.master.one[index]])
                self.master.add(index, schedule)
            bound += self.master.site.constant
            self.bound = bound if self.bound is None else max(bound, self.bound)
            if len(self.master.columns) == seen:
                break
        return self._take(known)


def _answers_exactly(model: Model) -> bool:
    """Whether a device's best answer to prices is the best that there is."""
    return isinstance(model, BatteryModel | PvModel | SingleModel) or model.storage.exact


def linear(marginal: Floats, case: Case) -> Cost:
    """The cost of power at marginal prices, currency units per kWh."""
    price = marginal * case.grid.hours / 1000

    def cost(power: Floats) -> Floats:
        costs: Floats = power * price.reshape((-1, *[1] * (power.ndim - 1)))
        return costs

    return cost
