"""The one place of canonical JSON (RFC 8785), signatures (JWS, Ed25519) and the hash chain."""

import hashlib
from collections.abc import Mapping
from typing import Annotated, Final

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from msgspec import Struct

from temix_market.errors import InvalidField, MarketError
from temix_market.instants import SECOND, Instant, iso
from temix_market.wire.base import MAX_BYTES, WHOLE, Count, Id, Key, Payload, Sha256, decode, ours
from temix_market.wire.keys import SigningKey, VerifyKey

ALGORITHM: Final = "Ed25519"

GENESIS: Final = bytes(32)
"""The head of an empty chain."""


type Canonical = str | int | bool | list[Canonical] | tuple[Canonical, ...] | dict[str, Canonical] | None
"""What may be chained: no floats, whose text would differ between programs."""


class SealBroken(MarketError):
    """A message that is not what its sender signed for this receiver."""


class Envelope[T](Payload, frozen=True, kw_only=True):
    """What is signed: who says what to whom, when, and after which message."""

    iss: Annotated[Id, ours("the signing party")]
    aud: Annotated[Id, ours("the party, or the market, that it is for")]
    jti: Annotated[Key, ours("UUIDv7 of the message; the same id with other bytes is an alarm")]
    iat: Annotated[Count, ours("when it was signed (RFC 7519: whole seconds)")]
    exp: Annotated[Count | None, ours("not to be accepted from then on (RFC 7519: whole seconds)")] = None
    seq: Annotated[Count, ours("number of the message, or of the record, among the sender's")]
    prev: Annotated[Sha256, ours("the sender's chain head before it")]
    typ: Annotated[Id, ours("name of the body's type")]
    body: Annotated[T, ours("the payload")]


def envelope[T: Struct](  # noqa: PLR0913 (an envelope has that many fields)
    body: T,
    *,
    issuer: str,
    audience: str,
    message_id: str,
    issued_at: Instant,
    sequence: int,
    previous: bytes = GENESIS,
    expires_at: Instant | None = None,
) -> Envelope[T]:
    """Put ``body`` in an envelope; instants are cut to whole seconds, the expiry thereby never later."""
    return Envelope(
        iss=issuer,
        aud=audience,
        jti=message_id,
        iat=issued_at // SECOND,
        exp=None if expires_at is None else expires_at // SECOND,
        seq=sequence,
        prev=previous.hex(),
        typ=type(body).__name__,
        body=body,
    )


def sign[T: Struct](message: Envelope[T], key: SigningKey) -> str:
    """Write the envelope as canonical JSON and sign it: a compact JWS.

    Raises:
        InvalidField: it is larger than a receiver reads.
    """
    payload = canonical(message)
    if len(payload) > MAX_BYTES:
        raise InvalidField(WHOLE, f"{len(payload)} bytes are more than the {MAX_BYTES} that are read")
    header = {"alg": ALGORITHM, "kid": key.kid, "typ": message.typ}
    return jws.serialize_compact(header, payload, key.key, registry=_REGISTRY)


def open_sealed[T: Struct](
    signed: str,
    kind: type[T],
    keys: Mapping[str, VerifyKey],
    audience: str | None,
    now: Instant | None = None,
) -> Envelope[T]:
    """Verify a message and read it.

    Args:
        signed: the compact JWS.
        kind: what its body must be.
        keys: the key of each party that may have sent it.
        audience: whom it must be for; none where an auditor reads what was for others.
        now: the receiver's clock, where an expiry is to be heeded.

    Raises:
        SealBroken: not signed by the party that it names, for somebody else, of another type, or lapsed.
        InvalidField: signed, but not a well-formed payload.
    """
    if len(signed) > MAX_BYTES * 4 // 3 + 1000:
        raise InvalidField(WHOLE, f"{len(signed)} characters are more than are read")
    try:
        token = jws.extract_compact(signed.encode(), registry=_REGISTRY)
        header, payload = token.headers(), token.payload
    except (JoseError, ValueError, TypeError) as error:
        raise SealBroken(f"this is no signed message: {error}") from None
    issuer = decode(payload, _Issuer).iss
    key = keys.get(issuer)
    if key is None:
        raise SealBroken(f"{issuer} is not a party whose messages are accepted here")
    if header.get("alg") != ALGORITHM or header.get("kid") != key.kid:
        raise SealBroken(f"the message is not signed with {ALGORITHM} and the key {key.kid} of {issuer}")
    try:
        genuine = jws.validate_compact(token, key.key, registry=_REGISTRY)
    except (JoseError, ValueError) as error:
        raise SealBroken(f"the signature of {issuer} cannot be checked: {error}") from None
    if not genuine:
        raise SealBroken(f"the message was changed after {issuer} signed it, or {issuer} did not sign it")
    return _read(payload, kind, str(header.get("typ")), audience, now)


