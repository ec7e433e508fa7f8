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

from temix_gateway.planning.devices import (
    Battery,
    Curtailable,
    DailyRun,
    Device,
    EvCharger,
    PvCurtailment,
    SingleRun,
)
from temix_gateway.planning.devices.fields import money
from temix_gateway.planning.models.model import Bools, Floats, Grid, Schedule
from temix_gateway.planning.problem import Problem
from temix_gateway.planning.result import Reason, Why

IDLE_WATTS = 1.0
"""Less than this is nothing."""
HUNDRED = 100
"""From there on an amount is told without fractions."""
PLACES = 3
"""Decimal places of a price: prices that look alike are alike."""
CLOSE = 0.01
"""Share of a battery's capacity within which it is full, or at its reserve."""
LEAST_TOLD = Money(5_000_000)
"""Half a cent: less is not told."""


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
        return f"{price:z.{PLACES}f} {self.currency}/kWh"

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
            self._waiting(span, next((later for later in busy if later > span), None), schedule)
            if not doing[span[0]] and self._waits
            else self._reason(span, int(doing[span[0]]), schedule)
            for span in spans
        )

    @property
    def _waits(self) -> bool:
        """Whether it has something to do, and then nothing."""
        return not isinstance(self.device, Battery | Curtailable | PvCurtailment)

    def _doing(self, schedule: Schedule) -> NDArray[np.int64]:
        """1 where it draws, −1 where it gives, 0 where it rests; for what pauses, 1 is the pause."""
        if isinstance(self.device, Curtailable):
            load = np.array(self.device.load)
            return np.where((load > IDLE_WATTS) & (schedule.power < IDLE_WATTS), 1, 0)
        return np.where(schedule.power > IDLE_WATTS, 1, np.where(schedule.power < -IDLE_WATTS, -1, 0))

    def _mean(self, span: tuple[int, int], able: Bools | None = None) -> float:
        # Sun that is held back would be a kWh less for the home, not one more.
        prices = self.saved if isinstance(self.device, PvCurtailment) else self.marginal
        part = slice(*span)
        hours = self.grid.hours[part] if able is None else np.where(able[part], self.grid.hours[part], 0.0)
        return float(np.average(prices[part], weights=hours))

    def _waiting(self, span: tuple[int, int], busy: tuple[int, int] | None, schedule: Schedule) -> Reason:
        """Why it rests until ``busy``, or for good."""
        if busy is None:
            return self._told(span, Why.DONE, self._mean(span), _done(schedule))
        now, able = self.grid.steps[0].start, _able(self.device, self.grid)
        until, later = self.grid.steps[busy[0]].start, self._mean(busy)
        begins, then = self.words.time(until, now), self.words.price(later)
        if not able[slice(*span)].any():
            why, price = Why.BARRED, self._mean(span)
            sentence = f"Cannot run before {begins}; then it runs at {then} on average."
        else:
            price = self._mean(span, able)
            why = Why.WAITS if round(price, PLACES) > round(later, PLACES) else Why.NOT_YET
            if why is Why.WAITS:
                sentence = (
                    f"Waits until {begins}: until then {self.words.price(price)} on average, then {then}."
                )
            else:
                rests = "Rests until" if _missed(schedule) else "Need not run before"
                sentence = f"{rests} {begins}; then it runs at {then} on average."
        return self._told(span, why, price, sentence, busy)

    def _reason(self, span: tuple[int, int], doing: int, schedule: Schedule) -> Reason:
        now, price, why = self.grid.steps[0].start, self._mean(span), _why(self.device, doing)
        sentence = _SENTENCES.get(why)
        if why is Why.RUNS:
            sentence = self._running(price)
        elif why is Why.HOLDS and isinstance(self.device, Battery):
            sentence = _holding(self.device, schedule, span[0])
        ends = self.words.time(self.grid.steps[span[1] - 1].end, now)
        return self._told(span, why, price, str(sentence).format(ends=ends, costs=self.words.price(price)))

    def _told(
        self,
        span: tuple[int, int],
        why: Why,
        price: float,
        sentence: str,
        busy: tuple[int, int] | None = None,
    ) -> Reason:
        return Reason(
            first=span[0],
            count=span[1] - span[0],
            why=why,
            price=_micro(price),
            later=None if busy is None else _micro(self._mean(busy)),
            until=None if busy is None else self.grid.steps[busy[0]].start,
            sentence=sentence,
        )

    def _running(self, price: float) -> str:
        match self.device:
            case PvCurtailment():
                return "Produces all that it can until {ends}: a kWh is worth {costs} on average."
            case Curtailable() if price <= money(self.device.worth):
                return "Runs until {ends}: {costs} on average is less than its use is worth."
            case Curtailable():
                return "Runs until {ends} at {costs} on average: it may not pause longer, or again so soon."
            case _:
                return "Runs until {ends} at {costs} on average."


_SENTENCES = {
    Why.CHARGES: "Charges until {ends} at {costs} on average.",
    Why.GIVES: "Gives until {ends}, when a kWh is worth {costs} on average.",
    Why.PAUSES: "Pauses until {ends}: {costs} on average is more than its use is worth.",
    Why.CURTAILS: "Produces less until {ends}: a kWh more would bring {costs}.",
}


def _holding(battery: Battery, schedule: Schedule, step: int) -> str:
    held = battery.stored if schedule.state is None else float(schedule.state[step])
    close = CLOSE * battery.capacity
    if held <= battery.reserve + close:
        return "Holds until {ends}: it is at its reserve, and {costs} on average is not worth charging at."
    if held >= battery.capacity - close:
        return "Holds until {ends}: it is full, and {costs} on average is not worth giving at."
    return "Holds until {ends}: {costs} on average is worth neither charging nor giving."


def _missed(schedule: Schedule) -> set[str]:
    """The wishes that are missed by more than is worth telling."""
    return {wish.wish for wish in schedule.missed if wish.cost * 1e9 >= LEAST_TOLD}


def _done(schedule: Schedule) -> str:
    missed = _missed(schedule)
    if "run" in missed:
        return "Does not run within the horizon: no start fits, or it is worth less than it would cost."
    return "Does no more within the horizon." if missed else "Has nothing more to do within the horizon."


def _able(device: Device, grid: Grid) -> Bools:
    """In which steps a device that waits could run."""
    match device:
        case EvCharger():
            leaves = device.ready_by if device.stays_until is None else device.stays_until
            return grid.within(grid.steps[0].start if device.arrives is None else device.arrives, leaves)
        case DailyRun():
            able: Bools = np.any([grid.within(each.start, each.end) for each in device.windows], axis=0)
            return able
        case SingleRun(earliest=int(earliest)):
            return grid.start >= earliest
        case _:
            return np.ones(len(grid), dtype=np.bool_)


def _micro(price: float) -> Price:
    return Price(round(price * 1e6))


def _why(device: Device, doing: int) -> Why:
    match device:
        case Battery():
            return {1: Why.CHARGES, -1: Why.GIVES, 0: Why.HOLDS}[doing]
        case Curtailable():
            return Why.PAUSES if doing else Why.RUNS
        case PvCurtailment():
            return Why.CURTAILS if doing else Why.RUNS
        case _:
            return Why.RUNS
