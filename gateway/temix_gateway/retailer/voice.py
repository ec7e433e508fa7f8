"""What a home says to a retailer, signed: the same bytes whichever way they travel."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from temix_market.deliveries import Delivery
from temix_market.ports import Clock
from temix_market.tenders import PartyId
from temix_market.transactions import Order
from temix_market.wire.codec import deliveries_payload, order_payload
from temix_market.wire.keys import SigningKey, uuid7
from temix_market.wire.registration import EiCreatePartyRegistration, RegistrationInfo
from temix_market.wire.seal import envelope, sign


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
        """Sign an order; ``before`` is the hash of the one before it (hex)."""
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
