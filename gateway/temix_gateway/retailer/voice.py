"""What a home says to a retailer, signed: the same bytes whichever way they travel."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from temix_market.deliveries import Delivery
from temix_market.intervals import Interval
from temix_market.ports import Clock, Heads
from temix_market.tenders import PartyId
from temix_market.transactions import Order, PairKey
from temix_market.wire.codec import deliveries_payload, interval_payload, order_payload
from temix_market.wire.exchange import (
    CompareHeads,
    EiRequestDelivery,
    ReconcileTransaction,
    RequestMessages,
    RequestSpots,
)
from temix_market.wire.home_tender import EiCancelTender
from temix_market.wire.keys import SigningKey, uuid7
from temix_market.wire.records import head_payload
from temix_market.wire.registration import EiCreatePartyRegistration, RegistrationInfo
from temix_market.wire.seal import digest, envelope, place_of, sign


@dataclass(frozen=True, slots=True)
class Voice:
    """A home that signs with its own key; clock and randomness make its message ids."""

    home: PartyId
    key: SigningKey
    clock: Clock
    random: Random

    def new_id(self) -> str:
        """A fresh UUIDv7."""
        return uuid7(self.clock.now(), self.random.randbytes(10))

    def registration(self) -> EiCreatePartyRegistration:
        """Who the home is, and the key that it signs with."""
        return EiCreatePartyRegistration(
            request_id=self.new_id(),
            registree_party_id=self.home,
            registration_info=RegistrationInfo(key=self.key.public.jwk),
        )

    def order(self, market_id: str, order: Order, sequence: int, before: str) -> str:
        """Sign an order, or the tender that it makes; ``before`` is the hash of the one before it (hex)."""
        message = envelope(
            order_payload(order),
            issuer=self.home,
            audience=market_id,
            message_id=order.pair.key,
            issued_at=self.clock.now(),
            sequence=sequence,
            previous=bytes.fromhex(before),
        )
        return sign(message, self.key)

    def cancel_tender(self, market_id: str, energy: PartyId, key: PairKey) -> str:
        """Sign the wish that a tender be ended."""
        request = self.new_id()
        message = envelope(
            EiCancelTender(party_id=self.home, counter_party_id=energy, request_id=request, tender_id=key),
            issuer=self.home,
            audience=market_id,
            message_id=request,
            issued_at=self.clock.now(),
            sequence=0,
        )
        return sign(message, self.key)

    def reconcile(self, signed: str) -> ReconcileTransaction:
        """Ask what became of an order that was signed before."""
        sequence, previous = place_of(signed)
        return ReconcileTransaction(sequence=sequence, digest=digest(signed), previous=previous)

    def heads(self, own: Heads) -> CompareHeads:
        """Tell how far this home has both chains."""
        return CompareHeads(
            request_id=self.new_id(),
            party_id=self.home,
            orders=head_payload(own.orders),
            messages=head_payload(own.messages),
        )

    def messages_after(self, number: int) -> RequestMessages:
        """Ask for the messages after one."""
        return RequestMessages(request_id=self.new_id(), party_id=self.home, after=number)

    def spots_of(self, interval: Interval) -> RequestSpots:
        """Ask for the spots of a span."""
        return RequestSpots(
            request_id=self.new_id(), party_id=self.home, bounding_interval=interval_payload(interval)
        )

    def deliveries_of(self, interval: Interval) -> EiRequestDelivery:
        """Ask for what this home reported of a span."""
        return EiRequestDelivery(
            request_id=self.new_id(),
            requestor_party_id=self.home,
            bounding_interval=interval_payload(interval),
        )

    def deliveries(self, market_id: str, deliveries: Sequence[Delivery]) -> str:
        """Sign a report of meter deliveries."""
        request = self.new_id()
        message = envelope(
            deliveries_payload(self.home, request, deliveries),
            issuer=self.home,
            audience=market_id,
            message_id=request,
            issued_at=self.clock.now(),
            sequence=0,
        )
        return sign(message, self.key)
