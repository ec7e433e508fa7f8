"""What the home is likely to draw, and its roof to give, from what its meters saw on past days.

Power at a time is drawn from the past days at the same time of the clock, each counting by how recent it is
and by how much its weekday resembles. What the last hours differed from that wears off with time. The method
is our choice; ``benchmarks/forecast.py`` measures it against persistence and the same time last week.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Final, Self
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from temix_market.errors import InvalidField
from temix_market.instants import HOUR, QUARTER, Instant, to_datetime
from temix_market.intervals import Interval

from temix_gateway.planning.past import Foreseen, Past

type Floats = NDArray[np.float64]

DAY_SLOTS: Final = 96
"""Quarters of a day by the clock."""
DAYS_BACK: Final = 56

SHARES: Final = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
"""Shares of days that are told of a forecast; symmetric: a day with little sun is one of much load."""


class Kind(Enum):
    """Whose power it is: people live by weekdays, the sun does not."""

    LOAD = "load"
    PV = "pv"


@dataclass(frozen=True, slots=True)
class Habits:
    """How past days count.

    Attributes:
        half_life: days after which a day counts half.
        same_weekday, same_class, other: weight of a day of the same weekday, of another among workdays or
            among weekends, and of the other class.
        blur: neighbouring quarters on each side that count as the same time.
        persists: share of the last hours' difference that is left after an hour.
    """

    half_life: float
    same_weekday: float
    same_class: float
    other: float
    blur: int
    persists: float


HABITS: Final = {
    Kind.LOAD: Habits(half_life=14, same_weekday=1.0, same_class=0.6, other=0.3, blur=2, persists=0.45),
    Kind.PV: Habits(half_life=5, same_weekday=1.0, same_class=1.0, other=1.0, blur=1, persists=0.6),
}

FIRST_DAY: Final = {
    Kind.LOAD: (
        0.62, 0.56, 0.53, 0.52, 0.53, 0.6, 0.82, 1.02, 1.0, 0.95, 0.93, 0.95,
        1.0, 0.98, 0.95, 0.98, 1.12, 1.5, 1.72, 1.75, 1.65, 1.45, 1.09, 0.78,
    ),
    Kind.PV: (0.0,) * 24,
}  # fmt: skip
"""Before anything is known, by the hour: shares of the mean load (an evening peak, our choice); no sun."""
FIRST_DAY_WATTS: Final = 500.0
"""Mean load of a home of which nothing is known (4,380 kWh a year; our choice)."""
SPREAD: Final = 0.5
"""Of a day of which nothing is known: half as much, or half again, would surprise nobody (our choice)."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """Mean power of each interval, W: what is expected, and for each share of the days how much at most.

    Attributes:
        expected: one for each interval.
        quantiles: shares of days (0 to 1), rising.
        at_most: one row for each quantile.
    """

    expected: Floats
    quantiles: tuple[float, ...]
    at_most: Floats


@dataclass(frozen=True, slots=True)
class History:
    """Mean power of past quarters by local day and time of the clock; NaN where nothing was seen.

    Attributes:
        kind: whose power.
        zone: the home's.
        first: proleptic ordinal of the first day.
        days: one row a day, a column a quarter, W.
    """

    kind: Kind
    zone: ZoneInfo
    first: int
    days: Floats

    @classmethod
    def of(cls, kind: Kind, zone: ZoneInfo, readings: Sequence[tuple[Interval, float]], now: Instant) -> Self:
        """From mean powers (W) of past intervals, in any order; the last 56 days before ``now`` count.

        A later reading of the same time wins. In the hour that a clock repeats both readings share a place,
        and the mean of what was seen stands there.

        Raises:
            InvalidField: a power that is not a number.
        """
        today = to_datetime(now).astimezone(zone).toordinal()
        first = today - DAYS_BACK
        sums, counts = np.zeros((DAYS_BACK + 1, DAY_SLOTS)), np.zeros((DAYS_BACK + 1, DAY_SLOTS))
        oldest = now - (DAYS_BACK + 2) * 24 * HOUR
        latest = {
            interval: power for interval, power in readings if oldest <= interval.start < interval.end <= now
        }
        for interval, power in latest.items():
            if not np.isfinite(power):
                raise InvalidField(f"history[{interval}].power", f"{power} is no power")
            for at in range(interval.start - interval.start % QUARTER, interval.end, QUARTER):
                ordinal, slot = _place(Instant(at), zone)
                day = ordinal - first
                if 0 <= day <= DAYS_BACK:
                    share = (min(at + QUARTER, interval.end) - max(at, interval.start)) / QUARTER
                    sums[day, slot] += power * share
                    counts[day, slot] += share
        with np.errstate(invalid="ignore"):
            return cls(kind, zone, first, np.where(counts > 0, sums / counts, np.nan))

    def forecast(
        self, now: Instant, intervals: Sequence[Interval], quantiles: Sequence[float] = (0.1, 0.5, 0.9)
    ) -> Forecast:
        """What is likely in ``intervals``, none of which ends before ``now``.

        Raises:
            InvalidField: quantiles that do not rise from above 0 to below 1.
        """
        if list(quantiles) != sorted(set(quantiles)) or not all(0 < q < 1 for q in quantiles):
            raise InvalidField("quantiles", f"{quantiles} do not rise between 0 and 1")
        habits = HABITS[self.kind]
        places = [_place(Instant(step.start + step.duration // 2), self.zone) for step in intervals]
        usual = [self._usual(day, slot, quantiles) for day, slot in places]
        expected = np.array([mean for mean, _ in usual])
        at_most = np.array([row for _, row in usual]).reshape(len(intervals), len(quantiles)).T
        ahead = np.array([max(0, step.start - now) / HOUR for step in intervals])
        drift = self._lately(now) * habits.persists**ahead
        if self.kind is Kind.PV:
            drift = np.where(expected > 0, np.clip(drift, -expected, expected), 0.0)
        least = 0.0 if self.kind is Kind.PV else -np.inf
        return Forecast(
            np.maximum(expected + drift, least), tuple(quantiles), np.maximum(at_most + drift, least)
        )

    def _usual(self, day: int, slot: int, quantiles: Sequence[float]) -> tuple[float, list[float]]:
        """Mean and quantiles of the past days at a time of the clock, weighted by habit."""
        habits = HABITS[self.kind]
        ordinals = np.arange(self.first, self.first + len(self.days))
        weights = 0.5 ** (np.maximum(0, day - ordinals) / habits.half_life)
        weights = weights * np.select(
            [(ordinals - day) % 7 == 0, _weekend(ordinals) == _weekend(np.array([day]))],
            [habits.same_weekday, habits.same_class],
            habits.other,
        )
        near = np.arange(slot - habits.blur, slot + habits.blur + 1) % DAY_SLOTS
        seen = self.days[:, near].ravel()
        weight = np.repeat(weights, len(near)) / len(near)
        known = ~np.isnan(seen)
        assumed = FIRST_DAY[self.kind][slot // 4] * self._level()
        values = np.append(seen[known], assumed * np.array([1 - SPREAD, 1, 1 + SPREAD]))
        # The assumed day fills what is missing to one day that was seen.
        missing = max(1e-6, 1 - float(weight[known].sum()))
        weight = np.append(weight[known], np.full(3, missing / 3))
        order = np.argsort(values)
        values, weight = values[order], weight[order]
        cumulative = (np.cumsum(weight) - weight / 2) / weight.sum()
        return float(np.average(values, weights=weight)), np.interp(quantiles, cumulative, values).tolist()

    def _level(self) -> float:
        """Mean power of what was seen, or the assumed one."""
        if np.isnan(self.days).all():
            return FIRST_DAY_WATTS
        return float(np.nanmean(self.days))

    def _lately(self, now: Instant) -> float:
        """By how much the last two hours differed from what is usual at their time, W."""
        differences = []
        for back in range(1, 9):
            day, slot = _place(Instant(now - back * QUARTER), self.zone)
            seen = self.days[day - self.first, slot]
            if not np.isnan(seen):
                differences.append(seen - self._usual(day, slot, (0.5,))[0])
        return float(np.mean(differences)) if differences else 0.0


def foresee(past: Past) -> Foreseen:
    """The load less solar in each interval by past hours; without any, of an assumed day.

    How far the load and the sun come otherwise than expected is taken to have nothing to do with each other.
    """
    load, sun = (
        _past(kind, past, hours).forecast(past.now, past.intervals, SHARES)
        for kind, hours in ((Kind.LOAD, past.load), (Kind.PV, past.sun))
    )
    expected = load.expected - sun.expected
    # More load than expected and less sun, or the other way round.
    off = np.stack([load.at_most - load.expected, sun.expected - sun.at_most[::-1]])
    at_most = expected + np.sign(off.sum(axis=0)) * np.sqrt((off**2).sum(axis=0))
    return Foreseen(
        expected=tuple(expected.tolist()),
        shares=SHARES,
        at_most=tuple(map(tuple, np.maximum.accumulate(at_most, axis=0).T.tolist())),
    )


def _past(kind: Kind, past: Past, hours: Sequence[int | None]) -> History:
    seen = [
        (Interval(Instant(past.start + number * HOUR), HOUR), float(energy))
        for number, energy in enumerate(hours)
        if energy is not None
    ]
    return History.of(kind, ZoneInfo(past.zone), seen, past.now)


@lru_cache(maxsize=(DAYS_BACK + 3) * DAY_SLOTS)
def _place(at: Instant, zone: ZoneInfo) -> tuple[int, int]:
    """The ordinal of the local day, and the quarter of it by the clock."""
    local = to_datetime(at).astimezone(zone)
    return local.toordinal(), local.hour * 4 + local.minute // 15


def _weekend(ordinals: NDArray[np.int64]) -> NDArray[np.bool_]:
    # date(1, 1, 1), of ordinal 1, is a Monday.
    return (ordinals - 1) % 7 >= 5
