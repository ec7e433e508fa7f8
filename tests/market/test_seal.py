"""Signatures: what is signed comes back, what was changed does not."""

import base64
import json
import string

import msgspec
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from temix_market.errors import InvalidField
from temix_market.instants import SECOND, Duration, Instant, parse_instant
from temix_market.wire import seal
from temix_market.wire.delivery import EiCreatedDelivery
from temix_market.wire.keys import SigningKey, uuid7
from temix_market.wire.response import EiResponse, ok
from temix_market.wire.seal import Envelope, SealBroken, envelope, open_sealed, sign

NOW = parse_instant("2026-11-24T08:00:00Z")
LSE, OTHER = SigningKey.from_seed(b"\x01" * 32), SigningKey.from_seed(b"\x02" * 32)
KEYS = {"lse": LSE.public, "do": OTHER.public}
BODY = EiCreatedDelivery(response=ok("Größe €", NOW))


def message(body: msgspec.Struct = BODY, issuer: str = "lse", expires_at: Instant | None = None) -> Envelope:
    return envelope(
        body,
        issuer=issuer,
        audience="home-1",
        message_id=uuid7(NOW, bytes(range(10))),
        issued_at=NOW,
        sequence=3,
        previous=b"\x07" * 32,
        expires_at=expires_at,
    )


def opened(signed: str, now: Instant | None = None) -> Envelope[EiCreatedDelivery]:
    return open_sealed(signed, EiCreatedDelivery, KEYS, "home-1", now)


def forged(payload: bytes, key: SigningKey = LSE, header: dict[str, str] | None = None) -> str:
    """Sign bytes as they are, canonical or not."""
    fields = {"alg": "Ed25519", "kid": key.kid, "typ": "EiCreatedDelivery"} | (header or {})
    return seal.jws.serialize_compact(fields, payload, key.key, registry=seal._REGISTRY)


def test_what_is_signed_comes_back_with_its_envelope() -> None:
    signed = sign(message(), LSE)
    assert sign(message(), LSE) == signed  # Ed25519 draws no lots: the same bytes every time
    got = opened(signed)
    assert got == message()
    assert (got.iss, got.aud, got.seq, got.prev, got.typ) == (
        "lse",
        "home-1",
        3,
        "07" * 32,
        "EiCreatedDelivery",
    )


@given(
    position=st.integers(0, 10_000), letter=st.sampled_from(string.ascii_letters + string.digits + "-_.=~")
)
def test_any_changed_character_breaks_the_seal(position: int, letter: str) -> None:
    signed = sign(message(), LSE)
    position %= len(signed)
    if signed[position] == letter:
        return
    with pytest.raises((SealBroken, InvalidField)):
        opened(signed[:position] + letter + signed[position + 1 :])


def test_a_signature_has_one_spelling() -> None:
    signed = sign(message(), LSE)
    alphabet = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    last = alphabet.index(signed[-1])
    assert last % 16 == 0  # 64 bytes leave four idle bits
    for idle in range(1, 16):
        with pytest.raises(SealBroken):
            opened(signed[:-1] + alphabet[last + idle])


@pytest.mark.parametrize("text", ["", ".", "..", "a.b", "a.b.c", "é.é.é", "e30.e30.", "\x00" * 100])
def test_what_is_no_message_is_refused(text: str) -> None:
    with pytest.raises((SealBroken, InvalidField)):
        opened(text)


def test_the_key_of_another_party_does_not_fit() -> None:
    with pytest.raises(SealBroken, match="is not signed with"):
        opened(sign(message(), OTHER))
    with pytest.raises(SealBroken, match="did not sign it"):  # claims the right kid
        opened(forged(seal.canonical(message()), OTHER, {"kid": LSE.kid}))


def test_an_unknown_party_is_refused() -> None:
    with pytest.raises(SealBroken, match="mallory is not a party"):
        opened(sign(message(issuer="mallory"), LSE))


def test_another_audience_is_refused() -> None:
    with pytest.raises(SealBroken, match="is for home-1, not for home-2"):
        open_sealed(sign(message(), LSE), EiCreatedDelivery, KEYS, "home-2")


def test_another_type_is_refused_in_body_and_in_header() -> None:
    with pytest.raises(SealBroken, match="not a EiResponse"):
        open_sealed(sign(message(), LSE), EiResponse, KEYS, "home-1")
    with pytest.raises(SealBroken, match="header: EiResponse"):
        opened(forged(seal.canonical(message()), header={"typ": "EiResponse"}))


