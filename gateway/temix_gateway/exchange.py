"""Ledger and retailer's book kept equal: heads compared before any trade, what was missed asked for again."""

from typing import Final

import structlog
from temix_market.instants import FIVE_MINUTES, HOUR, Duration, Instant
from temix_market.intervals import Interval
from temix_market.ports import Clock, OutcomeUnknown, RetailerLink

from temix_gateway.books import Books
from temix_gateway.errors import LedgerError

SPOTS_OVERDUE: Final = Duration(2 * FIVE_MINUTES)
"""So long after an interval began its spots are frozen; where they are not, a publication was missed."""

SPOTS_AT_ONCE: Final = Duration(48 * HOUR)
"""The longest span that is asked for at once."""

ASK_AGAIN: Final = FIVE_MINUTES
"""When spots that the retailer does not have yet are asked for again."""

NOT_COMPARED: Final = "the retailer has not said yet how far its book reaches"

_LOG: Final = structlog.get_logger(__name__)


class Exchange:
    """Compares and catches up; ``apart`` says in words why no trade may be made, or nothing."""

    def __init__(self, books: Books, link: RetailerLink, clock: Clock) -> None:
        """Nothing is agreed until it was compared."""
        self.apart = NOT_COMPARED
        self._books = books
        self._link = link
        self._clock = clock
        self._due = True
        self._asked_spots: Duration | None = None
        self._asked_until = Instant(0)

    def begin(self) -> None:
        """Compare anew: there is a new connection, or the heads in a heartbeat differ."""
        self._due = True

    def forget(self) -> None:
        """Trade nothing before it was compared again: the connection is gone."""
        self._due, self.apart = True, NOT_COMPARED

    async def agree(self) -> None:
        """Compare, where that is due, after asking for the messages that were missed."""
        if not self._due:
            return
        self._due = False
        try:
            apart = self._books.restored or await self._compare()
        except (OutcomeUnknown, LedgerError) as error:
            self._due = True
            apart = str(error)
        if apart and apart != self.apart:
            _LOG.error("home and retailer have different records", reason=apart)
        self.apart = apart

    async def fetch_spots(self) -> None:
        """Ask for the spots that a delivery waits for and that no publication brings any more."""
        now = self._clock.now()
        missing = self._books.lacking_spots(Instant(now - SPOTS_OVERDUE))
        asked = self._asked_spots
        if not missing or (asked is not None and self._clock.monotonic() - asked < ASK_AGAIN):
            return
        self._asked_spots = self._clock.monotonic()
        rest = [start for start in missing if start >= self._asked_until] or missing
        until = min(rest[-1] + FIVE_MINUTES, rest[0] + SPOTS_AT_ONCE)
        self._asked_until = Instant(until if until <= missing[-1] else 0)  # what nobody has blocks no other
        try:
            spots = await self._link.spots(Interval(rest[0], Duration(until - rest[0])))
        except OutcomeUnknown as error:
            _LOG.info("missed spots not told", reason=str(error))
            return
        await self._books.frozen(spots)
        if len(self._books.lacking_spots(Instant(now - SPOTS_OVERDUE))) < len(missing):
            self._asked_spots = None  # there is more where these came from

    async def _compare(self) -> str:
        before = self._books.heads
        theirs = await self._link.heads(before)
        while self._books.heads.messages.sequence < theirs.messages.sequence:
            told = await self._link.messages(self._books.heads.messages)
            if not told:
                break
            for one in told:
                await self._books.told(one)
        return await self._books.apart(before.messages, theirs)
