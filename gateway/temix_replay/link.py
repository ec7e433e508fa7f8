"""The link between a gateway and a retailer in one process: no network, the same signed messages."""

import asyncio
from collections.abc import Sequence
from random import Random

from temix_gateway.retailer.market import Registered, registered
from temix_gateway.retailer.voice import Voice
from temix_market.deliveries import Delivery
from temix_market.instants import parse_instant
from temix_market.ports import Answer, Clock, RetailerListener
from temix_market.tenders import PartyId
from temix_market.transactions import Order, PairKey
from temix_market.wire.codec import read_publication, read_subscription
from temix_market.wire.keys import SigningKey
from temix_market.wire.seal import open_sealed
from temix_market.wire.tender import EiDistributeTender
from temix_market.wire.transaction import DistributeSubscription
from temix_retailer.retailer import News, Published, Retailer


class InProcessLink:
    """A ``RetailerLink`` to a retailer at hand; every message is signed, verified and read as on the wire."""

    def __init__(
        self, retailer: Retailer, home: PartyId, key: SigningKey, clock: Clock, random: Random
    ) -> None:
        """Speak for ``home``, which signs with ``key``; call ``register`` before anything else."""
        self._retailer = retailer
        self._voice = Voice(home, key, clock, random)
        self._market: Registered

    async def register(self) -> None:
        """Make the home known to the retailer, and learn the market's terms."""
        answer = await self._retailer.register(self._voice.home, self._voice.registration())
        self._market = registered(answer.market_context)

    async def run(self, listener: RetailerListener) -> None:
        """Hand on what the retailer tells, until cancelled."""
        news: asyncio.Queue[News] = asyncio.Queue()
        listener.agreed(self._market.terms)
        stop = await self._retailer.listen(self._voice.home, news.put_nowait)
        listener.connected(True, "")
        try:
            while True:
                told = await news.get()
                beat = await self._retailer.heartbeat(self._voice.home)
                listener.heard(parse_instant(beat.now))
                await self._take(told, listener)
        finally:
            stop()

    def seal(self, order: Order, sequence: int, before: str) -> str:
        """Sign an order (a ``Seal``)."""
        return self._voice.order(self._market.market_id, order, sequence, before)

    async def order(self, key: PairKey, signed: str) -> Answer:
        """Hand over an order's stored bytes."""
        answer = (await self._retailer.order(self._voice.home, signed)).for_home()
        assert answer.key == key, f"{answer.key} answered to {key}"
        return answer

    async def reconcile(self, key: PairKey) -> Answer:
        """Ask what became of a key."""
        return (await self._retailer.reconcile(self._voice.home, key)).for_home()

    async def report(self, deliveries: Sequence[Delivery]) -> None:
        """Report meter deliveries."""
        signed = self._voice.deliveries(self._market.market_id, deliveries)
        await self._retailer.report(self._voice.home, signed)

    async def _take(self, told: News, listener: RetailerListener) -> None:
        market, signed = self._market, told.message
        if isinstance(told, Published):
            offered = open_sealed(signed, EiDistributeTender, market.keys, market.market_id)
            await listener.published(read_publication(offered.body, market.terms.bounds), signed)
        else:
            booked = open_sealed(signed, DistributeSubscription, market.keys, self._voice.home)
            await listener.booked(read_subscription(booked.body, market.terms.bounds), signed)
