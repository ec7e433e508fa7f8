"""What a retailer says to this home, verified: nothing gets past here that a party did not sign for it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from temix_market.deliveries import Delivery
from temix_market.errors import InvalidField, KeyReused, KeyVoided
from temix_market.instants import SECOND, Instant
from temix_market.ports import (
    Answer,
    Booked,
    Head,
    NotBooked,
    Opened,
    Place,
    SentOrder,
    Told,
    ToldAcceptance,
    ToldAnswer,
    ToldEnding,
    ToldReadings,
    ToldSubscription,
    Voided,
)
from temix_market.settlement import Spot
from temix_market.tenders import PartyId, Publication, TenderId
from temix_market.transactions import Order, PairKey
from temix_market.units import Energy
from temix_market.wire.codec import (
    read_acceptance,
    read_deliveries,
    read_ending,
    read_home_tender,
    read_order,
    read_publication,
    read_subscription,
)
from temix_market.wire.delivery import DistributeReadings
from temix_market.wire.exchange import EiReplyDelivery, FrozenSpots, MessageRecord, ReplySpots
from temix_market.wire.home_tender import AcceptedTender, EiCreatedTender, EiCreateTender, EndedTender
from temix_market.wire.keys import VerifyKey
from temix_market.wire.records import read_spots
from temix_market.wire.response import OK, OPENED, reason
from temix_market.wire.seal import Envelope, SealBroken, chain_hash, digest, open_sealed, type_of
from temix_market.wire.tender import EiDistributeTender
from temix_market.wire.transaction import (
    CreateTransactionPair,
    DistributeSubscription,
    EiCreatedTransaction,
    TransactionAnswer,
)

from temix_gateway.retailer.market import Registered

type _Answered = Envelope[EiCreatedTransaction] | Envelope[EiCreatedTender]


@dataclass(frozen=True, slots=True)
class Inbox:
    """Reads what the parties of ``market`` say to ``home``, which signs with ``key``.

    Everything raises ``SealBroken`` for what is not signed as it must be, ``InvalidField`` for what is
    signed and malformed.
    """

    home: PartyId
    key: VerifyKey
    market: Registered

    def publication(self, signed: str) -> Publication:
        """A party's tenders."""
        message = open_sealed(signed, EiDistributeTender, self.market.keys, self.market.market_id)
        if message.iss != message.body.party_id or message.seq != message.body.sequence:
            raise SealBroken(f"{message.iss} signed tenders of {message.body.party_id}")
        return read_publication(message.body, self.market.terms.bounds)

    def subscription(self, signed: str) -> ToldSubscription:
        """Pairs that were booked under this home's subscription."""
        message = open_sealed(signed, DistributeSubscription, self.market.keys, self.home)
        if message.iss != self.market.energy:
            raise SealBroken(f"{message.iss} cannot book a subscription")
        pairs = read_subscription(message.body, self.market.terms.bounds)
        self.market.check_pairs(pairs, self.home)
        return ToldSubscription(_place(message), pairs, signed)

    def readings(self, signed: str) -> ToldReadings:
        """What the retailer's own meter saw at this home."""
        message = open_sealed(signed, DistributeReadings, self.market.keys, self.home)
        if (message.iss, message.body.party_id) != (self.market.energy, self.home):
            raise SealBroken(f"{message.iss} told readings of {message.body.party_id}")
        signed_at = Instant(message.iat * SECOND)
        steps = tuple(step for reading in read_deliveries(message.body) for step in reading.steps())
        for step in steps:
            if step.interval.end > signed_at + SECOND:  # it is cut to whole seconds
                raise InvalidField("deliveries.interval", f"{step.interval} was not over when it was read")
        return ToldReadings(_place(message), steps, signed_at, self.market.terms.zone, signed)

    def acceptance(self, energy: str, transport: str) -> ToldAcceptance:
        """That a part of a tender of this home's was accepted, by the word of both parties."""
        both = []
        for signed, party in ((energy, self.market.energy), (transport, self.market.transport)):
            message = open_sealed(signed, AcceptedTender, self.market.keys, self.home)
            if message.iss != party:
                raise SealBroken(f"{message.iss} accepted in the place of {party}")
            both.append(message)
        if both[0].body != both[1].body or _place(both[0]) != _place(both[1]):
            raise SealBroken(f"the parties accept {both[0].body.tender_id} differently")
        acceptance = read_acceptance(both[0].body, self.market.terms.bounds)
        self.market.check_pairs([acceptance.pair], self.home)
        return ToldAcceptance(_place(both[0]), acceptance, (energy, transport))

    def ending(self, signed: str) -> ToldEnding:
        """That a tender of this home's has ended."""
        message = open_sealed(signed, EndedTender, self.market.keys, self.home)
        if message.iss != self.market.energy:
            raise SealBroken(f"{message.iss} cannot end a tender")
        return ToldEnding(_place(message), read_ending(message.body), signed)

    def answer(self, key: PairKey, signed: TransactionAnswer) -> Answer:
        """The definite answer of both parties to an order or a tender.

        Raises:
            KeyReused: it says nothing of what became of the order that came first.
        """
        energy, transport = self._answers(key, signed.energy, signed.transport)
        response = energy.body.response
        if response.response_code != transport.body.response.response_code:
            raise SealBroken(f"the parties answer {key} differently")
        if response.response_code == KeyReused.code:
            raise KeyReused(key)
        if _place(energy) != _place(transport):
            raise SealBroken(f"the parties number their answers to {key} differently")
        receipts, place = (signed.energy, signed.transport), _place(energy)
        if response.response_code == OK:
            return Booked(key, receipts, place)
        if response.response_code == OPENED:
            return Opened(key, receipts, place)
        if response.response_code == KeyVoided.code:
            return Voided(key, receipts, place)
        return NotBooked(
            key,
            response.response_code,
            reason(response.response_code),
            response.response_description,
            receipts,
            None if response.newer_tender_id is None else TenderId(response.newer_tender_id),
            None if response.remaining_quantity is None else Energy(response.remaining_quantity),
            place,
        )

    def messages(self, after: Head, records: Iterable[MessageRecord]) -> Sequence[Told]:
        """Messages that were asked for again; each must follow the one before, the first ``after``."""
        told: list[Told] = []
        for record in records:
            one = self._told(record)
            if (record.sequence, one.place) != (after.sequence + 1, Place(after.sequence + 1, after.head)):
                raise SealBroken(
                    f"message {one.place.sequence} of the retailer does not follow message {after.sequence} "
                    "that it told this home before: it put back an older book; tell the retailer"
                )
            told.append(one)
            head = chain_hash(bytes.fromhex(after.head), [record.energy, record.transport]).hex()
            after = Head(record.sequence, head)
        return told

    def spots(self, reply: ReplySpots) -> Sequence[Spot]:
        """The frozen spots of both parties."""
        return [
            spot
            for party, signed in (
                (self.market.energy, reply.energy),
                (self.market.transport, reply.transport),
            )
            for spot in self._spots(party, signed)
        ]

    def deliveries(self, signed: str) -> Sequence[Delivery]:
        """What this home has reported, as the load-serving entity has it."""
        message = open_sealed(signed, EiReplyDelivery, self.market.keys, self.home)
        if (message.iss, message.body.requestor_party_id) != (self.market.energy, self.home):
            raise SealBroken(f"{message.iss} told deliveries of {message.body.requestor_party_id}")
        return read_deliveries(message.body)

    def _told(self, record: MessageRecord) -> Told:
        if record.kind == "subscription":
            return self.subscription(record.energy)
        if record.kind == "delivery":
            return self.readings(record.energy)
        if record.kind == "acceptance":
            return self.acceptance(record.energy, record.transport)
        if record.kind == "ending":
            return self.ending(record.energy)
        if record.key is None or record.order_sequence is None or record.order_digest is None:
            raise InvalidField("messages", f"message {record.sequence} is an answer to no order")
        key = PairKey(record.key)
        answer = self.answer(key, TransactionAnswer(energy=record.energy, transport=record.transport))
        place = answer.place
        assert place is not None, "an answer read from the wire has its place"
        return ToldAnswer(place, answer, self._sent(key, record))

    def _sent(self, key: PairKey, record: MessageRecord) -> SentOrder:
        assert record.order_sequence is not None and record.order_digest is not None  # noqa: PT018
        if not record.order:
            return SentOrder(key, record.order_sequence, record.order_digest)
        sequence, order = self._order(record.order)
        if (order.pair.key, sequence, digest(record.order)) != (
            key,
            record.order_sequence,
            record.order_digest,
        ):
            raise SealBroken(f"the order beside message {record.sequence} is not the one that it answers")
        self.market.check_pairs([order.pair], self.home)
        return SentOrder(key, sequence, record.order_digest, order, record.order)

    def _order(self, signed: str) -> tuple[int, Order]:
        """An order of this home's, or a tender, and its number."""
        market = self.market
        keys: dict[str, VerifyKey] = {self.home: self.key}
        if type_of(signed) == EiCreateTender.__name__:
            made = open_sealed(signed, EiCreateTender, keys, market.market_id)
            return made.seq, read_home_tender(made.body, market.terms.bounds, market.energy, market.transport)
        message = open_sealed(signed, CreateTransactionPair, keys, market.market_id)
        return message.seq, read_order(message.body, market.terms.bounds)

    def _answers(self, key: PairKey, energy: str, transport: str) -> tuple[_Answered, _Answered]:
        return (
            self._answered(key, energy, self.market.energy),
            self._answered(key, transport, self.market.transport),
        )

    def _answered(self, key: PairKey, signed: str, party: PartyId) -> _Answered:
        tender = type_of(signed) == EiCreatedTender.__name__
        message: _Answered
        if tender:
            message = open_sealed(signed, EiCreatedTender, self.market.keys, self.home)
        else:
            message = open_sealed(signed, EiCreatedTransaction, self.market.keys, self.home)
        answer = message.body
        about = answer.tender_id if isinstance(answer, EiCreatedTender) else answer.transaction_id
        if message.iss != party or answer.party_id != party:
            raise SealBroken(f"{message.iss} answered for {party}")
        if about != key:
            raise SealBroken(f"{party} answered for {about} instead of {key}")
        if answer.response.response_code == (OK if tender else OPENED):
            raise SealBroken(f"{party} answered {answer.response.response_code} in a {message.typ}")
        return message

    def _spots(self, party: PartyId, signed: str) -> Sequence[Spot]:
        message = open_sealed(signed, FrozenSpots, self.market.keys, self.market.market_id)
        if message.iss != party or message.body.party_id != party:
            raise SealBroken(f"{message.iss} told spots of {message.body.party_id} in the place of {party}")
        return read_spots(message.body, self.market.terms.bounds)


def _place[T](message: Envelope[T]) -> Place:
    return Place(message.seq, message.prev)
