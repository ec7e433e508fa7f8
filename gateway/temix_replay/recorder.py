"""What Home Assistant's recorder would know of the house: past hours, from its sensors."""

from collections import deque
from collections.abc import Sequence
from datetime import timedelta
from statistics import fmean
from typing import Final

from temix_gateway.home.messages import ReportHistory, RoomHistory
from temix_market.calendar import local_date
from temix_market.instants import HOUR, Duration, Instant

from temix_replay.home.home import SimulatedHome
from temix_replay.home.world.day import make_day

PAST: Final = Duration(10 * 24 * HOUR)
"""Home Assistant keeps ten days of states unless told otherwise."""

STATISTICS: Final = 28
"""Days of its own statistics that Home Assistant brings along."""


class Recorder:
    """Looks at the thermostat, the sensor outdoors and the heat pump's register every 5 minutes."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._hours: deque[tuple[Instant, int, int, int]] = deque(maxlen=PAST // HOUR)
        self._begun: tuple[Instant, float, float] | None = None
        self._outdoor: list[float] = []

    def look(self, home: SimulatedHome) -> None:
        """Note the sensors as they are now."""
        if home.now % HOUR == 0:
            if self._begun is not None and self._begun[0] == home.now - HOUR:
                start, indoor, energy = self._begun
                outdoor = sum(self._outdoor) / len(self._outdoor)
                drawn = round(home.house.energy - energy)
                self._hours.append((start, round(indoor * 1000), round(outdoor * 1000), drawn))
            self._begun = home.now, round(home.house.air, 1), home.house.energy
            self._outdoor.clear()
        self._outdoor.append(home.outdoor)

    def report(self, number: int, home: SimulatedHome, *, cooling: bool) -> ReportHistory:
        """The last ten days of the house, as far as they are known, and the statistics of load and sun."""
        start = self._hours[0][0] if self._hours else 0
        room = RoomHistory(
            device="climate",
            cooling=cooling,
            start=start,
            indoor=[indoor for _, indoor, _, _ in self._hours],
            outdoor=[outdoor for _, _, outdoor, _ in self._hours],
            drawn=[drawn for _, _, _, drawn in self._hours],
        )
        begun, load, sun = self._usual(home)
        return ReportHistory(id=number, start=begun, load=load, sun=sun, rooms=[room])

    @staticmethod
    def _usual(home: SimulatedHome) -> tuple[Instant, list[int | None], list[int | None]]:
        """When the statistics of load and sun begin, and what each hour used and the roof gave (Wh)."""
        today = local_date(home.place.zone, home.now)
        days = [make_day(home.place, today - timedelta(days=back)) for back in range(STATISTICS, 0, -1)]
        load = [power for day in days for power in day.base_load]
        sun = [share * home.model.roof for day in days for share in day.sun]
        return days[0].interval.start, _hourly(load), _hourly(sun)


def _hourly(powers: Sequence[float]) -> list[int | None]:
    return [round(fmean(powers[at : at + 60])) for at in range(0, len(powers), 60)]
