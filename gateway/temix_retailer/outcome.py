"""What became of an order, and who says so."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from temix_market.deliveries import Delivery
from temix_market.errors import BeyondDepth, KeyVoided, Refused, TenderSuperseded
from temix_market.home_tenders import Acceptance, Ending, HomeTender
from temix_market.instants import Instant
from temix_market.ports import Answer, Booked, NotBooked, Opened, Voided
from temix_market.tenders import PartyId, TenderId
from temix_market.transactions import Pair, PairKey
from temix_market.units import Energy
from temix_market.wire.response import OPENED

BOOKED = 200
"""Response code of a pair that is in the book; the others are those of ``temix_market.errors``."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The definite answer to a key: booked, opened, refused or void; ``reason`` is a ``Refused.key`` or such.

    ``of_tender``: it answers a tender of a home's own; only who signs it asks.
    """

    key: PairKey
    code: int
    reason: str
    text: str
    newer: TenderId | None = None
    remaining: Energy | None = None
    of_tender: bool = field(default=False, compare=False)

    @classmethod
    def booked(cls, pair: Pair) -> Outcome:
        """The pair is in the book."""
        return cls(pair.key, BOOKED, "booked", f"booked {pair.quantity} Wh in {pair.interval}")

    @classmethod
    def opened(cls, tender: HomeTender) -> Outcome:
        """The tender is in the book."""
        text = f"open for {tender.quantity} Wh in {tender.interval}"
        return cls(tender.key, OPENED, "opened", text, of_tender=True)

    @classmethod
    def refused(cls, key: PairKey, refusal: Refused, *, of_tender: bool = False) -> Outcome:
        """Nothing was booked, and why."""
        return cls(
            key,
            refusal.code,
            refusal.key,
            str(refusal),
            TenderId(refusal.newer_id) if isinstance(refusal, TenderSuperseded) else None,
            Energy(refusal.remaining) if isinstance(refusal, BeyondDepth) else None,
            of_tender,
        )


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message stands in its home's chain: its number, the head before it, and when it was written."""

    sequence: int
    previous: str
    at: Instant


@dataclass(frozen=True, slots=True)
class Sent:
    """An order's place in its home's chain: its number, its digest and that of the one before (hex).

    ``signed`` is the home's message; none where the home only asks what became of it.
    """

    sequence: int
    digest: str
    previous: str
    signed: str | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """An outcome with both parties' signed answers, the load-serving entity's first."""

    outcome: Outcome
    energy: str
    transport: str

    def for_home(self) -> Answer:
        """The answer as the gateway's ports know it."""
        receipts = self.energy, self.transport
        told = self.outcome
        if told.code == BOOKED:
            return Booked(told.key, receipts)
        if told.code == OPENED:
            return Opened(told.key, receipts)
        if told.code == KeyVoided.code:
            return Voided(told.key, receipts)
        return NotBooked(told.key, told.code, told.reason, told.text, receipts, told.newer, told.remaining)


class Voice(Protocol):
    """Signs for both parties what the book has decided."""

    def answer(self, home: PartyId, outcome: Outcome, place: Place) -> tuple[str, str]:
        """Both parties' answers to an order or a tender, the load-serving entity's first."""
        ...

    def subscription(self, home: PartyId, pairs: Sequence[Pair], place: Place) -> str:
        """The load-serving entity's message that hours of the subscription are booked."""
        ...

    def readings(self, home: PartyId, readings: Sequence[Delivery], place: Place) -> str:
        """The load-serving entity's message of what its own meter saw."""
        ...

    def acceptance(self, home: PartyId, acceptance: Acceptance, place: Place) -> tuple[str, str]:
        """Both parties' word that a part of a home's tender is accepted, the load-serving entity's first."""
        ...

    def ending(self, home: PartyId, ending: Ending, place: Place) -> str:
        """The load-serving entity's message that a home's tender has ended."""
        ...

    def link(self, previous: str, messages: Sequence[str]) -> str:
        """The chain's head after ``messages`` follow the head ``previous``."""
        ...
