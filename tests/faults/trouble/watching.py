"""An eye on what goes through the real code: what is heard, decided, signed, sent and published."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from temix_gateway import asking
from temix_gateway.errors import GatewayError
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.retailer.temix import TemixLink
from temix_gateway.retailer.voice import Voice
from temix_market.errors import MarketError
from temix_market.home_tenders import Acceptance
from temix_market.instants import HOUR, Duration, Instant
from temix_market.intervals import lot
from temix_market.ports import Answer, Pending, RetailerListener
from temix_market.tenders import Publication
from temix_market.transactions import Order, PairKey
from temix_market.units import Energy
from temix_retailer import home_tenders, publications
from temix_retailer.book import Book, Issued

from tests.faults.trouble.points import (
    GATEWAY,
    GATEWAY_TENDERING,
    RETAILER,
    RETAILER_TENDERING,
    hooked,
)

if TYPE_CHECKING:
    from tests.faults.trouble.run import Run


class WatchedLink:
    """The real link, with an eye on what goes through it."""

    def __init__(self, link: TemixLink, run: Run) -> None:
        self._link = link
        self._run = run

    async def run(self, listener: RetailerListener) -> None:
        """Run it."""
        await self._link.run(WatchedListener(listener, self._run))  # type: ignore[arg-type]

    async def order(self, key: PairKey, signed: str) -> Answer:
        """Send an order: never after it has lapsed."""
        sealed, now = self._run.seen.sealed[key], self._run.gateway_machine.clock.now()
        if now >= sealed.order.not_after:
            what = f"{key} is sent at {now}, not before {sealed.order.not_after}"
            self._run.violate("nothing_is_sent_too_late", what)
        if signed != sealed.signed:
            self._run.violate("what_is_signed_is_sent", f"{key} is sent in other bytes")
        return await self._link.order(key, signed)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._link, name)


class WatchedListener:
    """The core, with an eye on what it is told."""

    def __init__(self, listener: RetailerListener, run: Run) -> None:
        self._listener = listener
        self._run = run

    def connected(self, up: bool, reason: str, *, refused: bool = False) -> None:
        """Note whether the link is up."""
        self._run.link_is_up(up)
        self._listener.connected(up, reason, refused=refused)

    def heard(self, now: Instant, *heads: Any) -> None:
        """Note whether the clocks agree."""
        self._run.heard(now)
        self._listener.heard(now, *heads)

    async def published(self, publication: Publication, signed: str) -> None:
        """Note what is taken in; it may be used before the call is over."""
        accepted, number = self._run.seen.accepted, (publication.author, publication.sequence)
        new = accepted.setdefault(number, publication) is publication
        try:
            await self._listener.published(publication, signed)
        except MarketError, GatewayError:
            if new:
                del accepted[number]
            self._run.counts["publication refused"] += 1
            raise

    def __getattr__(self, name: str) -> Any:
        return getattr(self._listener, name)


def _some(accepted: Acceptance | None, chance: Random) -> Acceptance | None:
    """An acceptance, or a part of it: a retailer may take what it likes."""
    if accepted is None or chance.random() < 0.4:
        return accepted
    pair, least = accepted.pair, lot(accepted.pair.interval.duration)
    quantity = Energy(chance.randrange(1, pair.energy.quantity // least + 1) * least)
    legs = [replace(leg, quantity=quantity) for leg in (pair.energy, pair.transport)]
    return replace(accepted, pair=replace(pair, energy=legs[0], transport=legs[1]))


@contextmanager
def watched(run: Run) -> Iterator[None]:
    """Observe what is decided, signed and published, and die at labelled points."""
    issue, place, sign = Book.issue, Ledger.place, Voice.order
    accept, parts = home_tenders.crossing, Random(f"parts {run.seed}")

    async def placing(ledger: Ledger, order: Order, seal: Any) -> Pending:
        run.deciding(order)
        return await place(ledger, order, seal)

    def signing(voice: Voice, market_id: str, order: Order, sequence: int, before: str) -> str:
        signed = sign(voice, market_id, order, sequence, before)
        run.sealed(order, signed)
        return signed

    def issuing(book: Book, issued: Instant) -> Issued | None:
        result = issue(book, issued)
        run.issued(book, result)
        return result

    def accepting(*asked: Any) -> Acceptance | None:
        return _some(accept(*asked), parts)

    with ExitStack() as stack:
        # A short horizon: what is traded far ahead is traded alike, and a run is three times as fast.
        stack.enter_context(patch.object(asking, "HORIZON", Duration(6 * HOUR)))
        stack.enter_context(patch.object(publications, "trading_horizon", lambda _, now: now + 6 * HOUR))
        stack.enter_context(patch.object(Voice, "order", signing))
        stack.enter_context(patch.object(Book, "issue", issuing))
        stack.enter_context(patch.object(home_tenders, "crossing", accepting))
        stack.enter_context(patch.object(Ledger, "place", placing))
        stack.enter_context(hooked((*GATEWAY, *GATEWAY_TENDERING), run.gateway_machine.reached))
        stack.enter_context(hooked((*RETAILER, *RETAILER_TENDERING), run.retailer_machine.reached))
        yield
