"""The retailer's messages to this home as records, and how far both chains reach.

Messages are filed in the order of their numbers, each exactly once; what came out of order waits to be asked
for again.
"""

import sqlite3
from collections.abc import Sequence
from typing import Final

from temix_market.instants import Instant
from temix_market.ports import (
    Answer,
    Booked,
    Head,
    Heads,
    News,
    NotBooked,
    Opened,
    Place,
    SentOrder,
    Told,
    ToldAcceptance,
    ToldAnswer,
    ToldEnding,
    ToldReadings,
    ToldSubscription,
    Voided,
)
from temix_market.transactions import Kind, Order, Pair
from temix_market.wire.response import OPENED
from temix_market.wire.seal import GENESIS, chain_hash, place_of

from temix_gateway.errors import MessageReused, OrderLost, TenderBroken
from temix_gateway.ledger import tenders
from temix_gateway.ledger.packing import unpack
from temix_gateway.ledger.readings import told_rows
from temix_gateway.ledger.rows import PAIR_COLUMNS, pair_digest, pair_row, row_pair, text_digest
from temix_gateway.ledger.segments import carried

type Record = tuple[str, tuple[int | str, ...]]
"""A table, and the columns of a record but its number."""

RETAILER: Final = "the retailer"

RESYNC: Final = "stop the gateway and run `temix-gateway resync`"

OUTCOME: Final[dict[type[Answer], str]] = {
    Booked: "booked",
    Opened: "opened",
    NotBooked: "refused",
    Voided: "voided",
}
"""How the ledger names each kind of answer."""


def heads(db: sqlite3.Connection) -> Heads:
    """How far the ledger has both chains: the home's orders, and the retailer's messages."""
    ordered = db.execute("SELECT sequence, signed FROM orders ORDER BY sequence DESC LIMIT 1").fetchone()
    if ordered:
        orders = Head(ordered[0], text_digest(unpack(ordered[1])))
    else:
        archived = carried(db)
        orders = Head(archived.sequence, archived.order)
    filled = db.execute(
        "SELECT order_number, order_digest FROM messages ORDER BY order_number DESC LIMIT 1"
    ).fetchone()
    if filled and filled[0] > orders.sequence:
        orders = Head(filled[0], filled[1].hex())
    told = db.execute("SELECT sequence, head FROM messages ORDER BY sequence DESC LIMIT 1").fetchone()
    return Heads(orders, Head(told[0], told[1].hex()) if told else Head(0, GENESIS.hex()))


def apart(db: sqlite3.Connection, told: Head, theirs: Heads) -> str:
    """In what the retailer's book and this ledger differ, and what to do about it; or nothing.

    An order without an answer may be missing there. What is missing here is to be asked for first.

    Args:
        db: the ledger.
        told: how far it had the retailer's messages before the retailer was asked.
        theirs: what the retailer said.
    """
    own, orders, messages = heads(db), theirs.orders, theirs.messages
    if orders.sequence > own.orders.sequence:
        return (
            f"the retailer has {orders.sequence} orders of this home and this ledger {own.orders.sequence}: "
            f"an older ledger was put back, or its newest part is lost; {RESYNC}"
        )
    if _order_digest(db, orders.sequence) != orders.head:
        return (
            f"order {orders.sequence} in the retailer's book is not the one in this ledger: another gateway "
            "trades for this home with a copy of its ledger; stop it, and go on with the ledger that traded "
            "last"
        )
    if messages.sequence > own.messages.sequence:
        return (
            f"the retailer has told {messages.sequence} messages and this ledger has "
            f"{own.messages.sequence}: {RESYNC}"
        )
    lacking = _lacking(db, told, theirs)
    return lacking and (
        f"the retailer's book lacks {lacking}: it put back an older book; tell the retailer. "
        "This ledger keeps what the retailer signed, and trades again once its book has it"
    )


def order_records(order: Order, sequence: int, now: Instant, signed: str) -> list[Record]:
    """The records of an order, or of a tender, that the home numbers ``sequence``."""
    records: list[Record] = [("orders", (sequence, now, order.not_after, *pair_row(order.pair), signed))]
    if order.tender is not None:
        records.append(tenders.made_record(order.tender))
    return records


