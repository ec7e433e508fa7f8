"""The retailer as last heard: its terms, whether its link is up, and how far its clock is from ours."""

from dataclasses import dataclass
from typing import Final

import structlog
from temix_market.instants import HOUR, SECOND, Duration, Instant
from temix_market.ports import Clock, Terms
from temix_market.tenders import PriceBounds
from temix_market.units import NO_CURRENCY, Price

CLOCK_ERROR: Final = Duration(2 * SECOND)
CLOCK_PROOF_LASTS: Final = HOUR
UNKNOWN_TERMS: Final = Terms(NO_CURRENCY, "UTC", PriceBounds(Price(0), Price(0)))
"""Until a retailer was heard for the first time."""

_LOG: Final = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Link:
    """The retailer's link: whether it is up, since when, and why not; ``refused``: the account is unknown."""

    up: bool
    since: Instant
    reason: str
    refused: bool = False


class Contact:
    """What the link told last; ``clock_apart`` is how far the retailer's clock was ahead (ms)."""

    def __init__(self, clock: Clock) -> None:
        """Nothing was heard yet."""
        self.terms = UNKNOWN_TERMS
        self.link = Link(False, clock.now(), "not connected yet")
        self.clock_apart: int | None = None
        self._clock = clock
        self._proven_at: Duration | None = None

    @property
    def proof_age(self) -> Duration | None:
        """How long ago the clock was last proven right; nothing where it is not."""
        proven = self._proven_at
        return None if proven is None else Duration(self._clock.monotonic() - proven)

    @property
    def clock_is_proven(self) -> bool:
        """Whether the clock can be traded by: the proof lasts an hour."""
        age = self.proof_age
        return age is not None and age <= CLOCK_PROOF_LASTS

    def connected(self, up: bool, reason: str, *, refused: bool) -> bool:
        """Note the state of the link; say whether it is another one."""
        if (up, reason) == (self.link.up, self.link.reason):
            return False
        # One line when it goes and one when it returns; why it has not returned yet is for debugging.
        (_LOG.info if up != self.link.up else _LOG.debug)("retailer link", up=up, reason=reason)
        since = self.link.since if up == self.link.up else self._clock.now()
        self.link = Link(up, since, reason, refused)
        return True

    def heard(self, now: Instant) -> bool:
        """Compare clocks; say whether ours is proven now and was not before, or no more."""
        self.clock_apart = now - self._clock.now()
        apart, before = abs(self.clock_apart), self._proven_at
        if apart <= CLOCK_ERROR:
            self._proven_at = self._clock.monotonic()
        else:
            _LOG.warning("clock differs from the retailer's", milliseconds=apart)
            self._proven_at = None
        return (self._proven_at is None) != (before is None)
