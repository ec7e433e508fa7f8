"""The relaxed program of a case, where levels may run for shares of a step: where a search should begin."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from temix_gateway.planning.case import Case
from temix_gateway.planning.coarse import coarse
from temix_gateway.planning.exact import Powers, drawn, enter
from temix_gateway.planning.models.model import Floats
from temix_gateway.planning.program import Program, Solution, run
from temix_gateway.planning.site import Site
from temix_gateway.planning.tariff import Answer

DANTZIG = 0
"""Of HiGHS's ``simplex_dual_edge_weight_strategy``: the simplest pricing, and here the fastest."""


@dataclass(frozen=True, slots=True)
class Guide:
    """The relaxed optimum, on coarser steps where there are many.

    ``drawn``: the power of each device that is not in the linear part, W. ``answers``: what batteries and PV
    would take or give. ``bound``: no plan costs less (currency units); none where steps were coarser.
    """

    drawn: Mapping[int, Floats]
    answers: tuple[Answer, ...]
    bound: float | None


def guide(case: Case, seconds: float) -> Guide | None:
    """What the relaxed program tells; None if time was up."""
    problem, parts = coarse(case.problem)
    own = problem is case.problem
    rough = case if own else Case.of(problem)
    solved = _relaxed(rough, seconds)
    if solved is None:
        return None
    site, powers, found = solved
    of = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    share = case.grid.hours / rough.grid.hours[of]
    return Guide(
        {index: drawn(found, *columns)[of] for index, columns in powers.items()},
        tuple(
            Answer(
                answer.charge_price[of],
                answer.charge_depth[of] * share,
                answer.give_price[of],
                answer.give_depth[of] * share,
            )
            for answer in site.answers(found)
        ),
        found.bound + site.constant if own else None,
    )


def bound(case: Case, seconds: float) -> float | None:
    """What no plan costs less than, currency units: the relaxed optimum; None if time was up."""
    solved = _relaxed(case, seconds)
    return None if solved is None else solved[2].bound + solved[0].constant


def _relaxed(case: Case, seconds: float) -> tuple[Site, Powers, Solution] | None:
    program = Program()
    site = Site.build(case, program)
    powers = enter(case, program, site.balance, exact=False)
    solver = program.solver(relaxed=True)
    solver.setOptionValue("presolve", "off")  # which takes longer than it saves
    solver.setOptionValue("simplex_dual_edge_weight_strategy", DANTZIG)
    found = run(solver, seconds)
    return None if found is None or not found.optimal else (site, powers, found)
