"""Where the rooms of a gateway meet: they know these protocols, not each other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from temix_market.deliveries import Delivery
from temix_market.errors import MarketError
from temix_market.home_tenders import Acceptance, Ending
from temix_market.instants import Duration, Instant
from temix_market.intervals import Interval
from temix_market.settlement import Spot
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
class Head:
    """How far a chain reaches: the number of its last record, and its head after it (hex)."""

    sequence: int
    head: str


@dataclass(frozen=True, slots=True)
class Heads:
    """How far both chains between a home and its retailer reach, as one of them has them.

    ``orders`` is what the home sent: the head is the SHA-256 of the last order's bytes. ``messages`` is
    what the retailer told this home: answers, subscription and readings.
    """

    orders: Head
    messages: Head


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message stands among those to this home: its number, and the chain's head before it (hex)."""

    sequence: int
    before: str


@dataclass(frozen=True, slots=True)
class Booked:
    """The pair is in the retailer's book; ``receipts`` are both parties' signed answers as received.

    ``place`` is where the retailer's chain has the answer; none where that is not known.
    """

    key: PairKey
    receipts: tuple[str, str]
    place: Place | None = None


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
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Voided:
    """The key can never be booked: a reconcile query left a tombstone."""

    key: PairKey
    receipts: tuple[str, str]
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """The home's tender stands in the retailer's book, until a message says that it has ended."""

    key: PairKey
    receipts: tuple[str, str]
    place: Place | None = None


type Answer = Booked | NotBooked | Voided | Opened
"""A definite answer to an order, or to a tender."""


class OutcomeUnknown(MarketError):
    """No definite answer came: the order may or may not have been booked. Keep its key, reconcile later."""


@dataclass(frozen=True, slots=True)
class SentOrder:
    """An order as the retailer holds it: its number and the SHA-256 (hex) of its bytes.

    ``order`` and ``signed``, the home's exact bytes, are missing where the order never arrived and its key
    was voided by asking.
    """

    key: PairKey
    sequence: int
    digest: str
    order: Order | None = None
    signed: str = ""


@dataclass(frozen=True, slots=True)
class ToldAnswer:
    """A message to the home: the definite answer to an order, with that order."""

    place: Place
    answer: Answer
    sent: SentOrder


@dataclass(frozen=True, slots=True)
class ToldSubscription:
    """A message to the home: pairs of its subscription that were booked."""

    place: Place
    pairs: tuple[Pair, ...]
    signed: str


@dataclass(frozen=True, slots=True)
class ToldReadings:
    """A message to the home: what the retailer's own meter saw, when that was signed, and the market's zone.

    ``steps`` are of 5 minutes. The zone says which steps make up a day.
    """

    place: Place
    steps: tuple[Delivery, ...]
    signed_at: Instant
    zone: str
    signed: str


@dataclass(frozen=True, slots=True)
class ToldAcceptance:
    """A message to the home: a part of its tender was accepted; ``signed`` is each party's word."""

    place: Place
    acceptance: Acceptance
    signed: tuple[str, str]


@dataclass(frozen=True, slots=True)
class ToldEnding:
    """A message to the home: its tender has ended."""

    place: Place
    ending: Ending
    signed: str


type News = ToldSubscription | ToldReadings | ToldAcceptance | ToldEnding
"""What the retailer did by itself."""

type Told = ToldAnswer | News
"""A numbered message of the retailer to this home."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of a retailer's market: ISO 4217 currency, IANA zone of its days, signed price bounds.

    ``indicative``: its tenders are published prices, nothing can be ordered, and what is settled is a shadow.
    ``tenders_to``: the parties, energy's and transport's, to whom a home may make tenders of its own, if any.
    """

    currency: str
    zone: str
    bounds: PriceBounds
    indicative: bool = False
    tenders_to: tuple[PartyId, PartyId] | None = None


class RetailerListener(Protocol):
    """What a link tells the gateway; calls come in the order of the retailer's messages."""

    def connected(self, up: bool, reason: str, *, refused: bool = False) -> None:
        """The link came up or went down, and why; ``refused``: the retailer does not know the account."""
        ...

    def agreed(self, terms: Terms) -> None:
        """The home is registered under these terms: told at every connect, before any publication."""
        ...

    def heard(self, now: Instant, heads: Heads) -> None:
        """The retailer's clock stands at ``now``, and its chains at ``heads``: told with every heartbeat."""
        ...

    async def published(self, publication: Publication, signed: str) -> None:
        """A party published tenders; ``signed`` is its message as received."""
        ...

    async def told(self, told: News) -> None:
        """The retailer did what the home did not order: see ``News``."""
        ...


class RetailerLink(Protocol):
    """A retailer's service, whichever it is."""

    async def run(self, listener: RetailerListener) -> None:
        """Connect, subscribe and reconnect until cancelled."""
        ...

    async def order(self, key: PairKey, signed: str) -> Answer:
        """Send the stored bytes of an order, or of a tender.

        Raises:
            OutcomeUnknown: no definite answer.
        """
        ...

    async def reconcile(self, key: PairKey, signed: str) -> Answer:
        """Ask what became of an order; one that never came is voided by asking, its number with it.

        Raises:
            OutcomeUnknown: no definite answer.
        """
        ...

    async def cancel_tender(self, key: PairKey) -> None:
        """Ask that a tender of the home's be ended; a message says when it is.

        Raises:
            OutcomeUnknown: no answer, or a refusal; ask again.
        """
        ...

    async def heads(self, own: Heads) -> Heads:
        """Tell how far this home's records of both chains reach; learn how far the retailer's do.

        Raises:
            OutcomeUnknown: no answer.
        """
        ...

    async def messages(self, after: Head) -> Sequence[Told]:
        """What the retailer told this home after ``after``, in order and without gaps; some of it or all.

        Raises:
            OutcomeUnknown: no answer, or one that cannot be believed.
        """
        ...

    async def spots(self, interval: Interval) -> Sequence[Spot]:
        """The spots that both parties have frozen within ``interval``, signed by each.

        Raises:
            OutcomeUnknown: no answer, or one that cannot be believed.
        """
        ...

    async def deliveries(self, interval: Interval) -> Sequence[Delivery]:
        """What the retailer was told that the home's meter saw within ``interval``.

        Raises:
            OutcomeUnknown: no answer, or one that cannot be believed.
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
        """Write the definite answer: a booked pair enters the position, and the reservation ends.

        That of a tender that was opened stays until the tender ends.
        """
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
