"""Reads from a ledger what a statement is made of; never writes, and needs no running gateway."""

import sqlite3
import zlib
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import msgspec
from temix_market.calendar import day_at
from temix_market.deliveries import FINAL_AFTER, of_whole_days
from temix_market.instants import FIVE_MINUTES, HOUR, Duration, Instant
from temix_market.intervals import Interval
from temix_market.products import Resource, Side
from temix_market.statement import Account, Gap, Settled, Statement, find_missing
from temix_market.tenders import PartyId, is_published
from temix_market.units import Energy, Money

from temix_gateway.errors import PartyUnknown
from temix_gateway.ledger.ledger import HISTORY
from temix_gateway.ledger.readings import measured
from temix_gateway.ledger.segments import reader

type Roles = Mapping[PartyId, Resource]
"""What each party trades with the home."""

_SETTLED: Final = (
    "SELECT start, party, position, delivery, estimated, subscription, trades, deviation, max(number) "
    "FROM settlements WHERE start >= ? AND start < ? GROUP BY start, party ORDER BY start, party"
)


def read_statement(
    path: Path, connection: sqlite3.Connection, period: Interval, zone: ZoneInfo, now: Instant
) -> Statement:
    """The statement of a period; what is over by ``now`` but not settled is named in it.

    Raises:
        PartyUnknown: nothing says whether a party trades energy or transport.
    """
    settled = read_settled(connection, period, roles(path, connection), zone, now)
    starts = {step.start for step in settled}
    why = _reasons(connection, period)
    return Statement(period, zone, settled, find_missing(period, now, starts, why))


def read_settled(
    connection: sqlite3.Connection, period: Interval, known: Roles, zone: ZoneInfo, now: Instant
) -> list[Settled]:
    """The settled intervals of a period, in order: of each the newest record of each party.

    Final is what is older than ten days, and what is of a local day that the retailer has measured whole.
    """
    subscribed = _subscribed(connection, period)
    readings = _read_by_retailer(connection, period)
    closed = of_whole_days(zone, measured(connection, _whole_days(zone, period)))
    found: list[Settled] = []
    accounts: dict[Resource, Account] = {}
    rows = connection.execute(_SETTLED, (period.start, period.end)).fetchall()
    for index, row in enumerate(rows):
        start, party, position, delivery, estimated, subscription, trades, deviation, number = row
        if party not in known:
            raise PartyUnknown(party)
        account = Account(Money(subscription), Money(trades), Money(deviation))
        accounts[known[party]] = account
        if index + 1 < len(rows) and rows[index + 1][0] == start:
            continue
        found.append(
            Settled(
                start=Instant(start),
                subscribed=Energy(subscribed.get(start, 0)),
                position=Energy(position),
                delivery=Energy(delivery),
                estimated=bool(estimated),
                by_retailer=start in readings,
                final=start in closed or start + FIVE_MINUTES + FINAL_AFTER <= now,
                energy=accounts.get(Resource.ENERGY, Account()),
                transport=accounts.get(Resource.TRANSPORT, Account()),
                record=number,
                shadow=is_published(party),
            )
        )
        accounts = {}
    return found


def roles(path: Path, connection: sqlite3.Connection) -> Roles:
    """What each party trades, from the home's transactions, else from the tenders kept beside the ledger."""
    known: dict[PartyId, Resource] = {}
    row = connection.execute(
        "SELECT energy_author, transport_author FROM transactions ORDER BY number DESC LIMIT 1"
    ).fetchone()
    if row is not None:
        known = {PartyId(row[0]): Resource.ENERGY, PartyId(row[1]): Resource.TRANSPORT}
    parties = [PartyId(party) for (party,) in connection.execute("SELECT DISTINCT author FROM spots")]
    known |= {party: _published_role(party) for party in parties if is_published(party)}
    known |= {party: role for party in parties if party not in known if (role := _offered(path, party))}
    return known


def _published_role(party: PartyId) -> Resource:
    """What a party that only publishes prices stands for: its name ends with it."""
    return Resource(party.rpartition(":")[2].upper())


