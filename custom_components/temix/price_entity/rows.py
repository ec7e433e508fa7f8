"""Rows of prices as other integrations write them, read so that a price is its interval's, or absent."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import pairwise
from typing import Any, Final

from ..client import ReportedPrice

FIVE_MINUTES: Final = timedelta(minutes=5)
LONGEST: Final = timedelta(hours=25)
STEPS: Final = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 30, 60))
"""How long intervals are whose rows say only when they begin."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NOTHING: Final = timedelta()


def _always(_: Mapping[str, Any]) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Shape:
    """How an integration writes a row.

    Attributes:
        start: its key of the interval's start.
        end: its key of the end; none where an interval lasts until the next one.
        price: its key of the price.
        energy: what the price is for, kWh.
        late: by how much its starts are after the true ones.
        final: whether a row's price will not change any more.
    """

    start: str
    end: str | None
    price: str
    energy: int = 1
    late: timedelta = _NOTHING
    final: Callable[[Mapping[str, Any]], bool] = _always


def read(rows: Iterable[Any], shape: Shape) -> list[ReportedPrice]:
    """The prices of rows, in order of time; a row that cannot be an interval's price has none.

    Of two rows for the same time that differ, nobody knows which one is right: neither counts.
    """
    begun = [(start, row) for row in rows if (start := _start(row, shape)) is not None]
    step = None if shape.end else _step({start for start, _ in begun})
    found = {price for start, row in begun if (price := _price(start, row, shape, step)) is not None}
    return _apart(sorted(found))


def whole(prices: Iterable[ReportedPrice], start: datetime, end: datetime) -> bool:
    """Whether prices cover a time without a gap."""
    at = start
    for price in sorted(prices):
        if price.start <= at < price.end:
            at = price.end
    return at >= end


def _start(row: Any, shape: Shape) -> datetime | None:
    when = _instant(row.get(shape.start)) if isinstance(row, Mapping) else None
    return None if when is None else when - shape.late


def _step(starts: Iterable[datetime]) -> timedelta | None:
    """The shortest time between two starts: a missing row must not make the one before it longer."""
    between = [later - earlier for earlier, later in pairwise(sorted(starts))]
    shortest = min(between, default=_NOTHING)
    return shortest if shortest in STEPS else None


def _price(
    start: datetime, row: Mapping[str, Any], shape: Shape, step: timedelta | None
) -> ReportedPrice | None:
    end = _instant(row.get(shape.end)) if shape.end else None if step is None else start + step
    micro = _micro(row.get(shape.price), shape.energy)
    if end is None or micro is None:
        return None
    length = end - start
    if (start - _EPOCH) % FIVE_MINUTES or length % FIVE_MINUTES or not _NOTHING < length <= LONGEST:
        return None
    return ReportedPrice(start=start, end=end, price=micro, final=shape.final(row))


def _apart(prices: list[ReportedPrice]) -> list[ReportedPrice]:
    """Those that overlap no other one."""
    clashing: set[int] = set()
    last = 0
    for number in range(1, len(prices)):
        if prices[number].start < prices[last].end:
            clashing |= {last, number}
        if prices[number].end > prices[last].end:
            last = number
    return [price for number, price in enumerate(prices) if number not in clashing]


def _instant(value: Any) -> datetime | None:
    """A time in UTC, given as such or as text; none where it does not say how far it is from UTC."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime) or value.utcoffset() is None:
        return None
    return value.astimezone(UTC)


def _micro(value: Any, energy: int) -> int | None:
    """A price in millionths for a kWh; none where it is no finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return int((Decimal(repr(value)) * 1_000_000 / energy).to_integral_value(ROUND_HALF_EVEN))
