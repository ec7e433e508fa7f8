"""Keys of parties and of messages."""

from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from temix_market.errors import InvalidField
from temix_market.instants import Instant
from temix_market.wire.base import Key, decode, encode
from temix_market.wire.keys import SigningKey, VerifyKey, uuid7
from temix_market.wire.registration import PublicJwk

# RFC 8037, appendix A: an Ed25519 key and its thumbprint.
SECRET, PUBLIC = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
THUMBPRINT = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
JWK = PublicJwk(kty="OKP", crv="Ed25519", x=PUBLIC, kid=THUMBPRINT)


def test_the_key_of_rfc_8037_has_its_thumbprint() -> None:
    key = SigningKey.from_jwk({"kty": "OKP", "crv": "Ed25519", "d": SECRET, "x": PUBLIC})
    assert key.kid == THUMBPRINT
    assert key.public.jwk == JWK


@given(st.binary(min_size=32, max_size=32))
def test_a_key_comes_back_from_its_jwk(seed: bytes) -> None:
    key = SigningKey.from_seed(seed)
    assert SigningKey.from_jwk(key.private_jwk).private_jwk == key.private_jwk
    assert SigningKey.from_seed(seed).kid == key.kid
    public = decode(encode(key.public.jwk), PublicJwk)
    assert VerifyKey.from_jwk(public).jwk == public
    assert key.private_jwk["d"] not in encode(public).decode()


def test_a_key_keeps_its_secret_out_of_logs() -> None:
    key = SigningKey.from_seed(b"\x01" * 32)
    assert key.private_jwk["d"] not in repr(key)


@pytest.mark.parametrize(
    "change, field",
    [
        ({"kid": "a" * 43}, "key.kid"),
        ({"x": "a" * 40}, "key.x"),
        ({"x": "!" * 43}, "key.x"),
    ],
)
def test_a_wrong_public_key_names_its_field(change: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidField) as caught:
        VerifyKey.from_jwk(replace(JWK, **change))
    assert caught.value.field == field


@pytest.mark.parametrize(
    "jwk",
    [
        {},
        {"kty": "OKP", "crv": "Ed25519", "x": PUBLIC},
        {"kty": "OKP", "crv": "Ed25519", "x": PUBLIC, "d": "short"},
        {"kty": "oct", "k": "c2VjcmV0"},
        {"kty": "OKP", "crv": "X25519", "x": PUBLIC, "d": SECRET},
        {"kty": "OKP", "crv": "P-256", "x": PUBLIC, "d": SECRET},
    ],
)
def test_what_is_no_private_key_is_refused(jwk: dict[str, str]) -> None:
    with pytest.raises(InvalidField, match="not a private Ed25519 key") as caught:
        SigningKey.from_jwk(jwk, "keys.lse")
    assert caught.value.field == "keys.lse"


times = st.integers(0, 2**48 - 1).map(Instant)


@given(times, st.binary(min_size=10, max_size=10))
def test_a_message_key_is_a_uuid_of_version_7(now: Instant, noise: bytes) -> None:
    text = uuid7(now, noise)
    key = UUID(text)
    assert (key.version, key.variant) == (7, RFC_4122)
    assert key.int >> 80 == now
    assert decode(encode_text(text), Key) == text  # as the wire wants it


@given(times, times, st.binary(min_size=10, max_size=10), st.binary(min_size=10, max_size=10))
def test_message_keys_sort_by_time_and_differ_by_chance(
    one: Instant, other: Instant, a: bytes, b: bytes
) -> None:
    if one != other:
        assert (uuid7(one, a) < uuid7(other, b)) == (one < other)
    # 74 of the 80 bits that were given go in
    if int.from_bytes(a) % 2**62 != int.from_bytes(b) % 2**62:
        assert uuid7(one, a) != uuid7(one, b)


def encode_text(text: str) -> bytes:
    return f'"{text}"'.encode()
