"""What both parties sign: publications, answers and subscriptions, as envelopes of the wire."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from msgspec import Struct
from temix_market.deliveries import Delivery
from temix_market.home_tenders import Acceptance, Ending
from temix_market.instants import Instant, iso
from temix_market.intervals import Interval
from temix_market.settlement import Spot
from temix_market.tenders import PartyId, Publication
from temix_market.transactions import Pair
from temix_market.wire.codec import (
    acceptance_payload,
    ending_payload,
    publication_payload,
    readings_payload,
    subscription_payload,
)
from temix_market.wire.home_tender import EiCreatedTender
from temix_market.wire.keys import SigningKey, uuid7
from temix_market.wire.records import reply_deliveries_payload, spots_payload
from temix_market.wire.response import EiResponse
from temix_market.wire.seal import chain_hash, envelope, sign
from temix_market.wire.transaction import EiCreatedTransaction

from temix_retailer.outcome import Outcome, Place

type Randomness = Callable[[int], bytes]
"""Gives so many random bytes: ``secrets.token_bytes``, or a seeded source in a simulation."""


@dataclass(frozen=True, slots=True)
class Signatory:
    """A party of the retailer and the key with which it signs."""

    party: PartyId
    key: SigningKey


class SigningVoice:
    """Signs as the load-serving entity and as the distribution operator (a ``Voice`` of the book)."""

    def __init__(
        self, energy: Signatory, transport: Signatory, market_id: str, randomness: Randomness
    ) -> None:
        """Sign as ``energy`` and ``transport``; publications are for everybody in ``market_id``."""
        self._energy = energy
        self._transport = transport
        self._market_id = market_id
        self._randomness = randomness

    def answer(self, home: PartyId, outcome: Outcome, place: Place) -> tuple[str, str]:
        """Both parties' ``EiCreatedTransaction`` or ``EiCreatedTender``, the load-serving entity's first."""
        response = EiResponse(
            response_code=outcome.code,
            response_description=outcome.text,
            ref_id=outcome.key,
            created_date_time=iso(place.at),
            newer_tender_id=outcome.newer,
            remaining_quantity=outcome.remaining,
        )

        def body(party: PartyId) -> Struct:
            if outcome.of_tender:
                return EiCreatedTender(
                    party_id=party, counter_party_id=home, tender_id=outcome.key, response=response
                )
            return EiCreatedTransaction(
                party_id=party, counter_party_id=home, transaction_id=outcome.key, response=response
            )

        energy, transport = (
            self._seal(signatory, body(signatory.party), home, place)
            for signatory in (self._energy, self._transport)
        )
        return energy, transport

    def acceptance(self, home: PartyId, acceptance: Acceptance, place: Place) -> tuple[str, str]:
        """Both parties' ``AcceptedTender``, the load-serving entity's first."""
        body = acceptance_payload(acceptance)
        return self._seal(self._energy, body, home, place), self._seal(self._transport, body, home, place)

    def ending(self, home: PartyId, ending: Ending, place: Place) -> str:
        """The load-serving entity's ``EndedTender``."""
        return self._seal(self._energy, ending_payload(ending), home, place)

    def subscription(self, home: PartyId, pairs: Sequence[Pair], place: Place) -> str:
        """The load-serving entity's ``DistributeSubscription`` of hours that were booked."""
        return self._seal(self._energy, subscription_payload(pairs), home, place)

    def readings(self, home: PartyId, readings: Sequence[Delivery], place: Place) -> str:
        """The load-serving entity's ``DistributeReadings``: what its own meter saw."""
        return self._seal(self._energy, readings_payload(home, readings), home, place)

    def publication(self, publication: Publication) -> str:
        """The author's ``EiDistributeTender``, for every home of the market."""
        signatory = self._of(publication.author)
        message = envelope(
            publication_payload(publication),
            issuer=signatory.party,
            audience=self._market_id,
            message_id=uuid7(publication.published_at, self._randomness(10)),
            issued_at=publication.published_at,
            sequence=publication.sequence,
        )
        return sign(message, signatory.key)

    def spots(self, party: PartyId, bounding: Interval, spots: Sequence[Spot], now: Instant) -> str:
        """A party's ``FrozenSpots``, for every home of the market."""
        body = spots_payload(party, bounding, spots)
        return self._state(self._of(party), body, self._market_id, now)

    def deliveries(self, home: PartyId, deliveries: Sequence[Delivery], now: Instant) -> str:
        """The load-serving entity's ``EiReplyDelivery``: what a home has reported."""
        return self._state(self._energy, reply_deliveries_payload(home, deliveries), home, now)

    def link(self, previous: str, messages: Sequence[str]) -> str:
        """The head (hex) after ``messages`` follow the head ``previous``."""
        return chain_hash(bytes.fromhex(previous), list(messages)).hex()

    def _of(self, party: PartyId) -> Signatory:
        return self._energy if party == self._energy.party else self._transport

    def _state(self, signatory: Signatory, body: Struct, audience: str, now: Instant) -> str:
        """Sign what is no record of a chain: a reply to a question."""
        message = envelope(
            body,
            issuer=signatory.party,
            audience=audience,
            message_id=uuid7(now, self._randomness(10)),
            issued_at=now,
            sequence=0,
        )
        return sign(message, signatory.key)

    def _seal(self, signatory: Signatory, body: Struct, home: PartyId, place: Place) -> str:
        message = envelope(
            body,
            issuer=signatory.party,
            audience=home,
            message_id=uuid7(place.at, self._randomness(10)),
            issued_at=place.at,
            sequence=place.sequence,
            previous=bytes.fromhex(place.previous),
        )
        return sign(message, signatory.key)
