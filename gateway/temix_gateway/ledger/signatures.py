"""Did the parties sign what the ledger says? The chain alone could be written anew by a forger."""

import sqlite3
from collections.abc import Mapping

from temix_market.errors import KeyVoided, MarketError
from temix_market.home_tenders import Acceptance
from temix_market.instants import Instant
from temix_market.transactions import Kind, Order, PairKey
from temix_market.wire.codec import acceptance_payload, order_payload
from temix_market.wire.delivery import DistributeReadings
from temix_market.wire.home_tender import AcceptedTender, EiCreatedTender, EiCreateTender, EndedTender
from temix_market.wire.keys import VerifyKey
from temix_market.wire.response import OK, OPENED
from temix_market.wire.seal import GENESIS, SealBroken, open_sealed, place_of, type_of
from temix_market.wire.transaction import (
    CreateTransactionPair,
    DistributeSubscription,
    EiCreatedTransaction,
)

from temix_gateway.ledger.mandates import records
from temix_gateway.ledger.packing import unpack
from temix_gateway.ledger.rows import PAIR_COLUMNS, row_pair, text_digest
from temix_gateway.ledger.segments import has_messages
from temix_gateway.ledger.tenders import made, order_of


def wrong_signature(
    connection: sqlite3.Connection, keys: Mapping[str, VerifyKey], previous: str = GENESIS.hex()
) -> tuple[int, str]:
    """How many signatures hold, and the first record whose signature does not, in words, or nothing.

    ``previous`` is the digest of the order before the first one, where that lies in an archive.
    """
    count, found = 0, []
    voids = _lost_orders(connection) if has_messages(connection) else {}
    tenders = made(connection)
    query = f"SELECT {PAIR_COLUMNS}, number, sequence, not_after, signed FROM main.orders ORDER BY sequence"
    for row in connection.execute(query):
        number, sequence, not_after, packed = row[12:]
        signed = unpack(packed)
        order = order_of(row_pair(row[:12], Kind.TRADE), Instant(not_after), tenders.get(row[0]))
        previous = voids.get(sequence - 1, previous)
        try:
            _check_order(order, signed, keys, (sequence, previous))
        except MarketError as error:
            found.append((number, f"record {number} (orders): {error}"))
            break
        previous = text_digest(signed)
        count += 1
    answers = (
        "SELECT answers.number, key, home, outcome, energy_author, energy_receipt, "
        "transport_author, transport_receipt FROM main.answers JOIN main.orders USING (key) "
        "ORDER BY answers.number"
    )
    for number, key, home, outcome, *receipts in connection.execute(answers):
        try:
            for author, receipt in zip(receipts[::2], receipts[1::2], strict=True):
                _check_receipt((key, home, author, outcome), unpack(receipt), keys)
                count += 1
        except MarketError as error:
            found.append((number, f"record {number} (answers): {error}"))
            break
    told, wrong = _messages(connection, keys) if has_messages(connection) else (0, [])
    found += wrong
    allowed, wrong = _mandates(connection)
    found += wrong
    return count + told + allowed, min(found)[1] if found else ""


def _mandates(connection: sqlite3.Connection) -> tuple[int, list[tuple[int, str]]]:
    """How many of the owner's signatures hold, by the key in the record, and the first that does not."""
    count = 0
    for record in records(connection):
        try:
            record.read()
        except MarketError as error:
            return count, [(record.number, f"record {record.number} (mandates): {error}")]
        count += 1
    return count, []


def _lost_orders(connection: sqlite3.Connection) -> dict[int, str]:
    """Digests of the orders that are known only as void, by their number among the home's orders."""
    rows = connection.execute(
        "SELECT order_number, order_digest, energy FROM main.messages WHERE kind = 'answer'"
    )
    return {number: digest.hex() for number, digest, energy in rows if unpack(energy)}


