"""Deliveries: net import as the meter saw it, per 5 minutes, and until when a reading of it counts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from temix_market.calendar import local_date, local_day
from temix_market.errors import InvalidField
from temix_market.instants import FIVE_MINUTES, HOUR, Duration, Instant
from temix_market.intervals import Interval, spread_evenly
from temix_market.units import Energy

FINAL_AFTER: Final = Duration(10 * 24 * HOUR)
"""So long after its interval a settlement is final, unless the retailer's readings made it so before."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Net import over one interval (Wh; export negative); ``estimated`` where it was not measured as such."""

    interval: Interval
    energy: Energy
    estimated: bool = False

    def steps(self) -> Iterable[Delivery]:
        """Cut to 5-minute steps: evenly, the sum exact, marked estimated where it had to be spread.

        Raises:
            InvalidField: the interval is not made of whole 5-minute steps on the clock.
        """
        if self.interval.start % FIVE_MINUTES:
            raise InvalidField("interval", f"{self.interval} does not start on a 5-minute mark")
        steps = list(self.interval.split(FIVE_MINUTES))
        spread = len(steps) > 1
        return [
            Delivery(step, energy, self.estimated or spread)
            for step, energy in zip(steps, spread_evenly(self.energy, len(steps)), strict=True)
        ]


def is_late(step: Interval, at: Instant) -> bool:
    """Whether ten days are over at ``at``: a reading of ``step`` that was signed then no longer counts."""
    return at >= step.end + FINAL_AFTER


def of_whole_days(zone: ZoneInfo, measured: Iterable[Instant]) -> frozenset[Instant]:
    """Of the 5-minute steps that were measured (their starts), those whose whole local day was."""
    days: dict[date, set[Instant]] = {}
    for start in measured:
        days.setdefault(local_date(zone, start), set()).add(start)
    whole = (
        starts for day, starts in days.items() if len(starts) == local_day(zone, day).duration // FIVE_MINUTES
    )
    return frozenset().union(*whole)
