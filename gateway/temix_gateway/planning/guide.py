"""The relaxed program of a case, where levels may run for shares of a step: where a search should begin."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from temix_gateway.planning.case import Case
from temix_gateway.planning.coarse import as_it_is, coarse
from temix_gateway.planning.exact import tractable
from temix_gateway.planning.fitting import Fitting, stretches
from temix_gateway.planning.following import nearest
from temix_gateway.planning.models.model import Floats
from temix_gateway.planning.program import Solution
from temix_gateway.planning.relaxed import Relaxed
from temix_gateway.planning.tariff import Answer

CLOSE = 3e-4
"""Share of the cost above the bound at which nothing is left to be found."""
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
    powers = (rounded(relaxed, found, until) if small else None) or relaxed.drawn(found)
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


def rounded(relaxed: Relaxed, optimum: Solution, until: float) -> dict[int, Floats] | None:
    """What the devices can draw (W) near the optimum; None if time (monotonic seconds) was up before.

    Loads that may run at any time are fitted together, after all others. Of these one after the other is
    fixed to its best schedule beside the rest, and the program solved again around it: the strongest first.
    """
    places = stretches(relaxed.case)
    loads = {each.load for each in places}
    order = sorted(
        relaxed.powers.keys() - loads, key=lambda index: -relaxed.powers[index][1].max(initial=0.0)
    )
    found = _fixed_in(relaxed, order, optimum, until)
    if found is None or not loads:
        return None if found is None else relaxed.drawn(found)
    power = relaxed.drawn(found)
    constant = relaxed.site.constant
    enough = optimum.objective + CLOSE * abs(optimum.objective + constant)
    beside = sum((power[index] for index in order), np.zeros(len(relaxed.case.grid)))
    fitted = Fitting(relaxed, places, beside).fitted(found, enough, until)
    return None if fitted is None else relaxed.drawn(fitted)


def _fixed_in(relaxed: Relaxed, order: Sequence[int], solution: Solution, until: float) -> Solution | None:
    case = relaxed.case
    for index in order:
        power = relaxed.drawn(solution)
        others = sum(power.values()) - power[index]
        cost = case.tariff.beside(relaxed.site.answers(solution)).added_to(
            case.fixed + others * case.grid.hours
        )
        relaxed.fix(index, nearest(case.models[index], power[index], case.grid, NEARBY, cost).power)
        found = relaxed.solve(until - time.monotonic())
        if found is None:
            return None
        solution = found
    return solution
