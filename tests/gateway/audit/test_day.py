"""The audit of a day: cases in their order, the regret split without rest, and nothing guessed."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random

import msgspec
import pytest
from temix_gateway.audit.day import UNMEASURED, Evidence, Planned, audit
from temix_gateway.audit.history import AuditHistory
from temix_gateway.forecast import plan_loads
from temix_gateway.planning import Plan, Problem
from temix_gateway.planning.example import example
from temix_gateway.planning.planner import plan
from temix_market.instants import FIVE_MINUTES, HOUR, Duration, Instant
from temix_market.intervals import Interval
from temix_market.outlook import Spread
from temix_market.statement import Account, Settled
from temix_market.units import Energy, Money, Price

from tests.gateway.market import NOW

DAY = Interval(NOW, Duration(24 * HOUR))
PROBLEM = example(NOW)
PLAN = plan(PROBLEM, budget=0.0)


def solve(problem: Problem, budget: float) -> Plan:
    """Plan without a clock: the greedy level, and a short search where more is allowed."""
    return plan(problem, budget=0.0 if budget <= 1 else 0.3)


def greedily(problem: Problem, budget: float) -> Plan:
    """Plan alike on any machine."""
    return plan(problem, budget=0.0)


def evidence(
    *, planned: bool = True, delivered: int | None = None, seed: int = 5, made_at: int = NOW
) -> Evidence:
    """A day at prices that the forecast did not know, delivered as planned or at a constant rate."""
    random = Random(seed)
    prices = {
        Instant(start): Spread(Price(price), Price(price - 5_000))
        for start in range(DAY.start, DAY.end + 12 * HOUR, FIVE_MINUTES)
        for price in [random.randrange(20_000, 300_000)]
    }
    loads = plan_loads(PLAN)
    settled = []
    for step in DAY.split(FIVE_MINUTES):
        load = loads[step.start] if delivered is None else Energy(delivered)
        deviation = load - 50
        price = prices[step.start].buy if deviation > 0 else prices[step.start].sell
        account = Account(Money(50 * 90_000), Money(0), Money(deviation * price))
        settled.append(
            Settled(step.start, Energy(50), Energy(50), load, False, False, True, account, Account())
        )
    kept = msgspec.structs.replace(PLAN, made_at=Instant(made_at))
    return Evidence("2026-09-21", DAY, settled, prices, [Planned(PROBLEM, kept)] if planned else [])


def test_a_day_as_planned_has_no_execution_error() -> None:
    done = audit(evidence(), solve)
    assert done.executed == done.exact
    assert done.execution_regret == "0"
    assert done.notes == [UNMEASURED]


def test_the_regret_is_split_without_rest_and_the_optimum_is_the_least() -> None:
    done = audit(evidence(delivered=90), solve)
    a, b, c, d = (Decimal(text or "") for text in (done.executed, done.exact, done.perfect, done.optimum))
    parts = (done.execution_regret, done.forecast_regret, done.plan_regret)
    assert [Decimal(text or "") for text in parts] == [a - b, b - c, c - d]
    assert sum(Decimal(text or "") for text in parts) == a - d
    assert d <= c
    for other in (done.uncontrolled, done.cheapest):
        assert Decimal(other or "") != 0
    assert Decimal(done.uncontrolled or "") > d


def test_all_cases_carry_the_same_subscription() -> None:
    found = evidence()
    dearer = [
        replace(step, energy=replace(step.energy, subscription=Money(step.energy.subscription + 1_000_000)))
        for step in found.settled
    ]
    more = Decimal(len(dearer)) / 1000
    before = audit(found, greedily)
    after = audit(replace(found, settled=dearer), greedily)
    for name in ("executed", "exact", "perfect", "optimum", "uncontrolled", "cheapest"):
        assert Decimal(getattr(after, name)) - Decimal(getattr(before, name)) == more
    for name in ("execution_regret", "forecast_regret", "plan_regret"):
        assert getattr(after, name) == getattr(before, name)


@pytest.mark.parametrize(
    "found,note",
    [
        (evidence(planned=False), "no plan of the day"),
        (evidence(made_at=NOW + 3 * HOUR), "3 h after midnight"),
        (Evidence("d", DAY, evidence().settled[:-2], evidence().prices, evidence().planned), "2 intervals"),
        (Evidence("d", DAY, evidence().settled, {}, evidence().planned), "spot of an interval"),
    ],
)
def test_what_lacks_is_said_and_nothing_is_guessed(found: Evidence, note: str) -> None:
    def never(problem: Problem, budget: float) -> Plan:
        raise AssertionError

    done = audit(found, never)
    assert note in done.notes[0]
    assert done.exact is done.perfect is done.optimum is done.uncontrolled is done.cheapest is None
    assert Decimal(done.executed) == Decimal(sum(step.total for step in found.settled)) / 10**9


def test_plans_are_kept_for_forty_days_and_audits_by_revision(tmp_path: Path) -> None:
    history = AuditHistory(tmp_path / "audit.db")
    assert history.planned(DAY) == []
    for hours in (-41 * 24, -2, 0, 5, 30):
        made = Instant(NOW + hours * HOUR)
        history.keep(PROBLEM, msgspec.structs.replace(PLAN, made_at=made))
    assert [(each.plan.made_at - NOW) // HOUR for each in history.planned(DAY)] == [0, 5]
    assert history.planned(DAY)[0] == Planned(PROBLEM, msgspec.structs.replace(PLAN, made_at=NOW))
    long_ago = Interval(Instant(NOW - 42 * 24 * HOUR), Duration(48 * HOUR))
    assert history.planned(long_ago) == []
    done = audit(evidence(planned=False), solve)
    history.file(done, 7)
    assert history.audit(done.day, 7) == done
    assert history.audit(done.day, 8) is None
    assert (tmp_path / "audit.db").stat().st_mode & 0o077 == 0
