"""What Home Assistant's recorder would know of the house: past hours, from its sensors."""

from collections import deque
from typing import Final

from temix_gateway.home.messages import ReportHistory, RoomHistory
from temix_market.instants import HOUR, Duration, Instant

from temix_replay.home.home import SimulatedHome

PAST: Final = Duration(10 * 24 * HOUR)
"""Home Assistant keeps ten days of states unless told otherwise."""


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

    def report(self, number: int, *, cooling: bool) -> ReportHistory:
        """The last ten days, as far as they are known."""
        start = self._hours[0][0] if self._hours else 0
        room = RoomHistory(
            device="climate",
            cooling=cooling,
            start=start,
            indoor=[indoor for _, indoor, _, _ in self._hours],
            outdoor=[outdoor for _, _, outdoor, _ in self._hours],
            drawn=[drawn for _, _, _, drawn in self._hours],
        )
        return ReportHistory(id=number, start=start, load=[], sun=[], rooms=[room])
