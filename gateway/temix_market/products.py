"""What is traded: product = resource + unit + duration, instrument = product + start (CTS 1.0)."""

from dataclasses import dataclass
from enum import Enum

from temix_market.errors import InvalidField
from temix_market.instants import Duration, Instant, iso, iso_duration
from temix_market.intervals import TRADED, Interval, lot
from temix_market.units import Energy


class Resource(Enum):
    """The two TeMIX resources, both measured in Wh; values are CTS resource designators."""

    ENERGY = "ENERGY"
    TRANSPORT = "TRANSPORT"

    __hash__ = object.__hash__  # each member is one object, and an enumeration's own hash is slow


class Side(Enum):
    """The side of a tender's author; values as in CTS."""

    BUY = "BUY"
    SELL = "SELL"

    __hash__ = object.__hash__  # as above

    @property
    def sign(self) -> int:
        """Sign of the quantity for whoever takes the tender: + where the author sells, − where it buys."""
        return 1 if self is Side.SELL else -1


@dataclass(frozen=True, slots=True)
class Instrument:
    """A resource delivered at a constant rate over one clock-aligned interval.

    Raises:
        InvalidField: a duration that is not traded, or a start off the clock.
    """

    start: Instant
    duration: Duration
    resource: Resource

    def __post_init__(self) -> None:
        """Refuse what is not an hour, a quarter or five minutes on the clock."""
        if self.duration not in TRADED:
            traded = ", ".join(iso_duration(duration) for duration in TRADED)
            raise InvalidField("duration", f"{self.duration} ms is not traded: use one of {traded}")
        if self.start % self.duration:
            raise InvalidField(
                "start", f"{iso(self.start)} is not a multiple of {iso_duration(self.duration)}"
            )

    @property
    def interval(self) -> Interval:
        """When it is delivered."""
        return Interval(self.start, self.duration)

    def check_quantity(self, quantity: Energy, field: str = "quantity") -> None:
        """Refuse a quantity that is not a positive multiple of the lot (12 W over the interval).

        Raises:
            InvalidField: naming ``field``.
        """
        if quantity <= 0 or quantity % lot(self.duration):
            raise InvalidField(field, f"{quantity} Wh is not a positive multiple of {lot(self.duration)} Wh")
