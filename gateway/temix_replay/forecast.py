"""What the home expects of the next two days, from what its meters saw on past ones."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache

from temix_market.calendar import local_date
from temix_market.instants import MINUTE, QUARTER, Duration, Instant, to_datetime
from temix_market.intervals import Interval, enclosing

from temix_replay.home.quantities import Watts
from temix_replay.home.world.day import Place, make_day

DAYS_BACK = 7
"""Days over which the load at the same clock time is averaged."""


class LoadForecast:
    """Base load less photovoltaic power: the mean of the last whole days at the same time of the clock."""

    def __init__(self, place: Place, roof: Watts) -> None:
        self._place = place
        self._roof = roof
        self._quarters_of = lru_cache(maxsize=DAYS_BACK + 1)(self._make_quarters)
        self._usual_on = lru_cache(maxsize=2)(self._make_usual)

    def quarters(self, now: Instant, length: Duration) -> list[tuple[Interval, Watts]]:
        """The expected mean power of the quarter that holds ``now`` and of those after it, for ``length``."""
        zone = self._place.zone
        usual, first = self._usual_on(local_date(zone, now)), enclosing(now, QUARTER).start
        found = []
        for at in range(first, now + length, QUARTER):
            local = to_datetime(Instant(at)).astimezone(zone)
            found.append((Interval(Instant(at), QUARTER), usual[local.hour * 4 + local.minute // 15]))
        return found

    def _make_usual(self, today: date) -> Sequence[Watts]:
        sums, counts = [0.0] * 96, [0] * 96
        for back in range(1, DAYS_BACK + 1):
            for quarter, power in self._quarters_of(today - timedelta(days=back)):
                sums[quarter] += power
                counts[quarter] += 1
        return [total / count for total, count in zip(sums, counts, strict=True)]

    def _make_quarters(self, date: date) -> Sequence[tuple[int, Watts]]:
        """For each quarter of a past day, its number on the clock and its mean power."""
        day, size = make_day(self._place, date), QUARTER // MINUTE
        net = [load - sun * self._roof for load, sun in zip(day.base_load, day.sun, strict=True)]
        return [
            (day.clock[first] // size, sum(net[first : first + size]) / size)
            for first in range(0, len(net), size)
        ]
