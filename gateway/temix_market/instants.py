"""Instants and durations: whole milliseconds, UTC inside, ISO 8601 at the edge."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, NewType

from temix_market.errors import InvalidField

Instant = NewType("Instant", int)
"""Milliseconds since 1970-01-01T00:00Z."""

Duration = NewType("Duration", int)
"""Milliseconds; the length of an interval or of a wait."""

SECOND: Final = Duration(1_000)
MINUTE: Final = Duration(60_000)
FIVE_MINUTES: Final = Duration(300_000)
QUARTER: Final = Duration(900_000)
HOUR: Final = Duration(3_600_000)

REMEMBERED: Final = 4096
"""Each publication names the same instants again and again, and so does the next one."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DURATION = re.compile(r"PT(?:([0-9]{1,6})H)?(?:([0-9]{1,6})M)?(?:([0-9]{1,6})S)?")


def from_datetime(when: datetime) -> Instant:
    """Convert an aware datetime.

    Raises:
        InvalidField: the datetime has no zone.
    """
    if when.tzinfo is None:
        raise InvalidField("instant", f"{when.isoformat()} has no time zone: give UTC or an offset")
    return Instant((when - _EPOCH) // timedelta(milliseconds=1))


def to_datetime(instant: Instant) -> datetime:
    """Convert to an aware UTC datetime."""
    return _EPOCH + timedelta(milliseconds=instant)


@lru_cache(REMEMBERED)
def iso(instant: Instant) -> str:
    """Write an instant as ``2026-11-24T06:50:00Z``, with milliseconds only where there are some."""
    text = to_datetime(instant).isoformat(timespec="milliseconds" if instant % 1000 else "seconds")
    return text.removesuffix("+00:00") + "Z"


def parse_instant(text: str, field: str = "instant") -> Instant:
    """Read ISO 8601; UTC must be explicit (WS-Calendar: no zone does not imply UTC).

    Raises:
        InvalidField: not a time, or without ``Z`` or an offset.
    """
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidField(field, f"{text!r} is not an ISO 8601 time") from None
    if when.tzinfo is None:
        raise InvalidField(
            field, f"{text!r} has no time zone: UTC must be explicit, as in 2026-11-24T06:50:00Z"
        )
    return from_datetime(when)


@lru_cache(REMEMBERED)
def iso_duration(duration: Duration) -> str:
    """Write as ISO 8601: ``PT5M``, ``PT1H``, ``PT1M30S``; milliseconds only where there are some."""
    hours, rest = divmod(duration, HOUR)
    minutes, rest = divmod(rest, MINUTE)
    seconds = f"{rest // 1000}.{rest % 1000:03d}" if rest % 1000 else f"{rest // 1000}"
    parts = f"{hours}H" * bool(hours) + f"{minutes}M" * bool(minutes) + f"{seconds}S" * bool(rest)
    return f"PT{parts or '0S'}"


def parse_duration(text: str, field: str = "duration") -> Duration:
    """Read hours, minutes and seconds of an ISO 8601 duration; it must be longer than nothing.

    Raises:
        InvalidField: anything else, a negative or an empty duration among them.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise InvalidField(
            field, f"{text!r} is not a positive ISO 8601 duration of hours, minutes and seconds"
        )
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    total = ((hours * 60 + minutes) * 60 + seconds) * 1000
    if total == 0:
        raise InvalidField(field, f"{text!r} is an empty duration")
    return Duration(total)
