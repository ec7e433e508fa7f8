"""The load that no device makes, net of solar, as the last two weeks let expect it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from statistics import fmean

from temix_market.instants import to_datetime

from custom_components.temix.client import Load

from .past import Hour


def profile(past: Sequence[Hour], zone: tzinfo) -> Mapping[int, float]:
    """The mean load (W) in each hour of the day that ``past`` has seen."""
    seen: defaultdict[int, list[float]] = defaultdict(list)
    for hour in past:
        seen[to_datetime(hour.start).astimezone(zone).hour] += [
            minute.power["base_load"] - minute.power["solar_panels"] for minute in hour.minutes
        ]
    return {hour: fmean(powers) for hour, powers in seen.items()}


def base_load(
    expected: Mapping[int, float], start: datetime, length: timedelta, zone: tzinfo
) -> Sequence[Load]:
    """What a profile lets expect in each hour from the one that holds ``start``."""
    hour = start.replace(minute=0, second=0, microsecond=0)
    starts = [hour + timedelta(hours=ahead) for ahead in range(length // timedelta(hours=1))]
    return [
        Load(start=at, end=at + timedelta(hours=1), power=expected[at.astimezone(zone).hour]) for at in starts
    ]
