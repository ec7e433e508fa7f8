"""Sunshine on a roof: measured days, stretched to the home's latitude and season."""

import csv
import math
from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from importlib import resources

from temix_market.instants import HOUR, MINUTE
from temix_market.intervals import Interval

from temix_replay.home.world.clock import chance

_SOURCE_LATITUDE, _SOURCE_LONGITUDE, _SOURCE_OFFSET = 39.74, -105.18, -7.0
_SOURCE_RATED = 6000.0
_TILT = math.radians(25)


def sun(seed: int, day: date, interval: Interval, latitude: float, longitude: float) -> Sequence[float]:
    """Photovoltaic power per rated watt in each minute of a local day.

    Some measured day (Golden, Colorado, summer and autumn 2016), drawn by chance, gives the clouds. Its
    daylight is stretched to the daylight of the date and place, and scaled by how steeply the noon sun
    meets a roof that faces south at 25°. So a winter day is shorter and lower, but as cloudy as a summer's.
    """
    source, powers = chance(seed, "sun", day).choice(_measured_days())
    rise, length = _daylight(day, latitude, longitude)
    source_rise, source_length = _daylight(source, _SOURCE_LATITUDE, _SOURCE_LONGITUDE)
    scale = _noon(day, latitude) / _noon(source, _SOURCE_LATITUDE) / _SOURCE_RATED
    hours_of_day = interval.start % (24 * HOUR) / HOUR
    values = []
    for minute in range(interval.duration // MINUTE):
        since_rise = (hours_of_day + minute / 60 - rise) % 24
        if since_rise >= length:
            values.append(0.0)
            continue
        quarter = 4 * ((source_rise + source_length * since_rise / length + _SOURCE_OFFSET) % 24)
        before = int(quarter)
        power = powers[before] + (powers[(before + 1) % 96] - powers[before]) * (quarter - before)
        values.append(max(0.0, power * scale))
    return values


def _declination(day: date) -> float:
    return -math.radians(23.44) * math.cos(2 * math.pi * (day.timetuple().tm_yday + 10) / 365.25)


def _daylight(day: date, latitude: float, longitude: float) -> tuple[float, float]:
    """Sunrise (hours of the UTC day) and length (hours), by the sunrise equation; no equation of time."""
    angle = math.acos(max(-1.0, min(1.0, -math.tan(math.radians(latitude)) * math.tan(_declination(day)))))
    length = 24 * angle / math.pi
    return (12 - longitude / 15 - length / 2) % 24, length


def _noon(day: date, latitude: float) -> float:
    return max(0.0, math.cos(math.radians(latitude) - _TILT - _declination(day)))


@cache
def _measured_days() -> Sequence[tuple[date, Sequence[float]]]:
    file = resources.files(__package__) / "data" / "photovoltaic_days.csv"
    text = file.read_text("utf-8")
    rows = list(csv.reader(text.splitlines()))[1:]
    return [(datetime.fromisoformat(row[0]).date(), [float(power) for power in row[1:]]) for row in rows]
