"""A whole check finds what was changed, what does not add up, and what nobody signed."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from msgspec import Struct
from temix_gateway.errors import LedgerUnreadable
from temix_gateway.ledger import chain
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.ledger.packing import told
from temix_gateway.ledger.schema import RECORDS
from temix_gateway.ledger.verify import check, verify
from temix_gateway.ledger.writer import InlineWriter
from temix_market.deliveries import Delivery
from temix_market.instants import FIVE_MINUTES, HOUR, Instant
from temix_market.ports import Booked, NotBooked
from temix_market.settlement import settle
from temix_market.transactions import Kind, Order, Pair, PairKey
from temix_market.wire.codec import order_payload, readings_payload, subscription_payload
from temix_market.wire.keys import SigningKey, uuid7
from temix_market.wire.response import EiResponse, ok
from temix_market.wire.seal import envelope, sign
from temix_market.wire.transaction import EiCreatedTransaction

from tests.gateway.ledger.test_ledger import fill, intrude
from tests.gateway.market import (
    DO,
    HOME,
    LSE,
    NOW,
    FakeClock,
    delivery,
    order,
    pair,
    publication,
    readings,
    spots,
    subscription,
    tender,
)

SIGNERS = {party: SigningKey.from_seed(party.encode().ljust(32)) for party in (HOME, LSE, DO)}
KEYS = {party: key.public for party, key in SIGNERS.items()}
ACCEPTED, REFUSED, SUBSCRIBED, LATE = (PairKey(uuid7(NOW, bytes([number] * 10))) for number in range(1, 5))


def seal(order: Order, sequence: int, before: str) -> str:
    """Sign an order as the home does."""
    message = envelope(
        order_payload(order),
        issuer=HOME,
        audience="market",
        message_id=order.pair.key,
        issued_at=NOW,
        sequence=sequence,
        previous=bytes.fromhex(before),
    )
    return sign(message, SIGNERS[HOME])


def receipt(party: str, key: str, response: EiResponse) -> str:
    """Sign an answer as ``party`` does."""
    body = EiCreatedTransaction(party_id=party, counter_party_id=HOME, transaction_id=key, response=response)
    message = envelope(body, issuer=party, audience=HOME, message_id=key, issued_at=NOW, sequence=1)
    return sign(message, SIGNERS[party])


def signed_by_lse(ledger: Ledger, *pairs: Pair) -> str:
    """Sign a message about the subscription as the load-serving entity does."""
    return sign_as_lse(ledger, subscription_payload(pairs))


def read_by_lse(ledger: Ledger, *steps: Delivery) -> str:
    """Sign readings as the load-serving entity does."""
    return sign_as_lse(ledger, readings_payload(HOME, steps))


def sign_as_lse(ledger: Ledger, body: Struct) -> str:
    """Sign the next message."""
    last = ledger.heads.messages
    message = envelope(
        body,
        issuer=LSE,
        audience=HOME,
        message_id=uuid7(NOW, bytes([9] * 10)),
        issued_at=NOW,
        sequence=last.sequence + 1,
        previous=bytes.fromhex(last.head),
    )
    return sign(message, SIGNERS[LSE])


def receipts(key: str, response: EiResponse) -> tuple[str, str]:
    return receipt(LSE, key, response), receipt(DO, key, response)


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    """A ledger with a booked order, a refused one, and a settlement that both kinds of pairs enter."""
    ledger = Ledger(tmp_path / "ledger.db", FakeClock(), InlineWriter())
    await ledger.file_publication(publication(LSE, 1, tender(LSE, NOW)), "signed tenders")
    subscribed = pair(SUBSCRIBED, NOW, kind=Kind.SUBSCRIPTION, quantity=240)
    await ledger.take(subscription(ledger, subscribed, signed=signed_by_lse(ledger, subscribed)))
    await ledger.place(order(ACCEPTED, NOW), seal)
    await ledger.place(order(REFUSED, NOW), seal)
    await ledger.resolve(Booked(ACCEPTED, receipts(ACCEPTED, ok(ACCEPTED, NOW))))
    refusal = EiResponse(response_code=416, ref_id=REFUSED, created_date_time="2026-11-24T00:00:00Z")
    await ledger.resolve(NotBooked(REFUSED, 416, "beyond_depth", "", receipts(REFUSED, refusal)))
    await ledger.freeze(spots(NOW))
    await ledger.deliver([delivery(NOW, 40)])
    bought = order(ACCEPTED, NOW).pair
    await ledger.settle([settle(delivery(NOW, 40), [subscribed, bought], spots(NOW))])
    ledger.close()
    return ledger.path


def forge(path: Path, change: Callable[[sqlite3.Connection], object]) -> None:
    """Change records and write the chain anew, so that it fits."""
    with intrude(path) as forger:
        change(forger)
        last = (0, chain.START)
        for number, code in forger.execute("SELECT number, kind FROM chain ORDER BY number").fetchall():
            kind = chain.name(code)
            row = forger.execute(f"SELECT * FROM {kind} WHERE number = ?", (number,)).fetchone()
            last = number, chain.step(last[1], kind, told(kind, row))
            forger.execute("UPDATE chain SET head = ? WHERE number = ?", (last[1], number))


def test_a_whole_ledger_is_whole(path: Path) -> None:
    content = path.read_bytes()
    found = verify(path, KEYS)
    assert found.fault == ""
    assert (found.sequence, found.settlements, found.signatures) == (13, 2, 7)
    assert verify(path).signatures == 0
    assert path.read_bytes() == content
    assert {left.name for left in path.parent.iterdir()} == {"ledger.db", "ledger.db.lock", "tenders.db"}


async def test_a_running_ledger_is_verified_beside_its_writer(path: Path) -> None:
    ledger = Ledger(path, FakeClock(), InlineWriter())
    await ledger.set_limits("{}")
    found = verify(path, KEYS)
    assert (found.sequence, found.head, found.fault) == (14, ledger.head.head, "")
    ledger.close()


def test_the_first_changed_record_is_named(path: Path) -> None:
    with intrude(path) as intruder:
        intruder.execute("UPDATE deliveries SET energy = 41")
        intruder.execute("UPDATE spots SET sell = sell + 1")
    assert verify(path).fault == "record 9 (spots) is not what was written"


@pytest.mark.parametrize(
    "table, change, words",
    [
        ("deliveries", "energy = 41", "record 12 (settlements) has [30, 40, 0, 2000000, 1000000, 600000]"),
        ("spots", "sell = sell + 1", "record 12 (settlements) has"),
        ("settlements", "trades = trades - 1", "record 12 (settlements) has"),
        ("settlements", "position = 0", "the records before it give [30, 40"),
        ("settlements", "party = 'other' WHERE party = 'do'", "no spot of other"),
        ("orders", "quantity = 240", "record 7 (transactions) is a trade that was not ordered so"),
        (
            "transactions",
            "energy_price = 0 WHERE kind = 'trade'",
            "record 7 (transactions) has the digest of another pair",
        ),
        (
            "transactions",
            "quantity = 480 WHERE kind = 'subscription'",
            "record 2 (transactions) has the digest",
        ),
        (
            "answers",
            "outcome = 'refused'",
            "record 7 (transactions) is a trade that was not ordered so, or not",
        ),
        ("answers", "outcome = 'booked'", "record 8 (answers) is a booking without its transaction"),
    ],
)
def test_a_forger_who_writes_the_chain_anew_is_found_by_what_does_not_add_up(
    path: Path, table: str, change: str, words: str
) -> None:
    forge(path, lambda forger: forger.execute(f"UPDATE {table} SET {change}"))
    with closing(sqlite3.connect(path)) as forged:
        assert chain.verify(forged) == ""
    assert words in verify(path).fault


SWAPPED = (
    "UPDATE answers SET (energy_receipt, transport_receipt) = "
    "(SELECT energy_receipt, transport_receipt FROM answers WHERE code = 416)"
)


@pytest.mark.parametrize(
    "change, words",
    [
        (
            "UPDATE orders SET not_after = not_after + 1000",
            "record 4 (orders): what was signed is another order",
        ),
        ("UPDATE orders SET sequence = sequence + 7", "record 4 (orders): what was signed does not follow"),
        (
            "UPDATE orders SET signed = pack(replace(unpack(signed), '.', '.A')) WHERE sequence = 2",
            "record 5 (or",
        ),
        ("UPDATE orders SET signed = (SELECT signed FROM orders WHERE sequence = 1)", "record 5 (orders): "),
        ("UPDATE answers SET energy_receipt = transport_receipt", "record 6 (answers): do answered home in"),
        (
            "UPDATE answers SET transport_receipt = pack('none')",
            "record 6 (answers): this is no signed message",
        ),
        (
            SWAPPED,
            f"record 6 (answers): lse answered for {REFUSED}",
        ),
        ("UPDATE answers SET outcome = 'voided' WHERE code = 416", ""),
    ],
)
def test_a_forger_whose_figures_add_up_is_found_by_the_signatures(
    path: Path, change: str, words: str
) -> None:
    forge(path, lambda forger: forger.execute(change))
    assert verify(path).fault == ""
    found = verify(path, KEYS)
    assert words in found.fault
    assert bool(words) == bool(found.fault)


def test_the_wrong_keys_find_every_signature_wrong(path: Path) -> None:
    strangers = {party: SigningKey.from_seed(bytes(32)).public for party in KEYS}
    assert verify(path, strangers).fault.startswith("record 3 (messages): the message is not signed with")


async def test_the_newest_reading_and_settlement_count(path: Path) -> None:
    ledger = Ledger(path, FakeClock(Instant(NOW + HOUR)), InlineWriter())
    late = pair(LATE, NOW, duration=FIVE_MINUTES, quantity=10, kind=Kind.SUBSCRIPTION)
    pairs = [pair(SUBSCRIBED, NOW, kind=Kind.SUBSCRIPTION, quantity=240), order(ACCEPTED, NOW).pair]
    signed = read_by_lse(ledger, delivery(NOW, 39))
    await ledger.take(readings(ledger, delivery(NOW, 39), signed=signed))
    await ledger.deliver([delivery(NOW, 41)])
    await ledger.take(subscription(ledger, late, signed=signed_by_lse(ledger, late)))
    await ledger.settle([settle(delivery(NOW, 39), [*pairs, late], spots(NOW))])
    assert verify(path, KEYS).fault == ""
    await ledger.settle([settle(delivery(NOW, 41), [*pairs, late], spots(NOW))])
    assert "(settlements) has [40, 41" in verify(path).fault
    ledger.close()


async def test_the_check_at_start_looks_at_the_tail_and_verify_at_all(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.db", FakeClock(), InlineWriter())
    await fill(ledger)
    ledger.close()
    with intrude(ledger.path) as intruder:
        intruder.execute("UPDATE transactions SET quantity = 240 WHERE kind = 'subscription'")
    with closing(sqlite3.connect(ledger.path)) as connection:
        assert check(connection, tail=8) == ""
        assert "record 2 (transactions) is not what was written" in check(connection, tail=13)
    assert verify(ledger.path).fault == "record 2 (transactions) is not what was written"


def test_every_table_of_records_is_chained(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        tables = {
            name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        }
    assert tables == {"chain", "reported", *RECORDS}


def test_what_is_no_ledger_is_not_verified(tmp_path: Path) -> None:
    with pytest.raises(LedgerUnreadable, match="unable to open"):
        verify(tmp_path / "nothing.db")
    (tmp_path / "text.db").write_text("text")
    with pytest.raises(LedgerUnreadable, match="not a database"):
        verify(tmp_path / "text.db")
