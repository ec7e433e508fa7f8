"""One stored quantity (energy, heat, temperature, time run) with wishes and rules, by dynamic programming."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from temix_gateway.planning.models.duty import Duty
from temix_gateway.planning.models.model import Bools, Cost, Floats, Grid, Missed, Schedule

BROKEN_RULE = 1e6
"""Currency units for a phase that no level may follow (a run cut off by its window): avoided, yet not without
an answer."""


POINT_STEPS = 80_000
FEWEST_POINTS, MOST_POINTS = 401, 1281
"""Points of a continuous quantity times steps, within bounds: what a dynamic program may take of the time."""

MANY = 8
"""Levels from which all at once are faster than one after the other."""

type Choice = tuple[float, int, float, float, int]
"""Cost to the end, level, where it leads, share of the step that it runs, phase thereafter."""


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


@dataclass(frozen=True, slots=True)
class Turn:
    """How a duty's phases follow each other over a step.

    Attributes:
        off, on: the phase after each phase when off, and when on; −1 where that is forbidden.
        off_to, on_to: the same as arrays; forbidden ones lead anywhere.
        off_cost, on_cost: of it, (K, 1): what a start costs, infinite where forbidden.
        phases_off: so many first phases are of being off; 0 without a duty.
        may_stick: in some phase all is forbidden.
    """

    off: list[int]
    on: list[int]
    off_to: NDArray[np.intp]
    on_to: NDArray[np.intp]
    off_cost: Floats
    on_cost: Floats
    phases_off: int
    may_stick: bool

    @classmethod
    def of(cls, duty: Duty | None, hours: float, start_cost: float) -> Self:
        """Work a duty out for a step's length; without a duty there is one phase."""
        off = on = np.zeros(1, dtype=np.int64)
        if duty is not None:
            off, on = duty.after(False, hours), duty.after(True, hours)
        rests = 0 if duty is None else duty.off
        begins = np.where(np.arange(len(on)) < rests, start_cost, 0.0)
        return cls(
            off.tolist(),
            on.tolist(),
            np.maximum(off, 0).astype(np.intp),
            np.maximum(on, 0).astype(np.intp),
            np.where(off < 0, np.inf, 0.0)[:, None],
            np.where(on < 0, np.inf, begins)[:, None],
            rests,
            may_stick=bool((np.maximum(off, on) < 0).any()),
        )


