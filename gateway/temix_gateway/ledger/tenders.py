"""Tenders of the home's own in the ledger: made, accepted in parts, ended.

A tender stands in ``orders`` as the pair that it comes to if all of it is accepted, and in ``tenders`` event
by event. It is open from the retailer's answer to the message that it has ended.
"""

import sqlite3
from collections.abc import Mapping
from typing import Final

from temix_market.errors import InvalidField
from temix_market.home_tenders import Acceptance, Ending, HomeTender, How, OpenTender
from temix_market.instants import Instant
from temix_market.products import Side
from temix_market.transactions import Kind, Order, Pair, PairKey
from temix_market.units import Energy

from temix_gateway.errors import TenderBroken
from temix_gateway.ledger.rows import PAIR_COLUMNS, row_pair

type Record = tuple[str, tuple[int | str, ...]]

_OPEN: Final = (
    f"SELECT {PAIR_COLUMNS}, until FROM tenders JOIN orders ON orders.key = tenders.tender "
    "WHERE event = 'made' AND tender IN (SELECT key FROM answers WHERE outcome = 'opened') "
    "AND NOT EXISTS (SELECT 1 FROM tenders AS later WHERE later.tender = tenders.tender "
    "AND later.event = 'ended')"
)

_ACCEPTED: Final = (
    "SELECT coalesce(sum(quantity), 0), count(*) FROM tenders JOIN transactions ON transactions.key = pair "
    "WHERE tender = ? AND event = 'accepted'"
)


def has_tenders(connection: sqlite3.Connection, schema: str = "main") -> bool:
    """Whether a file's schema knows tenders of the home's own; an older archive's does not."""
    query = f"SELECT 1 FROM {schema}.sqlite_schema WHERE name = 'tenders'"
    return connection.execute(query).fetchone() is not None


def open_tenders(db: sqlite3.Connection) -> list[OpenTender]:
    """Every open tender, in the order in which they were made, with what was accepted of each."""
    return [_standing(db, row) for row in db.execute(f"{_OPEN} ORDER BY tenders.number").fetchall()]


def made(db: sqlite3.Connection) -> Mapping[str, Instant]:
    """Until when each tender in the file may be accepted, by its key; none in a file of an older schema."""
    if not has_tenders(db):
        return {}
    rows = db.execute("SELECT tender, until FROM main.tenders WHERE event = 'made'")
    return {key: Instant(until) for key, until in rows}


def order_of(pair: Pair, not_after: Instant, until: Instant | None) -> Order:
    """The order of a record: of a pair, or, where it may be accepted ``until`` then, of a tender."""
    return Order(pair, not_after, None if until is None else tender_of(pair, until))


def tender_of(pair: Pair, until: Instant) -> HomeTender:
    """The tender that stands in ``orders`` as ``pair``."""
    energy = pair.energy
    side = Side.BUY if energy.side is Side.SELL else Side.SELL
    return HomeTender(pair.key, pair.home, pair.interval, side, energy.price, energy.quantity, until)


def made_record(tender: HomeTender) -> Record:
    """The record of a tender that is made, beside that in ``orders``."""
    return "tenders", (tender.key, "made", 0, "", tender.expires_at, "")


def accepted_record(db: sqlite3.Connection, acceptance: Acceptance) -> Record:
    """The record of an acceptance, beside that of its pair in ``transactions``.

    Raises:
        TenderBroken: no tender is open under that key, or the acceptance is not within its terms.
    """
    standing = _find(db, acceptance.tender)
    try:
        standing.accept(acceptance)
    except InvalidField as error:
        raise TenderBroken(acceptance.tender, str(error)) from error
    return "tenders", (acceptance.tender, "accepted", acceptance.place, acceptance.pair.key, 0, "")


def ended_record(db: sqlite3.Connection, ending: Ending) -> Record:
    """The record of a tender's end.

    Raises:
        TenderBroken: no tender is open under that key, or other acceptances were told before.
    """
    standing = _find(db, ending.tender)
    try:
        standing.check_ending(ending)
    except InvalidField as error:
        raise TenderBroken(ending.tender, str(error)) from error
    return "tenders", (ending.tender, "ended", ending.places, "", 0, ending.how.value)


def wrong_tender(connection: sqlite3.Connection) -> list[tuple[int, str]]:
    """The first record of a tender that does not follow from those before it, in words."""
    if not has_tenders(connection):
        return []
    standing: dict[str, OpenTender] = {}
    rows = connection.execute(
        f"SELECT tenders.number, tender, event, place, pair, until, how, {PAIR_COLUMNS} FROM main.tenders "
        "LEFT JOIN (SELECT * FROM main.orders NATURAL JOIN (SELECT key FROM main.answers "
        "WHERE outcome = 'opened')) ON key = tender ORDER BY tenders.number"
    ).fetchall()
    for number, key, event, place, pair, until, how, *order in rows:
        if order[0] is None and event == "made":
            continue  # it was refused, or waits for its answer
        try:
            if event == "made":
                whole = row_pair(tuple(order), Kind.TRADE)
                standing[key] = _opened(whole, Instant(until))
            elif event == "accepted":
                taken = _transaction(connection, pair)
                standing[key] = standing[key].accept(Acceptance(PairKey(key), place, taken))
            else:
                tender = standing.pop(key)
                tender.check_ending(Ending(PairKey(key), How(how), tender.accepted, place))
        except (InvalidField, KeyError) as error:
            return [(number, f"record {number} (tenders) does not follow from the tender: {error}")]
    return []


def _find(db: sqlite3.Connection, key: PairKey) -> OpenTender:
    row = db.execute(f"{_OPEN} AND tender = ?", (key,)).fetchone()
    if row is None:
        raise TenderBroken(key, "it is not open")
    return _standing(db, row)


def _standing(db: sqlite3.Connection, row: tuple[str | int, ...]) -> OpenTender:
    standing = _opened(row_pair(row[:12], Kind.TRADE), Instant(int(row[12])))  # type: ignore[arg-type]
    accepted, places = db.execute(_ACCEPTED, (standing.tender.key,)).fetchone()
    return OpenTender(standing.tender, standing.energy, standing.transport, Energy(accepted), places)


def _opened(whole: Pair, until: Instant) -> OpenTender:
    return OpenTender(tender_of(whole, until), whole.energy.author, whole.transport.author)


def _transaction(connection: sqlite3.Connection, key: str) -> Pair:
    query = f"SELECT {PAIR_COLUMNS} FROM main.transactions WHERE key = ?"
    row = connection.execute(query, (key,)).fetchone()
    if row is None:
        raise InvalidField("key", f"{key} is no transaction")
    return row_pair(row, Kind.TRADE)
