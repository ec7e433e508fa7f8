"""What is packed comes back as it was; what is damaged says so."""

import sqlite3
from base64 import urlsafe_b64encode
from contextlib import suppress
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temix_gateway.ledger.packing import pack, stored, told, unpack
from temix_market.instants import Instant
from temix_market.wire.codec import order_payload
from temix_market.wire.keys import SigningKey
from temix_market.wire.seal import envelope, sign

from tests.gateway.market import HOME, NOW, order


def signed() -> str:
    """An order as the home signs it."""
    message = envelope(
        order_payload(order("017a766a-1a66-7362-ba9e-3492460508df")),
        issuer=HOME,
        audience="market",
        message_id="017a766a-1a66-7362-ba9e-3492460508df",
        issued_at=Instant(NOW),
        sequence=7,
        previous=Random(1).randbytes(32),
    )
    return sign(message, SigningKey.from_seed(bytes(32)))


def base64(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


PARTS = st.binary(max_size=80)


@given(st.one_of(st.text(), st.lists(PARTS, max_size=5).map(lambda parts: ".".join(map(base64, parts)))))
def test_whatever_is_packed_comes_back(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        return  # no text that a file can hold
    assert unpack(pack(text)) == text


@given(PARTS, PARTS)
def test_what_looks_signed_comes_back(header: bytes, payload: bytes) -> None:
    text = ".".join(map(base64, (header, payload, bytes(64))))
    assert unpack(pack(text)) == text
    assert unpack(pack(text + "=")) == text + "="


def test_a_signed_order_takes_a_quarter() -> None:
    text = signed()
    assert unpack(pack(text)) == text
    assert len(pack(text)) * 4 < len(text)


def test_a_damaged_one_is_reported_or_another_text() -> None:
    packed, chance = pack(signed()), Random(2)
    for _ in range(500):
        damaged = bytearray(packed)
        damaged[chance.randrange(len(packed))] ^= chance.randrange(1, 256)
        with suppress(sqlite3.DatabaseError):
            assert unpack(bytes(damaged)) != signed()
    with pytest.raises(sqlite3.DatabaseError, match="cut off"):
        unpack(packed[:-20])


def test_the_format_is_the_same_for_ever() -> None:
    """Packed by the first version that packed: whoever changes the dictionary loses every ledger."""
    assert unpack(bytes.fromhex(GOLDEN)) == "eyJhbGciOiJFZDI1NTE5In0." + base64(
        b'{"typ":"CreateTransactionPair"}'
    ) + "." + base64(bytes(64))


GOLDEN = "01" + "00" * 64 + "432f7d40c50a5e0d00"


def test_a_record_comes_back_as_the_chain_has_it() -> None:
    row = (3, "lse", 1, NOW, "ab" * 32)
    assert stored("publications", row)[4] == bytes.fromhex("ab" * 32)
    assert told("publications", stored("publications", row)) == row
    assert told("publications", row) == row
    assert stored("spots", row) == told("spots", row) == row
