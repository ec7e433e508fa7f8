"""What today and this month will cost: what is settled, what is committed, and what is expected beyond."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import fmean
from typing import Final

from temix_market.calendar import local_date, local_day
from temix_market.instants import FIVE_MINUTES, Duration, Instant
from temix_market.intervals import Interval, spread_evenly
from temix_market.outlook import Expected, Spread, expect
from temix_market.positions import Positions
from temix_market.tariffs import total
from temix_market.units import Energy, Money

from temix_gateway.accounts import Accounts
from temix_gateway.planning import Plan, Problem

TYPICAL_DAYS: Final = 7
"""A day beyond the horizon costs what the last days cost, today among them."""
WHOLE: Final = 0.95
"""So much of a past day must be settled for it to count as one."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is expected to be owed for the whole of today and of this month (nano); nothing without a plan.

    ``rest`` are the intervals of today from the present one on, ``tomorrow`` those of tomorrow.
    """

    today: Money | None
    month: Money | None
    now: Expected
    rest: Sequence[Expected]
    tomorrow: Sequence[Expected]


def plan_loads(plan: Plan | None) -> dict[Instant, Energy]:
    """The net import that a plan expects of each 5 minutes, advised devices included."""
    if plan is None:
        return {}
    return {
        part.start: energy
        for step, load in zip(plan.steps, plan.net_load, strict=True)
        for part, energy in zip(
            step.split(FIVE_MINUTES), spread_evenly(load, step.duration // FIVE_MINUTES), strict=True
        )
    }


def problem_prices(problem: Problem | None) -> dict[Instant, Spread]:
    """The best prices that a problem had for each 5 minutes: tenders, beyond them its forecast."""
    if problem is None:
        return {}
    return {
        part.start: Spread(step.buy[0].price, step.sell[0].price)
        for step in problem.steps
        for part in step.interval.split(FIVE_MINUTES)
    }


def forecast(
    now: Instant,
    accounts: Accounts,
    positions: Positions,
    loads: Mapping[Instant, Energy],
    prices: Mapping[Instant, Spread],
) -> Forecast:
    """Look ahead from ``now``. What is over but not settled counts as its position."""
    zone = accounts.bills.zone
    today = local_date(zone, now)
    day, next_day = local_day(zone, today), local_day(zone, today + timedelta(days=1))
    expected = expect(day, positions, loads, prices)
    rest = [step for step in expected if step.interval.end > now]
    over = [step for step in expected if step.interval.end <= now]
    waiting = [step for step in over if not accounts.is_settled(step.interval.start)]
    tomorrow = expect(next_day, positions, loads, prices)
    known = any(step.load is not None for step in rest)
    whole = _day_cost(accounts, today, [*waiting, *rest]) if known else None
    month = None if whole is None else _month(accounts, today, whole)
    return Forecast(whole, month, rest[0], rest, tomorrow)


def _day_cost(accounts: Accounts, today: date, expected: Sequence[Expected]) -> Money:
    """What is settled of a day and what is expected of it, with the retailer's extras."""
    figures = accounts.day(today).figures
    loads = [step.position if step.load is None else step.load for step in expected]
    imported = Energy(figures.imported + sum(load for load in loads if load > 0))
    energy = Money(figures.total + sum(step.cost for step in expected))
    return Money(energy + total(accounts.bills.extras.of_day(today, imported, energy)))


def _month(accounts: Accounts, today: date, whole: Money) -> Money:
    past = sum(day.total for day in accounts.month()[:-1])
    days = [today - timedelta(days=back) for back in range(1, TYPICAL_DAYS)]
    typical = [accounts.day(day).total for day in days if _is_whole(accounts, day)]
    first = today.replace(day=1)
    left = ((first + timedelta(days=31)).replace(day=1) - today).days - 1
    return Money(past + whole + round(left * fmean([whole, *typical])))


def _is_whole(accounts: Accounts, day: date) -> bool:
    length = local_day(accounts.bills.zone, day).duration // FIVE_MINUTES
    return accounts.day(day).settled >= WHOLE * length


def span(steps: Sequence[Expected], empty_at: Instant) -> Interval:
    """The interval that neighbouring steps fill; five minutes where there are none."""
    if not steps:
        return Interval(empty_at, FIVE_MINUTES)
    first, last = steps[0].interval, steps[-1].interval
    return Interval(first.start, Duration(last.end - first.start))
