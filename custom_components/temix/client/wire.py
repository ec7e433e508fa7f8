"""How a gateway's messages are read: times, money, fields that a newer gateway may have added."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
from typing import Any, Final, Self

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


@lru_cache(maxsize=1024)
def from_ms(milliseconds: int) -> datetime:
    """Read the wire's time; prices and positions have the same ones, and so has the next push."""
    return _EPOCH + milliseconds * _MILLISECOND


def to_ms(when: datetime) -> int:
    """Write the wire's time."""
    return (when - _EPOCH) // _MILLISECOND


def money(text: str) -> Decimal:
    """Read the wire's money, in currency units."""
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"{text!r} is no amount of money") from error


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something that holds over ``[start, end)``."""

    start: datetime
    end: datetime

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