def _read[T: Struct](
    payload: bytes, kind: type[T], header_type: str, audience: str | None, now: Instant | None
) -> Envelope[T]:
    outer = decode(payload, _Outer)
    if not header_type == outer.typ == kind.__name__:
        raise SealBroken(f"the message is a {outer.typ} (header: {header_type}), not a {kind.__name__}")
    if audience is not None and outer.aud != audience:
        raise SealBroken(f"the message is for {outer.aud}, not for {audience}")
    if now is not None and outer.exp is not None and now >= outer.exp * SECOND:
        raise SealBroken(f"the message lapsed at {iso(Instant(outer.exp * SECOND))}")
    message: Envelope[T] = decode(payload, Envelope[kind])  # type: ignore[valid-type]
    # Mostly it is what this program would have written: then it need not be read a second time.
    if canonical(message) != payload and canonical(msgspec.json.decode(payload)) != payload:
        raise InvalidField(
            WHOLE, "not canonical JSON (RFC 8785): sort the names, leave out spaces and repetitions"
        )
    return message


def place_of(signed: str) -> tuple[int, str]:
    """The ``seq`` and ``prev`` of a message of one's own, whose signature need not be checked.

    Raises:
        InvalidField: it is no signed message.
    """
    try:
        found = decode(jws.extract_compact(signed.encode(), registry=_REGISTRY).payload, _Placed)
    except (JoseError, ValueError, TypeError) as error:
        raise InvalidField(WHOLE, f"no signed message: {error}") from None
    return found.seq, found.prev


def type_of(signed: str) -> str:
    """The ``typ`` that a message says it has, nothing where it is no signed message.

    Nothing is checked: ``open_sealed`` does that, and says what is wrong.
    """
    try:
        return decode(jws.extract_compact(signed.encode(), registry=_REGISTRY).payload, _Outer).typ
    except JoseError, ValueError, TypeError, InvalidField:
        return ""


def digest(signed: str) -> str:
    """SHA-256 (hex) of a signed message: by it the next one of its sender names it."""
    return hashlib.sha256(signed.encode()).hexdigest()


def canonical(value: object) -> bytes:
    """RFC 8785 for integers up to 2^53, strings and ASCII names, of which all payloads consist.

    On these msgspec's sorted encoder writes the same bytes as the rfc8785 package, which tests hold it to,
    some sixty times faster: a publication of 130 tenders is signed by each party every five minutes, and a
    ledger's whole chain is hashed again at every check.
    """
    return msgspec.json.encode(value, order="sorted")


def chain_hash(previous: bytes, content: Canonical) -> bytes:
    """The chain's head after ``content``: SHA-256 over the head before it and its canonical JSON."""
    return hashlib.sha256(previous + canonical(content)).digest()


class _Issuer(Struct):
    iss: str


class _Placed(Struct):
    seq: int
    prev: str


class _Outer(Struct):
    aud: str
    typ: str
    exp: int | None = None


class _Registry(jws.JWSRegistry):
    max_payload_length = MAX_BYTES * 4 // 3 + 4


_REGISTRY: Final = _Registry(algorithms=[ALGORITHM])
