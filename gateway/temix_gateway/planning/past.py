"""What the past of a home is, from which its next days are foreseen: asked without loading numpy."""

import msgspec
from temix_market.instants import Instant
from temix_market.intervals import Interval


class Past(msgspec.Struct, frozen=True, kw_only=True, tag="past"):
    """Past whole hours of a home, and of which intervals the load is asked.

    Attributes:
        zone: the home's, IANA.
        now: when it is asked (ms).
        intervals: none of which ends before ``now``.
        start: of the first past hour (ms).
        load: what the home used in each hour, Wh; null: unknown.
        sun: what its roof gave, Wh; null: unknown.
    """

    zone: str
    now: Instant
    intervals: tuple[Interval, ...]
    start: Instant
    load: tuple[int | None, ...]
    sun: tuple[int | None, ...]


class Foreseen(msgspec.Struct, frozen=True, kw_only=True):
    """Mean power (W, net of solar) that a home's past lets expect in each interval asked of.

    Attributes:
        expected: one for each interval.
        shares: shares of days, rising between 0 and 1.
        at_most: for each interval, what is not passed on each of these shares of days.
    """

    expected: tuple[float, ...]
    shares: tuple[float, ...]
    at_most: tuple[tuple[float, ...], ...]


class PastRoom(msgspec.Struct, frozen=True, kw_only=True, tag="room"):
    """Past whole hours of a room or home that one device heats or cools; null: unknown.

    Attributes:
        zone: the home's, IANA.
        start: of the first hour (ms).
        indoor: at the beginning of each hour, °C.
        outdoor: mean of each hour, °C.
        drawn: electric energy of the device in each hour, Wh.
        efficiency: heat that it is taken to bring in per electric energy; below zero where it cools.
    """

    zone: str
    start: Instant
    indoor: tuple[float | None, ...]
    outdoor: tuple[float | None, ...]
    drawn: tuple[float | None, ...]
    efficiency: float


class Building(msgspec.Struct, frozen=True, kw_only=True):
    """How a building keeps its warmth, and how sure that is.

    Attributes:
        heat_capacity: Wh per kelvin.
        loss: W per kelvin of difference to outdoors.
        gains: heat from sun and people in each hour of the clock, W.
        capacity_factor, loss_factor: by these factors more or less would surprise nobody (one standard
            deviation of the logarithm).
        days: from how many it was learned.
        efficiency: heat moved per electric energy that all this holds for.
    """

    heat_capacity: float
    loss: float
    gains: tuple[float, ...]
    capacity_factor: float
    loss_factor: float
    days: float
    efficiency: float

    @property
    def words(self) -> str:
        """What was learned, for people."""
        return (
            f"1 °C more takes {self.heat_capacity / 1000:.1f} kWh of heat (within a factor of"
            f" {self.capacity_factor:.2f}), and {self.loss:.0f} W flow out per °C of difference (within"
            f" {self.loss_factor:.2f}), by {self.days:.1f} days of its past"
        )
