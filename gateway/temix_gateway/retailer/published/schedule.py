"""When a home asks a service for prices: at its publication times and between, never all homes at once."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from temix_market.calendar import day_at, local_date, local_day
from temix_market.instants import HOUR, MINUTE, SECOND, Duration, Instant, from_datetime

REQUESTS_A_DAY: Final = 36
"""In any 24 hours, whatever happens."""
SPARED: Final = 12
"""Of these so many are kept for the questions that the clock asks."""
DAY: Final = Duration(24 * HOUR)
SPREAD: Final = Duration(40 * MINUTE)
"""Homes ask within this time after a publication."""
BETWEEN: Final = Duration(5 * HOUR)
"""How often at least a revision is looked for, were nothing to happen."""
LATE: Final = Duration(20 * MINUTE)
"""How soon at the most what is late is asked for again; each time twice as long."""
LONGEST: Final = Duration(2 * HOUR)
AT_START: Final = Duration(30 * SECOND)
"""Homes of a street that was without power do not ask in the same second."""

NOTIFIED: Final = Duration(5 * MINUTE)
"""Homes that are told at once that something changed ask within this time."""
QUIET: Final = Duration(15 * MINUTE)
"""However often a home is told, it does not ask again before."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When a service publishes: by the clock of ``zone``, each day the prices of the next one."""

    zone: ZoneInfo
    published_at: tuple[time, ...] = ()

    def due_until(self, now: Instant) -> Instant:
        """How far prices should reach: to the end of tomorrow after its last time of a day, else of today."""
        today = local_date(self.zone, now)
        times = self._times(now)
        ahead = timedelta(days=bool(times) and now >= times[-1])
        return local_day(self.zone, today + ahead).end

    def next_after(self, now: Instant) -> Instant | None:
        """The next time at which it publishes."""
        tomorrow = day_at(self.zone, now).end
        return next((at for at in (*self._times(now), *self._times(tomorrow)) if at > now), None)

    def _times(self, day: Instant) -> list[Instant]:
        date = local_date(self.zone, day)
        return [from_datetime(datetime.combine(date, at, self.zone)) for at in sorted(self.published_at)]


@dataclass(slots=True)
class Allowance:
    """The requests of the last 24 hours."""

    made: deque[Instant] = field(default_factory=deque)

    @classmethod
    def of(cls, made: Iterable[Instant]) -> Allowance:
        """Go on with requests of before a restart."""
        return cls(deque(made))

    def take(self, now: Instant) -> Duration:
        """Count a request, or say how long none may be made."""
        if not self.left(now):
            return Duration(self.made[0] + DAY - now)
        self.made.append(now)
        return Duration(0)

    def left(self, now: Instant) -> int:
        """How many requests may be made now."""
        while self.made and (self.made[0] <= now - DAY or self.made[0] > now):
            self.made.popleft()  # one of the future is of a clock that was wrong
        return REQUESTS_A_DAY - len(self.made)


class Schedule:
    """Decides when to ask next, from what is there."""

    def __init__(self, rhythm: Rhythm, random: Random) -> None:
        """Begin; the first question is due soon."""
        self._rhythm = rhythm
        self._random = random
        self._in_vain = 0

    def first(self, now: Instant, asked: Instant | None, until: Instant) -> Instant:
        """When to ask after a start, given when it was ``asked`` last and how far prices reach."""
        soon = self._within(now, AT_START)
        if asked is None or asked > now or until < self._rhythm.due_until(now):
            return soon
        return max(soon, self.after(asked, until))

    def after(self, now: Instant, until: Instant) -> Instant:
        """When to ask after an answer at ``now``, where prices reach to ``until``."""
        if until < self._rhythm.due_until(now):
            return self.in_vain(now)
        self._in_vain = 0
        regular = Instant(now + self._random.randint(BETWEEN // 2, BETWEEN))
        published = self._rhythm.next_after(now)
        return regular if published is None else min(regular, self._within(published, SPREAD))

    def notified(self, now: Instant, asked: Instant) -> Instant:
        """When to ask after a word at ``now`` that something changed, given when it was asked last."""
        return max(self._within(now, NOTIFIED), Instant(asked + QUIET))

    def in_vain(self, now: Instant, asked_to_wait: Duration = Duration(0)) -> Instant:
        """When to ask again after no answer, or one without what is due; not before the service allows."""
        longest = min(LONGEST, LATE * 2**self._in_vain)
        self._in_vain = min(self._in_vain + 1, 16)
        return Instant(now + asked_to_wait + self._random.randint(longest // 2, longest))

    def _within(self, at: Instant, spread: Duration) -> Instant:
        return Instant(at + self._random.randint(0, spread))
