"""How a gateway's messages are read: times, money, fields that a newer gateway may have added.

Whatever is read can be shown: a value of another kind, or beyond all bounds, is refused here, not by the
first entity that counts with it.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from types import UnionType
from typing import Any, Final, Self, get_args, get_origin, get_type_hints, override

LONGEST_TEXT: Final = 10_000
"""Characters. Reasons quote what went wrong, however long; what is shown of them is cut where it is shown."""
MOST: Final = 2**53
"""The greatest amount: beyond it a float is not exact any more."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_LATEST: Final = (datetime(2200, 1, 1, tzinfo=UTC) - _EPOCH) // _MILLISECOND
_MONEY: Final = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,9})?")


def from_ms(milliseconds: int) -> datetime:
    """Read the wire's time, until the year 2200."""
    if type(milliseconds) is not int or not 0 <= milliseconds < _LATEST:
        raise ValueError(f"{milliseconds!r:.50} is no time")
    return _from_ms(milliseconds)


@lru_cache(maxsize=1024)
def _from_ms(milliseconds: int) -> datetime:
    """Prices and positions have the same ones, and so has the next push."""
    return _EPOCH + milliseconds * _MILLISECOND


def to_ms(when: datetime) -> int:
    """Write the wire's time."""
    return (when - _EPOCH) // _MILLISECOND


def money(text: str) -> Decimal:
    """Read the wire's money, in currency units."""
    if not _MONEY.fullmatch(text):
        raise ValueError(f"{text!r:.50} is no amount of money")
    return Decimal(text)


def timed(cls: type, data: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what a model knows of a message, its times read."""
    return {**known(cls, data), "start": from_ms(data["start"]), "end": from_ms(data["end"])}


def known(cls: type, data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Drop fields that a newer gateway may have added."""
    names = _names(cls)
    if data.keys() <= names:
        return data
    return {name: value for name, value in data.items() if name in names}


@cache
def _names(cls: type) -> frozenset[str]:
    """A model's fields, which a push asks for hundreds of times."""
    return frozenset(field.name for field in fields(cls))


@dataclass(frozen=True, slots=True)
class _Field:
    """A model's field: of which types it may be, and of which what it holds."""

    name: str
    types: tuple[type, ...]
    held: tuple[type, ...]


class Model:
    """Something that is read from a message: each field is of the kind that it says, and not too large."""

    __slots__ = ()

    def __post_init__(self) -> None:
        """Look at every field.

        Raises:
            ValueError: one is not what it should be.
        """
        model: type = type(self)
        for field in _kinds(model):
            value = getattr(self, field.name)
            held: Iterable[Any] = ()
            if field.held and value:
                held = value.values() if isinstance(value, dict) else value
            if not (_fits(value, field.types) and all(_fits(each, field.held) for each in held)):
                raise ValueError(f"{field.name} cannot be {value!r:.50}")


@cache
def _kinds(cls: type) -> tuple[_Field, ...]:
    hints = get_type_hints(cls)
    return tuple(_kind(field.name, hints[field.name]) for field in fields(cls))


def _kind(name: str, hint: Any) -> _Field:
    options = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    collection = next((option for option in options if get_origin(option)), None)
    held = () if collection is None else get_args(collection)[get_origin(collection) is Mapping]
    return _Field(
        name,
        tuple(get_origin(option) or option for option in options),
        (held,) if held in {int, str} else (),  # models look at themselves
    )


def _fits(value: Any, types: tuple[type, ...]) -> bool:
    match value:
        case bool():
            return bool in types
        case int():
            return int in types and -MOST <= value <= MOST
        case str():
            return str in types and len(value) <= LONGEST_TEXT
        case _:
            return isinstance(value, types)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(Model):
    """Something that holds over ``[start, end)``."""

    start: datetime
    end: datetime

    @override
    def __post_init__(self) -> None:
        """Look at every field, and that it lasts."""
        Model.__post_init__(self)
        if self.start >= self.end:
            raise ValueError(f"{self.start} is not before {self.end}")

    def __contains__(self, instant: datetime) -> bool:
        """Whether the instant lies within."""
        return self.start <= instant < self.end

    @classmethod
    def from_message(cls, data: Mapping[str, Any]) -> Self:
        """Read one step."""
        return cls(**timed(cls, data))


def or_none[T](read: Callable[[Any], T]) -> Callable[[Any], T | None]:
    """Read a value that may be null."""
    return lambda value: None if value is None else read(value)