def answered(answer: Answer, pair: Pair, now: Instant, *, tender: bool) -> list[Record]:
    """The records of a definite answer to an order of ``pair``, or to the ``tender`` that stands as it.

    Raises:
        TenderBroken: a tender was booked, or an order opened.
    """
    if isinstance(answer, Booked | Opened) and isinstance(answer, Opened) is not tender:
        raise TenderBroken(answer.key, f"it was {OUTCOME[type(answer)]}")
    code, text = (answer.code, answer.reason) if isinstance(answer, NotBooked) else (200, "")
    if isinstance(answer, Voided):
        code, text = 423, "voided"
    if isinstance(answer, Opened):
        code = OPENED
    records: list[Record] = [
        ("answers", (answer.key, OUTCOME[type(answer)], code, text, now, *answer.receipts))
    ]
    if isinstance(answer, Booked):
        records.append(transaction_record(pair, now))
    return records


def transaction_record(pair: Pair, now: Instant) -> Record:
    """The record of a pair that is booked."""
    return "transactions", (pair.kind.value, now, *pair_row(pair), pair_digest(pair))


def answer_message(db: sqlite3.Connection, told: Head, answer: Answer) -> tuple[list[Record], Head]:
    """The record that the retailer numbered an answer whose order is here, and the head after it.

    Nothing where it is not the message that comes next, or is known: that is asked for again.
    """
    place = answer.place
    if place is None or place != Place(told.sequence + 1, told.head):
        return [], told
    sequence, signed = db.execute(
        "SELECT sequence, signed FROM orders WHERE key = ?", (answer.key,)
    ).fetchone()
    head = _after(told, answer.receipts)
    sent = (answer.key, sequence, text_digest(unpack(signed)))
    return [("messages", (head.sequence, "answer", *sent, "", "", head.head))], head


def told_records(
    db: sqlite3.Connection, own: Heads, told: Told, now: Instant, *, lost: bool
) -> tuple[list[Record], Heads]:
    """What the next message, or one that is known, records, and the heads after it.

    Args:
        db: the ledger.
        own: how far it reaches.
        told: the message.
        now: when it is filed.
        lost: whether orders may be filed that this ledger has lost.

    Raises:
        MessageReused: it does not follow the message before it, or its key came with other content.
        OrderLost: it answers an order that the ledger does not have.
        TenderBroken: it accepts or ends a tender otherwise than that was made.
    """
    if _message_head(db, told.place.sequence - 1) != told.place.before:
        raise MessageReused(RETAILER, f"message {told.place.sequence}")
    if told.place.sequence <= own.messages.sequence:
        return [], own
    if not isinstance(told, ToldAnswer):
        kind, key, records = _news(db, told, now)
        signed = told.signed if isinstance(told, ToldAcceptance) else (told.signed, "")
        head = _after(own.messages, signed)
        records.append(("messages", (head.sequence, kind, key, 0, "", *signed, head.head)))
        return records, Heads(own.orders, head)
    answer, sent = told.answer, told.sent
    head = _after(own.messages, answer.receipts)
    known = _known_order(db, sent)
    receipts = ("", "")
    orders = own.orders
    records = []
    if known is None:
        if not lost:
            raise OrderLost(sent.sequence)
        orders = Head(sent.sequence, sent.digest)
        if sent.order is None:
            receipts = answer.receipts
        else:
            of_tender = sent.order.tender is not None
            records = _order_records(own.orders, sent, now)
            records += answered(answer, sent.order.pair, now, tender=of_tender)
    elif not _has_answer(db, answer):
        records = answered(answer, known, now, tender=is_tender(db, answer.key))
    number = (answer.key, sent.sequence, sent.digest)
    records.append(("messages", (head.sequence, "answer", *number, *receipts, head.head)))
    return records, Heads(orders, head)


def is_tender(db: sqlite3.Connection, key: str) -> bool:
    """Whether the order of a key makes a tender."""
    query = "SELECT 1 FROM tenders WHERE tender = ? AND event = 'made'"
    return db.execute(query, (key,)).fetchone() is not None


