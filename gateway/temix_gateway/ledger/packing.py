"""How records lie in the file: smaller than what they say.

The chain is over what a record says, so packing changes no hash: hexadecimal digests are kept as bytes, and
signed messages (compact JWS) without their base64 and deflated with a dictionary of what repeats in them.
"""

import sqlite3
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Final

type Value = int | str | bytes | None
type Row = tuple[Value, ...]

_MOST: Final = 1 << 22
"""So many bytes a signed message has at the most: a damaged one does not fill the memory."""

_AS_IT_IS, _JWS = b"\0", b"\1"
_SIGNATURE: Final = 64

# Part of the format: a changed byte makes every packed message unreadable. What is most common is last.
_DICTIONARY: Final = (
    b'{"alg":"Ed25519","kid":"","typ":"EiCreatedTransaction"}\0{"aud":"home-1",'
    b'"body":{"counterPartyId":"home-1","partyId":"lse",'
    b'"response":{"createdDateTime":"2026-07-05T11:25:02.000Z","newerTenderId":"lse/","refId":"",'
    b'"remainingQuantity":0,"responseCode":409,"responseDescription":"tender  is superseded by ",'
    b'"responseCode":416,"responseCode":200,'
    b'"responseDescription":"booked 384 Wh in 2026-07-06T21:00:00Z/PT15M",'
    b'"responseDescription":"booked 384 Wh in 2026-07-06T21:00:00Z/PT1H"},'
    b'"transactionId":"017a766a-1a66-7362-ba9e-"},"iat":16,"iss":"lse","jti":"017a766a-1a66-7362-ba9e-",'
    b'"prev":"","seq":53,"typ":"EiCreatedTransaction"}{"alg":"Ed25519","kid":"",'
    b'"typ":"CreateTransactionPair"}\0{"aud":"","body":{"energy":{"counterPartyId":"lse",'
    b'"partyId":"home-1","requestId":"017a766a-1a66-7362-ba9e-",'
    b'"transaction":{"marketTransactionId":"017a766a-1a66-7362-ba9e-","tender":{"priceScale":6,'
    b'"quantityScale":3,"resourceDesignator":"ENERGY","side":"BUY",'
    b'"tenderDetail":{"interval":{"dtStart":"2026-07-06T21:00:00Z","duration":"PT5M"},'
    b'"interval":{"dtStart":"2026-07-06T21:00:00Z","duration":"PT1H"},"price":73662,"quantity":384,'
    b'"type":"interval"},"tenderId":"lse/5418281/27093420-60/SELL"}}},"key":"017a766a-1a66-7362-ba9e-",'
    b'"notAfter":"2026-07-05T11:26:02.000Z","transport":{"counterPartyId":"do","partyId":"home-1",'
    b'"requestId":"017a766a-1a66-7362-ba9e-",'
    b'"transaction":{"marketTransactionId":"017a766a-1a66-7362-ba9e-","tender":{"priceScale":6,'
    b'"quantityScale":3,"resourceDesignator":"TRANSPORT","side":"SELL",'
    b'"tenderDetail":{"interval":{"dtStart":"2026-07-06T21:00:00Z","duration":"PT1H"},"price":55187,'
    b'"quantity":384,"type":"interval"},"tenderId":"do/5418281/27093420-60/SELL"}}}},"iat":16,'
    b'"iss":"home-1","jti":"017a766a-1a66-7362-ba9e-","prev":"","seq":51,"typ":"CreateTransactionPair"}'
)


def pack(signed: str) -> bytes:
    """A signed message, small; whatever else it is, as it is."""
    try:
        header, payload, signature = (_decoded(part) for part in signed.split("."))
    except ValueError:
        return _AS_IT_IS + signed.encode()
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_DEFAULT_STRATEGY, _DICTIONARY)
    packed = _JWS + signature + deflate.compress(header + b"\0" + payload) + deflate.flush()
    kept = len(signature) == _SIGNATURE and b"\0" not in header and unpack(packed) == signed
    return packed if kept else _AS_IT_IS + signed.encode()


def unpack(packed: bytes | str) -> str:
    """What was packed; text, as files of the first two schemas hold it, is what it is.

    Raises:
        sqlite3.DatabaseError: it is damaged.
    """
    if isinstance(packed, str):
        return packed
    try:
        if packed[:1] != _JWS:
            return packed[1:].decode()
        inflate = zlib.decompressobj(-15, _DICTIONARY)
        text = inflate.decompress(packed[1 + _SIGNATURE :], _MOST)
        if not inflate.eof or inflate.unused_data:
            raise sqlite3.DatabaseError("a signed message is cut off")
    except (zlib.error, UnicodeDecodeError) as error:
        raise sqlite3.DatabaseError(f"a signed message cannot be unpacked: {error}") from error
    header, _, payload = text.partition(b"\0")
    return ".".join(_encoded(part) for part in (header, payload, packed[1 : 1 + _SIGNATURE]))


_SMALL: Final[Mapping[str, Mapping[int, tuple[Callable[[str], bytes], Callable[[bytes], str]]]]] = {
    "publications": {4: (bytes.fromhex, bytes.hex)},
    "orders": {16: (pack, unpack)},
    "answers": {6: (pack, unpack), 7: (pack, unpack)},
    "transactions": {15: (bytes.fromhex, bytes.hex)},
    "messages": {
        5: (bytes.fromhex, bytes.hex),
        6: (pack, unpack),
        7: (pack, unpack),
        8: (bytes.fromhex, bytes.hex),
    },
    "mandates": {5: (pack, unpack)},
}
"""By table, the columns that lie packed in the file, and how they are packed and unpacked."""


def stored(table: str, row: tuple[int | str | None, ...]) -> Row:
    """A record as it lies in the file."""
    small = _SMALL.get(table)
    if small is None:
        return row
    return tuple(small[at][0](str(value)) if at in small else value for at, value in enumerate(row))


def told(table: str, row: Row) -> tuple[int | str | None, ...]:
    """A record as the chain has it.

    Raises:
        sqlite3.DatabaseError: it is damaged.
    """
    small = _SMALL.get(table)
    if small is None:
        return row  # type: ignore[return-value]  # nothing in it is packed
    return tuple(
        small[at][1](value) if isinstance(value, bytes) and at in small else value  # type: ignore[misc]
        for at, value in enumerate(row)
    )


def _decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _encoded(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
