"""The relaxed program of a case, where levels may run for shares of a step."""

import numpy as np

from temix_gateway.planning.case import Case
from temix_gateway.planning.exact import Powers, drawn, enter, started
from temix_gateway.planning.models.model import Floats
from temix_gateway.planning.program import Indices, Program, Solution, run
from temix_gateway.planning.site import Site

DANTZIG = 0
"""Of HiGHS's ``simplex_dual_edge_weight_strategy``: the simplest pricing, and here the fastest."""


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

    def solve(self, seconds: float) -> Solution | None:
        """The optimum beside what is fixed; None if time was up."""
        found = run(self._solver, seconds) if seconds > 0 else None
        return found if found is not None and found.optimal else None

    def drawn(self, solution: Solution) -> dict[int, Floats]:
        """What each device draws, W."""
        return {index: drawn(solution, *columns) for index, columns in self.powers.items()}

    def fix(self, index: int, power: Floats) -> None:
        """Leave a device one power in each step, W, (T,)."""
        columns, powers = self.powers[index]
        shares = chosen(power, columns, powers)
        self._solver.changeColsBounds(columns.size, columns.ravel().astype(np.int32), shares, shares)


def chosen(power: Floats, columns: Indices, powers: Floats) -> Floats:
    """The share of each column by which a device of the relaxed program draws a power (W), flat."""
    if columns.ndim == 1:
        return started(power, powers)
    shares = np.zeros(powers.shape)
    np.divide(power[:, None], powers, out=shares, where=powers > 0)
    if not powers[:, 0].any():  # the column of being off, where there is one
        shares[:, 0] = 1 - shares.sum(axis=1)
    return shares.ravel()
