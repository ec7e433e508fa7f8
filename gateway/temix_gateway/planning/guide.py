"""The relaxed program of a case, where levels may run for shares of a step: where a search should begin."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from temix_gateway.planning.case import Case
from temix_gateway.planning.coarse import as_it_is, coarse
from temix_gateway.planning.exact import Powers, drawn, enter, started, tractable
from temix_gateway.planning.following import nearest
from temix_gateway.planning.models.model import Floats
from temix_gateway.planning.program import Indices, Program, Solution, run
from temix_gateway.planning.site import Site
from temix_gateway.planning.tariff import Answer

DANTZIG = 0
"""Of HiGHS's ``simplex_dual_edge_weight_strategy``: the simplest pricing, and here the fastest."""
NEARBY = 0.003
"""Currency units that a kWh elsewhere than in the relaxed plan must save, for a device that is rounded: among
the many schedules that cost it the same beside batteries, the near one leaves the others theirs."""


@dataclass(frozen=True, slots=True)
class Guide:
    """The relaxed optimum, on coarser steps where there are many.

    ``drawn``: the power of each device that is not in the linear part, W; in a home whose exact program is
    tractable rounded to what the device can do. ``answers``: what batteries and PV would take or give.
    ``bound``: no plan costs less (currency units); none where steps were coarser.
    """

    drawn: Mapping[int, Floats]
    answers: tuple[Answer, ...]
    bound: float | None


def guide(case: Case, seconds: float) -> Guide | None:
    """What the relaxed program tells; None if time was up."""
    until, small = time.monotonic() + seconds, tractable(case)
    problem, parts = as_it_is(case.problem) if small else coarse(case.problem)
    own = problem is case.problem
    rough = case if own else Case.of(problem)
    relaxed = Relaxed(rough)
    found = relaxed.solve(seconds)
    if found is None:
        return None
    of = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    share = case.grid.hours / rough.grid.hours[of]
    powers = (relaxed.rounded(found, until) if small else None) or relaxed.drawn(found)
    return Guide(
        {index: power[of] for index, power in powers.items()},
        tuple(
            Answer(
                answer.charge_price[of],
                answer.charge_depth[of] * share,
                answer.give_price[of],
                answer.give_depth[of] * share,
            )
            for answer in relaxed.site.answers(found)
        ),
        found.bound + relaxed.site.constant if own else None,
    )


def bound(case: Case, seconds: float) -> float | None:
    """What no plan costs less than, currency units: the relaxed optimum; None if time was up."""
    relaxed = Relaxed(case)
    found = relaxed.solve(seconds)
    return None if found is None else found.bound + relaxed.site.constant


class Relaxed:
    """The relaxed program of a case, in which devices can be fixed to what they draw."""

    def __init__(self, case: Case) -> None:
        """Put the program together."""
        self.case, program = case, Program()
        self.site = Site.build(case, program)
        self.powers: Powers = enter(case, program, self.site.balance, exact=False)
        self._solver = program.solver(relaxed=True)
        self._solver.setOptionValue("presolve", "off")  # which takes longer than it saves
        self._solver.setOptionValue("simplex_dual_edge_weight_strategy", DANTZIG)
        self._upper = np.array(self._solver.getLp().col_upper_)

    def solve(self, seconds: float) -> Solution | None:
        """The optimum; None if time was up."""
        found = run(self._solver, seconds)
        return found if found is not None and found.optimal else None

    def drawn(self, solution: Solution) -> dict[int, Floats]:
        """What each device draws, W."""
        return {index: drawn(solution, *columns) for index, columns in self.powers.items()}

    def rounded(self, optimum: Solution, until: float) -> dict[int, Floats] | None:
        """What the devices can draw (W) near the optimum; None if time (monotonic seconds) was up before.

        One device after the other is fixed to its best schedule beside the others, and the program solved
        again around it: the strongest first, then the weakest first; the cheaper of both counts.
        """
        strongest = sorted(self.powers, key=lambda index: -self.powers[index][1].max(initial=0.0))
        best: tuple[float, dict[int, Floats]] | None = None
        for order in (strongest, strongest[::-1]):
            for columns, _ in self.powers.values():
                self._limit(columns, np.zeros(columns.size), self._upper[columns.ravel()])
            found = self._fixed_in(order, optimum, until)
            if found is not None and (best is None or found.objective < best[0]):
                best = found.objective, self.drawn(found)
        return None if best is None else best[1]

    def _fixed_in(self, order: Sequence[int], solution: Solution, until: float) -> Solution | None:
        for index in order:
            power = self.drawn(solution)
            others = sum(power.values()) - power[index]
            cost = self.case.tariff.beside(self.site.answers(solution)).added_to(
                self.case.fixed + others * self.case.grid.hours
            )
            model = self.case.models[index]
            schedule = nearest(model, power[index], self.case.grid, NEARBY, cost)
            shares = chosen(schedule.power, *self.powers[index])
            self._limit(self.powers[index][0], shares, shares)
            found = self.solve(until - time.monotonic()) if until > time.monotonic() else None
            if found is None:
                return None
            solution = found
        return solution

    def _limit(self, columns: Indices, lower: Floats, upper: Floats) -> None:
        self._solver.changeColsBounds(columns.size, columns.ravel().astype(np.int32), lower, upper)


def chosen(power: Floats, columns: Indices, powers: Floats) -> Floats:
    """The share of each column by which a device of the relaxed program draws a power (W), flat."""
    if columns.ndim == 1:
        return started(power, powers)
    shares = np.zeros(powers.shape)
    np.divide(power[:, None], powers, out=shares, where=powers > 0)
    return shares.ravel()
