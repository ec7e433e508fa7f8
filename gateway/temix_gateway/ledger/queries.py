"""What the ledger is asked while it runs: open orders, positions, spots and deliveries of the live file."""

from collections.abc import Sequence
from sqlite3 import Connection

from temix_market.deliveries import Delivery
from temix_market.instants import FIVE_MINUTES, HOUR, Instant
from temix_market.intervals import Interval
from temix_market.ports import Pending
from temix_market.settlement import Spot
from temix_market.tenders import PartyId
from temix_market.transactions import Kind, Pair, PairKey
from temix_market.units import Energy, Money, Price

from temix_gateway.ledger.packing import unpack
from temix_gateway.ledger.rows import PAIR_COLUMNS, row_pair
from temix_gateway.ledger.segments import carried


def pending(db: Connection) -> Sequence[Pending]:
    """Every order without a definite answer, oldest first."""
    rows = db.execute(
        f"SELECT {PAIR_COLUMNS}, signed, not_after FROM orders "
        "WHERE key NOT IN (SELECT key FROM answers) ORDER BY number"
    )
    return [
        Pending(PairKey(row[0]), row_pair(row[:12], Kind.TRADE), unpack(row[12]), Instant(row[13]))
        for row in rows
    ]


def unreported(db: Connection, most: int) -> list[tuple[int, Delivery]]:
    """The home's oldest deliveries without an acknowledgement, with their records' numbers."""
    rows = db.execute(
        "SELECT number, start, energy, estimated FROM deliveries WHERE source = 'home' "
        "AND number > (SELECT coalesce(max(through), 0) FROM reported) ORDER BY number LIMIT ?",
        (most,),
    )
    return [(number, delivery_of(start, energy, estimated)) for number, start, energy, estimated in rows]


def pairs(db: Connection, since: Instant) -> list[tuple[Pair, Instant]]:
    """Every transaction delivered, at least in part, after ``since``, and when it was recorded."""
    rows = db.execute(
        f"SELECT {PAIR_COLUMNS}, kind, booked_at FROM transactions "
        "WHERE start > ? AND start + duration > ? ORDER BY number",
        (since - HOUR, since),  # no traded interval is longer than an hour: the index finds them
    )
    return [(row_pair(row[:12], Kind(row[12])), Instant(row[13])) for row in rows]


def trades(db: Connection) -> int:
    """How many pairs the home has transacted beside its subscription."""
    query = "SELECT count(*) FROM transactions WHERE kind = 'trade'"
    (live,) = db.execute(query).fetchone()
    return int(live) + carried(db).trades


def ordered(db: Connection, since: Instant) -> list[tuple[Pair, Instant]]:
    """Every order placed at or after ``since`` that was not refused or voided, and when.

    Of tenders: those without an answer, and what was accepted since then. An open one stands elsewhere.
    """
    rows = db.execute(
        f"SELECT {PAIR_COLUMNS}, placed_at, number FROM orders WHERE placed_at >= ?1 "
        "AND key NOT IN (SELECT key FROM answers WHERE outcome != 'booked') UNION ALL "
        f"SELECT {PAIR_COLUMNS}, booked_at, number FROM transactions WHERE booked_at >= ?1 "
        "AND key IN (SELECT pair FROM tenders WHERE event = 'accepted') ORDER BY number",
        (since,),
    )
    return [(row_pair(row[:12], Kind.TRADE), Instant(row[12])) for row in rows]


def spots(db: Connection, since: Instant) -> list[Spot]:
    """Every frozen spot of an interval that starts at or after ``since``."""
    rows = db.execute("SELECT author, start, sell, buy FROM spots WHERE start >= ?", (since,))
    return [
        Spot(PartyId(author), Interval(Instant(start), FIVE_MINUTES), Price(sell), buy)
        for author, start, sell, buy in rows
    ]


def deliveries(db: Connection, since: Instant) -> list[Delivery]:
    """The delivery of each interval since ``since``: the retailer's newest, else the home's newest."""
    rows = db.execute(
        "SELECT start, energy, estimated FROM deliveries WHERE start >= ? "
        "ORDER BY start, source = 'retailer', number",
        (since,),
    )
    newest = {start: delivery_of(start, energy, estimated) for start, energy, estimated in rows}
    return list(newest.values())


def read_by_retailer(db: Connection, since: Instant) -> set[Instant]:
    """The starts of the steps since ``since`` that the retailer's own meter has read."""
    rows = db.execute(
        "SELECT DISTINCT start FROM deliveries WHERE source = 'retailer' AND start >= ?", (since,)
    )
    return {Instant(start) for (start,) in rows}


def settled(db: Connection, since: Instant) -> dict[Instant, tuple[Energy, Delivery]]:
    """Of each settled interval since ``since``, the position and the delivery that were settled last."""
    rows = db.execute(
        "SELECT start, position, delivery, estimated FROM settlements WHERE start >= ? ORDER BY number",
        (since,),
    )
    return {
        Instant(start): (Energy(position), delivery_of(start, delivery, estimated))
        for start, position, delivery, estimated in rows
    }


def owed(db: Connection, since: Instant) -> dict[tuple[Instant, PartyId], Money]:
    """What was settled last with each party for each interval since ``since``."""
    rows = db.execute(
        "SELECT start, party, subscription + trades + deviation FROM settlements WHERE start >= ? "
        "ORDER BY number",
        (since,),
    )
    return {(Instant(start), PartyId(party)): Money(amount) for start, party, amount in rows}


def delivery_of(start: int, energy: int, estimated: int) -> Delivery:
    """The delivery of a step's columns."""
    return Delivery(Interval(Instant(start), FIVE_MINUTES), Energy(energy), bool(estimated))
