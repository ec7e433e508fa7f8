"""The machine's clock, for everything that runs live."""

import time

from temix_market.instants import Duration, Instant


class SystemClock:
    """Wall time and monotonic time of the machine (see ``temix_market.ports.Clock``)."""

    def now(self) -> Instant:
        """Wall time, UTC."""
        return Instant(time.time_ns() // 1_000_000)

    def monotonic(self) -> Duration:
        """Time since some moment, never set back."""
        return Duration(time.monotonic_ns() // 1_000_000)
