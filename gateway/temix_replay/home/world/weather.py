"""Synthetic weather: season, passing fronts, time of day. No measurement enters it."""

import math
from collections.abc import Sequence
from datetime import date, timedelta

from temix_replay.home.quantities import Celsius
from temix_replay.home.world.clock import chance

_YEAR_MEAN: Celsius = 19.3
_YEAR_SWING: Celsius = 11.2
_FRONT_DAYS = 3
_SNAP_DEPTH: Celsius = 18.0


def season(day: date) -> Celsius:
    """The mean temperature of the date (about north Texas: 8 °C in January, 30 °C in July)."""
    return _YEAR_MEAN - _YEAR_SWING * math.cos(2 * math.pi * (day.timetuple().tm_yday - 20) / 365.25)


def mains(day: date) -> Celsius:
    """The temperature of the cold water: it follows the season, damped and a month late."""
    return 18.0 + 0.6 * (season(day - timedelta(days=30)) - _YEAR_MEAN)


def outdoor(seed: int, day: date, clock: Sequence[int], *, cold_snap: bool) -> Sequence[Celsius]:
    """The outdoor temperature in each minute of a day, coldest at 06:00 and warmest at 16:00."""
    swing = 5.5 + 1.5 * chance(seed, "swing", day).random()
    starts, ends = _front(seed, day), _front(seed, day + timedelta(days=1))
    if cold_snap:
        starts, ends = starts + snap(day), ends + snap(day + timedelta(days=1))
    mean, minutes = season(day), len(clock)
    return [
        mean + starts + (ends - starts) * index / minutes + swing * _time_of_day(minute)
        for index, minute in enumerate(clock)
    ]


def snap(day: date) -> Celsius:
    """What the synthetic cold snap adds at the midnight that begins ``day``: full from 14 to 18 February."""
    if day.month != 2:
        return 0.0
    return -_SNAP_DEPTH * min(1.0, max(0.0, (day.day - 12) / 2), max(0.0, (21 - day.day) / 2))


def _time_of_day(minute: int) -> float:
    # From 06:00 up to 16:00 in ten hours, down again in fourteen.
    if 360 <= minute < 960:
        return -math.cos(math.pi * (minute - 360) / 600)
    return math.cos(math.pi * ((minute - 960) % 1440) / 840)


def _front(seed: int, day: date) -> Celsius:
    # A knot of chance every three days, joined by smooth curves.
    knot, into = divmod(day.toordinal(), _FRONT_DAYS)
    this, following = (
        chance(seed, "front", date.fromordinal((knot + ahead) * _FRONT_DAYS)).gauss(0, 3.5)
        for ahead in (0, 1)
    )
    weight = (1 - math.cos(math.pi * into / _FRONT_DAYS)) / 2
    return this + (following - this) * weight
