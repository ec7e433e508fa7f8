"""Loads that may run at any time, fitted together into what the sun and the batteries leave.

Rounded one after the other they get in each other's way: the first takes the steps that suit it, and what is
left suits none. So all choose at once: in each step the set of loads that costs least together, at a price
for each run that lets each load run as often as it shall (the multiplier of its count, Everett 1963).
Batteries answer at the worth that what they store has in the relaxed optimum. Then runs change places, those
of two loads, or of a load and the steps in which it rests, as long as the whole home gains by it.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from temix_gateway.planning.case import Case
from temix_gateway.planning.models.daily_run import DailyModel
from temix_gateway.planning.models.model import Bools, Floats
from temix_gateway.planning.program import Indices, Solution
from temix_gateway.planning.relaxed import Relaxed
from temix_gateway.planning.tariff import Tariff

MOST: Final = 6
"""Loads that choose at once: in each step all their sets are looked at."""
SWEEPS: Final = 8
"""How often the price of each load's runs is set anew beside those of the others."""
BARRED: Final = 1e6
"""Currency units for a run where none is allowed."""
FIRST: Final = 16
"""How many runs change places at first."""
NEAR: Final = (0.0, 0.003)
"""What a kWh elsewhere than in the relaxed optimum counts, currency units: one after the other is tried."""
TINY: Final = 1e-7
"""Currency units that a change must gain."""

type Runs = Mapping[int, Bools]
"""By the index of a load the steps in which it runs, (T,)."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Steps among which the runs of a load may be moved as one likes, (T,): those of one window."""

    load: int
    steps: Bools


@dataclass(frozen=True, slots=True)
class Move:
    """In some ``steps``, runs of ``load`` change places with those of ``other``; if None, with its rests."""

    load: int
    other: int | None
    steps: Bools


def stretches(case: Case) -> list[Stretch]:
    """Those of the strongest loads that may run at any time; none where steps differ in length."""
    if np.ptp(case.grid.hours) > 0:
        return []
    free = {
        index: model
        for index, model in enumerate(case.models)
        if isinstance(model, DailyModel) and model.storage.free_to_switch
    }
    found = []
    for index in sorted(free, key=lambda index: -free[index].device.power)[:MOST]:
        storage = free[index].storage
        window = np.cumsum(storage.keep == 0)
        parts = [storage.allowed[:, 1] & (window == number) for number in range(int(window[-1]) + 1)]
        found += [Stretch(index, part) for part in parts if part.any()]
    return found


