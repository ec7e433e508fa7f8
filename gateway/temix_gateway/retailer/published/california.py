"""What services of California have in common: dollars, and days of the Pacific coast."""

from typing import Final
from zoneinfo import ZoneInfo

PACIFIC: Final = ZoneInfo("America/Los_Angeles")


class Californian:
    """A ``Feed``'s currency and zone."""

    __slots__ = ()

    @property
    def currency(self) -> str:
        """Dollars."""
        return "USD"

    @property
    def zone(self) -> ZoneInfo:
        """Where its days begin."""
        return PACIFIC
