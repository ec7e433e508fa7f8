"""The master program of column generation: the linear part of a home, and the schedules seen so far."""

import highspy
import numpy as np
from numpy.typing import NDArray

from temix_gateway.planning.case import Case
from temix_gateway.planning.models.model import Schedule
from temix_gateway.planning.program import INFINITE, Program, Solution, run
from temix_gateway.planning.site import Site

GAP = 2e-4
"""Relative gap at which the choice between charging and giving is good enough."""


class Master:
    """A program with a column for each schedule seen; for each device their shares add up to one."""

    def __init__(self, case: Case) -> None:
        """Enter the linear part, and a row for each other device."""
        program = Program()
        self.case, self.site = case, Site.build(case, program)
        linear = self.site.states.keys() | self.site.curtailed.keys()
        self.choosing = tuple(index for index in range(len(case.models)) if index not in linear)
        ones = np.ones(len(self.choosing))
        self.one = dict(zip(self.choosing, program.add_rows(ones, ones).tolist(), strict=True))
        self.columns: dict[int, tuple[int, Schedule]] = {}
        self._whole = program.whole
        self._solver = program.solver(relaxed=True)
        self._count = program.columns
        self.discounts: dict[int, float] = {}
        self._seen: dict[tuple[int, bytes], int] = {}
        self._freed: set[int] = set(self.choosing)

    def add(self, index: int, schedule: Schedule, discount: float = 0.0) -> int:
        """Take up a schedule of a device, at a discount to its own cost; returns its column, new or known."""
        key = index, np.round(schedule.power, 1).tobytes()
        if key in self._seen:
            return self._seen[key]
        self._seen[key] = self._count
        if discount:
            self.discounts[self._count] = discount
        energy = -schedule.power * self.case.grid.hours / 1000
        used = np.flatnonzero(energy)
        rows = np.append(self.site.balance[used], self.one[index]).astype(np.int32)
        upper = INFINITE if index in self._freed else 0.0
        self._solver.addCol(
            schedule.own_cost - discount, 0.0, upper, len(rows), rows, np.append(energy[used], 1.0)
        )
        self.columns[self._count] = index, schedule
        self._count += 1
        return self._seen[key]

    def fix(self, index: int, column: int) -> None:
        """Leave a device one schedule."""
        self._freed.discard(index)
        for other, (owner, _) in self.columns.items():
            if owner == index:
                self._solver.changeColBounds(other, float(other == column), float(other == column))

    def free(self, index: int) -> None:
        """Let a device mix its schedules."""
        self._freed.add(index)
        for column, (owner, _) in self.columns.items():
            if owner == index:
                self._solver.changeColBounds(column, 0.0, INFINITE)

    def solve(self, seconds: float) -> Solution | None:
        """The cheapest mixture; None if time was up before it was found."""
        found = run(self._solver, seconds)
        return found if found is not None and found.optimal else None

    def final(self, best: Solution, seconds: float) -> Solution:
        """A solution with every device fixed, without what only fractions allow: a battery that burns."""
        if not self._whole.size or not self.site.burns(best):
            return best
        which = self._whole.astype(np.int32)
        self._solver.setOptionValue("mip_rel_gap", GAP)
        self._solver.changeColsIntegrality(
            len(which), which, _kinds(len(which), highspy.HighsVarType.kInteger)
        )
        found = run(self._solver, seconds)
        self._solver.changeColsIntegrality(
            len(which), which, _kinds(len(which), highspy.HighsVarType.kContinuous)
        )
        return best if found is None else found


def _kinds(count: int, kind: highspy.HighsVarType) -> NDArray[np.uint8]:
    return np.full(count, int(kind), dtype=np.uint8)
