"""Forecast errors of the published prices: seeded, shrinking towards delivery, different at each re-issue."""

import itertools
import random
from bisect import bisect_left
from functools import lru_cache
from math import sqrt
from typing import Final

from temix_market.instants import FIVE_MINUTES, HOUR, Duration, Instant

_ANCHORS: Final = ((5, 60), (15, 80), (60, 110), (180, 125), (3_000, 150))
"""Standard deviation (thousandths of the price) by lead time (minutes).

How it grows follows the errors of CAISO/SCE's CO₂ forecasts 5, 15, 60 and 180 minutes ahead (June 2021), at
half their size; two days ahead is our guess.
"""
LIMIT: Final = 400
"""No error is larger than this, in thousandths."""
_STEPS: Final = 3_000 // 5


def forecast_error(seed: int, hour: Instant, issued: Instant) -> int:
    """By how many thousandths the wholesale price of a UTC hour is misjudged by what is issued at ``issued``.

    A random walk back in time from the hour's end: what is issued later knows more of the same path. It
    depends on the seed, the hour and the instant alone, so a retailer that restarts goes on as if it had
    not stopped.
    """
    lead = Duration(hour + HOUR - issued)
    return _walk(seed, hour).at(max(0, min(_STEPS - 1, lead // FIVE_MINUTES - 1)))


class _Walk:
    """The random walk of one hour, made as far as it was asked for."""

    def __init__(self, seed: int, hour: Instant) -> None:
        self._random = random.Random(f"temix forecast {seed} {hour}")  # noqa: S311 - a simulation, no secret
        self._error = 0.0
        self._path: list[int] = []

    def at(self, step: int) -> int:
        """The error ``step`` steps before the end of the hour."""
        while len(self._path) <= step:
            self._error += self._random.gauss(0, _DEVIATIONS[len(self._path)])
            self._path.append(max(-LIMIT, min(LIMIT, round(self._error))))
        return self._path[step]


@lru_cache(maxsize=256)
def _walk(seed: int, hour: Instant) -> _Walk:
    return _Walk(seed, hour)


def _variance(minutes: int) -> float:
    leads = [lead for lead, _ in _ANCHORS]
    right = max(1, bisect_left(leads, minutes))
    (start, before), (end, after) = _ANCHORS[right - 1], _ANCHORS[right]
    return before**2 + (after**2 - before**2) * (minutes - start) / (end - start)


_TOTALS: Final = [0.0, *(_variance(step * 5) for step in range(1, _STEPS + 1))]
_DEVIATIONS: Final = [sqrt(after - before) for before, after in itertools.pairwise(_TOTALS)]
