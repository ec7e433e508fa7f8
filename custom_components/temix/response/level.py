"""Tells a state of charge that jumped from one that changed: a pure filter over one sensor's readings."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

JUMP: Final = 15.0
"""Percent points that no car or home battery gains or loses between two looks."""
RATE: Final = 3.0
"""Percent points a minute: the fastest that one at home does."""
SETTLES: Final = timedelta(minutes=10)
"""A jump that lasts so long was none: the car was out, the sensor was dead."""
REMEMBERED: Final = timedelta(days=1)


@dataclass(slots=True)
class Level:
    """The last level that was believed, in percent, and one that waits to be."""

    value: float | None = None
    at: datetime | None = None
    doubted: float | None = None
    since: datetime | None = None
    glitch: datetime | None = None

    def read(self, value: float | None, now: datetime) -> float | None:
        """The level to go by; none where the sensor says none, or nonsense."""
        if value is None or not 0 <= value <= 100:
            self.value = self.doubted = None
            return None
        if self.value is None or self.at is None or self._plausible(value, self.value, now - self.at):
            if self.doubted is not None:
                self.glitch = now
            return self._believe(value, now)
        if self.doubted is None or self.since is None or abs(value - self.doubted) > JUMP:
            self.doubted, self.since = value, now
        if now - self.since >= SETTLES:
            return self._believe(value, now)
        return self.value

    def jumps(self, now: datetime) -> bool:
        """Whether it went away and came back within the last day."""
        return self.glitch is not None and now - self.glitch < REMEMBERED

    def _believe(self, value: float, now: datetime) -> float:
        self.value, self.at, self.doubted, self.since = value, now, None, None
        return value

    def _plausible(self, value: float, before: float, passed: timedelta) -> bool:
        return abs(value - before) <= JUMP + RATE * max(0.0, passed.total_seconds()) / 60