def _messages(
    connection: sqlite3.Connection, keys: Mapping[str, VerifyKey]
) -> tuple[int, list[tuple[int, str]]]:
    """How many messages of the retailer hold by themselves, and the first that does not."""
    count, previous = 0, GENESIS.hex()
    query = (
        "SELECT messages.number, sequence, kind, messages.key, head, energy, transport, energy_receipt "
        "FROM main.messages AS messages LEFT JOIN answers USING (key) ORDER BY sequence"
    )
    for row in connection.execute(query):
        number, sequence, kind, key, head = row[:5]
        energy, transport, receipt = (unpack(packed or "") for packed in row[5:])
        try:
            if sequence > 1 and previous == GENESIS.hex():
                previous = place_of(receipt or energy)[1]  # those before it lie in an archive
            if place_of(receipt or energy) != (sequence, previous):
                raise SealBroken("what was signed does not follow the message before")
            for text in (energy, transport):
                if text and kind == "acceptance":
                    _check_acceptance(connection, key, text, keys)
                elif text:
                    _check_message(kind, key, text, keys)
                if text:
                    count += 1
        except MarketError as error:
            return count, [(number, f"record {number} (messages): {error}")]
        previous = head.hex()
    return count, []


def _check_message(kind: str, key: str, signed: str, keys: Mapping[str, VerifyKey]) -> None:
    if kind == "subscription":
        open_sealed(signed, DistributeSubscription, keys, audience=None)
        return
    if kind == "delivery":
        open_sealed(signed, DistributeReadings, keys, audience=None)
        return
    if kind == "ending":
        open_sealed(signed, EndedTender, keys, audience=None)
        return
    body = open_sealed(signed, EiCreatedTransaction, keys, audience=None).body
    if (body.transaction_id, body.response.response_code) != (key, KeyVoided.code):
        raise SealBroken(f"{body.party_id} voided {body.transaction_id}, not {key}")


def _check_acceptance(
    connection: sqlite3.Connection, key: str, signed: str, keys: Mapping[str, VerifyKey]
) -> None:
    """Whether a party signed the acceptance whose pair has this key, as the pair and the tender say it."""
    body = open_sealed(signed, AcceptedTender, keys, audience=None).body
    recorded = connection.execute(
        f"SELECT {PAIR_COLUMNS}, tender, place FROM main.transactions JOIN main.tenders ON pair = key "
        "WHERE key = ?",
        (key,),
    ).fetchone()
    if recorded is None:
        raise SealBroken(f"{body.key} was accepted, and no record says so")
    tender, place = recorded[12:]
    acceptance = Acceptance(PairKey(tender), place, row_pair(recorded[:12], Kind.TRADE))
    if body != acceptance_payload(acceptance):
        raise SealBroken("what was signed is another acceptance")


def _check_order(order: Order, signed: str, keys: Mapping[str, VerifyKey], place: tuple[int, str]) -> None:
    kind = CreateTransactionPair if order.tender is None else EiCreateTender
    message = open_sealed(signed, kind, keys, audience=None)
    if message.iss != order.pair.home:
        raise SealBroken(f"{message.iss} signed the order of {order.pair.home}")
    if message.body != order_payload(order):
        raise SealBroken("what was signed is another order")
    if (message.seq, message.prev) != place:
        raise SealBroken(f"what was signed does not follow the order before: it is number {message.seq}")


def _check_receipt(told: tuple[str, str, str, str], receipt: str, keys: Mapping[str, VerifyKey]) -> None:
    key, home, author, outcome = told
    body: EiCreatedTransaction | EiCreatedTender
    if type_of(receipt) == EiCreatedTender.__name__:
        tendered = open_sealed(receipt, EiCreatedTender, keys, audience=home)
        issuer, body, about = tendered.iss, tendered.body, tendered.body.tender_id
    else:
        message = open_sealed(receipt, EiCreatedTransaction, keys, audience=home)
        issuer, body, about = message.iss, message.body, message.body.transaction_id
    if (issuer, body.party_id, body.counter_party_id) != (author, author, home):
        raise SealBroken(f"{issuer} answered {body.counter_party_id} in the place of {author}")
    if about != key:
        raise SealBroken(f"{author} answered for {about}, not for {key}")
    said = {OK: "booked", OPENED: "opened"}.get(body.response.response_code, "")
    if said != (outcome if outcome in {"booked", "opened"} else ""):
        raise SealBroken(f"{author} answered {body.response.response_code}")
