"""The machine's clock."""

import time

from temix_market.instants import Duration, Instant


class SystemClock:
    """Wall time and monotonic time of the machine (a ``Clock`` of ``temix_market.ports``)."""

    def now(self) -> Instant:
        """Wall time, UTC."""
        return Instant(time.time_ns() // 1_000_000)

    def monotonic(self) -> Duration:
        """Time since the machine started, never set back."""
        return Duration(time.monotonic_ns() // 1_000_000)