def first_record(connection: sqlite3.Connection) -> Instant | None:
    """The first interval of which the ledger knows anything."""
    (start,) = connection.execute(
        "SELECT min(start) FROM (SELECT min(start) start FROM deliveries UNION ALL "
        "SELECT min(start) FROM spots UNION ALL SELECT min(start) FROM transactions)"
    ).fetchone()
    return None if start is None else Instant(start)


def _reasons(connection: sqlite3.Connection, period: Interval) -> _Reasons:
    where, within = "WHERE start >= ? AND start < ?", (period.start, period.end)
    read = {start for (start,) in connection.execute(f"SELECT start FROM deliveries {where}", within)}
    spots = dict(connection.execute(f"SELECT start, count(*) FROM spots {where} GROUP BY start", within))
    unpaid = {
        start for (start,) in connection.execute(f"SELECT start FROM spots {where} AND buy IS NULL", within)
    }
    return _Reasons(first_record(connection), read, spots, unpaid, _unanswered(connection))


def _unanswered(connection: sqlite3.Connection) -> set[int]:
    orders = connection.execute(
        "SELECT start, duration FROM orders WHERE key NOT IN (SELECT key FROM answers)"
    )
    return {step for start, length in orders for step in range(start, start + length, FIVE_MINUTES)}


class _Reasons:
    """Why an interval is not settled."""

    def __init__(
        self,
        first: Instant | None,
        read: set[int],
        spots: Mapping[int, int],
        unpaid: set[int],
        unanswered: set[int],
    ) -> None:
        self._first = first
        self._read = read
        self._spots = spots
        self._unpaid = unpaid
        self._unanswered = unanswered

    def __call__(self, start: Instant) -> Gap:
        if self._first is None or start < self._first:
            return Gap.NOT_RECORDED
        if start not in self._read:
            return Gap.NO_READING
        if start in self._unanswered:
            return Gap.NO_ANSWER
        if self._spots.get(start, 0) < len(Resource):
            return Gap.NO_SPOT
        if start in self._unpaid:
            return Gap.NO_EXPORT_PRICE
        return Gap.WAITING


def _subscribed(connection: sqlite3.Connection, period: Interval) -> Mapping[int, int]:
    found: dict[int, int] = {}
    rows = connection.execute(
        "SELECT start, duration, side, quantity FROM transactions "
        "WHERE kind = 'subscription' AND start > ? AND start < ?",
        (period.start - HOUR, period.end),
    )
    for start, duration, side, quantity in rows:
        each = Side(side).sign * quantity // (duration // FIVE_MINUTES)
        for step in range(start, start + duration, FIVE_MINUTES):
            found[step] = found.get(step, 0) + each
    return found


def _whole_days(zone: ZoneInfo, period: Interval) -> Interval:
    """The local days that a period touches."""
    first = day_at(zone, period.start)
    last = day_at(zone, Instant(period.end - 1))
    return Interval(first.start, Duration(last.end - first.start))


def _read_by_retailer(connection: sqlite3.Connection, period: Interval) -> set[int]:
    rows = connection.execute(
        "SELECT start FROM deliveries WHERE source = 'retailer' AND start >= ? AND start < ?",
        (period.start, period.end),
    )
    return {start for (start,) in rows}


class _Offer(msgspec.Struct, rename="camel"):
    resource_designator: Resource


class _Offers(msgspec.Struct):
    tenders: Annotated[list[_Offer], msgspec.Meta(min_length=1)]


class _Signed(msgspec.Struct):
    body: _Offers


def _offered(path: Path, party: PartyId) -> Resource | None:
    """What a party's newest kept publication offers."""
    history = path.with_name(HISTORY)
    if not history.exists():
        return None
    try:
        with closing(reader(history)) as tenders:
            row = tenders.execute(
                "SELECT payload FROM publications WHERE author = ? ORDER BY sequence DESC LIMIT 1", (party,)
            ).fetchone()
        if row is None:
            return None
        signed = msgspec.json.decode(zlib.decompress(row[0]), type=_Signed)
    except sqlite3.Error, zlib.error, ValueError:
        return None
    return signed.body.tenders[0].resource_designator
