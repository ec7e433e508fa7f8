"""A home that signs, as a gateway would."""

from collections.abc import Callable, Sequence
from random import Random

from temix_market.deliveries import Delivery
from temix_market.instants import Instant
from temix_market.intervals import Interval
from temix_market.ports import Head
from temix_market.tenders import PartyId
from temix_market.transactions import Order
from temix_market.wire.codec import deliveries_payload, interval_payload, order_payload
from temix_market.wire.exchange import ReconcileTransaction
from temix_market.wire.keys import SigningKey, uuid7
from temix_market.wire.position import EiRequestPosition
from temix_market.wire.registration import EiCreatePartyRegistration, RegistrationInfo
from temix_market.wire.seal import GENESIS, digest, envelope, place_of, sign
from temix_retailer.publications import Circuit
from temix_retailer.terms import Terms

from tests.retailer.conftest import HOME, START

MARKET = "demo-market"


def randomness(seed: int = 1) -> Callable[[int], bytes]:
    """Bytes that are the same in every run."""
    return Random(seed).randbytes


def terms(circuit: Circuit) -> Terms:
    """A market whose keys are the same in every run."""
    return Terms(MARKET, "USD", circuit, SigningKey.from_seed(b"e" * 32), SigningKey.from_seed(b"t" * 32))


class SigningHome:
    """Signs what a home sends."""

    def __init__(self, party: PartyId = HOME, seed: bytes = b"h" * 32, market: str = MARKET) -> None:
        self.party = party
        self.key = SigningKey.from_seed(seed)
        self.market = market
        self.orders = Head(0, GENESIS.hex())
        self._randomness = randomness(7)

    def registration(self) -> EiCreatePartyRegistration:
        """Ask to be registered."""
        info = RegistrationInfo(key=self.key.public.jwk)
        return EiCreatePartyRegistration(
            request_id="r1", registree_party_id=self.party, registration_info=info
        )

    def order(self, made: Order, at: Instant = START) -> str:
        """Sign an order that follows the one before."""
        signed = self._sign(order_payload(made), at, self.orders.sequence + 1, self.orders.head)
        self.orders = Head(self.orders.sequence + 1, digest(signed))
        return signed

    def deliveries(self, deliveries: Sequence[Delivery], at: Instant = START) -> str:
        """Sign a report of deliveries."""
        return self._sign(deliveries_payload(self.party, "d1", deliveries), at)

    def position(self, interval: Interval) -> EiRequestPosition:
        """Ask for the position."""
        return EiRequestPosition(
            request_id="p1",
            requestor=self.party,
            position_party=self.party,
            market_id=self.market,
            resource_designator="ENERGY",
            bounding_interval=interval_payload(interval),
        )

    def asked(self, signed: str) -> ReconcileTransaction:
        """Ask what became of an order."""
        sequence, previous = place_of(signed)
        return ReconcileTransaction(sequence=sequence, digest=digest(signed), previous=previous)

    def _sign(  # type: ignore[no-untyped-def] # any payload
        self, body, at: Instant, sequence: int = 0, previous: str = GENESIS.hex()
    ) -> str:
        message = envelope(
            body,
            issuer=self.party,
            audience=self.market,
            message_id=uuid7(at, self._randomness(10)),
            issued_at=at,
            sequence=sequence,
            previous=bytes.fromhex(previous),
        )
        return sign(message, self.key)
