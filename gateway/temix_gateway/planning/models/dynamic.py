"""The cheapest path of a stored quantity, by dynamic programming: values backwards, then a path forwards.

Values lie on the points of a grid and are linear between them; the path is exact. In each step being off
leads to a phase of being off, and any other level to one of being on, so only these are looked up.
"""

from bisect import bisect_right
from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple, Self

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from temix_gateway.planning.models.duty import Duty
from temix_gateway.planning.models.model import Cost, Floats, Schedule
from temix_gateway.planning.models.storage import Storage

BROKEN_RULE = 1e6
"""Currency units for a phase that no level may follow (a run cut off by its window): avoided, yet not without
an answer."""
EVEN = 1e-9
"""Currency units by which costs may differ and count as equal: then what could be done later is done now."""
MANY = 8
"""Levels from which all at once are faster than one after the other."""

type Choice = tuple[int, float, float, int]
"""A level, where it leads, the share of the step that it runs, the phase thereafter."""


class Turn(NamedTuple):
    """How a duty's phases follow each other over a step.

    Attributes:
        off, on: the phase after each phase when off, and when on; −1 where that is forbidden.
        off_row, on_row: the same as rows among the phases of being off, and among those of being on; where
            that is forbidden, the row after the last.
        stuck, stuck_off: the phases in which all is forbidden, and those in which being off is.
    """

    off: list[int]
    on: list[int]
    off_row: NDArray[np.intp]
    on_row: NDArray[np.intp]
    stuck: NDArray[np.intp]
    stuck_off: NDArray[np.intp]

    @classmethod
    def of(cls, duty: Duty, hours: float) -> Self:
        """Work a duty out for a step's length."""
        off, on = duty.after(False, hours), duty.after(True, hours)
        return cls(
            off.tolist(),
            on.tolist(),
            np.where(off < 0, duty.off, off).astype(np.intp),
            np.where(on < 0, duty.on, on - duty.off).astype(np.intp),
            np.flatnonzero((off < 0) & (on < 0)),
            np.flatnonzero(off < 0),
        )


class Reach(NamedTuple):
    """Where each allowed level leads from each point, (U, N): the point below, and how far above it.

    ``above`` is missing where every level leads from point to point, ``share`` (of the step that a level
    runs) where it always runs for the whole.
    """

    below: NDArray[np.intp]
    above: Floats | None
    share: Floats | None

    @classmethod
    def of(cls, storage: Storage, step: int, levels: NDArray[np.intp]) -> Self:
        """Lay it out for a step."""
        points, low, high = storage.points, storage.points[0], storage.points[-1]
        idle = storage.keep[step] * np.maximum(points, storage.floor) - storage.drain[step]
        idle, push = np.clip(idle, low, high), storage.push[step, levels][:, None]
        reached = np.clip(idle + push, low, high)
        share = None
        if storage.throttles:
            share = np.divide(reached - idle, push, out=np.ones_like(reached), where=push != 0)
        if storage.exact:
            place = np.round((reached - low) / (points[1] - low)).astype(np.intp)
            return cls(np.where(reached >= high, len(points) - 1, place), None, share)
        below = np.clip(np.searchsorted(points, reached, side="right") - 1, 0, len(points) - 2)
        return cls(below, (reached - points[below]) / np.diff(points)[below], share)

    def part(self, which: slice) -> Reach:
        """That of some of the levels."""
        above, share = (None if each is None else each[which] for each in (self.above, self.share))
        return Reach(self.below[which], above, share)


