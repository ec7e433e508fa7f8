"""Tenders: binding priced offers of one party, and the publications in which they come."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple, NewType, Self

from temix_market.errors import InvalidField
from temix_market.instants import Duration, Instant, iso
from temix_market.products import Instrument, Resource, Side
from temix_market.units import CarbonIntensity, Energy, Price, check_carbon_intensity

PartyId = NewType("PartyId", str)
"""A party's unique name; free of format (TeMIX)."""

PUBLISHED: Final = "published:"
"""How a party's name begins that only publishes prices: what is settled with it is a shadow account."""


def is_published(party: str) -> bool:
    """Whether a party only publishes prices, and takes no orders."""
    return party.startswith(PUBLISHED)


TenderId = NewType("TenderId", str)
"""Unique over all parties and revisions."""


@dataclass(frozen=True, slots=True)
class PriceBounds:
    """The market's signed price bounds, both included."""

    lowest: Price
    highest: Price

    def check(self, price: Price, field: str = "price") -> None:
        """Refuse a price outside the bounds.

        Raises:
            InvalidField: naming ``field``.
        """
        if not self.lowest <= price <= self.highest:
            raise InvalidField(
                field, f"{price} µ/kWh is outside the market's bounds {self.lowest} … {self.highest}"
            )


DEMO_BOUNDS = PriceBounds(Price(-5_000_000), Price(25_000_000))
"""−5 … +25 USD/kWh: wide enough for storm Uri's 9 USD/kWh with scarcity on top."""


@dataclass(frozen=True, slots=True)
class Component:
    """A named part of a price, for show; the parts sum to the tender's price."""

    name: str
    price: Price


class Line(NamedTuple):
    """What a re-issue replaces: one author's one side of one instrument.

    A plain tuple, for its hash is asked for many times of every tender.
    """

    author: PartyId
    start: Instant
    duration: Duration
    resource: Resource
    side: Side

    @classmethod
    def of(cls, author: PartyId, instrument: Instrument, side: Side) -> Self:
        """The line of an instrument's side."""
        return cls(author, instrument.start, instrument.duration, instrument.resource, side)

    @property
    def end(self) -> Instant:
        """When its instrument's interval ends."""
        return Instant(self.start + self.duration)


@dataclass(frozen=True, slots=True)
class Tender:
    """A binding offer: ``author`` will sell (or buy) up to ``quantity`` Wh at ``price`` until ``expires_at``.

    ``quantity`` is the depth for each home over all revisions of the line: what an earlier
    revision filled counts against a later one. ``carbon_intensity`` is what a kWh emits that is drawn in the
    interval, where the author publishes it: for show, and only where it sells energy.

    Raises:
        InvalidField: a quantity off the lot grid, an expiry past the start, components that do not add up, a
            carbon intensity out of range or where none belongs.
    """

    id: TenderId
    revision: int
    author: PartyId
    instrument: Instrument
    side: Side
    price: Price
    quantity: Energy
    expires_at: Instant
    components: tuple[Component, ...] = ()
    carbon_intensity: CarbonIntensity | None = None
    line: Line = field(init=False, repr=False, compare=False)
    """What it replaces and is replaced by."""

    def __post_init__(self) -> None:
        """Hold the invariants of a tender."""
        object.__setattr__(self, "line", Line.of(self.author, self.instrument, self.side))
        self.instrument.check_quantity(self.quantity)
        if self.expires_at > self.instrument.start:
            start = iso(self.instrument.start)
            raise InvalidField("expires_at", f"{iso(self.expires_at)} is after the interval's start {start}")
        if self.components and sum([part.price for part in self.components]) != self.price:
            raise InvalidField("components", f"they do not add up to the price {self.price}")
        if self.revision < 0:
            raise InvalidField("revision", f"{self.revision} is negative")
        if self.carbon_intensity is not None:
            if self.instrument.resource is not Resource.ENERGY or self.side is not Side.SELL:
                raise InvalidField(
                    "carbon_intensity", "belongs to tenders that sell energy, and to no others"
                )
            check_carbon_intensity(self.carbon_intensity)


@dataclass(frozen=True, slots=True)
class Publication:
    """Everything that one party published at one instant, in force until superseded or expired."""

    author: PartyId
    sequence: int
    published_at: Instant
    tenders: tuple[Tender, ...]

    def __post_init__(self) -> None:
        """Refuse tenders of another party, and two for one line."""
        lines: set[Line] = set()
        for tender in self.tenders:
            if tender.author != self.author:
                raise InvalidField(
                    "tenders", f"tender {tender.id} is of {tender.author}, not of {self.author}"
                )
            line = tender.line
            if line in lines:
                raise InvalidField(
                    "tenders", f"tender {tender.id} is the second for its line in one publication"
                )
            lines.add(line)


def check_prices(tenders: Iterable[Tender], bounds: PriceBounds) -> None:
    """Refuse tenders outside the market's bounds, naming the first.

    Raises:
        InvalidField: with the tender's id in ``field``.
    """
    for tender in tenders:
        bounds.check(tender.price, f"tenders[{tender.id}].price")