class Reach(NamedTuple):
    """Where each allowed level leads from each point, (U, N): the point below, and how far above it.

    ``above`` is missing where every level leads from point to point, ``share`` (of the step that a level
    runs) where it always runs for the whole.
    """

    below: NDArray[np.intp]
    above: Floats | None
    share: Floats | None

    def values(self, at: Floats) -> Floats:
        """Of values at the points, (K, N), those where the levels lead, (K, U, N)."""
        found: Floats = at.take(self.below, axis=1)
        if self.above is not None:
            rise = at[:, 1:].take(self.below, axis=1)
            rise -= found
            rise *= self.above
            found += rise
        return found

    def price(self, prices: Floats) -> Floats:
        """What levels cost from each point, of what each costs over the whole step, (U,)."""
        return prices[:, None] if self.share is None else prices[:, None] * self.share


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
    _reached: dict[tuple[float, float, bytes], Reach] = field(default_factory=dict, repr=False)
    _reaches: dict[int, Reach] = field(default_factory=dict, repr=False)

    def best(self, cost: Cost) -> Schedule:
        """The cheapest schedule: values backwards on the points (linear between), then forwards exactly."""
        price = cost(self.power)
        if self.extra is not None:
            price = price + self.extra
        return self._forward(price, self._values(price))

    @cached_property
    def exact(self) -> bool:
        """Whether every level leads from a point to a point, so that nothing is interpolated."""
        spacing = float(self.points[1] - self.points[0])
        moves = np.append(self.push.ravel(), self.start - self.points[0]) / spacing
        whole = bool(np.abs(moves - np.round(moves)).max() < 1e-6)
        return whole and bool(np.isin(self.keep, (0.0, 1.0)).all()) and not self.drain.any()

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

    @cached_property
    def levels(self) -> list[NDArray[np.int64]]:
        """The levels that each step allows."""
        return [np.flatnonzero(allowed) for allowed in self.allowed]

    @cached_property
    def turns(self) -> list[Turn]:
        """How phases follow each other in each step."""
        turns = {
            hours: Turn.of(self.duty, hours, self.start_cost) for hours in np.unique(self.grid.hours).tolist()
        }
        return [turns[hours] for hours in self.grid.hours.tolist()]

    def _stays(self, step: int) -> bool:
        """Whether x stays as it is while off."""
        kept = self.keep[step] == 1 and self.drain[step] == 0
        return bool(kept and self.push[step, 0] == 0 and self.floor <= self.points[0])

    def _reach(self, step: int) -> Reach:
        """Where the levels that a step allows lead from each point."""
        if step not in self._reaches:
            levels = self.levels[step]
            key = float(self.keep[step]), float(self.drain[step]), self.push[step, levels].tobytes()
            if key not in self._reached:
                self._reached[key] = self._laid_out(step)
            self._reaches[step] = self._reached[key]
        return self._reaches[step]

    def _laid_out(self, step: int) -> Reach:
        low, high = self.points[0], self.points[-1]
        idle = self.keep[step] * np.maximum(self.points, self.floor) - self.drain[step]
        idle, push = np.clip(idle, low, high), self.push[step, self.levels[step]][:, None]
        reached = np.clip(idle + push, low, high)
        share = None
        if self.throttles:
            share = np.divide(reached - idle, push, out=np.ones_like(reached), where=push != 0)
        place = (reached - low) / (self.points[1] - low)
        if self.exact:
            return Reach(np.round(place).astype(np.intp), None, share)
        below = np.minimum(place.astype(np.intp), len(self.points) - 2)
        return Reach(below, place - below, share)

    def _values(self, price: Floats) -> list[Floats]:
        """(K, N) for each step: cost of being at a point at its end, with everything after it."""
        steps, phases = len(self.grid), self.duty.phases if self.duty else 1
        after: Floats = np.zeros((phases, len(self.points)))
        values = [after] * steps
        for step in range(steps - 1, -1, -1):
            here = self.stage[step]
            ahead = values[step] = after if here is None else after + here
            if step == 0:
                break
            levels, turn = self.levels[step], self.turns[step]
            if self.duty is None and len(levels) == 1 and self._stays(step):
                after = ahead if price[step, 0] == 0 else ahead + price[step, 0]
                continue
            reach = self._reach(step)
            led = reach.values(ahead)
            led += reach.price(price[step, levels])
            if self.duty is None:
                after = led.min(axis=1)
                continue
            after = led[:, 0].take(turn.off_to, axis=0)
            after += turn.off_cost
            if len(levels) > 1:
                running = led[:, 1] if len(levels) == 1 + 1 else led[:, 1:].min(axis=1)
                running = running.take(turn.on_to, axis=0)
                running += turn.on_cost
                np.minimum(after, running, out=after)
            if turn.may_stick or len(levels) == 1:
                stuck = np.isinf(after[:, 0])
                after[stuck] = ahead[stuck] + BROKEN_RULE
        return values

    def _choices(self, price: Floats, values: list[Floats]) -> Callable[[int, float, int], list[Choice]]:
        """From a step, x and a phase: what each level that the step allows costs to the end, and leads to."""
        low, high, floor = float(self.points[0]), float(self.points[-1]), self.floor
        spacing, last = float(self.points[1]) - low, len(self.points) - 2
        keep, drain, pushes, prices = (part.tolist() for part in (self.keep, self.drain, self.push, price))
        levels, turns, throttles = [found.tolist() for found in self.levels], self.turns, self.throttles

        def best_of_many(step: int, idle: float) -> Choice:
            each = self.levels[step]
            push, ahead = self.push[step, each], values[step][0]
            reached = np.clip(idle + push, low, high) if throttles else idle + push
            moved = np.divide(reached - idle, push, out=np.ones_like(push), where=push != 0)
            share = moved if throttles else np.ones_like(push)
            place = np.clip((reached - low) / spacing, 0.0, last + 1)
            left = np.minimum(place.astype(np.intp), last)
            at = ahead[left]
            total = at + (ahead[left + 1] - at) * (place - left) + price[step, each] * share
            best = int(np.argmin(total))
            return float(total[best]), int(each[best]), float(reached[best]), float(share[best]), 0

        def choices(step: int, x: float, phase: int) -> list[Choice]:
            turn, ahead, push, cost = turns[step], values[step], pushes[step], prices[step]
            idle = keep[step] * max(x, floor) - drain[step]
            if throttles:
                idle = min(high, max(low, idle))
            if turn.phases_off == 0 and len(levels[step]) > MANY:
                return [best_of_many(step, idle)]
            begins = self.start_cost if phase < turn.phases_off else 0.0
            found = []
            for level in levels[step]:
                follows = turn.on[phase] if level else turn.off[phase]
                if follows < 0:
                    continue
                reached, share = idle + push[level], 1.0
                if throttles:
                    reached = min(high, max(low, reached))
                    share = (reached - idle) / push[level] if push[level] else 1.0
                place = min(last + 1, max(0.0, (reached - low) / spacing))
                left = min(int(place), last)
                at = ahead.item(follows, left)
                total = at + (ahead.item(follows, left + 1) - at) * (place - left) + cost[level] * share
                found.append((total + (begins if level else 0.0), level, reached, share, follows))
            return found

        return choices

    def _forward(self, price: Floats, values: list[Floats]) -> Schedule:
        steps, choices = len(self.grid), self._choices(price, values)
        power, state = np.zeros(steps), np.empty(steps)
        x, phase, wear = self.start, self.phase, 0.0
        for step in range(steps):
            begins = phase < self.turns[step].phases_off
            stuck = (np.inf, 0, float(self.keep[step]) * x - float(self.drain[step]), 1.0, phase)
            _, level, x, share, phase = min(choices(step, x, phase), key=itemgetter(0), default=stuck)
            power[step], state[step] = float(self.power[step, level]) * share, x
            wear += self.start_cost if level and begins else 0.0
            wear += float(self.extra[step, level]) * share if self.extra is not None else 0.0
        return self.account(power, state, wear)

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