class DynamicProgram:
    """The dynamic program of a storage; what does not depend on costs is worked out once."""

    def __init__(self, storage: Storage) -> None:
        """Take the storage as it is."""
        self.storage = storage
        self._known: dict[tuple[float, float, bytes], tuple[Reach, Reach]] = {}
        self._reaches: dict[int, tuple[Reach, Reach]] = {}
        off, on = (1, 0) if storage.duty is None else (storage.duty.off, storage.duty.on)
        points = len(storage.points)
        # Used anew in each step. The last row of the two stands for what is forbidden.
        self._resting, self._running = np.full((off + 1, points), np.inf), np.full((on + 1, points), np.inf)
        self._begun = np.empty((off + on, points))
        self._leads, self._rises = np.empty((2, max(off, on) * storage.power.shape[1] * points))
        beyond = 0 if storage.moves is None else int(storage.moves.max())
        self._row = np.empty(points + beyond)
        self._rows = sliding_window_view(self._row, points)

    def best(self, cost: Cost) -> Schedule:
        """The cheapest schedule."""
        price = cost(self.storage.power)
        if self.storage.extra is not None:
            price = price + self.storage.extra
        return self._path(price, self._values(price))

    @cached_property
    def _levels(self) -> list[NDArray[np.intp]]:
        """The levels that each step allows."""
        return [np.flatnonzero(allowed) for allowed in self.storage.allowed]

    @cached_property
    def _turns(self) -> list[Turn]:
        """How phases follow each other in each step; nothing without a duty."""
        duty, hours = self.storage.duty, self.storage.grid.hours
        if duty is None:
            return []
        turns = {length: Turn.of(duty, length) for length in np.unique(hours).tolist()}
        return [turns[length] for length in hours.tolist()]

    def _reach(self, step: int) -> tuple[Reach, Reach]:
        """Where the levels lead that a step allows: all (with a duty: being off alone), and all but off."""
        if step not in self._reaches:
            storage, levels = self.storage, self._levels[step]
            key = float(storage.keep[step]), float(storage.drain[step]), storage.push[step, levels].tobytes()
            if key not in self._known:
                whole = Reach.of(storage, step, levels)
                first = whole if storage.duty is None else whole.part(slice(1))
                self._known[key] = first, whole.part(slice(1, None))
            self._reaches[step] = self._known[key]
        return self._reaches[step]

    def _stays(self, step: int) -> bool:
        """Whether x stays as it is while off."""
        storage = self.storage
        kept = storage.keep[step] == 1 and storage.drain[step] == 0 and storage.push[step, 0] == 0
        return bool(kept and storage.floor <= storage.points[0])

    def _values(self, price: Floats) -> Floats:
        """(T, K, N): cost of being in a phase at a point at a step's end, with everything after it."""
        storage, steps = self.storage, len(self.storage.grid)
        phases = 1 if storage.duty is None else storage.duty.phases
        before = self._before_in_turn
        if storage.duty is None:
            before = self._before if storage.moves is None else self._before_filled
        values = np.empty((steps, phases, len(storage.points)))
        values[-1] = 0.0
        for step in range(steps - 1, -1, -1):
            ahead, here = values[step], storage.stage[step]
            if here is not None:
                ahead += here
            if step:
                before(step, ahead, price, values[step - 1])
        return values

    def _before(self, step: int, ahead: Floats, price: Floats, before: Floats) -> None:
        """Of values at a step's end, (1, N), those at its beginning, without a duty."""
        levels = self._levels[step]
        if len(levels) == 1 and self._stays(step):
            np.add(ahead, price[step, 0], out=before)
            return
        led = self._room((1, len(levels), ahead.shape[1]))
        self._lead(ahead, self._reach(step)[0], price[step, levels], led)
        led.min(axis=1, out=before)

    def _before_filled(self, step: int, ahead: Floats, price: Floats, before: Floats) -> None:
        """The same where every level moves x by whole points: each leads to the row, shifted.

        Beyond the last point x stays there, and a level runs for less than the step.
        """
        levels, moves, share = self._levels[step][1:], self.storage.moves, self._reach(step)[1].share
        np.add(ahead, price[step, 0], out=before)
        if not levels.size or moves is None or share is None:
            return
        points, moved, prices = ahead.shape[1], moves[step, levels], price[step, levels, None]
        full = max(0, points - 1 - int(moved.max()))
        self._row[:points], self._row[points:] = ahead[0], ahead[0, -1]
        led = self._rows[moved]
        led[:, :full] += prices
        led[:, full:] += share[:, full:] * prices
        np.minimum(before, led.min(axis=0), out=before)

    def _before_in_turn(self, step: int, ahead: Floats, price: Floats, before: Floats) -> None:
        """Of values at a step's end, (K, N), those at its beginning, where levels follow by a duty."""
        turn, (off, on), levels = self._turns[step], self._reach(step), self._levels[step]
        resting, running, phases_off = self._resting, self._running, len(self._resting) - 1
        self._lead(ahead[:phases_off], off, price[step, :1], resting[:-1, None])
        resting.take(turn.off_row, axis=0, out=before, mode="clip")
        stuck = turn.stuck_off
        if len(levels) > 1:
            stuck, single = turn.stuck, len(levels) == 1 + 1
            shape = len(running) - 1, len(levels) - 1, ahead.shape[1]
            led = running[:-1, None] if single else self._room(shape)
            self._lead(ahead[phases_off:], on, price[step, levels[1:]], led)
            if not single:
                led.min(axis=1, out=running[:-1])
            begun = running.take(turn.on_row, axis=0, out=self._begun, mode="clip")
            if self.storage.start_cost:
                begun[:phases_off] += self.storage.start_cost
            np.minimum(before, begun, out=before)
        if stuck.size:
            before[stuck] = ahead[stuck] + BROKEN_RULE

    def _lead(self, ahead: Floats, reach: Reach, prices: Floats, led: Floats) -> None:
        """Into (K, U, N): what it costs from each point on to take a level, and to go on from each phase."""
        ahead.take(reach.below, axis=1, out=led, mode="clip")
        if reach.above is not None:
            rise = self._rises[: led.size].reshape(led.shape)
            (ahead[:, 1:] - ahead[:, :-1]).take(reach.below, axis=1, out=rise, mode="clip")
            rise *= reach.above
            led += rise
        if reach.share is not None:
            led += reach.share * prices[:, None]
        elif len(prices) > 1 or prices[0]:
            led += prices[:, None]

    def _room(self, shape: tuple[int, int, int]) -> Floats:
        """For values where levels lead."""
        room: Floats = self._leads[: shape[0] * shape[1] * shape[2]].reshape(shape)
        return room

    def _path(self, price: Floats, values: Floats) -> Schedule:
        """Forwards from the start, each step the cheapest level."""
        storage, steps = self.storage, len(self.storage.grid)
        many = storage.duty is None and storage.power.shape[1] > MANY
        chosen = self._of_many(price, values) if many else self._of_few(price, values)
        x, phase, starts = storage.start, storage.phase, 0
        levels, shares, states = [0] * steps, [0.0] * steps, [0.0] * steps
        for step in range(steps):
            was_off = storage.duty is not None and phase < storage.duty.off
            level, x, share, phase = chosen(step, x, phase)
            starts += bool(level and was_off)
            levels[step], shares[step], states[step] = level, share, x
        run, taken = np.arange(steps), np.array(shares)
        wear = starts * storage.start_cost
        if storage.extra is not None:
            wear += float(storage.extra[run, levels] @ taken)
        return storage.account(storage.power[run, levels] * taken, np.array(states), wear)

    def _of_many(self, price: Floats, values: Floats) -> Callable[[int, float, int], Choice]:
        """From a step and x, the cheapest of many levels."""
        storage, points = self.storage, self.storage.points
        low, high, floor, throttles = float(points[0]), float(points[-1]), storage.floor, storage.throttles
        keep, drain = storage.keep.tolist(), storage.drain.tolist()

        def choice(step: int, x: float, _: int) -> Choice:
            levels, idle = self._levels[step], keep[step] * max(x, floor) - drain[step]
            if len(levels) == 1 and self._stays(step):
                return 0, x, 1.0, 0
            if throttles:
                idle = min(high, max(low, idle))
            push = storage.push[step, levels]
            reached, cost = idle + push, price[step, levels]
            share = None
            if throttles:
                reached = np.minimum(np.maximum(reached, low), high)
                share = np.divide(reached - idle, push, out=np.ones_like(push), where=push != 0)
                cost = cost * share
            total = np.interp(reached, points, values[step, 0]) + cost
            even = np.flatnonzero(total <= total.min() + EVEN)
            best = int(even[np.argmax(push[even])])
            return int(levels[best]), float(reached[best]), 1.0 if share is None else float(share[best]), 0

        return choice

    def _of_few(self, price: Floats, values: Floats) -> Callable[[int, float, int], Choice]:
        """From a step, x and a phase, the cheapest of few levels; off where none may follow."""
        storage, turns, duty = self.storage, self._turns, self.storage.duty
        points, last = storage.points.tolist(), len(storage.points) - 2
        low, high, floor, throttles = points[0], points[-1], storage.floor, storage.throttles
        parts = storage.keep, storage.drain, storage.push, price
        keep, drain, pushes, prices = (part.tolist() for part in parts)
        levels, start_cost = [found.tolist()[::-1] for found in self._levels], storage.start_cost

        def choice(step: int, x: float, phase: int) -> Choice:
            ahead, push, cost = values[step], pushes[step], prices[step]
            idle = keep[step] * max(x, floor) - drain[step]
            if throttles:
                idle = min(high, max(low, idle))
            begins = start_cost if duty is not None and phase < duty.off else 0.0
            least, best = np.inf, (0, keep[step] * x - drain[step], 1.0, phase)
            for level in levels[step]:
                follows = 0
                if duty is not None:
                    follows = turns[step].on[phase] if level else turns[step].off[phase]
                    if follows < 0:
                        continue
                reached, share = idle + push[level], 1.0
                if throttles:
                    reached = min(high, max(low, reached))
                    share = (reached - idle) / push[level] if push[level] else 1.0
                held = min(high, max(low, reached))
                left = min(bisect_right(points, held) - 1, last)
                at, above = (
                    ahead.item(follows, left),
                    (held - points[left]) / (points[left + 1] - points[left]),
                )
                total = at + (ahead.item(follows, left + 1) - at) * above + cost[level] * share
                total += begins if level else 0.0
                if total < least - EVEN:
                    least, best = total, (level, reached, share, follows)
            return best

        return choice
