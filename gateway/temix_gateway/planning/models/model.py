"""What a planner asks of a device: the time grid, a cost of power, and a schedule."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from temix_market.instants import HOUR, Instant
from temix_market.intervals import Interval

type Floats = NDArray[np.float64]


type Bools = NDArray[np.bool_]


type Cost = Callable[[Floats], Floats]
"""Cost in currency units of drawing a power (W, first axis the step, any further axes) in each step."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The steps of a problem as arrays: when they start and end (ms), their hours."""

    steps: tuple[Interval, ...]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    hours: Floats

    @classmethod
    def of(cls, steps: Sequence[Interval]) -> Grid:
        """Arrange ``steps``."""
        start = np.array([step.start for step in steps], dtype=np.int64)
        duration = np.array([step.duration for step in steps], dtype=np.int64)
        return cls(tuple(steps), start, start + duration, duration / HOUR)

    def __len__(self) -> int:
        """Number of steps."""
        return len(self.steps)

    def within(self, start: Instant, end: Instant) -> Bools:
        """Which steps lie wholly in ``[start, end)``; the first step counts though it has begun."""
        begins = self.start.copy()
        begins[0] = max(begins[0], min(start, self.end[0] - 1))
        inside: Bools = (begins >= start) & (self.end <= end)
        return inside

    def last_until(self, instant: Instant) -> int:
        """Index of the last step that ends by ``instant``; −1 if none does."""
        return int(np.searchsorted(self.end, instant, side="right")) - 1


@dataclass(frozen=True, slots=True)
class Missed:
    """A wish not met: its name, by how much in its unit, and its cost in the objective (currency units)."""

    wish: str
    amount: float
    unit: str
    cost: float


@dataclass(frozen=True, slots=True)
class Schedule:
    """What a device does: mean power per step (W, drawing positive) and its state at each step's end.

    ``wear`` and ``missed`` are costs of its own, beside the energy it draws (currency units).
    """

    power: Floats
    state: Floats | None
    wear: float
    missed: tuple[Missed, ...]

    @property
    def own_cost(self) -> float:
        """Wear and missed wishes together."""
        return self.wear + sum(missed.cost for missed in self.missed)


COARSE = 0.5
"""Hours from which a step is so long that what only switches may run for quarters of it."""


def shares(grid: Grid, levels: int) -> tuple[Floats, Bools]:
    """Shares of its power with which a device of so many levels can run, from 0, and where each is allowed.

    The mean power of a long step is not that of its moments: there quarters are allowed whatever the levels.
    """
    own, quarters = np.linspace(0, 1, levels + 1), np.linspace(0, 1, 5)
    found = np.unique(np.concatenate([own, quarters if (grid.hours >= COARSE).any() else own]).round(9))
    always = np.isin(found, own.round(9))
    allowed: Bools = always[None, :] | (np.isin(found, quarters)[None, :] & (grid.hours >= COARSE)[:, None])
    return found, allowed
