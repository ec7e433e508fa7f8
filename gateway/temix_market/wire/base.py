"""What every payload shares: strict structs, bounded types, and decoding whose errors name the field."""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from temix_market.errors import InvalidField

MAX_BYTES: Final = 1_048_576
"""The largest message that is read: a publication to the end of tomorrow has some 50,000 bytes."""

WHOLE: Final = "message"
"""The field that an error names where no single one is at fault."""

_MINUS_ZERO: Final = re.compile(rb"-0[\s,}\]]")
_UNNAMED: Final = re.compile(r"(?:Object missing required|Object contains unknown) field `(?P<field>[^`]*)`")


class Payload(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, rename="camel"
):
    """A JSON object of the wire: camelCase names as in CTS, unknown fields refused, defaults left out."""


def cts(meaning: str) -> Meta:
    """A field that OASIS CTS 1.0 has under this name."""
    return _field("CTS 1.0", meaning)


def ei(meaning: str) -> Meta:
    """A field that CTS lacks and OASIS Energy Interoperation 1.0 (with EMIX) has."""
    return _field("EI 1.0", meaning)


def ours(meaning: str) -> Meta:
    """A field of this profile that neither standard has."""
    return _field("ours", meaning)


def _field(origin: str, meaning: str) -> Meta:
    return Meta(description=meaning, extra_json_schema={"x-origin": origin})


# RFC 8785 carries integers as IEEE doubles: beyond 2^53 they are not exact.
type Long = Annotated[int, Meta(ge=-(2**53) + 1, le=2**53 - 1)]
type Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]
type Quantity = Annotated[int, Meta(ge=1, le=1_000_000_000)]
type Id = Annotated[str, Meta(min_length=1, max_length=128)]
type Text = Annotated[str, Meta(max_length=1000)]
type Time = Annotated[
    str,
    Meta(pattern=r"^[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}(\.[0-9]{3})?Z$", max_length=24),
]
type Span = Annotated[str, Meta(pattern=r"^PT([0-9]+H)?([0-9]+M)?([0-9]+S)?$", max_length=16)]
type Key = Annotated[
    str,
    Meta(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", max_length=36),
]
"""A UUIDv7, in lower case."""
type Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$", max_length=64)]
"""SHA-256 in lower-case hexadecimal."""


def encode(payload: Struct) -> bytes:
    """Write a payload as JSON."""
    return msgspec.json.encode(payload)


def decode[T](raw: bytes | str, kind: type[T]) -> T:
    """Read one payload of ``kind``.

    Raises:
        InvalidField: anything that is not exactly that; ``field`` is the dotted path in the message.
    """
    data = raw.encode(errors="surrogatepass") if isinstance(raw, str) else raw
    if len(data) > MAX_BYTES:
        raise InvalidField(WHOLE, f"{len(data)} bytes are more than the {MAX_BYTES} that are read")
    try:
        payload: T = _decoder(kind).decode(data)  # type: ignore[arg-type] # types are hashable
    except RecursionError:
        raise InvalidField(WHOLE, "nested too deeply") from None
    except msgspec.ValidationError as error:
        raise _named(str(error)) from None
    except UnicodeDecodeError:
        raise InvalidField(WHOLE, "not UTF-8") from None
    except msgspec.DecodeError as error:
        raise _no_number(data) or InvalidField(WHOLE, str(error)) from None
    if _MINUS_ZERO.search(data) and (found := _no_number(data)):
        raise found
    return payload


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def _named(text: str) -> InvalidField:
    """Turn msgspec's "reason - at `$.path`" into field and reason."""
    reason, _, path = text.partition(" - at `$")
    field = path.removesuffix("`").removeprefix(".")
    if match := _UNNAMED.match(reason):
        field = f"{field}.{match['field']}".removeprefix(".")
    return InvalidField(field or WHOLE, reason)


def _no_number(data: bytes) -> InvalidField | None:
    """Find NaN, Infinity or -0, which are no numbers here."""

    def literal(text: str) -> _NoNumber | int:
        return _NoNumber(text) if text == "-0" else 0

    try:
        tree = json.loads(data, parse_constant=_NoNumber, parse_int=literal)
    except ValueError, RecursionError:
        return None
    found = next(_search(tree, ""), None)
    return InvalidField(found[0] or WHOLE, f"{found[1]} is not a number here") if found else None


class _NoNumber(str):
    __slots__ = ()


def _search(tree: object, path: str) -> Iterator[tuple[str, str]]:
    match tree:
        case _NoNumber():
            yield path, tree
        case dict():
            for name, value in tree.items():
                yield from _search(value, f"{path}.{name}".removeprefix("."))
        case list():
            for index, value in enumerate(tree):
                yield from _search(value, f"{path}[{index}]")
        case _:
            pass
