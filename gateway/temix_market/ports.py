"""Where the rooms of a gateway meet: they know these protocols, not each other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from temix_market.deliveries import Delivery
from temix_market.errors import MarketError
from temix_market.instants import Duration, Instant
from temix_market.tenders import PartyId, PriceBounds, Publication, TenderId
from temix_market.transactions import Order, Pair, PairKey
from temix_market.units import Energy


class Clock(Protocol):
    """The only source of time; the event loop waits, so that a virtual loop can run days in seconds."""

    def now(self) -> Instant:
        """Wall time, UTC: for market times and records."""
        ...

    def monotonic(self) -> Duration:
        """Time since some fixed moment, never set back: for durations and timeouts."""
        ...


@dataclass(frozen=True, slots=True)
class Booked:
    """The pair is in the retailer's book; ``receipts`` are both parties' signed answers as received."""

    key: PairKey
    receipts: tuple[str, str]


@dataclass(frozen=True, slots=True)
class NotBooked:
    """The retailer refused: nothing happened under this key. ``reason`` is a ``Refused.key``."""

    key: PairKey
    code: int
    reason: str
    text: str
    receipts: tuple[str, str]
    newer: TenderId | None = None
    remaining: Energy | None = None


@dataclass(frozen=True, slots=True)
class Voided:
    """The key can never be booked: a reconcile query left a tombstone."""

    key: PairKey
    receipts: tuple[str, str]


type Answer = Booked | NotBooked | Voided
"""A definite answer to an order."""


class OutcomeUnknown(MarketError):
    """No definite answer came: the order may or may not have been booked. Keep its key, reconcile later."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of a retailer's market: ISO 4217 currency, IANA zone of its days, signed price bounds."""

    currency: str
    zone: str
    bounds: PriceBounds


class RetailerListener(Protocol):
    """What a link tells the gateway; calls come in the order of the retailer's messages."""

    def connected(self, up: bool, reason: str) -> None:
        """The link came up or went down, and why."""
        ...

    def agreed(self, terms: Terms) -> None:
        """The home is registered under these terms: told at every connect, before any publication."""
        ...

    def heard(self, now: Instant) -> None:
        """The retailer's clock stands at ``now``: told with every heartbeat."""
        ...

    async def published(self, publication: Publication, signed: str) -> None:
        """A party published tenders; ``signed`` is its message as received."""
        ...

    async def booked(self, pairs: Sequence[Pair], signed: str) -> None:
        """The retailer booked pairs that the home did not order just now: its subscription."""
        ...


class RetailerLink(Protocol):
    """A retailer's service, whichever it is."""

    async def run(self, listener: RetailerListener) -> None:
        """Connect, subscribe and reconnect until cancelled."""
        ...

    async def order(self, key: PairKey, signed: str) -> Answer:
        """Send an order's stored bytes.

        Raises:
            OutcomeUnknown: no definite answer.
        """
        ...

    async def reconcile(self, key: PairKey) -> Answer:
        """Ask what became of a key; an unknown key is voided by asking.

        Raises:
            OutcomeUnknown: no definite answer.
        """
        ...

    async def report(self, deliveries: Sequence[Delivery]) -> None:
        """Report meter deliveries.

        Raises:
            OutcomeUnknown: not acknowledged; report again (the same interval counts once).
        """
        ...


type Seal = Callable[[Order, int, str], str]
"""Signs an order into the exact bytes that are stored and sent.

It is given the order's sequence number and the SHA-256 (hex) of the bytes of the order before it.
"""


@dataclass(frozen=True, slots=True)
class Pending:
    """An order without a definite answer: its exact bytes, and until when it may be sent."""

    key: PairKey
    pair: Pair
    signed: str
    not_after: Instant


class OrderStore(Protocol):
    """What trading needs of the ledger; every call returns once it is durable."""

    async def place(self, order: Order, seal: Seal) -> Pending:
        """Write intent, reservation and outbox row in one transaction."""
        ...

    async def resolve(self, answer: Answer) -> None:
        """Write the definite answer; booked pairs enter the position, the reservation ends."""
        ...

    async def pending(self) -> Sequence[Pending]:
        """Every order without a definite answer, oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class Parties:
    """Who trades with a home: the load-serving entity (energy) and the distribution operator (transport)."""

    home: PartyId
    energy: PartyId
    transport: PartyId
