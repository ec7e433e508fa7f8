"""A curve: values that each hold over ``[start, end)``, in order, without overlap; a gap is unknown."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Final, NamedTuple, Protocol

HOUR: Final = timedelta(hours=1)
FIVE_MINUTES: Final = timedelta(minutes=5)
"""The shortest interval of the market; every edge of a curve lies on one of its marks."""

_start: Final = attrgetter("start")
_end: Final = attrgetter("end")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Priced(Protocol):
    """A step with a price on either side, in millionths per kWh; none where nobody tenders."""

    @property
    def start(self) -> datetime:
        """When it begins."""
        ...

    @property
    def end(self) -> datetime:
        """When it ends."""
        ...

    @property
    def buy(self) -> int | None:
        """What a kWh costs."""
        ...

    @property
    def sell(self) -> int | None:
        """What a kWh brings."""
        ...

    @property
    def carbon_intensity(self) -> int | None:
        """What a kWh emits, in g of CO₂ equivalent; none where that is not published."""
        ...


class Segment(NamedTuple):
    """One value (millionths per kWh, or g per kWh) over ``[start, end)``.

    A look at prices makes hundreds of them.
    """

    start: datetime
    end: datetime
    value: int

    def within(self, start: datetime, end: datetime) -> Segment | None:
        """The part of it between two instants, if there is any."""
        if start <= self.start and self.end <= end:
            return self
        first, last = max(self.start, start), min(self.end, end)
        return Segment(first, last, self.value) if first < last else None


type Curve = Sequence[Segment]


def to_buy(steps: Iterable[Priced]) -> list[Segment]:
    """What a kWh costs; steps without a price are gaps."""
    return [Segment(step.start, step.end, price) for step in steps if (price := step.buy) is not None]


def to_carbon(steps: Iterable[Priced]) -> list[Segment]:
    """What a kWh emits (g); steps for which that is not published are gaps."""
    return [Segment(step.start, step.end, g) for step in steps if (g := step.carbon_intensity) is not None]


def between(curve: Curve, start: datetime, end: datetime) -> list[Segment]:
    """The parts of a curve between two instants."""
    first = bisect_right(curve, start, key=_end)
    last = bisect_left(curve, end, lo=first, key=_start)
    return [part for segment in curve[first:last] if (part := segment.within(start, end)) is not None]


def known(curve: Curve) -> timedelta:
    """How much time a curve covers."""
    return sum((end - start for start, end, _ in curve), timedelta())


def mean(curve: Curve) -> int | None:
    """The mean over the time that a curve covers, rounded; none of an empty one."""
    covered = known(curve)
    if not covered:
        return None
    total = sum(value * ((end - start) // FIVE_MINUTES) for start, end, value in curve)
    return round(total / (covered // FIVE_MINUTES))


def mark_at_or_after(instant: datetime) -> datetime:
    """The first 5-minute mark of the clock that is not before ``instant``."""
    return instant + (_EPOCH - instant) % FIVE_MINUTES


def mark_at_or_before(instant: datetime) -> datetime:
    """The last 5-minute mark of the clock that is not after ``instant``."""
    return instant - (instant - _EPOCH) % FIVE_MINUTES
