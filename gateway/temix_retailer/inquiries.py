"""What the book is asked: by homes, so that both records stay equal, and by whoever runs the retailer."""

from collections.abc import Sequence
from typing import Literal, cast

from temix_market.errors import InvalidField
from temix_market.instants import Instant
from temix_market.intervals import Interval
from temix_market.ports import Clock
from temix_market.settlement import Settlement
from temix_market.tenders import PartyId
from temix_market.transactions import Pair
from temix_market.wire.codec import position_payload, read_interval
from temix_market.wire.exchange import (
    ComparedHeads,
    CompareHeads,
    EiRequestDelivery,
    MessageRecord,
    RepliedDelivery,
    ReplyMessages,
    ReplySpots,
    RequestMessages,
    RequestSpots,
)
from temix_market.wire.position import EiReplyPosition, EiRequestPosition
from temix_market.wire.records import head_payload, read_heads, read_steps
from temix_market.wire.response import ok

from temix_retailer.accounts import Accounts
from temix_retailer.book import Book
from temix_retailer.desk import Desk
from temix_retailer.terms import Terms
from temix_retailer.voice import SigningVoice


class Inquiries:
    """Answers from what is booked; nothing here changes it but an alarm."""

    def __init__(  # noqa: PLR0913, PLR0917 (what it answers from)
        self, desk: Desk, clock: Clock, terms: Terms, book: Book, accounts: Accounts, voice: SigningVoice
    ) -> None:
        """Over a book and its accounts."""
        self._desk = desk
        self._clock = clock
        self._terms = terms
        self._history = book.history
        self._place = book.chain.last
        self._accounts = accounts
        self._voice = voice

    async def compare(self, home: PartyId, request: CompareHeads) -> ComparedHeads:
        """How far the book has both chains; an alarm where the home's show that the book is not whole.

        Raises:
            InvalidField: of another home.
            StoreError, TooManyRequests: ask again.
        """
        _own(home, request.party_id)
        known = await self._desk.run(self._history.compare, home, read_heads(request))
        return ComparedHeads(
            response=ok(request.request_id, self._clock.now()),
            orders=head_payload(known.orders),
            messages=head_payload(known.messages),
        )

    async def messages(self, home: PartyId, request: RequestMessages) -> ReplyMessages:
        """The messages to a home again, with the orders that they answer.

        Raises:
            InvalidField: of another home.
            StoreError, TooManyRequests: ask again.
        """
        _own(home, request.party_id)
        found = await self._desk.run(self._history.messages, home, request.after)
        return ReplyMessages(
            response=ok(request.request_id, self._clock.now()),
            messages=tuple(
                MessageRecord(
                    sequence=message.sequence,
                    kind=cast(
                        "Literal['answer', 'void', 'subscription', 'delivery', 'acceptance', 'ending']",
                        message.kind,
                    ),
                    energy=message.energy,
                    transport=message.transport,
                    key=message.key,
                    order_sequence=message.order_sequence,
                    order_digest=message.order_digest,
                    order=message.order or "",
                )
                for message in found
            ),
        )

    async def spots(self, home: PartyId, request: RequestSpots) -> ReplySpots:
        """The frozen spots of a span, signed by each party.

        Raises:
            InvalidField: of another home, off the 5-minute marks, or too long.
            StoreError, TooManyRequests: ask again.
        """
        _own(home, request.party_id)
        bounding = read_steps(request.bounding_interval)
        energy, transport = await self._desk.run(self._history.spots, bounding)
        now = self._clock.now()
        return ReplySpots(
            response=ok(request.request_id, now),
            energy=self._voice.spots(self._terms.circuit.energy, bounding, energy, now),
            transport=self._voice.spots(self._terms.circuit.transport, bounding, transport, now),
        )

    async def deliveries(self, home: PartyId, request: EiRequestDelivery) -> RepliedDelivery:
        """What a home has reported of its meter in a span, signed by the load-serving entity.

        Raises:
            InvalidField: of another home, off the 5-minute marks, or too long.
            StoreError, TooManyRequests: ask again.
        """
        _own(home, request.requestor_party_id, "requestorPartyId")
        bounding = read_steps(request.bounding_interval)
        found = await self._desk.run(self._accounts.reported, home, bounding)
        now = self._clock.now()
        return RepliedDelivery(
            response=ok(request.request_id, now), message=self._voice.deliveries(home, found, now)
        )

    @property
    def alarm_count(self) -> int:
        """How many alarms the book holds."""
        return self._history.raised

    async def counts(self) -> dict[str, int]:
        """How many orders the book has by what became of them, and how many rows of other kinds."""
        return await self._desk.run(self._history.counts)

    async def alarms(self) -> Sequence[tuple[PartyId, str, Instant]]:
        """Every alarm in the book, oldest first: the home, what happened, and when."""
        return await self._desk.run(self._history.alarms)

    async def pairs(self, home: PartyId, interval: Interval) -> Sequence[Pair]:
        """Every pair of a home that overlaps an interval."""
        return await self._desk.run(self._accounts.pairs, home, interval)

    async def position(self, home: PartyId, request: EiRequestPosition) -> EiReplyPosition:
        """A home's position as the book has it, and how far its chain goes.

        Raises:
            InvalidField: of another home or market, or not made of whole 5-minute steps.
        """
        if request.position_party != home:
            raise InvalidField("positionParty", f"{request.position_party} is not {home}, who logged in")
        if request.market_id != self._terms.market_id:
            raise InvalidField("marketId", f"{request.market_id} is not {self._terms.market_id}")
        bounding = read_interval(request.bounding_interval, "boundingInterval")
        positions = await self._desk.run(self._accounts.positions, home, bounding)
        place = await self._desk.run(self._place, home)
        return EiReplyPosition(
            requestor=request.requestor,
            position_party=home,
            bounding_interval=request.bounding_interval,
            positions=position_payload(positions, bounding),
            quantity_scale=3,
            response=ok(request.request_id, place.at),
            sequence=place.sequence,
            head=place.previous,
        )

    async def settle(self, home: PartyId, step: Interval) -> Settlement | None:
        """Settle a 5-minute interval; ``None`` until its delivery and both spots are in the book."""
        return await self._desk.run(self._accounts.settle, home, step)


def _own(home: PartyId, asking: str, field: str = "partyId") -> None:
    if asking != home:
        raise InvalidField(field, f"{asking} is not {home}, who logged in")
