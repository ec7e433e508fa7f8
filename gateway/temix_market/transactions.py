"""Transactions: a pair of energy and transport, of equal quantity, booked all or none."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NewType

from temix_market.errors import InvalidField
from temix_market.instants import FIVE_MINUTES, Instant
from temix_market.intervals import Interval
from temix_market.products import Instrument, Resource, Side
from temix_market.tenders import PartyId, Tender, TenderId
from temix_market.units import Energy, Money, Price, cost

if TYPE_CHECKING:
    from temix_market.home_tenders import HomeTender

PairKey = NewType("PairKey", str)
"""UUIDv7: the one key under which a pair happens at most once."""


class Kind(Enum):
    """Why a pair exists."""

    TRADE = "trade"
    SUBSCRIPTION = "subscription"


@dataclass(frozen=True, slots=True)
class Leg:
    """One transaction of a pair; it repeats the tender with its author's side."""

    tender_id: TenderId
    author: PartyId
    instrument: Instrument
    side: Side
    price: Price
    quantity: Energy

    def __post_init__(self) -> None:
        """Refuse a quantity off the lot grid."""
        self.instrument.check_quantity(self.quantity)

    @classmethod
    def taking(cls, tender: Tender, quantity: Energy) -> Leg:
        """Take ``quantity`` Wh of a tender at its price."""
        return cls(tender.id, tender.author, tender.instrument, tender.side, tender.price, quantity)


@dataclass(frozen=True, slots=True)
class Pair:
    """Energy and transport of one interval, equal quantity, one key.

    Raises:
        InvalidField: the legs differ in interval, side or quantity, or are not energy and transport.
    """

    key: PairKey
    home: PartyId
    energy: Leg
    transport: Leg
    kind: Kind = Kind.TRADE

    def __post_init__(self) -> None:
        """Hold the invariants of a pair."""
        energy, transport = self.energy, self.transport
        if energy.instrument.resource is not Resource.ENERGY:
            raise InvalidField("energy", "the first leg must be energy")
        if transport.instrument.resource is not Resource.TRANSPORT:
            raise InvalidField("transport", "the second leg must be transport")
        if energy.instrument.interval != transport.instrument.interval:
            raise InvalidField("transport", "the legs are of different intervals")
        if energy.quantity != transport.quantity:
            raise InvalidField(
                "transport", f"{transport.quantity} Wh of transport for {energy.quantity} Wh of energy"
            )
        if energy.side is not transport.side:
            raise InvalidField("transport", "one leg sells and the other buys")

    @property
    def interval(self) -> Interval:
        """When it is delivered."""
        return self.energy.instrument.interval

    @property
    def quantity(self) -> Energy:
        """The home's signed quantity over the whole interval (Wh, buying positive)."""
        return Energy(self.energy.side.sign * self.energy.quantity)

    @property
    def price(self) -> Price:
        """Energy and transport together."""
        return Price(self.energy.price + self.transport.price)

    @property
    def cost(self) -> Money:
        """What the home owes for it, over both parties."""
        return cost(self.quantity, self.price)

    def steps(self) -> Iterable[tuple[Interval, Energy]]:
        """Its signed quantity in each 5-minute step: a constant rate, so an exact division."""
        parts = self.interval.duration // FIVE_MINUTES
        each = Energy(self.quantity // parts)
        return ((step, each) for step in self.interval.split(FIVE_MINUTES))


@dataclass(frozen=True, slots=True)
class Order:
    """A pair that the home wants, valid by the retailer's clock until ``not_after``.

    With a ``tender`` it makes that: the pair is then what it comes to if all of it is accepted.
    """

    pair: Pair
    not_after: Instant
    tender: HomeTender | None = None