def test_the_algorithm_none_is_refused() -> None:
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none", "kid": LSE.kid}).encode()).rstrip(b"=")
    payload = sign(message(), LSE).split(".")[1]
    with pytest.raises(SealBroken, match="is not signed with Ed25519"):
        opened(f"{header.decode()}.{payload}.")


def test_an_expiry_is_heeded_to_the_second() -> None:
    signed = sign(message(expires_at=Instant(NOW + Duration(10_999))), LSE)
    assert opened(signed, Instant(NOW + 10 * SECOND - 1)).exp == (NOW + 10_000) // 1000
    with pytest.raises(SealBroken, match="lapsed at 2026-11-24T08:00:10Z"):
        opened(signed, Instant(NOW + 10 * SECOND))


def test_only_canonical_json_is_accepted_however_well_signed() -> None:
    canonical = seal.canonical(message())
    assert opened(forged(canonical)) == message()
    spaced = canonical.replace(b",", b", ", 1)
    twice = canonical.replace(b'"seq":3', b'"seq":2,"seq":3')
    shuffled = msgspec.json.encode(message())
    for payload in (spaced, twice, shuffled):
        with pytest.raises(InvalidField, match="not canonical JSON"):
            opened(forged(payload))


@pytest.mark.parametrize(
    "old, new, field",
    [
        (b'"seq":3', b'"seq":-1', "seq"),
        (b'"seq":3', b'"seq":3.0', "seq"),
        (b'"seq":3', b'"seq":NaN', "seq"),
        (b'"responseCode":200', b'"responseCode":"200"', "body.response.responseCode"),
        (b'"responseCode":200', b'"extra":1,"responseCode":200', "body.response.extra"),
        (b'"iss":"lse",', b"", "iss"),
    ],
)
def test_a_signed_malformed_payload_names_the_field(old: bytes, new: bytes, field: str) -> None:
    payload = seal.canonical(message())
    assert old in payload
    with pytest.raises(InvalidField) as caught:
        opened(forged(payload.replace(old, new)))
    assert caught.value.field == field


def test_a_message_too_large_is_neither_signed_nor_opened() -> None:
    body = EiCreatedDelivery(
        response=EiResponse(response_code=200, ref_id="x" * seal.MAX_BYTES, created_date_time="")
    )
    with pytest.raises(InvalidField, match="more than the 1048576"):
        sign(message(body), LSE)
    with pytest.raises(InvalidField, match="characters are more than are read"):
        opened("a" * 2 * seal.MAX_BYTES)


texts = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(string.ascii_letters + "_0123456789"), inner),
)


@given(values)
def test_canonical_json_is_that_of_rfc_8785(value: object) -> None:
    assert seal.canonical(value) == rfc8785.dumps(value)  # type: ignore[arg-type]


def test_structs_are_canonical_whatever_the_order_of_their_fields() -> None:
    assert seal.canonical(message()) == rfc8785.dumps(msgspec.to_builtins(message()))


rows = st.lists(st.none() | st.integers(-(2**53) + 1, 2**53 - 1) | texts)


@given(rows, rows, st.binary(min_size=32, max_size=32))
def test_heads_differ_when_anything_before_differs(one: list, other: list, previous: bytes) -> None:
    head = seal.chain_hash(previous, one)
    assert len(head) == 32
    assert (head == seal.chain_hash(previous, other)) == (one == other)
    assert head != seal.chain_hash(seal.chain_hash(previous, other), one)


def test_the_first_head_is_a_known_one() -> None:
    # (head -c 32 /dev/zero; printf '["trade",1,"\\xc3\\xa9",null]') | sha256sum
    known = "8489f6f4228c1f3665f4b25aa7c46154ae848d551f4ed9fa6d567d76d19ddde9"
    assert seal.chain_hash(seal.GENESIS, ["trade", 1, "é", None]).hex() == known


@pytest.mark.parametrize("deep", [b"[" * 400_000, b'{"a":' * 100_000, b"[" * 300_000 + b"]" * 300_000])
def test_a_deeply_nested_payload_is_refused(deep: bytes) -> None:
    for payload in (b'{"x":' + deep, b'{"iss":"lse","aud":"home-1","typ":"EiCreatedDelivery","x":' + deep):
        with pytest.raises(InvalidField):
            opened(forged(payload))
    header = base64.urlsafe_b64encode(b"[" * 300).decode()
    with pytest.raises(SealBroken):
        opened(f"{header}.e30.e30")
