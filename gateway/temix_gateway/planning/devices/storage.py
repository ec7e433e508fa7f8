"""One stored quantity (energy, heat, temperature, time run) with wishes and rules, by dynamic programming."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from temix_gateway.planning.devices.duty import Duty
from temix_gateway.planning.devices.model import Bools, Cost, Floats, Grid, Missed, Schedule

BROKEN_RULE = 1e6
"""Currency units for a phase that no level may follow (a run cut off by its window): avoided, yet not without
an answer."""


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

    def missing(self, x: Floats) -> Floats:
        """What is missing at ``x``, (T, …)."""
        target = self.target.reshape((-1, *[1] * (x.ndim - 1)))
        missing: Floats = np.maximum(x - target if self.above else target - x, 0)
        return missing

    def missed(self, state: Floats) -> Missed | None:
        """What a path of x misses; None where that is nothing."""
        missing = self.missing(state)
        cost, amount = float(missing @ self.weight), float(missing @ self.amount)
        return Missed(self.name, amount, self.unit, cost) if cost > 1e-6 else None


@dataclass(frozen=True, slots=True)
class Turn:
    """How a duty's phases follow each other over a step: after each phase when off, and when on.

    ``leads`` are the phases that running can lead to; ``on`` counts among these.
    """

    off: NDArray[np.int64]
    off_forbidden: NDArray[np.int64]
    leads: NDArray[np.int64]
    on: NDArray[np.int64]
    on_forbidden: NDArray[np.int64]
    phases_off: int
    may_stick: bool

    @classmethod
    def of(cls, duty: Duty | None, hours: float) -> Self:
        """Work a duty out for a step's length; without a duty there is one phase."""
        same, none = np.zeros(1, dtype=np.int64), np.empty(0, dtype=np.int64)
        if duty is None:
            return cls(same, none, same, same, none, 0, may_stick=False)
        off, on = duty.after(False, hours), duty.after(True, hours)
        leads, places = np.unique(np.maximum(on, 0), return_inverse=True)
        forbidden = np.flatnonzero(off < 0), np.flatnonzero(on < 0)
        may_stick = bool((np.maximum(off, on) < 0).any())
        return cls(np.maximum(off, 0), forbidden[0], leads, places, forbidden[1], duty.off, may_stick)

    def after(self, phase: int, *, on: bool) -> int:
        """The phase after a phase; −1 where forbidden."""
        if on:
            return -1 if phase in self.on_forbidden else int(self.leads[self.on[phase]])
        return -1 if phase in self.off_forbidden else int(self.off[phase])


def _between(values: Floats, left: NDArray[np.int64], weight: Floats | None) -> Floats:
    """Values, (K, N), between their points: (K, …) at ``left`` and so far above it; none: at the point."""
    below: Floats = values.take(left, axis=1)
    if weight is None:
        return below
    steps = np.diff(values, axis=1).take(left, axis=1)
    steps *= weight
    below += steps
    return below


