"""How published hours move: a tender for an hour is binding, the next one for it may be another."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from ..client.wire import from_ms, to_ms
from .integral import Integral
from .segments import HOUR, Curve

_HOUR_MS: Final = HOUR // timedelta(milliseconds=1)
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
    _told: Mapping[int, int] = field(default_factory=dict)
    """By the wire time of its start: hundreds of datetimes as keys would cost more than all the rest."""

    def look(self, curve: Curve, now: datetime) -> list[Moved]:
        """The whole hours ahead that have moved since they were last told; a first look tells none."""
        hours = dict(_hours(curve, now))
        moved = {
            start: change
            for start, price in hours.items()
            if (before := self._told.get(start, price)) != price
            and abs((change := Moved(from_ms(start), before, price)).percent) >= self.percent
        }
        self._told = {
            start: price if start in moved else self._told.get(start, price) for start, price in hours.items()
        }
        return [*moved.values()]


def _hours(curve: Curve, now: datetime) -> Iterator[tuple[int, int]]:
    """The mean of each whole hour of the clock after ``now`` that is known wholly."""
    if not curve:
        return
    integral = Integral(curve)
    first = max(to_ms(now) + 1, integral.starts[0])
    marks = range(first + -first % _HOUR_MS, integral.ends[-1] + 1, _HOUR_MS)
    for (start, begin), (_, end) in pairwise((mark, integral.to(mark)) for mark in marks):
        if end[1] - begin[1] == _HOUR_MS:
            yield start, round((end[0] - begin[0]) / _HOUR_MS)
