"""What every device kind shares: units of its fields, the time grid, and what a planner asks of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

import msgspec
import numpy as np
from numpy.typing import NDArray
from temix_market.errors import InvalidField
from temix_market.instants import HOUR, Duration, Instant, iso
from temix_market.intervals import Interval
from temix_market.units import Energy, Power, Price

type Floats = NDArray[np.float64]
type Bools = NDArray[np.bool_]

type Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
type Watts = Annotated[Power, msgspec.Meta(ge=0, le=1_000_000)]
type SomeWatts = Annotated[Power, msgspec.Meta(ge=1, le=1_000_000)]
type WattHours = Annotated[Energy, msgspec.Meta(ge=0, le=10_000_000)]
type SomeWattHours = Annotated[Energy, msgspec.Meta(ge=1, le=10_000_000)]
type Milliseconds = Annotated[Duration, msgspec.Meta(ge=0, le=31 * 24 * 3_600_000)]
type When = Annotated[Instant, msgspec.Meta(ge=0, le=10**14)]
type Worth = Annotated[Price, msgspec.Meta(ge=0, le=1_000_000_000)]
type Efficiency = Annotated[float, msgspec.Meta(gt=0, le=1)]
type Fraction = Annotated[float, msgspec.Meta(ge=0, le=1)]
type Celsius = Annotated[float, msgspec.Meta(ge=-100, le=200)]
type Positive = Annotated[float, msgspec.Meta(gt=0, le=1e6)]
type Flow = Annotated[float, msgspec.Meta(ge=-1e6, le=1e6)]
type Levels = Annotated[int, msgspec.Meta(ge=1, le=50)]
type NotNegative = Annotated[float, msgspec.Meta(ge=0, le=1e6)]

type AnyPrice = Annotated[Price, msgspec.Meta(ge=-1_000_000_000, le=1_000_000_000)]

WISH_WORTH = Price(20_000_000)
"""What a wish is worth unless its owner says otherwise: it is met at any price below 20 units a kWh."""

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


def money(price: Price) -> float:
    """Currency units per kWh of a price."""
    return price / 1e6


def check_window(grid: Grid, start: Instant, end: Instant, path: str) -> None:
    """Refuse a window that is empty or over before the horizon begins.

    Raises:
        InvalidField: naming the end of the window.
    """
    if end <= start:
        raise InvalidField(path, f"{iso(end)} is not after its start {iso(start)}")
    if end <= grid.start[0]:
        raise InvalidField(
            path, f"{iso(end)} has passed: the horizon starts at {iso(Instant(int(grid.start[0])))}"
        )


def check_series(grid: Grid, series: Sequence[float], path: str) -> None:
    """Refuse a series that has not one value for each step.

    Raises:
        InvalidField: naming the series.
    """
    if len(series) != len(grid):
        raise InvalidField(path, f"{len(series)} values for {len(grid)} steps")


def check_at_most(value: float, limit: float, path: str, what: str) -> None:
    """Refuse a value above its limit.

    Raises:
        InvalidField: naming the value.
    """
    if value > limit:
        raise InvalidField(path, f"{value} is above {what} {limit}")