@dataclass(frozen=True)
class Storage:
    """A quantity x with ``x' = keep·x + push(level) − drain``, held within the points of a grid.

    Attributes:
        points: grid of x, ascending and evenly spaced.
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
    _reached: dict[tuple[float, float, bytes], tuple[NDArray[np.int64], Floats | None, Floats]] = field(
        default_factory=dict, repr=False
    )
    _drawn: Floats | None = field(default=None, repr=False)

    def near(self, cost: Cost, mean: Floats, pull: float) -> Schedule:
        """The cheapest if each hour that x is away from ``mean``, by the whole grid, costs ``pull``."""
        away = np.abs(self.points - mean[:, None]) / (self.points[-1] - self.points[0])
        drawn = self.stage + pull * self.grid.hours[:, None] * away
        return replace(self, _reached=self._reached, _drawn=drawn).best(cost)

    def best(self, cost: Cost) -> Schedule:
        """The cheapest schedule: values backwards on the points (linear between), then forwards exactly."""
        price = cost(self.power)
        if self.extra is not None:
            price = price + self.extra
        return self._forward(price, self._values(price))

    def value(self, cost: Cost) -> float:
        """What the cheapest schedule costs by the dynamic program: exact where ``exact``."""
        price = cost(self.power)
        if self.extra is not None:
            price = price + self.extra
        ahead = self._values(price)[0]
        return min(
            (total for total, *_ in self._choices(0, self.start, self.phase, price[0], ahead)), default=0.0
        )

    @cached_property
    def exact(self) -> bool:
        """Whether every level leads from a point to a point, so that nothing is interpolated."""
        spacing = float(self.points[1] - self.points[0])
        moves = np.append(self.push.ravel(), self.start - self.points[0]) / spacing
        whole = bool(np.abs(moves - np.round(moves)).max() < 1e-6)
        return whole and bool(np.isin(self.keep, (0.0, 1.0)).all()) and not self.drain.any()

    @cached_property
    def stage(self) -> Floats:
        """Cost of being at a grid point at a step's end, (T, N)."""
        stage = np.zeros((len(self.grid), len(self.points)))
        for wish in self.wishes:
            stage += wish.missing(np.broadcast_to(self.points, stage.shape)) * wish.weight[:, None]
        stage[-1] -= self.points * self.end_worth
        return stage

    @cached_property
    def _levels(self) -> list[NDArray[np.int64]]:
        return [np.flatnonzero(allowed) for allowed in self.allowed]

    @cached_property
    def _turns(self) -> dict[float, Turn]:
        """How phases follow each other, by a step's hours."""
        return {float(hours): Turn.of(self.duty, float(hours)) for hours in np.unique(self.grid.hours)}

    def _idle(self, step: int, x: Floats) -> Floats:
        idle: Floats = np.clip(
            self.keep[step] * np.maximum(x, self.floor) - self.drain[step], self.points[0], self.points[-1]
        )
        return idle

    def _reach(self, step: int) -> tuple[NDArray[np.int64], Floats | None, Floats]:
        """From each point by each allowed level: the point below, how far above, the share run, (U, N).

        Where every level leads from point to point there is nothing above.
        """
        levels = self._levels[step]
        key = self.keep[step], self.drain[step], self.push[step, levels].tobytes()
        if key not in self._reached:
            low, high = self.points[0], self.points[-1]
            idle, push = self._idle(step, self.points), self.push[step, levels][:, None]
            reached = np.clip(idle + push, low, high)
            share = np.ones_like(reached)
            if self.throttles:
                np.divide(reached - idle, push, out=share, where=push != 0)
            place = (reached - low) / (self.points[1] - low)
            if self.exact:
                self._reached[key] = np.round(place).astype(np.int64), None, share
            else:
                left = np.minimum(place.astype(np.int64), len(self.points) - 2)
                self._reached[key] = left, place - left, share
        return self._reached[key]

    def _values(self, price: Floats) -> Floats:
        """(T, K, N): cost of being at a point at a step's end, with everything after it."""
        steps, points = len(self.grid), len(self.points)
        phases = self.duty.phases if self.duty else 1
        values = np.empty((steps, phases, points))
        after = np.zeros((phases, points))
        stage = self.stage if self._drawn is None else self._drawn
        for step in range(steps - 1, -1, -1):
            ahead = np.add(after, stage[step], out=values[step])
            if step == 0:
                break
            levels = self._levels[step]
            left, weight, share = self._reach(step)
            turn = self._turns[float(self.grid.hours[step])]
            rest, push = (None, None) if weight is None else (weight[0], weight[1:])
            after = _between(ahead, left[0], rest).take(turn.off, axis=0)
            after += price[step, 0] * share[0]
            after[turn.off_forbidden] = np.inf
            if len(levels) > 1:
                onward = _between(ahead.take(turn.leads, axis=0), left[1:], push)
                onward += price[step, levels[1:], None] * share[1:]
                running = onward.min(axis=1).take(turn.on, axis=0)
                running[turn.on_forbidden] = np.inf
                if self.start_cost:
                    running[: turn.phases_off] += self.start_cost
                np.minimum(after, running, out=after)
            if turn.may_stick or len(levels) == 1:
                stuck = np.isinf(after[:, 0])
                after[stuck] = ahead[stuck] + BROKEN_RULE
        return values

    def _choices(
        self, step: int, x: float, phase: int, price: Floats, ahead: Floats
    ) -> Iterator[tuple[float, int, float, float, int]]:
        """Each level that a step allows: cost to the end, level, where it leads, share run, phase."""
        low, high = float(self.points[0]), float(self.points[-1])
        spacing, last = float(self.points[1]) - low, len(self.points) - 2
        turn = self._turns[float(self.grid.hours[step])]
        idle = float(self.keep[step]) * max(x, self.floor) - float(self.drain[step])
        if self.throttles:
            idle = min(high, max(low, idle))
        begins = self.start_cost if self.duty is not None and not self.duty.is_on(phase) else 0.0
        for level in self._levels[step].tolist():
            follows = turn.after(phase, on=level > 0)
            if follows < 0:
                continue
            push = self.push.item(step, level)
            reached, share = idle + push, 1.0
            if self.throttles:
                reached = min(high, max(low, reached))
                share = (reached - idle) / push if push else 1.0
            place = min(last + 1, max(0.0, (reached - low) / spacing))
            left = min(int(place), last)
            at = ahead.item(follows, left)
            total = at + (ahead.item(follows, left + 1) - at) * (place - left) + price.item(level) * share
            yield total + (begins if level else 0.0), level, reached, share, follows

    def _forward(self, price: Floats, values: Floats) -> Schedule:
        steps = len(self.grid)
        power, state = np.zeros(steps), np.empty(steps)
        x, phase, starts, extra = self.start, self.phase, 0, 0.0
        for step in range(steps):
            choices = self._choices(step, x, phase, price[step], values[step])
            stuck = (np.inf, 0, float(self.keep[step]) * x - float(self.drain[step]), 1.0, phase)
            _, level, x, share, follows = min(choices, key=lambda choice: choice[0], default=stuck)
            starts += level > 0 and self.duty is not None and not self.duty.is_on(phase)
            phase = follows
            power[step], state[step] = float(self.power[step, level]) * share, x
            extra += float(self.extra[step, level]) * share if self.extra is not None else 0.0
        return self.account(power, state, extra + starts * self.start_cost)

    def account(self, power: Floats, state: Floats, wear: float) -> Schedule:
        """A schedule with what it misses; what the store gained counts against the wear."""
        missed = tuple(missed for missed in (wish.missed(state) for wish in self.wishes) if missed)
        return Schedule(power, state, wear - (float(state[-1]) - self.start) * self.end_worth, missed)


def grid_points(low: float, high: float, count: int) -> Floats:
    """Evenly spaced points from ``low`` to ``high``."""
    return np.linspace(low, max(high, low + 1e-6), count)
