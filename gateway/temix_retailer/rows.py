"""Rows of the book as market objects, and back."""

import json
from collections.abc import Sequence
from sqlite3 import Connection
from zoneinfo import ZoneInfo

from temix_market.deliveries import Delivery
from temix_market.instants import FIVE_MINUTES, Duration, Instant
from temix_market.intervals import Interval
from temix_market.products import Instrument, Resource, Side
from temix_market.settlement import Spot
from temix_market.subscription import Profile
from temix_market.tenders import PartyId, Publication, TenderId
from temix_market.transactions import Kind, Leg, Pair, PairKey
from temix_market.units import Energy, Price

from temix_retailer.outcome import Place

type Row = Sequence[int | str]

PAIR = (
    "home, key, kind, start, duration, quantity, energy_tender, energy_author, energy_price, "
    "transport_tender, transport_author, transport_price"
)
"""The columns of a pair, in the order of ``pair_row`` and ``row_pair``."""


def pair_row(pair: Pair) -> tuple[int | str, ...]:
    """Write a pair as the columns of ``PAIR``."""
    interval = pair.interval
    legs = [part for leg in (pair.energy, pair.transport) for part in (leg.tender_id, leg.author, leg.price)]
    return pair.home, pair.key, pair.kind.value, interval.start, interval.duration, pair.quantity, *legs


def row_pair(row: Row) -> Pair:
    """Read the columns of ``PAIR``."""
    home, key, kind, start, duration, quantity = row[:6]
    side = Side.SELL if int(quantity) > 0 else Side.BUY
    legs = [
        Leg(
            TenderId(str(tender)),
            PartyId(str(author)),
            Instrument(Instant(int(start)), Duration(int(duration)), resource),
            side,
            Price(int(price)),
            Energy(abs(int(quantity))),
        )
        for resource, (tender, author, price) in zip(
            (Resource.ENERGY, Resource.TRANSPORT), (row[6:9], row[9:12]), strict=True
        )
    ]
    return Pair(PairKey(str(key)), PartyId(str(home)), legs[0], legs[1], Kind(kind))


def add_pair(rows: Connection, pair: Pair, place: Place) -> None:
    """Write a pair that is booked, with the message that tells its home."""
    values = (*pair_row(pair), place.sequence, place.at)
    rows.execute(
        f"INSERT INTO pairs ({PAIR}, sequence, booked_at)"  # noqa: S608
        f" VALUES ({', '.join('?' * len(values))})",
        values,
    )


def row_delivery(row: Row) -> Delivery:
    """Read start, energy and estimated."""
    start, energy, estimated = (int(value) for value in row)
    return Delivery(Interval(Instant(start), FIVE_MINUTES), Energy(energy), bool(estimated))


def row_spot(row: Row) -> Spot:
    """Read author, start, sell and buy."""
    author, start, sell, buy = row
    interval = Interval(Instant(int(start)), FIVE_MINUTES)
    return Spot(PartyId(str(author)), interval, Price(int(sell)), Price(int(buy)))


def quotes(publication: Publication) -> dict[Instant, tuple[Price, Price]]:
    """The 5-minute prices of a publication, to sell and to buy, by start: those that may become spot."""
    found: dict[Instant, dict[Side, Price]] = {}
    for tender in publication.tenders:
        if tender.instrument.duration == FIVE_MINUTES:
            found.setdefault(tender.instrument.start, {})[tender.side] = tender.price
    return {
        start: (sides[Side.SELL], sides[Side.BUY])
        for start, sides in found.items()
        if len(sides) == len(Side)
    }


def profile_text(plan: Profile) -> str:
    """Write a profile's quantities: ``[[weekend, hour, Wh], …]``."""
    return json.dumps([[int(weekend), hour, wh] for (weekend, hour), wh in sorted(plan.means.items())])


def text_profile(text: str, zone: ZoneInfo) -> Profile:
    """Read what ``profile_text`` wrote."""
    return Profile(zone, {(bool(weekend), hour): Energy(wh) for weekend, hour, wh in json.loads(text)})
