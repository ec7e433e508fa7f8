"""One local day of the world around and inside a home: a pure function of seed and date."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from temix_market.calendar import local_day
from temix_market.instants import MINUTE, Instant
from temix_market.intervals import Interval

from temix_replay.home.quantities import Celsius, Litres, Watts
from temix_replay.home.world import occupants, sunshine, weather
from temix_replay.home.world.clock import wall_clock
from temix_replay.home.world.occupants import Trip

DALLAS = ZoneInfo("America/Chicago")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the home stands and when the seed was sown; ``cold_snap`` adds a synthetic Arctic week.

    The default is Dallas, Texas. The cold snap is invented: 18 K below the season from 13 to 19 February
    of every year, in the shape, not by the measurements, of storm Uri.
    """

    seed: int
    zone: ZoneInfo = DALLAS
    latitude: float = 32.8
    longitude: float = -96.8
    cold_snap: bool = False


@dataclass(frozen=True, slots=True)
class Day:
    """A local day of 23, 24 or 25 hours; each series has one value for each of its minutes."""

    date: date
    interval: Interval
    clock: Sequence[int]
    """Minute of the day that a wall clock shows."""
    outdoor: Sequence[Celsius]
    sun: Sequence[float]
    """Photovoltaic power per rated watt."""
    base_load: Sequence[Watts]
    draws: Sequence[Litres]
    """Hot water of about 50 °C that people want in the minute."""
    mains: Celsius
    trips: Sequence[Trip]

    def minute_of(self, instant: Instant) -> int:
        """The index of the minute that holds ``instant``."""
        return (instant - self.interval.start) // MINUTE


def make_day(place: Place, day: date) -> Day:
    """Make the world of one local date."""
    interval = local_day(place.zone, day)
    clock = wall_clock(place.zone, interval)
    outdoor = weather.outdoor(place.seed, day, clock, cold_snap=place.cold_snap)
    mean = math.fsum(outdoor) / len(outdoor)
    return Day(
        day,
        interval,
        clock,
        outdoor,
        sunshine.sun(place.seed, day, interval, place.latitude, place.longitude),
        occupants.base_load(place.seed, day, clock),
        occupants.draws(place.seed, day, len(clock)),
        weather.mains(day),
        occupants.trips(place.seed, day, interval, clock, mean),
    )
