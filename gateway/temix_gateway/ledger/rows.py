"""Pairs as the ledger's columns, and back."""

import hashlib

from temix_market.instants import Duration, Instant
from temix_market.products import Instrument, Resource, Side
from temix_market.tenders import PartyId, Publication, TenderId
from temix_market.transactions import Kind, Leg, Pair, PairKey
from temix_market.units import Energy, Price

type PairRow = tuple[str, str, int, int, str, int, str, str, int, str, str, int]

PAIR_COLUMNS = (
    "key, home, start, duration, side, quantity, energy_tender, energy_author, energy_price, "
    "transport_tender, transport_author, transport_price"
)


def pair_row(pair: Pair) -> PairRow:
    """The columns of a pair, in the order of ``PAIR_COLUMNS``."""
    energy, transport = pair.energy, pair.transport
    return (
        pair.key,
        pair.home,
        pair.interval.start,
        pair.interval.duration,
        energy.side.value,
        energy.quantity,
        energy.tender_id,
        energy.author,
        energy.price,
        transport.tender_id,
        transport.author,
        transport.price,
    )


def row_pair(row: PairRow, kind: Kind) -> Pair:
    """The pair of its columns."""
    key, home, start, duration, side, quantity = row[:6]

    def leg(resource: Resource, tender: str, author: str, price: int) -> Leg:
        instrument = Instrument(Instant(start), Duration(duration), resource)
        return Leg(TenderId(tender), PartyId(author), instrument, Side(side), Price(price), Energy(quantity))

    energy, transport = leg(Resource.ENERGY, *row[6:9]), leg(Resource.TRANSPORT, *row[9:12])
    return Pair(PairKey(key), PartyId(home), energy, transport, kind)


def pair_digest(pair: Pair) -> str:
    """SHA-256 (hex) over everything about a pair: the same key with another digest is another pair."""
    return text_digest("\n".join(str(value) for value in (pair.kind.value, *pair_row(pair))))


def text_digest(text: str) -> str:
    """SHA-256 (hex) of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def publication_digest(publication: Publication) -> str:
    """SHA-256 (hex) over what a publication says, whoever signed it and however often."""
    lines = [str(publication.published_at)]
    for t in publication.tenders:
        of = t.instrument
        lines.append(f"{t.id} {t.revision} {of.start} {of.duration} {of.resource.value} {t.side.value}")
        lines.append(f"{t.price} {t.quantity} {t.expires_at}")
    return text_digest("\n".join(lines))