class Fitting:
    """Loads that are fitted together in a relaxed program, beside what else is fixed there."""

    def __init__(self, relaxed: Relaxed, places: Sequence[Stretch], power: Floats) -> None:
        """``power``: what all else draws that is fixed, W, (T,)."""
        self.relaxed, self.places, self._hours = relaxed, places, relaxed.case.grid.hours
        self._net = relaxed.case.fixed + power * self._hours
        self.watts = {each.load: float(relaxed.powers[each.load][1].max()) for each in places}

    def fitted(self, optimum: Solution, enough: float, until: float) -> Solution | None:
        """A solution in which each load runs or rests; None if time (monotonic seconds) was up before.

        ``optimum`` is the one in which they run for shares of steps, ``enough`` the objective at which
        nothing is left to be found.
        """
        best: Solution | None = None
        for near in NEAR:
            found = self._improved(self._together(optimum, near), enough, until)
            if best is None or (found is not None and found.objective < best.objective):
                best = found
            if best is None or best.objective <= enough:
                break
        return best

    def _improved(self, runs: Runs, enough: float, until: float) -> Solution | None:
        """The solution in which no move gains any more."""
        best = self._solved(runs, until)
        moves, sizes, idle = self._moves(), dict[int, int](), 0
        while best is not None and moves and idle < len(moves):
            for number, move in enumerate(moves):
                if best.objective <= enough or idle == len(moves) or time.monotonic() >= until:
                    return best
                found = self._moved(move, runs, best, sizes.get(number, FIRST), until)
                sizes[number], idle = 1, idle + 1
                if found is not None:
                    runs, best, size = found
                    sizes[number], idle = 2 * size, 0
        return best

    def _tariff(self, solution: Solution) -> Tariff:
        """What energy costs where batteries answer at the worth of what they store in a solution."""
        return self.relaxed.case.tariff.beside(self.relaxed.site.answers(solution))

    def _solved(self, runs: Runs, until: float) -> Solution | None:
        self._fix(runs)
        return self.relaxed.solve(until - time.monotonic())

    def _fix(self, runs: Runs) -> None:
        for load, steps in runs.items():
            self.relaxed.fix(load, np.where(steps, self.watts[load], 0.0))

    def _together(self, optimum: Solution, near: float) -> dict[int, Bools]:
        """In each step the set of loads that costs least, each as often as in the optimum.

        ``near``: what a kWh elsewhere than in the optimum counts, currency units.
        """
        loads, tariff = list(self.watts), self._tariff(optimum)
        sets = np.array(
            [[bool(number >> k & 1) for k in range(len(loads))] for number in range(1 << len(loads))]
        )
        together = sets @ np.array([self.watts[load] for load in loads])
        cost = tariff.cost(self._net[:, None] + together * self._hours[:, None])
        drawn = self.relaxed.drawn(optimum)
        away = np.array([(self.watts[load] - 2 * drawn[load]) * self._hours for load in loads]).T / 1000
        cost = cost + near * away @ sets.T
        counts = [
            (
                loads.index(each.load),
                each.steps,
                round(float(drawn[each.load][each.steps].sum()) / self.watts[each.load]),
            )
            for each in self.places
        ]
        price = np.zeros((len(cost), len(loads)))
        for k, load in enumerate(loads):
            allowed = np.any([each.steps for each in self.places if each.load == load], axis=0)
            price[~allowed, k] = BARRED
        for _ in range(SWEEPS):
            for k, steps, count in counts:
                whole = cost + price @ sets.T
                gain = whole[:, ~sets[:, k]].min(axis=1) - whole[:, sets[:, k]].min(axis=1) + price[:, k]
                price[steps, k] = _between(gain[steps], count)
        runs = sets[(cost + price @ sets.T).argmin(axis=1)].T
        for k, steps, count in counts:
            self._correct(runs, k, steps, count, tariff)
        return dict(zip(loads, runs, strict=True))

    def _correct(self, runs: Bools, k: int, steps: Bools, count: int, tariff: Tariff) -> None:
        """Let a load (row ``k``) run just so often: no price tells steps apart that cost the same."""
        wrong = int(runs[k, steps].sum()) - count
        if not wrong:
            return
        running, watts = wrong > 0, list(self.watts.values())
        net = self._net + np.array(watts) @ runs * self._hours
        turned = np.flatnonzero(steps & (runs[k] == running))
        change = tariff.cost(net + (-1 if running else 1) * watts[k] * self._hours) - tariff.cost(net)
        runs[k, turned[np.argsort(change[turned], kind="stable")[: abs(wrong)]]] = not running

    def _moves(self) -> list[Move]:
        """All that may change places."""
        rests = [Move(each.load, None, each.steps) for each in self.places]
        pairs = [
            Move(one.load, other.load, one.steps & other.steps)
            for one, other in combinations(self.places, 2)
            if one.load != other.load
        ]
        return [move for move in rests + pairs if move.steps.any()]

    def _moved(
        self, move: Move, runs: Runs, best: Solution, most: int, until: float
    ) -> tuple[Runs, Solution, int] | None:
        """A better solution by at most so many changes of places, and how many; None where there is none.

        The batteries answer each change, so that many at once may cost more than they promise: half as many
        are tried then.
        """
        leaves, arrives = self._promising(move, runs, best)
        number = min(most, len(leaves))
        while number and time.monotonic() < until:
            changed = _exchanged(move, runs, leaves[:number], arrives[:number])
            found = self._solved(changed, until)
            if found is not None and found.objective < best.objective - TINY:
                return {**runs, **changed}, found, number
            number //= 2
        self._fix({load: steps for load, steps in runs.items() if load in {move.load, move.other}})
        return None

    def _promising(self, move: Move, runs: Runs, best: Solution) -> tuple[Indices, Indices]:
        """The steps that the load should leave, and those in which it should run instead, the best first."""
        tariff, own = self._tariff(best), runs[move.load]
        others = ~own if move.other is None else runs[move.other]
        leaves, arrives = move.steps & own & ~others, move.steps & others & ~own
        watts = self.watts[move.load] - (0.0 if move.other is None else self.watts[move.other])
        net = self._net + sum(steps * self.watts[load] for load, steps in runs.items()) * self._hours
        moved = (arrives.astype(np.float64) - leaves) * watts * self._hours
        change = tariff.cost(net + moved) - tariff.cost(net)
        out, into = (_cheapest(steps, change) for steps in (leaves, arrives))
        both = min(len(out), len(into))
        worth = int((change[out[:both]] + change[into[:both]] < -TINY).sum())
        return out[:worth], into[:worth]


def _between(gain: Floats, count: int) -> float:
    """A price at which so many of the gains are worth it."""
    ordered = np.concatenate([[np.inf], np.sort(gain)[::-1], [-np.inf]])
    return float(np.clip(ordered[count : count + 2], -BARRED, BARRED).mean())


def _cheapest(steps: Bools, change: Floats) -> Indices:
    """The steps in the order of what a change costs there."""
    which = np.flatnonzero(steps)
    return which[np.argsort(change[which], kind="stable")]


def _exchanged(move: Move, runs: Runs, leaves: Indices, arrives: Indices) -> dict[int, Bools]:
    """The runs of the loads that change places."""
    changed = {load: runs[load].copy() for load in runs if load in {move.load, move.other}}
    changed[move.load][leaves], changed[move.load][arrives] = False, True
    if move.other is not None:
        changed[move.other][leaves], changed[move.other][arrives] = True, False
    return changed
