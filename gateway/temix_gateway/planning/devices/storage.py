"""Dynamic programming over one stored quantity (energy, heat, temperature, time run) and a duty's phases."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from temix_gateway.planning.devices.duty import Duty
from temix_gateway.planning.devices.model import Bools, Cost, Floats, Grid

BROKEN_RULE = 1e6
"""Currency units for a phase that no level may follow (a run cut off by its window): avoided, yet not without
an answer."""


@dataclass(frozen=True, slots=True)
class Path:
    """A schedule found: power per step (W), the stored quantity at each step's end, starts counted."""

    power: Floats
    state: Floats
    starts: int


@dataclass(frozen=True, slots=True)
class Storage:
    """A quantity x with ``x' = keep·x + push(level) − drain``, held within the points of a grid.

    Attributes:
        points: grid of x, ascending and evenly spaced.
        start: x at the beginning.
        keep: what share of x a step leaves, (T,).
        push: what a level adds in a step, in units of x, (T, U); level 0 is off.
        drain: what a step takes away, (T,).
        power: what a level draws, W, (T, U).
        stage: cost (currency units) of being at a grid point at a step's end, (T, N).
        allowed: which levels a step allows, (T, U).
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
    stage: Floats
    allowed: Bools
    duty: Duty | None = None
    phase: int = 0
    start_cost: float = 0.0
    throttles: bool = True
    floor: float = -np.inf

    def best(self, cost: Cost) -> Path:
        """The cheapest path: values backwards on the grid (linear between points), then forwards exactly."""
        price = np.where(self.allowed, cost(self.power), np.inf)
        price[~self.allowed.any(axis=1), 0] = 0.0
        values = self._values(price)
        return self._forward(price, values)

    def _tables(self, step: int) -> NDArray[np.int64]:
        """(K, U) phase after each phase and level, −1 where forbidden."""
        levels = self.power.shape[1]
        if self.duty is None:
            return np.zeros((1, levels), dtype=np.int64)
        hours = float(self.grid.hours[step])
        off, on = self.duty.after(False, hours), self.duty.after(True, hours)
        return np.column_stack([off] + [on] * (levels - 1))

    def _reach(self, step: int, x: Floats) -> tuple[Floats, Floats]:
        """Where each level leads from each x, (U, X), and the share of the step for which it runs."""
        low, high = self.points[0], self.points[-1]
        idle = np.clip(self.keep[step] * np.maximum(x, self.floor) - self.drain[step], low, high)
        push = self.push[step][:, None]
        reached = np.clip(idle + push, low, high)
        if not self.throttles:
            return reached, np.ones_like(reached)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(push == 0, 1.0, (reached - idle) / np.where(push == 0, 1.0, push))
        return reached, share

    def _onward(self, step: int, x: Floats, price: Floats, ahead: Floats) -> Floats:
        """Cost of each level from each phase and x to the end, (K, U, X)."""
        nexts = self._tables(step)
        reached, share = self._reach(step, x)
        place = (reached - self.points[0]) / (self.points[1] - self.points[0])
        left = np.minimum(place.astype(np.int64), len(self.points) - 2)
        weight = place - left
        safe = np.maximum(nexts, 0)[:, :, None]
        onward = ahead[safe, left] * (1 - weight) + ahead[safe, left + 1] * weight
        with np.errstate(invalid="ignore"):
            run = np.where(np.isinf(price)[:, None], np.inf, price[:, None] * share)
        total: Floats = onward + run
        if self.duty is not None:
            total[nexts < 0] = np.inf
            if self.start_cost:
                total[: self.duty.off, 1:] += self.start_cost
        return total

    def _values(self, price: Floats) -> Floats:
        """(T, K, N): cost of being at a point at a step's end, with everything after it."""
        steps = len(self.grid)
        phases = self.duty.phases if self.duty else 1
        values = np.empty((steps, phases, len(self.points)))
        after = np.zeros((phases, len(self.points)))
        for step in range(steps - 1, -1, -1):
            values[step] = after + self.stage[step]
            after = self._onward(step, self.points, price[step], values[step]).min(axis=1)
            stuck = np.isinf(after).all(axis=1)
            after[stuck] = values[step][stuck] + BROKEN_RULE
        return values

    def _forward(self, price: Floats, values: Floats) -> Path:
        steps = len(self.grid)
        power, state = np.empty(steps), np.empty(steps)
        x, phase, starts = self.start, self.phase, 0
        for step in range(steps):
            here = np.array([x])
            onward = self._onward(step, here, price[step], values[step])[phase, :, 0]
            level = int(np.argmin(onward))
            if np.isinf(onward[level]):
                level = 0
            reached, share = self._reach(step, here)
            x = float(reached[level, 0])
            power[step] = self.power[step, level] * share[level, 0]
            state[step] = x
            if self.duty is not None:
                starts += level > 0 and not self.duty.is_on(phase)
                phase = max(0, int(self._tables(step)[phase, level]))
        return Path(power, state, starts)


def grid_points(low: float, high: float, count: int) -> Floats:
    """Evenly spaced points from ``low`` to ``high``."""
    return np.linspace(low, max(high, low + 1e-6), count)