def _news(db: sqlite3.Connection, told: News, now: Instant) -> tuple[str, str, list[Record]]:
    """What kind of message it is, the key of the pair in it, if any, and what it records."""
    match told:
        case ToldReadings():
            return "delivery", "", told_rows(db, told, now)
        case ToldSubscription(pairs=pairs):
            return "subscription", "", [transaction_record(pair, now) for pair in new_pairs(db, pairs)]
        case ToldAcceptance(acceptance=acceptance):
            pair = acceptance.pair
            new = new_pairs(db, [pair])
            records = [transaction_record(each, now) for each in new]
            return "acceptance", pair.key, [*records, tenders.accepted_record(db, acceptance)]
        case ToldEnding(ending=ending):
            return "ending", "", [tenders.ended_record(db, ending)]


def new_pairs(db: sqlite3.Connection, pairs: Sequence[Pair]) -> list[Pair]:
    """Those pairs that are not recorded yet.

    Raises:
        MessageReused: a key was used for another pair before.
    """
    new = []
    for pair in pairs:
        known = db.execute("SELECT digest FROM transactions WHERE key = ?", (pair.key,)).fetchone()
        if known is None:
            new.append(pair)
        elif known[0] != bytes.fromhex(pair_digest(pair)):
            raise MessageReused(pair.energy.author, f"pair {pair.key}")
    return new


def _lacking(db: sqlite3.Connection, told: Head, theirs: Heads) -> str:
    """What the retailer signed and does not have."""
    answered = db.execute(
        "SELECT max(sequence) FROM orders JOIN answers USING (key) WHERE sequence > ?",
        (theirs.orders.sequence,),
    ).fetchone()[0]
    if answered is not None:
        return f"order {answered}, which it answered"
    if theirs.messages.sequence < told.sequence:
        return f"message {told.sequence}, which it signed"
    if _message_head(db, theirs.messages.sequence) != theirs.messages.head:
        return f"message {theirs.messages.sequence} as it signed it"
    return ""


def _order_digest(db: sqlite3.Connection, sequence: int) -> str:
    if not sequence:
        return GENESIS.hex()
    row = db.execute("SELECT signed FROM orders WHERE sequence = ?", (sequence,)).fetchone()
    if row is not None:
        return text_digest(unpack(row[0]))
    void = db.execute("SELECT order_digest FROM messages WHERE order_number = ?", (sequence,)).fetchone()
    if void is not None:
        return str(void[0].hex())
    archived = carried(db)
    return archived.order if archived.sequence == sequence else ""


def _message_head(db: sqlite3.Connection, sequence: int) -> str:
    if not sequence:
        return GENESIS.hex()
    row = db.execute("SELECT head FROM messages WHERE sequence = ?", (sequence,)).fetchone()
    return str(row[0].hex()) if row else ""


def _known_order(db: sqlite3.Connection, sent: SentOrder) -> Pair | None:
    row = db.execute(f"SELECT {PAIR_COLUMNS}, signed FROM orders WHERE key = ?", (sent.key,)).fetchone()
    if row is None:
        return None
    if text_digest(unpack(row[12])) != sent.digest:
        raise MessageReused(RETAILER, f"order {sent.key}")
    return row_pair(row[:12], Kind.TRADE)


def _has_answer(db: sqlite3.Connection, answer: Answer) -> bool:
    row = db.execute(
        "SELECT energy_receipt, transport_receipt FROM answers WHERE key = ?", (answer.key,)
    ).fetchone()
    if row is not None and tuple(unpack(packed) for packed in row) != answer.receipts:
        raise MessageReused(RETAILER, f"the answer to {answer.key}")
    return row is not None


def _order_records(last: Head, sent: SentOrder, now: Instant) -> list[Record]:
    assert sent.order is not None, "only what came whole is filed as an order"
    if (sent.sequence, place_of(sent.signed)[1]) != (last.sequence + 1, last.head):
        raise MessageReused(RETAILER, f"order {sent.sequence} of this home")
    return order_records(sent.order, sent.sequence, now, sent.signed)


def _after(told: Head, receipts: tuple[str, str]) -> Head:
    content = chain_hash(bytes.fromhex(told.head), list(receipts))
    return Head(told.sequence + 1, content.hex())
