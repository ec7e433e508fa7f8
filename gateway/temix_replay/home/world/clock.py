"""Wall clocks and the seed: how a date and a purpose become a source of chance."""

from collections.abc import Sequence
from datetime import date
from random import Random
from zoneinfo import ZoneInfo

from temix_market.instants import MINUTE, Duration, to_datetime
from temix_market.intervals import Interval

_CHUNK = Duration(30 * MINUTE)
"""Zones shift by half hours and hours."""


def chance(seed: int, purpose: str, day: date) -> Random:
    """A source of chance for one purpose and date: the same whatever was drawn elsewhere."""
    return Random(f"{seed}/{purpose}/{day.isoformat()}")  # noqa: S311 - noise, not secrets


def wall_clock(zone: ZoneInfo, interval: Interval) -> Sequence[int]:
    """What a clock on the wall shows (minutes since midnight) in each minute of a local day."""
    minutes: list[int] = []
    for chunk in interval.split(_CHUNK):
        local = to_datetime(chunk.start).astimezone(zone)
        first = local.hour * 60 + local.minute
        minutes.extend((first + minute) % 1440 for minute in range(_CHUNK // MINUTE))
    return minutes


def index_of(clock: Sequence[int], minute: float) -> int:
    """The first minute of the day at which the clock shows ``minute`` or later, within the day."""
    wanted = min(max(int(minute), 0), 1439)
    return next(index for index, shown in enumerate(clock) if shown >= wanted)
