"""Linear and mixed-integer programs, put together from arrays and solved by HiGHS on one thread."""

import os
from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import NDArray

from temix_gateway.planning.models.model import Floats

type Indices = NDArray[np.int64]

INFINITE = float(highspy.kHighsInf)


@dataclass(frozen=True, slots=True)
class Solution:
    """Values of the columns, marginal prices of the rows (none for an integer program), the objective.

    ``bound``: no solution has a smaller objective. ``optimal``: proven within the gap that was asked for.
    """

    columns: Floats
    duals: Floats
    objective: float
    bound: float
    optimal: bool


class Program:
    """A minimisation that grows column by column and row by row."""

    def __init__(self) -> None:
        """Start empty."""
        self._cost: list[Floats] = []
        self._lower: list[Floats] = []
        self._upper: list[Floats] = []
        self._whole: list[NDArray[np.bool_]] = []
        self._row_lower: list[Floats] = []
        self._row_upper: list[Floats] = []
        self._entries: list[tuple[Indices, Indices, Floats]] = []
        self.columns = self.rows = 0

    def add_columns(
        self,
        cost: Floats,
        *,
        lower: Floats | float = 0.0,
        upper: Floats | float = INFINITE,
        whole: bool = False,
    ) -> Indices:
        """Columns with these costs and bounds; returns their indices, in the shape of ``cost``."""
        count = cost.size
        self._cost.append(cost.ravel())
        self._lower.append(np.broadcast_to(lower, cost.shape).ravel().astype(np.float64))
        self._upper.append(np.minimum(np.broadcast_to(upper, cost.shape).ravel(), INFINITE))
        self._whole.append(np.full(count, whole))
        self.columns += count
        return np.arange(self.columns - count, self.columns).reshape(cost.shape)

    def add_rows(self, lower: Floats, upper: Floats) -> Indices:
        """Rows between these bounds, still empty; returns their indices."""
        self._row_lower.append(np.maximum(lower, -INFINITE))
        self._row_upper.append(np.minimum(upper, INFINITE))
        self.rows += lower.size
        return np.arange(self.rows - lower.size, self.rows)

    def put(self, rows: Indices, columns: Indices, values: Floats | float) -> None:
        """Enter coefficients; the three are broadcast against each other, and zeros are left out."""
        where, what, value = np.broadcast_arrays(rows, columns, np.asarray(values, dtype=np.float64))
        keep = value.ravel() != 0
        self._entries.append((where.ravel()[keep], what.ravel()[keep], value.ravel()[keep]))

    def solve(self, seconds: float, gap: float = 0.0) -> Solution | None:
        """The best solution found within ``seconds``; None if there is none."""
        solver = self.solver(relaxed=False)
        solver.setOptionValue("mip_rel_gap", gap)
        return run(solver, seconds)

    @property
    def whole(self) -> Indices:
        """The columns that are integers."""
        return np.flatnonzero(np.concatenate(self._whole))

    def solver(self, *, relaxed: bool) -> highspy.Highs:
        """HiGHS with this program loaded; ``relaxed``: integers may be fractions."""
        rows, columns, values = (np.concatenate(part) for part in zip(*self._entries, strict=True))
        order = np.lexsort((rows, columns))
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = self.columns, self.rows
        model.col_cost_ = np.concatenate(self._cost)
        model.col_lower_, model.col_upper_ = np.concatenate(self._lower), np.concatenate(self._upper)
        model.row_lower_, model.row_upper_ = np.concatenate(self._row_lower), np.concatenate(self._row_upper)
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_ = np.concatenate(
            [[0], np.cumsum(np.bincount(columns, minlength=self.columns))]
        ).astype(np.int32)
        model.a_matrix_.index_ = rows[order].astype(np.int32)
        model.a_matrix_.value_ = values[order]
        whole = np.concatenate(self._whole)
        if whole.any() and not relaxed:
            integer, continuous = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
            model.integrality_ = [integer if each else continuous for each in whole.tolist()]
        solver = _quiet()
        solver.setOptionValue("threads", 1)
        solver.passModel(model)
        return solver


def _quiet() -> highspy.Highs:
    """A solver that prints nothing: its banner, once a process, goes where no option reaches."""
    kept = os.dup(1)
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - it is a descriptor that is needed
        os.dup2(nowhere.fileno(), 1)
        try:
            solver = highspy.Highs()  # type: ignore[no-untyped-call]
        finally:
            os.dup2(kept, 1)
            os.close(kept)
    solver.setOptionValue("output_flag", False)
    return solver


def run(solver: highspy.Highs, seconds: float) -> Solution | None:
    """Solve what is loaded, within ``seconds`` from now; None if no solution was found."""
    solver.setOptionValue("time_limit", solver.getRunTime() + max(seconds, 0.001))
    solver.run()
    info, solution = solver.getInfo(), solver.getSolution()
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return None
    optimal = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    whole = info.mip_node_count >= 0
    return Solution(
        np.array(solution.col_value),
        np.array(solution.row_dual),
        float(info.objective_function_value),
        float(info.mip_dual_bound) if whole else float(info.objective_function_value) if optimal else -np.inf,
        optimal,
    )
