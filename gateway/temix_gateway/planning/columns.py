"""Column generation: devices answer marginal prices with schedules; a program mixes and picks.

The master program holds the linear part of the home and, for each other device, the schedules seen so far
(its columns). Solved with fractions it yields marginal prices of energy; at these each device finds the
schedule that would help most. When none helps, schedules are fixed one device after the other, those left
answering the new prices (diving). Prices are blind to the kink at the position, and to how far a battery
bends: so from then on devices also answer what power truly costs beside the others' schedules, blended with
prices, and an integer program picks among all schedules; until that, and an exchange of one device's
schedule after the other, helps no more.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from temix_gateway.planning.case import Case
from temix_gateway.planning.exact import least
from temix_gateway.planning.master import Master
from temix_gateway.planning.models.battery import BatteryModel
from temix_gateway.planning.models.model import Cost, Floats, Schedule
from temix_gateway.planning.models.pv_curtailment import PvModel
from temix_gateway.planning.models.single_run import SingleModel
from temix_gateway.planning.program import Solution

KEPT = 0.08
"""Currency units by which a change of a device's plan must lower the cost."""
MOST_ROUNDS = 60
LITTLE = 1e-4
"""Share of the cost below which another round, or another exchange, is not worth its time."""
PULLS = (0.003, 0.03, 0.1)
"""Currency units an hour that pull a store to its mixture's, whose whole neighbours no linear price finds."""
FINISH_S = 0.5
"""Seconds that a step without which there is no plan may take, though time is up."""
SHARE_OF_ROUNDS = 0.55
"""Of the time for the rounds; the rest is for picking."""
MOST_PICKING = 20.0
"""Seconds after which the integer program is not worth waiting for."""
BLENDS = (0.0, 0.3, 0.6)
"""Shares of marginal prices in what a device answers; the rest is the true cost beside the others."""
CLOSE = 1e-4
"""Share of the cost above the bound at which nothing is left to be found."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A schedule for each device, in their order, and what no plan costs less than (currency units)."""

    schedules: tuple[Schedule, ...]
    bound: float | None


