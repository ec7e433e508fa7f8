"""Tenders that a home makes of its own, what is accepted of them, and how they end. Pure.

A home's tender is for energy and transport together, at one price for both. Each acceptance is a pair that
takes the parties' own tenders, at prices that add up to no more than a home would pay by its tender, and to
no less than it would get; its key follows from the tender's and its place, so that it happens once.
"""

from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from typing import Final
from uuid import UUID

from temix_market.errors import InvalidField
from temix_market.instants import Instant, iso
from temix_market.intervals import Interval
from temix_market.products import Instrument, Resource, Side
from temix_market.tenders import PartyId, TenderId
from temix_market.transactions import Leg, Pair, PairKey
from temix_market.units import Energy, Price

_NOISE: Final = (1 << 76) - (1 << 64) | (1 << 62) - 1
"""The random bits of a UUIDv7: beside them are the time, the version and the variant."""


@dataclass(frozen=True, slots=True)
class HomeTender:
    """The home would trade up to ``quantity`` Wh over an interval, at this price or a better one.

    ``side`` is the home's own: it is the author. ``price`` is for energy and transport together.

    Raises:
        InvalidField: a quantity off the lot grid, or an expiry past the interval's start.
    """

    key: PairKey
    home: PartyId
    interval: Interval
    side: Side
    price: Price
    quantity: Energy
    expires_at: Instant

    def __post_init__(self) -> None:
        """Hold the invariants of a tender."""
        Instrument(self.interval.start, self.interval.duration, Resource.ENERGY).check_quantity(self.quantity)
        if self.expires_at > self.interval.start:
            start = iso(self.interval.start)
            raise InvalidField("expires_at", f"{iso(self.expires_at)} is after the interval's start {start}")

    def pair(self, quantity: Energy, energy: PartyId, transport: PartyId) -> Pair:
        """What the home owes and holds if ``quantity`` of it is accepted, at its price and no better one.

        The whole price stands in energy's leg. By this an open tender counts wherever a pair does.
        """
        side = Side.SELL if self.side is Side.BUY else Side.BUY
        legs = [
            Leg(
                TenderId(self.key),
                author,
                Instrument(self.interval.start, self.interval.duration, resource),
                side,
                price,
                quantity,
            )
            for author, resource, price in (
                (energy, Resource.ENERGY, self.price),
                (transport, Resource.TRANSPORT, Price(0)),
            )
        ]
        return Pair(self.key, self.home, legs[0], legs[1])

    def meets(self, price: Price) -> bool:
        """Whether a price is this tender's, or a better one for the home."""
        return price <= self.price if self.side is Side.BUY else price >= self.price


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A part of a tender, or all of it, was accepted; ``place`` counts the tender's acceptances from 1."""

    tender: PairKey
    place: int
    pair: Pair


class How(Enum):
    """How a tender ended: by the retailer's clock, because the home asked, or because all was accepted."""

    LAPSED = "LAPSED"
    CANCELED = "CANCELED"
    FILLED = "FILLED"


@dataclass(frozen=True, slots=True)
class Ending:
    """The last word on a tender: nothing of it is accepted any more, and how much was, in how many parts."""

    tender: PairKey
    how: How
    accepted: Energy
    places: int


@dataclass(frozen=True, slots=True)
class OpenTender:
    """A tender of which there may be more to come, and what was accepted so far.

    ``energy`` and ``transport`` are the parties that may accept it.
    """

    tender: HomeTender
    energy: PartyId
    transport: PartyId
    accepted: Energy = Energy(0)
    places: int = 0

    @property
    def left(self) -> Energy:
        """What may still be accepted, Wh."""
        return Energy(self.tender.quantity - self.accepted)

    @property
    def rest(self) -> Pair:
        """What the home owes and holds if all that is left is accepted."""
        return self.tender.pair(self.left, self.energy, self.transport)

    def accept(self, acceptance: Acceptance) -> OpenTender:
        """The tender after an acceptance.

        Raises:
            InvalidField: it is not the next one, or not within the tender's terms; the field says in what.
        """
        tender, place, pair = self.tender, acceptance.place, acceptance.pair
        if (acceptance.tender, place) != (tender.key, self.places + 1):
            raise InvalidField("place", f"{place} instead of {self.places + 1} of {tender.key}")
        if pair.key != acceptance_key(tender.key, place):
            raise InvalidField("key", f"{pair.key} does not follow from {tender.key} and {place}")
        if (pair.home, pair.interval) != (tender.home, tender.interval):
            raise InvalidField("interval", f"{pair.interval} of {pair.home} was not tendered")
        if (pair.energy.author, pair.transport.author) != (self.energy, self.transport):
            raise InvalidField("counterPartyId", "it is not with the parties to whom it was tendered")
        if pair.energy.side is tender.side:
            raise InvalidField("side", "the home stands on the other side than it tendered")
        if not tender.meets(pair.price):
            raise InvalidField("price", f"{pair.price} µ/kWh is worse than the {tender.price} tendered")
        if pair.energy.quantity > self.left:
            raise InvalidField("quantity", f"{pair.energy.quantity} Wh, where {self.left} Wh are left")
        accepted = Energy(self.accepted + pair.energy.quantity)
        return OpenTender(tender, self.energy, self.transport, accepted, place)

    def ending(self, how: How) -> Ending:
        """How it ends now."""
        return Ending(self.tender.key, how, self.accepted, self.places)

    def check_ending(self, ending: Ending) -> None:
        """Refuse an end that does not say what was accepted.

        Raises:
            InvalidField: the field says in what.
        """
        if (ending.accepted, ending.places) != (self.accepted, self.places):
            raise InvalidField(
                "acceptedQuantity",
                f"{ending.accepted} Wh in {ending.places} parts, where {self.accepted} Wh in {self.places} "
                "were told",
            )
        if (ending.how is How.FILLED) != (self.left == 0):
            raise InvalidField("reason", f"{ending.how.value}, where {self.left} Wh are left")


def acceptance_key(tender: PairKey, place: int) -> PairKey:
    """The key of a tender's acceptance at ``place``: a UUIDv7 of the tender's time, the rest from a hash."""
    noise = int.from_bytes(sha256(f"{tender}/{place}".encode()).digest()[:16])
    return PairKey(str(UUID(int=UUID(tender).int & ~_NOISE | noise & _NOISE)))
