"""What the home owes, kept up as settlements arrive: today, this month, and all time. Cheap to ask."""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, Self
from zoneinfo import ZoneInfo

from temix_market.calendar import day_at, local_date, local_day
from temix_market.instants import FIVE_MINUTES, HOUR, Duration, Instant
from temix_market.intervals import Interval
from temix_market.products import Side
from temix_market.settlement import Settlement
from temix_market.tariffs import Extras, Tariff, total
from temix_market.transactions import Kind, Pair
from temix_market.units import Energy, Money

from temix_gateway.ledger import totals
from temix_gateway.ledger.totals import Figures

BACK: Final = Duration(12 * 24 * HOUR)
"""Corrections reach so far back at most; with the month so far it is what is kept in memory."""


NO_EXTRAS: Final = Extras()


@dataclass(frozen=True, slots=True)
class Bills:
    """How sides are compared: the retailer's own charges, and the tariffs that would apply otherwise."""

    zone: ZoneInfo
    extras: Extras = NO_EXTRAS
    tariffs: tuple[Tariff, ...] = ()


@dataclass(frozen=True, slots=True)
class Day:
    """One local day so far: its figures, the retailer's extras, and what the first tariff would have cost."""

    figures: Figures
    extras: Money
    tariff: Money
    settled: int

    @property
    def total(self) -> Money:
        """What the home owes for it."""
        return Money(self.figures.total + self.extras)


NOTHING: Final = Day(Figures(), Money(0), Money(0), 0)


@dataclass(frozen=True, slots=True)
class Sums:
    """What a ledger adds up to: its newer steps one by one, and everything together."""

    since: Instant
    steps: Mapping[Instant, Figures]
    ever: Figures
    traded: tuple[Energy, Energy]
    first: Instant | None
    newest: int
    latest: tuple[Interval, Energy, Energy] | None

    @classmethod
    def of(cls, connection: sqlite3.Connection, path: Path, since: Instant) -> Self:
        """Add up the ledger at ``path`` with all its archives; its steps from ``since`` on."""
        older = totals.beyond(connection, path)
        bought, sold = totals.traded(connection)
        return cls(
            since,
            {step.start: step.figures for step in totals.steps(connection, Interval(since, Duration(2**62)))},
            totals.whole(connection) + older.figures,
            (Energy(bought + older.bought), Energy(sold + older.sold)),
            older.first or totals.first(connection),
            totals.newest(connection),
            totals.latest(connection),
        )


class Accounts:
    """One ledger's sums."""

    def __init__(self, bills: Bills, now: Callable[[], Instant]) -> None:
        """Empty; call ``load`` before anything else."""
        self.bills = bills
        self.ever = Figures()
        self.bought = self.sold = Energy(0)
        self.since: Instant | None = None
        self.record = 0
        self.latest: tuple[Interval, Energy, Energy] | None = None
        """The last settled interval, with its position and its delivery."""
        self.stale = True
        """Whether a correction reached further back than what is kept: ``load`` again."""
        self._now = now
        self._steps: dict[Instant, Figures] = {}
        self._days: dict[date, Day] = {}
        self._kept_from = Instant(0)

    def load(self, sums: Sums) -> None:
        """Begin with what a ledger adds up to."""
        self._kept_from = sums.since
        self._steps = dict(sums.steps)
        self.ever, (self.bought, self.sold) = sums.ever, sums.traded
        self.since, self.record, self.latest = sums.first, sums.newest, sums.latest
        self._days = {}
        self.stale = False

    def settled(self, settlements: Iterable[Settlement], record: int) -> None:
        """Take up settlements that the ledger has; ``record`` is its newest."""
        for settlement in settlements:
            start, figures = settlement.interval.start, _figures(settlement)
            if start < self._kept_from:
                self.stale = True
                continue
            self.ever += figures - self._steps.get(start, Figures())
            self._steps[start] = figures
            self._days.pop(local_date(self.bills.zone, start), None)
            if self.latest is None or start >= self.latest[0].start:
                self.latest = settlement.interval, settlement.position, settlement.delivery
            self.since = start if self.since is None else min(self.since, start)
        self.record = record
        self._forget()

    def booked(self, pair: Pair) -> None:
        """Count a new transaction."""
        if pair.kind is Kind.TRADE and pair.energy.side is Side.SELL:
            self.bought = Energy(self.bought + pair.quantity)
        elif pair.kind is Kind.TRADE:
            self.sold = Energy(self.sold - pair.quantity)

    def day(self, day: date) -> Day:
        """A local day so far, of this month or the last twelve days."""
        if day not in self._days:
            self._days[day] = self._add_up(day)
        return self._days[day]

    def month(self) -> Sequence[Day]:
        """The days of this month up to today."""
        today = local_date(self.bills.zone, self._now())
        return [self.day(today.replace(day=number)) for number in range(1, today.day + 1)]

    def is_settled(self, start: Instant) -> bool:
        """Whether an interval of the kept days is settled."""
        return start in self._steps

    @property
    def tariff(self) -> Tariff | None:
        """What savings are measured by."""
        return self.bills.tariffs[0] if self.bills.tariffs else None

    def _add_up(self, day: date) -> Day:
        within = self._within(local_day(self.bills.zone, day))
        if not within:
            return NOTHING
        figures = sum(within.values(), Figures())
        charges = self.bills.extras.of_day(day, figures.imported, figures.total)
        deliveries = [(start, Energy(each.imported - each.exported)) for start, each in within.items()]
        tariff = self.tariff
        bill = [] if tariff is None else tariff.of_day(self.bills.zone, day, deliveries)
        return Day(figures, total(charges), total(bill), len(within))

    def _within(self, day: Interval) -> Mapping[Instant, Figures]:
        return {
            step.start: self._steps[step.start]
            for step in day.split(FIVE_MINUTES)
            if step.start in self._steps
        }

    def oldest(self) -> Instant:
        """From when on steps are kept."""
        now, zone = self._now(), self.bills.zone
        month = local_day(zone, local_date(zone, now).replace(day=1)).start
        return min(month, day_at(zone, Instant(now - BACK)).start)

    def _forget(self) -> None:
        oldest = self.oldest()
        if oldest == self._kept_from:
            return
        self._kept_from = oldest
        self._steps = {start: figures for start, figures in self._steps.items() if start >= oldest}
        first = local_date(self.bills.zone, oldest)
        self._days = {day: sums for day, sums in self._days.items() if day >= first}


def _figures(settlement: Settlement) -> Figures:
    subscription = sum(account.subscription for account in settlement.accounts)
    rest = settlement.total - subscription
    if settlement.delivery < 0:
        return Figures(Energy(0), Energy(-settlement.delivery), Money(subscription), Money(-rest))
    return Figures(Energy(settlement.delivery), Energy(0), Money(settlement.total), Money(0))
