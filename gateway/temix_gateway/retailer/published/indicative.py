"""What links to published prices have in common: they keep them, make tenders of them, take no orders."""

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from typing import Final

import structlog
from temix_market.deliveries import Delivery
from temix_market.errors import MarketError
from temix_market.instants import HOUR, Duration, Instant
from temix_market.intervals import Interval
from temix_market.ports import Answer, Clock, Head, Heads, OutcomeUnknown, RetailerListener, Terms, Told
from temix_market.settlement import Spot
from temix_market.tenders import Publication
from temix_market.transactions import Order, PairKey
from temix_market.wire.base import encode
from temix_market.wire.codec import publication_payload

from temix_gateway.errors import GatewayError
from temix_gateway.retailer.published.prices import PriceBook
from temix_gateway.retailer.published.store import Kept, Store, packed
from temix_gateway.retailer.published.tenders import PublishedParties

KEPT: Final = Duration(10 * 24 * HOUR)
"""As long as a reading may come late, its price is kept."""
NO_ORDERS: Final = "published prices take no orders"
_UNSECURED: Final = b'{"alg":"none"}'

_LOG: Final = structlog.get_logger(__name__)


class IndicativeLink:
    """A ``RetailerLink`` but for ``run``. No price is invented: what was not published is absent."""

    def __init__(self, name: str, question: str, terms: Terms, store: Store, clock: Clock) -> None:
        """Publish under ``name`` and these terms the answers to a question; keep in ``store``."""
        self.book = PriceBook()
        self.name = name
        self._question = question
        self._terms = terms
        self._parties = PublishedParties.of(name)
        self._store = store
        self._clock = clock
        self._number = 0
        self._told = False

    async def cancel_tender(self, key: PairKey) -> None:  # noqa: ARG002
        """Refuse.

        Raises:
            OutcomeUnknown: there is no tender.
        """
        raise OutcomeUnknown(NO_ORDERS)

    async def spots(self, interval: Interval) -> Sequence[Spot]:
        """The final prices within ``interval``."""
        return self._parties.spots(self.book, interval)

    async def heads(self, own: Heads) -> Heads:
        """There is no book beside the home's own to compare with."""
        return own

    async def messages(self, after: Head) -> Sequence[Told]:  # noqa: ARG002
        """Nothing was told."""
        return ()

    async def deliveries(self, interval: Interval) -> Sequence[Delivery]:  # noqa: ARG002
        """Nothing was reported."""
        return ()

    async def report(self, deliveries: Sequence[Delivery]) -> None:
        """Nobody waits for readings."""

    def seal(self, order: Order, sequence: int, before: str) -> str:  # noqa: ARG002
        """Refuse: a ``Seal`` for the core, which orders nothing from indicative tenders."""
        raise OutcomeUnknown(NO_ORDERS)

    async def order(self, key: PairKey, signed: str) -> Answer:  # noqa: ARG002
        """Refuse.

        Raises:
            OutcomeUnknown: always.
        """
        raise OutcomeUnknown(NO_ORDERS)

    async def reconcile(self, key: PairKey, signed: str) -> Answer:  # noqa: ARG002
        """Refuse: an order of an earlier retailer waits until that one is configured again.

        Raises:
            OutcomeUnknown: always.
        """
        raise OutcomeUnknown(NO_ORDERS)

    async def _take_up(self) -> Kept:
        kept = await asyncio.to_thread(self._store.load, self.name, self._question)
        self.book.merge(kept.published())
        return kept

    async def _keep(self, answered: Instant | None, requests: Sequence[Instant] = ()) -> None:
        prices = tuple(packed(price) for price in self.book.all())
        kept = Kept(self.name, self._question, prices, tuple(requests), answered)
        await asyncio.to_thread(self._store.save, kept)

    async def _publish(self, listener: RetailerListener) -> None:
        # Never the number after the last one: that would confirm as the last word what was only published.
        now = self._clock.now()
        self._number = max(self._number + 2, now)
        for publication in self._parties.publications(self.book, now, self._number):
            if not (publication.tenders or self._told):
                continue  # there is nothing to withdraw either
            self._told = True
            try:
                await listener.published(publication, unsigned(publication))
            except (MarketError, GatewayError) as error:
                _LOG.error("published prices refused", reason=str(error))


def unsigned(publication: Publication) -> str:
    """A publication as text, for its record: an unsecured JWS (RFC 7515 A.5), for nobody signed it."""
    body = b'{"body":' + encode(publication_payload(publication)) + b"}"
    return f"{_base64(_UNSECURED)}.{_base64(body)}."


def _base64(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
