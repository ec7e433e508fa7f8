"""Does every figure follow from the records before it? A chain only says that nothing was changed since."""

import sqlite3
from typing import Final

from temix_market.deliveries import Delivery
from temix_market.errors import InvalidField
from temix_market.instants import FIVE_MINUTES, HOUR, Instant
from temix_market.intervals import Interval
from temix_market.settlement import Spot, settle
from temix_market.tenders import PartyId
from temix_market.transactions import Kind, Pair
from temix_market.units import Energy, Price
from temix_market.wire.seal import GENESIS, chain_hash

from temix_gateway.ledger.mandates import has_mandates
from temix_gateway.ledger.packing import unpack
from temix_gateway.ledger.rows import PAIR_COLUMNS, pair_digest, row_pair
from temix_gateway.ledger.segments import has_messages
from temix_gateway.ledger.tenders import has_tenders, wrong_tender

_SAME_PAIR: Final = " AND ".join(
    f"orders.{column} = transactions.{column}" for column in PAIR_COLUMNS.split(", ")
)

_NOT_SO: Final = (
    "kind = 'trade' AND NOT EXISTS (SELECT 1 FROM main.orders JOIN main.answers USING (key) "
    f"WHERE outcome = 'booked' AND {_SAME_PAIR})"
)

_RULES: Final = (
    (
        "answers",
        "is a booking without its transaction",
        "outcome = 'booked' AND key NOT IN (SELECT key FROM main.transactions WHERE kind = 'trade')",
    ),
    ("transactions", "is a trade that was not ordered so, or not booked", _NOT_SO),
)
"""Table, what is wrong, and the condition under which it is."""

_ACCEPTED: Final = "AND key NOT IN (SELECT pair FROM main.tenders WHERE event = 'accepted')"
"""What the retailer accepted of a tender of the home's own follows from that: see ``wrong_tender``."""


def wrong_figure(connection: sqlite3.Connection) -> tuple[int, str]:
    """How many settlements were done again, and the first record that is wrong, in words, or nothing."""
    found = []
    for table, words, condition in _RULES:
        accepted = _ACCEPTED if table == "transactions" and has_tenders(connection) else ""
        query = f"SELECT min(number) FROM main.{table} WHERE {condition} {accepted}"
        (number,) = connection.execute(query).fetchone()
        if number is not None:
            found.append((number, f"record {number} ({table}) {words}"))
    found += _unmandated(connection)
    found += wrong_tender(connection)
    found += _wrong_digest(connection)
    found += _wrong_message(connection)
    settled, wrong = _settlements(connection)
    found += wrong
    return settled, min(found)[1] if found else ""


def _unmandated(connection: sqlite3.Connection) -> list[tuple[int, str]]:
    """The first order that was placed while the owner's mandate was revoked."""
    if not has_mandates(connection):
        return []
    query = (
        "SELECT min(number) FROM main.orders WHERE 'revoked' = (SELECT event FROM main.mandates AS mandates "
        "WHERE mandates.number < orders.number ORDER BY mandates.number DESC LIMIT 1)"
    )
    (number,) = connection.execute(query).fetchone()
    words = f"record {number} (orders) was placed after the mandate had been revoked"
    return [] if number is None else [(number, words)]


def _wrong_digest(connection: sqlite3.Connection) -> list[tuple[int, str]]:
    query = f"SELECT {PAIR_COLUMNS}, number, kind, digest FROM main.transactions ORDER BY number"
    for row in connection.execute(query):
        number, kind, digest = row[12:]
        right = pair_digest(row_pair(row[:12], Kind(kind)))
        if digest not in {right, bytes.fromhex(right)}:  # as text in the first two schemas
            return [(number, f"record {number} (transactions) has the digest of another pair")]
    return []


def _wrong_message(connection: sqlite3.Connection) -> list[tuple[int, str]]:
    """The first message of the retailer whose head does not follow from it and the one before."""
    expected, head = 0, b""
    if not has_messages(connection):
        return []
    query = (
        "SELECT messages.number, sequence, head, energy, transport, energy_receipt, transport_receipt "
        "FROM main.messages AS messages LEFT JOIN answers USING (key) ORDER BY sequence"
    )
    for row in connection.execute(query):
        number, sequence, recorded = row[:3]
        energy, transport, *receipts = (unpack(packed or "") for packed in row[3:])
        if not expected:
            expected = sequence
            head = GENESIS if sequence == 1 else b""  # those before it lie in an archive
        content = receipts if receipts[0] else [energy, transport]
        right = chain_hash(head, tuple(content)) if head else recorded
        if (sequence, recorded) != (expected, right):
            return [(number, f"record {number} (messages) does not follow from the message before")]
        expected, head = expected + 1, recorded
    return []


def _settlements(connection: sqlite3.Connection) -> tuple[int, list[tuple[int, str]]]:
    """Do the settlements that count again: of each interval and party the newest."""
    query = (
        "SELECT max(number), start, party, position, delivery, estimated, subscription, trades, deviation "
        "FROM main.settlements GROUP BY start, party ORDER BY 1"
    )
    count = 0
    for number, start, party, *recorded in connection.execute(query):
        count += 1
        again = _settle(connection, number, Instant(start), PartyId(party))
        if again != recorded:
            words = f"record {number} (settlements) has {recorded}; the records before it give {again}"
            return count, [(number, words)]
    return count, []


def _settle(connection: sqlite3.Connection, number: int, start: Instant, party: PartyId) -> list[int] | str:
    """The figures of one settlement from the records before ``number``, or why there are none."""
    step = Interval(start, FIVE_MINUTES)
    delivered = connection.execute(
        "SELECT energy, estimated FROM deliveries WHERE start = ? AND number < ? "
        "ORDER BY source = 'retailer' DESC, number DESC LIMIT 1",
        (start, number),
    ).fetchone()
    if delivered is None:
        return "no delivery"
    spots = [
        Spot(PartyId(author), step, Price(sell), buy)
        for author, sell, buy in connection.execute(
            "SELECT author, sell, buy FROM spots WHERE start = ? AND number < ?", (start, number)
        )
    ]
    delivery = Delivery(step, Energy(delivered[0]), bool(delivered[1]))
    try:
        settled = settle(delivery, _enclosing(connection, number, step), spots)
    except InvalidField as error:
        return str(error)
    for account in settled.accounts:
        if account.party == party:
            return [
                settled.position,
                settled.delivery,
                int(settled.estimated),
                account.subscription,
                account.transactions,
                account.deviation,
            ]
    return f"no spot of {party}"


def _enclosing(connection: sqlite3.Connection, number: int, step: Interval) -> list[Pair]:
    rows = connection.execute(
        f"SELECT {PAIR_COLUMNS}, kind FROM transactions "
        "WHERE start > ? AND start <= ? AND start + duration >= ? AND number < ?",
        (step.start - HOUR, step.start, step.end, number),
    )
    return [row_pair(row[:12], Kind(row[12])) for row in rows]
