"""Deliveries: net import as the meter saw it, per 5 minutes."""

from collections.abc import Iterable
from dataclasses import dataclass

from temix_market.errors import InvalidField
from temix_market.instants import FIVE_MINUTES
from temix_market.intervals import Interval, spread_evenly
from temix_market.units import Energy


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
