"""Orders as a home would make them from a publication."""

import uuid

from temix_market.instants import FIVE_MINUTES, Duration, Instant
from temix_market.products import Side
from temix_market.tenders import PartyId, Publication, Tender
from temix_market.transactions import Leg, Order, Pair, PairKey
from temix_market.units import Energy
from temix_market.wire.seal import digest
from temix_retailer.book import Book
from temix_retailer.outcome import Answered, Sent

from tests.retailer.conftest import HOME


def key(number: int) -> PairKey:
    """A key of its own for each number."""
    return PairKey(str(uuid.UUID(int=(7 << 76) | (2 << 62) | number)))


def find(publication: Publication, start: int, side: Side, duration: Duration = FIVE_MINUTES) -> Tender:
    """The tender of one instrument and side."""
    return next(
        tender
        for tender in publication.tenders
        if (tender.instrument.start, tender.instrument.duration, tender.side) == (start, duration, side)
    )


def order(
    publications: tuple[Publication, Publication],
    start: int,
    quantity: int,
    number: int = 1,
    *,
    side: Side = Side.SELL,
    duration: Duration = FIVE_MINUTES,
    home: PartyId = HOME,
) -> Order:
    """An order for ``quantity`` Wh of both parties' tenders, valid as long as they are."""
    energy, transport = (find(publication, start, side, duration) for publication in publications)
    legs = [Leg.taking(tender, Energy(quantity)) for tender in (energy, transport)]
    pair = Pair(key(number), home, legs[0], legs[1])
    return Order(pair, Instant(min(energy.expires_at, transport.expires_at)))


def issued(book: Book, instant: Instant) -> tuple[Publication, Publication]:
    """The publications in force after a turn."""
    turn = book.issue(instant)
    assert turn is not None
    return turn.publications


def send(book: Book, made: Order, signed: str) -> Answered:
    """Order; ``signed`` stands for the home's message, which follows the last one that the book has."""
    last = book.history.sent(made.pair.home)
    return book.order(made, Sent(last.sequence + 1, digest(signed), last.head, signed))


def ask(book: Book, home: PartyId, asked: PairKey, signed: str) -> Answered:
    """Reconcile the order that ``signed`` stands for."""
    last = book.history.sent(home)
    return book.reconcile(home, asked, Sent(last.sequence + 1, digest(signed), last.head))
