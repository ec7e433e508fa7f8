"""Why a device does what it does: spans of steps with the prices that decide, and a sentence for each."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Self
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from temix_market.instants import Instant, to_datetime
from temix_market.units import Money, Price

from temix_gateway.planning.devices import Battery, Curtailable, Device, PvCurtailment
from temix_gateway.planning.devices.fields import money
from temix_gateway.planning.models.model import Floats, Grid, Schedule
from temix_gateway.planning.problem import Problem
from temix_gateway.planning.result import Reason, Why

IDLE_WATTS = 1.0
"""Less than this is nothing."""
HUNDRED = 100
"""From there on an amount is told without fractions."""


@dataclass(frozen=True, slots=True)
class Words:
    """How sentences name times and money."""

    zone: ZoneInfo
    currency: str

    @classmethod
    def of(cls, problem: Problem) -> Self:
        """As a problem says."""
        return cls(ZoneInfo(problem.zone), problem.currency)

    def time(self, instant: Instant, now: Instant) -> str:
        """Local clock time, never to be mistaken.

        With the weekday where the clock shows that time earlier, too; with the zone's name where it shows it
        twice in a night.
        """
        local, from_now = (to_datetime(each).astimezone(self.zone) for each in (instant, now))
        far = local.replace(tzinfo=None) - from_now.replace(tzinfo=None) >= timedelta(hours=24)
        twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
        return local.strftime(f"{'%a ' if far else ''}%H:%M{' %Z' if twice else ''}")

    def price(self, price: float) -> str:
        """A price per kWh."""
        return f"{price:z.3f} {self.currency}/kWh"

    def money(self, money: Money) -> str:
        """An amount of money."""
        return f"{money / 1e9:z.2f} {self.currency}"

    def amount(self, amount: float, unit: str) -> str:
        """How much of a wish is missed: watt-hours are told in thousands."""
        if unit.startswith("Wh"):
            amount, unit = amount / 1000, f"k{unit}"
        return f"{amount:.0f} {unit}" if amount >= HUNDRED else f"{amount:.3g} {unit}"


@dataclass(frozen=True, slots=True)
class Told:
    """What reasons are told from: what a kWh more costs (``marginal``) and one less saves, currency units."""

    device: Device
    grid: Grid
    marginal: Floats
    saved: Floats
    words: Words

    def reasons(self, schedule: Schedule) -> tuple[Reason, ...]:
        """Spans in which the device does one thing, covering all steps."""
        doing = self._doing(schedule)
        edges = [0, *(np.flatnonzero(np.diff(doing)) + 1).tolist(), len(self.grid)]
        spans = list(pairwise(edges))
        busy = [span for span in spans if doing[span[0]]]
        return tuple(
            self._reason(span, int(doing[span[0]]), next((later for later in busy if later > span), None))
            for span in spans
        )

    def _doing(self, schedule: Schedule) -> NDArray[np.int64]:
        """1 where it draws, −1 where it gives, 0 where it rests; for what pauses, 1 is the pause."""
        if isinstance(self.device, Curtailable):
            load = np.array(self.device.load)
            return np.where((load > IDLE_WATTS) & (schedule.power < IDLE_WATTS), 1, 0)
        return np.where(schedule.power > IDLE_WATTS, 1, np.where(schedule.power < -IDLE_WATTS, -1, 0))

    def _mean(self, span: tuple[int, int]) -> float:
        # Sun that is held back would be a kWh less for the home, not one more.
        prices = self.saved if isinstance(self.device, PvCurtailment) else self.marginal
        return float(np.average(prices[slice(*span)], weights=self.grid.hours[slice(*span)]))

    def _reason(self, span: tuple[int, int], doing: int, busy: tuple[int, int] | None) -> Reason:
        first, end = span
        now, price = self.grid.steps[0].start, self._mean(span)
        later = until = None
        if busy is not None and not doing:
            later, until = self._mean(busy), self.grid.steps[busy[0]].start
        why = _why(self.device, doing, waits=until is not None)
        costs = self.words.price(price)
        if later is not None and until is not None and why is Why.WAITS:
            begins, then = self.words.time(until, now), self.words.price(later)
            sentence = f"Waits until {begins}: until then {costs} on average, then {then}."
        else:
            ends = self.words.time(self.grid.steps[end - 1].end, now)
            sentence = self._running(price) if why is Why.RUNS else _SENTENCES[why]
            sentence = sentence.format(ends=ends, costs=costs)
        return Reason(
            first=first,
            count=end - first,
            why=why,
            price=Price(round(price * 1e6)),
            later=None if later is None else Price(round(later * 1e6)),
            until=until,
            sentence=sentence,
        )

    def _running(self, price: float) -> str:
        match self.device:
            case PvCurtailment():
                return "Produces all that it can until {ends}: a kWh is worth {costs} on average."
            case Curtailable() if price <= money(self.device.worth):
                return "Runs until {ends}: {costs} on average is less than its use is worth."
            case Curtailable():
                return "Runs until {ends} at {costs} on average: it may not pause longer."
            case _:
                return "Runs until {ends} at {costs} on average."


_SENTENCES = {
    Why.HOLDS: "Holds until {ends}: {costs} on average is worth neither charging nor giving.",
    Why.CHARGES: "Charges until {ends} at {costs} on average.",
    Why.GIVES: "Gives until {ends}, when a kWh is worth {costs} on average.",
    Why.PAUSES: "Pauses until {ends}: {costs} on average is more than its use is worth.",
    Why.CURTAILS: "Produces less until {ends}: a kWh more would bring {costs}.",
    Why.DONE: "Has nothing more to do within the horizon.",
}


def _why(device: Device, doing: int, *, waits: bool) -> Why:
    match device:
        case Battery():
            return {1: Why.CHARGES, -1: Why.GIVES, 0: Why.HOLDS}[doing]
        case Curtailable():
            return Why.PAUSES if doing else Why.RUNS
        case PvCurtailment():
            return Why.CURTAILS if doing else Why.RUNS
        case _:
            return Why.RUNS if doing else Why.WAITS if waits else Why.DONE
