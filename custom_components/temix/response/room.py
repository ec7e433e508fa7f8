"""The connection's room, shared: responses that start together never draw more than the home may import."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple

WORTHWHILE: Final = 1.0
"""W; less room than this is none."""


class Rank(IntEnum):
    """Who goes first where there is not room for all."""

    PLAN = 0
    OWNER = 1
    DEADLINE = 2


@dataclass(frozen=True, slots=True)
class Connection:
    """What the home's connection lets through; None where nobody has said so.

    Attributes:
        power: W, over all phases.
        amperes: of the main fuse, on each phase.
        volts: between a phase and neutral.
    """

    power: float | None = None
    amperes: float | None = None
    volts: float = 230.0


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which a device can draw: from ``least`` to ``most`` (W).

    ``per_ampere``: the W that one ampere on the fullest of its phases makes; it is then set in whole amperes.
    None: nobody knows its phases, so that all of it may be on one.
    """

    least: float
    most: float
    per_ampere: float | None = None


class Load(NamedTuple):
    """What is drawn: W over all phases, and A on the phase that may carry most of it."""

    power: float
    amperes: float


NOTHING: Final = Load(0.0, 0.0)


class Room:
    """Who draws what, and who wants to.

    What the rest of the home draws is learned from the meter: its mean over some minutes, less what the
    responses drew over them. Nobody knows on which phase a device or the rest is: the same one is assumed.
    """

    def __init__(self, connection: Callable[[], Connection], clock: Callable[[], float]) -> None:
        """Know the connection and a monotonic clock in seconds; nobody draws anything."""
        self._connection = connection
        self._clock = clock
        self._drawn: dict[str, Load] = {}
        self._wanted: dict[str, tuple[Rank, Load]] = {}
        self._rest = 0.0
        self._since = clock()
        self._looked = self._since
        self._energy = 0.0

    def granted(self, who: str, power: float, rank: Rank, ways: Sequence[Way]) -> float:
        """How much of a wanted power (W) there is room for; whoever ranks higher is waited for.

        ``ways`` are the device's, the greatest first: where there is no room for one, the next may fit.
        """
        self._wanted[who] = rank, self._load(power, ways)
        if power <= 0:
            return power
        left, volts = self._left(who, rank), self._connection().volts
        usual, *smaller = _open(power, ways)
        for way in (usual, *smaller):
            room = min(left.power, left.amperes * (way.per_ampere or volts))
            wanted = power if way is usual else min(power, way.most)
            if room >= max(wanted, way.least):
                return wanted
            granted = _whole(room, way.per_ampere)
            if granted >= max(way.least, WORTHWHILE):
                return granted
        return 0.0

    def draws(self, who: str, power: float, ways: Sequence[Way]) -> None:
        """Note what a response has told its device to draw; it wants no more than that until it says so."""
        self._count()
        self._drawn[who] = self._load(power, ways)

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

    def _load(self, power: float, ways: Sequence[Way]) -> Load:
        if power <= 0:
            return NOTHING
        way = _open(power, ways)[0]
        drawn = max(power, way.least)
        return Load(drawn, drawn / (way.per_ampere or self._connection().volts))

    def _left(self, who: str, rank: Rank) -> Load:
        connection = self._connection()
        others = _sum(load for other, load in self._drawn.items() if other != who)
        before = _sum(want for other, (its, want) in self._wanted.items() if other != who and its > rank)
        power = math.inf if connection.power is None else connection.power
        amperes = math.inf if connection.amperes is None else connection.amperes
        return Load(
            power - self._rest - max(others.power, before.power),
            amperes - self._rest / connection.volts - max(others.amperes, before.amperes),
        )

    def _count(self) -> None:
        now = self._clock()
        self._energy += (now - self._looked) * sum(load.power for load in self._drawn.values())
        self._looked = now


def _open(power: float, ways: Sequence[Way]) -> Sequence[Way]:
    """The ways that a power leaves open, the greatest first; one that is below all of them takes the last."""
    return [way for way in ways if way.least <= power] or ways[-1:]


def _whole(power: float, per_ampere: float | None) -> float:
    """As much of a power as whole amperes make, where it is set in them."""
    return power if per_ampere is None else math.floor(power / per_ampere + 1e-9) * per_ampere


def _sum(loads: Iterable[Load]) -> Load:
    found = list(loads)
    return Load(sum(load.power for load in found), sum(load.amperes for load in found))
