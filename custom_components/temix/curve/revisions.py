"""How published hours move: a tender for an hour is binding, the next one for it may be another."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from .segments import FIVE_MINUTES, HOUR, Curve

_FLOOR: Final = 10_000
"""A price nearer to zero than 0.01 per kWh counts as that: a share of nothing says nothing."""


@dataclass(frozen=True, slots=True)
class Moved:
    """An hour whose mean price to buy moved, and by how many percent of what it was."""

    start: datetime
    before: int
    after: int

    @property
    def percent(self) -> float:
        """Positive where it became dearer."""
        return 100 * (self.after - self.before) / max(abs(self.before), _FLOOR)


@dataclass(slots=True)
class Revisions:
    """Remembers each hour's price since it last moved by ``percent``, so that small steps add up."""

    percent: float
    _told: Mapping[datetime, int] = field(default_factory=dict)

    def look(self, curve: Curve, now: datetime) -> list[Moved]:
        """The whole hours ahead that have moved since they were last told; a first look tells none."""
        hours = dict(_hours(curve, now))
        moved = [
            change
            for start, price in hours.items()
            if start in self._told
            and abs((change := Moved(start, self._told[start], price)).percent) >= self.percent
        ]
        changed = {change.start for change in moved}
        self._told = {
            start: price if start in changed else self._told.get(start, price)
            for start, price in hours.items()
        }
        return moved


def _hours(curve: Curve, now: datetime) -> Iterator[tuple[datetime, int]]:
    """The mean of each whole hour of the clock after ``now`` that is known wholly."""
    sums: dict[datetime, int] = {}
    parts: dict[datetime, int] = {}
    for segment in curve:
        start = segment.start.replace(minute=0)
        while start < segment.end:
            part = segment.within(start, start + HOUR)
            if part is not None:
                units = part.length // FIVE_MINUTES
                sums[start] = sums.get(start, 0) + units * part.value
                parts[start] = parts.get(start, 0) + units
            start += HOUR
    whole = HOUR // FIVE_MINUTES
    return ((start, round(sums[start] / whole)) for start in sums if start > now and parts[start] == whole)
