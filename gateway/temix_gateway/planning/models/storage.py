"""One stored quantity (energy, heat, temperature, time run) with wishes and rules."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from temix_gateway.planning.models.duty import Duty
from temix_gateway.planning.models.model import Bools, Floats, Grid, Missed, Schedule

POINT_STEPS = 46_000
FEWEST_POINTS, MOST_POINTS = 257, 1281
"""Points of a continuous quantity times steps, within bounds: what a dynamic program may take of the time."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is missing of ``target`` (or, if ``above``, exceeds it) at a step's end costs ``weight`` per unit.

    ``amount`` is what a unit counts in the report: 1, or hours. All are series over the steps; the cost is in
    currency units.
    """

    name: str
    unit: str
    target: Floats
    weight: Floats
    amount: Floats
    above: bool = False

    def missed(self, state: Floats) -> Missed | None:
        """What a path of x misses; None where that is nothing."""
        missing = np.maximum(state - self.target if self.above else self.target - state, 0)
        cost, amount = float(missing @ self.weight), float(missing @ self.amount)
        return Missed(self.name, amount, self.unit, cost) if cost > 1e-6 else None


@dataclass(frozen=True)
class Storage:
    """A quantity x with ``x' = keep·x + push(level) − drain``, held within the points of a grid.

    Attributes:
        points: grid of x, ascending; evenly spaced where levels lead from point to point (but for the last).
        start: x at the beginning.
        keep: what share of x a step leaves, (T,).
        push: what a level adds in a step, in units of x, (T, U); level 0 is off.
        drain: what a step takes away, (T,).
        power: what a level draws, W, (T, U).
        wishes: on x at each step's end.
        end_worth: currency units for each unit of x at the end of the horizon.
        allowed: which levels a step allows, (T, U); off always is.
        extra: cost of a level beside its energy, currency units, (T, U).
        duty: rules on switching; None where there are none.
        phase: the duty's phase at the beginning.
        start_cost: currency units for each start.
        throttles: at the ends of the grid a level runs for just as much of the step as fits, and costs so
            much less (a thermostat, a full battery). Otherwise x stays at the end of the grid and the level
            costs all.
        floor: what lies below is not carried into the next step: a debt, like draws that found no heat.
    """

    grid: Grid
    points: Floats
    start: float
    keep: Floats
    push: Floats
    drain: Floats
    power: Floats
    allowed: Bools
    wishes: tuple[Wish, ...] = ()
    end_worth: float = 0.0
    extra: Floats | None = None
    duty: Duty | None = None
    phase: int = 0
    start_cost: float = 0.0
    throttles: bool = True
    floor: float = -np.inf

    @cached_property
    def exact(self) -> bool:
        """Whether every level leads from a point to a point, so that nothing is interpolated.

        The last point may be nearer: what would pass it is cut off there.
        """
        spacing, gaps = float(self.points[1] - self.points[0]), np.diff(self.points)
        even = gaps[:-1] if self.throttles and gaps[-1] < spacing and not (self.push < 0).any() else gaps
        if even.size and np.abs(even - spacing).max() > 1e-9 * np.abs(self.points).max():
            return False
        moves = np.append(self.push.ravel(), self.start - self.points[0]) / spacing
        whole = bool(np.abs(moves - np.round(moves)).max() < 1e-6)
        return whole and bool(np.isin(self.keep, (0.0, 1.0)).all()) and not self.drain.any()

    @cached_property
    def moves(self) -> NDArray[np.intp] | None:
        """By how many points each level moves x, (T, U), where x is only filled, from point to point."""
        fills = self.throttles and bool((self.keep == 1).all()) and not (self.push < 0).any()
        if not fills or not self.exact:
            return None
        moves: NDArray[np.intp] = np.round(self.push / (self.points[1] - self.points[0])).astype(np.intp)
        return moves

    @cached_property
    def counts(self) -> bool:
        """Whether x only adds up until it begins anew, and no wish is hurt by too much of it."""
        adds = bool(np.isin(self.keep, (0.0, 1.0)).all()) and not self.drain.any() and not self.throttles
        return adds and self.end_worth == 0 and not any(wish.above for wish in self.wishes)

    @cached_property
    def free_to_switch(self) -> bool:
        """Whether a step is as long as the shortest run and rest, and starts cost nothing."""
        duty, units = self.duty, float(self.grid.hours.min()) * 12
        return duty is None or (
            max(duty.on, duty.min_rest) <= units + 1e-6 and duty.max_rest is None and not self.start_cost
        )

    @cached_property
    def stage(self) -> list[Floats | None]:
        """Cost of being at a grid point at each step's end, (N,); None where it costs nothing."""
        stage: list[Floats | None] = [None] * len(self.grid)
        for wish in self.wishes:
            for step in np.flatnonzero(wish.weight).tolist():
                gap = self.points - wish.target[step]
                cost = np.maximum(gap if wish.above else -gap, 0) * wish.weight[step]
                known = stage[step]
                stage[step] = cost if known is None else known + cost
        if self.end_worth:
            known = stage[-1]
            stage[-1] = (0.0 if known is None else known) - self.points * self.end_worth
        return stage

    def account(self, power: Floats, state: Floats, wear: float) -> Schedule:
        """A schedule with what it misses; what the store gained counts against the wear."""
        missed = tuple(missed for missed in (wish.missed(state) for wish in self.wishes) if missed)
        return Schedule(power, state, wear - (float(state[-1]) - self.start) * self.end_worth, missed)


def fine(steps: int) -> int:
    """How many points a continuous quantity has: the fewer steps, the more there is time for."""
    return min(max(FEWEST_POINTS, POINT_STEPS // steps), MOST_POINTS)


def grid_points(low: float, high: float, count: int) -> Floats:
    """Evenly spaced points from ``low`` to ``high``."""
    return np.linspace(low, max(high, low + 1e-6), count)


def denser(bounds: tuple[float, float, float, float], count: int) -> Floats:
    """Points from the first to the last bound, of which most lie between the two in the middle."""
    first, low, high, last = bounds
    few = count // 8
    return np.unique(
        np.concatenate(
            [
                np.linspace(first, low, few),
                np.linspace(low, high, count - 2 * few),
                np.linspace(high, last, few),
            ]
        )
    )
