"""From a meter's cumulative registers to readings: pure, exact, and never inventing energy.

A reading spans the time between two looks. Where the registers were away in between it is longer than 5
minutes: the gateway spreads it evenly and marks it estimated, and what was used is counted all the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Self

from .devices import Reading

LONGEST: Final = timedelta(days=10)
"""An older look is none: the days before it are final by then."""


@dataclass(frozen=True, slots=True)
class Look:
    """What registers showed at one instant, Wh, by their names."""

    at: datetime
    imported: Mapping[str, float] = field(default_factory=dict)
    exported: Mapping[str, float] = field(default_factory=dict)

    def stored(self) -> dict[str, Any]:
        """Write it."""
        return {"at": self.at.isoformat(), "imported": dict(self.imported), "exported": dict(self.exported)}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """Read what was stored."""
        return cls(datetime.fromisoformat(stored["at"]), stored["imported"], stored["exported"])


@dataclass(frozen=True, slots=True)
class Passed:
    """What went through the meter between two looks.

    Attributes:
        reading: net import; none where nothing can be said.
        imported, exported: Wh.
        fell: registers that showed less than before: reset, rolled over, or replaced.
        too_much: registers that moved further than a home's connection lets through.
    """

    reading: Reading | None
    imported: float = 0.0
    exported: float = 0.0
    fell: tuple[str, ...] = ()
    too_much: tuple[str, ...] = ()


def passed(before: Look, now: Look, most: float) -> Passed:
    """What went through the meter; ``most`` is the power (W) that a register cannot exceed.

    A register that fell counts from zero, as one does that was reset or has rolled over; where that is more
    than can be, as after a new meter, its value is the baseline from which it counts on. So is that of a
    register that is new.
    """
    span = now.at - before.at
    if not timedelta() < span <= LONGEST or not (now.imported or now.exported):
        return Passed(None)
    room = most * (span / timedelta(hours=1))
    fell: list[str] = []
    too_much: list[str] = []

    def moved(register: str, since: float | None, to: float) -> int:
        if since is None:
            return 0
        start, end = since, to
        if to < since:
            fell.append(register)
            start = 0.0
        if end - start > room:
            if to >= since:
                too_much.append(register)
            return 0
        return round(end) - round(start)  # rounded where they stand: sums over many looks stay exact

    imported = sum(moved(name, before.imported.get(name), total) for name, total in now.imported.items())
    exported = sum(moved(name, before.exported.get(name), total) for name, total in now.exported.items())
    reading = Reading(start=before.at, end=now.at, energy=imported - exported)
    known = before.imported.keys() & now.imported.keys() or before.exported.keys() & now.exported.keys()
    told = reading if known and not too_much else None
    return Passed(told, imported, exported, tuple(fell), tuple(too_much))
