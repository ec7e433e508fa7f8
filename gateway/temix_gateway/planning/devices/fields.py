"""What every device kind shares: units of its fields, and what is refused."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from temix_market.errors import InvalidField
from temix_market.instants import Duration, Instant, iso
from temix_market.intervals import Interval
from temix_market.units import Energy, Power, Price

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


def money(price: Price) -> float:
    """Currency units per kWh of a price."""
    return price / 1e6


def check_window(steps: Sequence[Interval], start: Instant, end: Instant, path: str) -> None:
    """Refuse a window that is empty or over before the horizon begins.

    Raises:
        InvalidField: naming the end of the window.
    """
    if end <= steps[0].start:
        raise InvalidField(path, f"{iso(end)} has passed: the horizon starts at {iso(steps[0].start)}")
    if end <= start:
        raise InvalidField(path, f"{iso(end)} is not after its start {iso(start)}")


def check_series(steps: Sequence[Interval], series: Sequence[float], path: str) -> None:
    """Refuse a series that has not one value for each step.

    Raises:
        InvalidField: naming the series.
    """
    if len(series) != len(steps):
        raise InvalidField(path, f"{len(series)} values for {len(steps)} steps")


def check_at_most(value: float, limit: float, path: str, what: str) -> None:
    """Refuse a value above its limit.

    Raises:
        InvalidField: naming the value.
    """
    if value > limit:
        raise InvalidField(path, f"{value} is above {what} {limit}")
