"""The prices of intervals that have passed: a tender expires when its interval begins."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Final, Self

from ..client.models import Spot
from ..client.wire import from_ms, to_ms

KEPT: Final = timedelta(hours=26)
"""The longest local day, and the hour that has begun."""


@dataclass(frozen=True, slots=True)
class History:
    """What was shown for each interval, in order of time."""

    spots: tuple[Spot, ...] = ()

    def seen(self, spot: Spot | None, now: datetime) -> Self:
        """Note what is shown now; of one interval the last word counts. What is too old is forgotten."""
        spots = self.spots[bisect_right(self.spots, now - KEPT, key=attrgetter("end")) :]
        if spot is not None and (not spots or spots[-1].start <= spot.start):
            same = bool(spots) and spots[-1].start == spot.start
            spots = (*(spots[:-1] if same else spots), spot)
        return self if spots == self.spots else type(self)(spots)

    def dump(self) -> list[list[int | None]]:
        """Write it as plain numbers: start, end, buy, sell."""
        return [[to_ms(spot.start), to_ms(spot.end), spot.buy, spot.sell] for spot in self.spots]

    @classmethod
    def load(cls, rows: Iterable[Sequence[int]]) -> Self:
        """Read what ``dump`` wrote."""
        return cls(
            tuple(Spot(start=from_ms(row[0]), end=from_ms(row[1]), buy=row[2], sell=row[3]) for row in rows)
        )
