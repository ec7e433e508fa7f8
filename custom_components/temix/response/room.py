"""The connection's room, shared: responses that start together never draw more than the home may import."""

from collections.abc import Callable
from enum import IntEnum
from typing import Final

WORTHWHILE: Final = 1.0
"""W; less room than this is none."""


class Rank(IntEnum):
    """Who goes first where there is not room for all."""

    PLAN = 0
    OWNER = 1
    DEADLINE = 2


class Room:
    """Who draws what, and who wants to; power in W.

    What the rest of the home draws is learned from the meter: its mean over some minutes, less what the
    responses drew over them.
    """

    def __init__(self, limit: Callable[[], float | None], clock: Callable[[], float]) -> None:
        """Know the limit, if there is one, and a monotonic clock in seconds; nobody draws anything."""
        self._limit = limit
        self._clock = clock
        self._drawn: dict[str, float] = {}
        self._wanted: dict[str, tuple[Rank, float]] = {}
        self._rest = 0.0
        self._since = clock()
        self._looked = self._since
        self._energy = 0.0

    def granted(self, who: str, power: float, rank: Rank) -> float:
        """How much of a wanted power there is room for; whoever ranks higher is waited for."""
        self._wanted[who] = rank, max(0.0, power)
        limit = self._limit()
        if limit is None or power <= 0:
            return power
        others = sum(drawn for other, drawn in self._drawn.items() if other != who)
        before = sum(want for other, (its, want) in self._wanted.items() if other != who and its > rank)
        left = limit - self._rest - max(others, before)
        return power if left >= power else max(0.0, left if left >= WORTHWHILE else 0.0)

    def draws(self, who: str, power: float) -> None:
        """Note what a response has told its device to draw; it wants no more than that until it says so."""
        self._count()
        self._drawn[who] = max(0.0, power)

    def wants_nothing(self, who: str) -> None:
        """Note that a response leads nothing: others need not wait for it."""
        self._wanted.pop(who, None)

    def forget(self, who: str) -> None:
        """A response is no more."""
        self._count()
        self._wanted.pop(who, None)
        self._drawn.pop(who, None)

    def mean(self) -> float:
        """What the responses drew on average since the meter was last given."""
        self._count()
        passed = self._clock() - self._since
        return self._energy / passed if passed > 0 else 0.0

    def measured(self, power: float) -> None:
        """Take the meter's mean net import since it was last given."""
        self._rest = max(0.0, power - self.mean())
        self._since, self._energy = self._clock(), 0.0

    def _count(self) -> None:
        now = self._clock()
        self._energy += (now - self._looked) * sum(self._drawn.values())
        self._looked = now
