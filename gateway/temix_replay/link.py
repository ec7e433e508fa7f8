"""The link between a gateway and a retailer in one process: no network, the same signed messages."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from random import Random

from temix_gateway.retailer.inbox import Inbox
from temix_gateway.retailer.market import registered
from temix_gateway.retailer.voice import Voice
from temix_market.deliveries import Delivery
from temix_market.errors import OutOfSequence
from temix_market.instants import parse_instant
from temix_market.intervals import Interval
from temix_market.ports import Answer, Clock, Head, Heads, OutcomeUnknown, RetailerListener, Told
from temix_market.settlement import Spot
from temix_market.tenders import PartyId
from temix_market.transactions import Order, PairKey
from temix_market.wire.keys import SigningKey
from temix_market.wire.records import read_heads
from temix_market.wire.transaction import TransactionAnswer
from temix_retailer.news import News, Published, Subscribed
from temix_retailer.outcome import Answered
from temix_retailer.retailer import Retailer


class InProcessLink:
    """A ``RetailerLink`` to a retailer at hand; every message is signed, verified and read as on the wire."""

    def __init__(
        self, retailer: Retailer, home: PartyId, key: SigningKey, clock: Clock, random: Random
    ) -> None:
        """Speak for ``home``, which signs with ``key``; call ``register`` before anything else."""
        self._retailer = retailer
        self._voice = Voice(home, key, clock, random)
        self._inbox: Inbox

    async def register(self) -> None:
        """Make the home known to the retailer, and learn the market's terms."""
        answer = await self._retailer.homes.register(self._voice.home, self._voice.registration())
        self._inbox = Inbox(self._voice.home, self._voice.key.public, registered(answer.market_context))

    async def run(self, listener: RetailerListener) -> None:
        """Hand on what the retailer tells, until cancelled."""
        news: asyncio.Queue[News] = asyncio.Queue()
        listener.agreed(self._inbox.market.terms)
        stop = await self._retailer.listen(self._voice.home, news.put_nowait)
        listener.connected(True, "")
        try:
            while True:
                await self._take(await news.get(), listener)
                beat = await self._retailer.heartbeat(self._voice.home)
                listener.heard(parse_instant(beat.now), read_heads(beat))
        finally:
            stop()

    def seal(self, order: Order, sequence: int, before: str) -> str:
        """Sign an order (a ``Seal``)."""
        return self._voice.order(self._inbox.market.market_id, order, sequence, before)

    async def order(self, key: PairKey, signed: str) -> Answer:
        """Hand over an order's stored bytes."""
        with _in_sequence():
            return self._answer(key, await self._retailer.order(self._voice.home, signed))

    async def reconcile(self, key: PairKey, signed: str) -> Answer:
        """Ask what became of an order."""
        asked = self._voice.reconcile(signed)
        with _in_sequence():
            return self._answer(key, await self._retailer.reconcile(self._voice.home, key, asked))

    async def cancel_tender(self, key: PairKey) -> None:
        """Refuse: a replay makes no tenders."""
        raise OutcomeUnknown(f"{key} is no tender")

    async def heads(self, own: Heads) -> Heads:
        """Compare how far both chains reach."""
        return read_heads(await self._retailer.inquiries.compare(self._voice.home, self._voice.heads(own)))

    async def messages(self, after: Head) -> Sequence[Told]:
        """Ask for what was told after ``after``."""
        asked = self._voice.messages_after(after.sequence)
        reply = await self._retailer.inquiries.messages(self._voice.home, asked)
        return self._inbox.messages(after, reply.messages)

    async def spots(self, interval: Interval) -> Sequence[Spot]:
        """Ask for frozen spots."""
        reply = await self._retailer.inquiries.spots(self._voice.home, self._voice.spots_of(interval))
        return self._inbox.spots(reply)

    async def deliveries(self, interval: Interval) -> Sequence[Delivery]:
        """Ask for what the home reported."""
        reply = await self._retailer.inquiries.deliveries(
            self._voice.home, self._voice.deliveries_of(interval)
        )
        return self._inbox.deliveries(reply.message)

    async def report(self, deliveries: Sequence[Delivery]) -> None:
        """Report meter deliveries."""
        signed = self._voice.deliveries(self._inbox.market.market_id, deliveries)
        await self._retailer.report(self._voice.home, signed)

    def _answer(self, key: PairKey, answered: Answered) -> Answer:
        return self._inbox.answer(
            key, TransactionAnswer(energy=answered.energy, transport=answered.transport)
        )

    async def _take(self, told: News, listener: RetailerListener) -> None:
        if isinstance(told, Published):
            await listener.published(self._inbox.publication(told.message), told.message)
        elif isinstance(told, Subscribed):
            await listener.told(self._inbox.subscription(told.message))


@contextmanager
def _in_sequence() -> Iterator[None]:
    """An order that does not follow the last one has no outcome, as over the network."""
    try:
        yield
    except OutOfSequence as error:
        raise OutcomeUnknown(str(error)) from error