class Search:
    """One run of column generation on a case, to be done by ``until`` (monotonic seconds)."""

    def __init__(self, case: Case, until: float) -> None:
        """Begin with the linear part alone."""
        self.case, self.until, self.master = case, until, Master(case)
        self.fixed: dict[int, int] = {}
        self.bound: float | None = None

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
        for index, schedule in kept.items():
            self.master.add(index, schedule, KEPT)
        for index in self.master.choosing:
            self.master.add(index, first[index])
        found = self._rounds(time.monotonic() + SHARE_OF_ROUNDS * self.left)
        if found is None:
            return None
        mixed = found.duals[self.master.site.balance]
        found = self._dive(found)
        if found is None:
            return None
        best = self.master.final(self._improve(found, mixed), max(self.left, FINISH_S))
        schedules = self._schedules(best)
        return Outcome(tuple(schedules[index] for index in range(len(self.case.models))), self.bound)

    def _schedules(self, best: Solution) -> dict[int, Schedule]:
        """What each device does in a solution with every device fixed."""
        found = self.master.site.schedules(best)
        found.update((index, self.master.columns[column][1]) for index, column in self.fixed.items())
        return found

    def _improve(self, best: Solution, mixed: Floats) -> Solution:
        """Blend, pick and exchange, as long as that helps; ``mixed`` are the mixture's marginal prices."""
        while self.left > 0 and not self._close(best):
            before = best.objective
            self._blend(best, mixed)
            best = self._pick(best)
            if before - best.objective < LITTLE * abs(before):
                best = self._exchange(best)
            if before - best.objective < LITTLE * abs(before):
                break
        return best

    def _close(self, best: Solution) -> bool:
        cost = best.objective + self.master.site.constant
        return self.bound is not None and cost - self.bound < CLOSE * abs(cost)

    def _blend(self, best: Solution, mixed: Floats) -> None:
        """Let devices answer the true cost beside the others as they are, blended with marginal prices."""
        schedules, hours = self._schedules(best), self.case.grid.hours
        net = self.case.fixed + np.sum([schedule.power * hours for schedule in schedules.values()], axis=0)
        for index in self.master.choosing:
            true = self.case.tariff.added_to(net - schedules[index].power * hours)
            for price in (best.duals[self.master.site.balance], mixed):
                linear_cost = linear(price, self.case)
                for share in BLENDS:
                    if self.left <= 0:
                        return
                    self.master.add(index, self.case.models[index].best(_blended(linear_cost, true, share)))

    def _pick(self, best: Solution) -> Solution:
        """The best choice of one schedule a device, among all that are known."""
        if self.left <= 0:
            return best
        picked = self.master.picked(min(self.left, MOST_PICKING), self.fixed)
        for index in self.master.choosing:
            self.fixed[index] = picked.get(index, self.fixed[index])
            self.master.fix(index, self.fixed[index])
        found = self.master.solve(max(self.left, FINISH_S))
        return best if found is None else found

    def _price(self, solution: Solution, devices: Sequence[int]) -> int:
        """Let devices answer the prices of a solution; how many schedules were new."""
        cost = linear(solution.duals[self.master.site.balance], self.case)
        return sum(self.master.add(index, self.case.models[index].best(cost)) for index in devices)

    def _rounds(self, until: float) -> Solution | None:
        """Prices and answers in turn, until none is new or little is gained."""
        solution = self.master.solve(max(self.left, FINISH_S))
        for _ in range(MOST_ROUNDS):
            if solution is None or time.monotonic() > until:
                return solution
            before = solution.objective
            if not self._price(solution, self.master.choosing):
                break
            solution = self.master.solve(max(self.left, FINISH_S))
            if solution is None or before - solution.objective < LITTLE * abs(before):
                break
        if solution is not None and self.left > 0:
            self.bound = self._least(solution)
        return solution

    def _least(self, solution: Solution) -> float | None:
        """What no plan costs less than: the mixture, were every device's best answer in it."""
        cost = linear(solution.duals[self.master.site.balance], self.case)
        bound = solution.objective + self.master.site.constant
        for index in self.master.choosing:
            model = self.case.models[index]
            assert not isinstance(model, BatteryModel | PvModel)
            if isinstance(model, SingleModel):
                schedule = model.best(cost)
                lowest = float(cost(schedule.power).sum()) + schedule.own_cost
            elif model.storage.exact:
                lowest = model.storage.value(cost)
            else:
                least_of_all = least(model.storage, cost, self.left)
                if least_of_all is None:
                    return None
                lowest = least_of_all
            bound += lowest - float(solution.duals[self.master.one[index]])
        return bound

    def _dive(self, solution: Solution) -> Solution | None:
        """Fix one device after the other to the schedule with the greatest share; the others answer anew."""
        free = set(self.master.choosing)
        found = solution
        while free:
            shares = found.columns
            column = max(
                (column for column, (index, _) in self.master.columns.items() if index in free),
                key=lambda column: shares[column] if column < len(shares) else 0.0,
            )
            index = self.master.columns[column][0]
            free.discard(index)
            after = self._fix(index, [column, *self._near(index, found)])
            if after is not None and free and self.left > 0 and self._price(after, sorted(free)):
                after = self.master.solve(max(self.left, FINISH_S))
            if after is None:
                return None
            found = after
        return found

    def _fix(self, index: int, tries: Sequence[int]) -> Solution | None:
        """Fix a device to that one of some schedules with which the whole costs least."""
        best: Solution | None = None
        for column in tries:
            if best is not None and self.left <= 0:
                break
            self.master.fix(index, column)
            found = self.master.solve(max(self.left, FINISH_S))
            if found is not None and (best is None or found.objective < best.objective):
                best, self.fixed[index] = found, column
        if best is not None:
            self.master.fix(index, self.fixed[index])
        return best

    def _near(self, index: int, mixed: Solution) -> list[int]:
        """New whole schedules that keep a device's store near that of its mixture."""
        model = self.case.models[index]
        if isinstance(model, SingleModel | BatteryModel | PvModel):
            return []
        shares = [
            (float(mixed.columns[column]), schedule)
            for column, (owner, schedule) in self.master.columns.items()
            if owner == index and column < len(mixed.columns) and mixed.columns[column] > 1e-6
        ]
        if len(shares) < 2:
            return []
        mean = np.sum(
            [share * schedule.state for share, schedule in shares if schedule.state is not None], axis=0
        )
        cost = linear(mixed.duals[self.master.site.balance], self.case)
        before = len(self.master.columns)
        for pull in PULLS if self.left > 0 else ():
            self.master.add(index, model.storage.near(cost, mean, pull))
        return list(self.master.columns)[before:]

    def _exchange(self, best: Solution) -> Solution:
        """Let each device in turn answer what the others do, as long as that helps."""
        idle = 0
        while idle < len(self.master.choosing):
            for index in self.master.choosing:
                if self.left <= 0 or idle >= len(self.master.choosing):
                    return best
                better = self._answer(index, best)
                idle = idle + 1 if better is None else 0
                best = best if better is None else better
        return best

    def _answer(self, index: int, best: Solution) -> Solution | None:
        """Another schedule of one device, if it lowers the cost by more than little."""
        self.master.free(index)
        mixed: Solution | None = best
        for _ in range(2):
            if mixed is None or not self._price(mixed, [index]):
                break
            mixed = self.master.solve(self.left)
        mixed = self.master.solve(self.left)
        before = self.fixed[index]
        own = [column for column, (owner, _) in self.master.columns.items() if owner == index]
        tries = [] if mixed is None else [max(own, key=lambda column: mixed.columns[column])]
        tries = [column for column in tries if column != before]
        if mixed is not None:
            tries += self._near(index, mixed)
        found = self._fix(index, tries)
        if found is None or best.objective - found.objective < LITTLE * abs(best.objective):
            self.fixed[index] = before
            self.master.fix(index, before)
            return None
        return found


def _blended(first: Cost, second: Cost, share: float) -> Cost:
    """So much of the first cost, the rest of the second."""

    def cost(power: Floats) -> Floats:
        costs: Floats = share * first(power) + (1 - share) * second(power)
        return costs

    return cost


def linear(marginal: Floats, case: Case) -> Cost:
    """The cost of power at marginal prices, currency units per kWh."""
    price = marginal * case.grid.hours / 1000

    def cost(power: Floats) -> Floats:
        costs: Floats = power * price.reshape((-1, *[1] * (power.ndim - 1)))
        return costs

    return cost
