"""When to connect again: so that a thousand homes do not come back in the same second."""

from collections import deque
from random import Random
from typing import Final

from temix_market.instants import HOUR, MINUTE, SECOND, Duration
from temix_market.ports import Clock

FIRST: Final = Duration(1 * SECOND)
LONGEST: Final = Duration(15 * MINUTE)
CONNECTS_AN_HOUR: Final = 12
STABLE_AFTER: Final = Duration(60 * SECOND)


class Backoff:
    """Full jitter below a limit that doubles from 1 s to 15 minutes; 12 connects an hour at most."""

    def __init__(self, clock: Clock, random: Random) -> None:
        """Begin with the shortest wait."""
        self._clock = clock
        self._random = random
        self._failures = 0
        self._connects: deque[Duration] = deque(maxlen=CONNECTS_AN_HOUR)

    def connecting(self) -> None:
        """Count a connect."""
        self._connects.append(self._clock.monotonic())

    def wait(self, retry_after: float = 0) -> Duration:
        """How long to wait after a failure; no less than the retailer asked for (s)."""
        now = self._clock.monotonic()
        if self._connects and now - self._connects[-1] >= STABLE_AFTER:
            self._failures = 0
        longest = min(LONGEST, FIRST * 2**self._failures)
        self._failures = min(self._failures + 1, 16)
        wait = self._random.randint(0, longest) + round(retry_after * SECOND)
        if len(self._connects) == CONNECTS_AN_HOUR:
            wait = max(wait, self._connects[0] + HOUR - now)
        return Duration(wait)
