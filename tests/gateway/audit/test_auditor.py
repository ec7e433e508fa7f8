"""The running gateway audits settled days by itself, and the statement shows it in every form."""

import csv
import json
from datetime import date
from io import StringIO
from pathlib import Path
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from temix_gateway.audit.auditor import Auditor, Solver
from temix_gateway.audit.history import AuditHistory
from temix_gateway.files import Files
from temix_gateway.home.account import Audit
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.ledger.writer import InlineWriter
from temix_gateway.planning import Plan, Problem
from temix_gateway.planning.worker import PlannerLost
from temix_market.calendar import local_date
from temix_market.instants import FIVE_MINUTES, HOUR, Instant
from temix_market.settlement import settle
from temix_market.transactions import Kind

from tests.gateway.audit.test_day import DAY, PLAN, PROBLEM, greedily
from tests.gateway.commands.test_statement import config, run
from tests.gateway.market import NOW, FakeClock, delivery, pair, spots, subscription

__all__ = ["config"]

pytestmark = pytest.mark.timeout(60)  # it plans

ZONE: Final = ZoneInfo("Etc/GMT-10")
"""Where ``NOW`` is midnight."""
NAME: Final = local_date(ZONE, NOW)
PAIR: Final = pair("s", NOW, quantity=120, kind=Kind.SUBSCRIPTION)


class Audited:
    """A gateway's folder with one settled day, and what was planned in it."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock(Instant(DAY.end + HOUR))
        self.files = Files(folder)
        self.ledger = Ledger(self.files.ledger, self.clock, InlineWriter())
        AuditHistory(self.files.audit).keep(PROBLEM, PLAN)
        self.asked = 0
        self.auditor = Auditor(self.files, ZONE, self.clock.now, self.solve)

    def solve(self, problem: Problem, budget: float) -> Plan:
        """Plan alike on any machine, and count."""
        self.asked += 1
        return greedily(problem, budget)

    async def settle(self, count: int = 288) -> None:
        """Settle the day's first steps."""
        random = Random(3)
        await self.ledger.take(subscription(self.ledger, PAIR))
        reads, frozen, settled = [], [], []
        for start in range(NOW, NOW + count * FIVE_MINUTES, FIVE_MINUTES):
            price = random.randrange(20_000, 300_000)
            reads.append(delivery(start, random.randrange(0, 200)))
            frozen += spots(start, price, price - 5_000)
            settled.append(settle(reads[-1], [PAIR] if start < NOW + HOUR else [], frozen[-2:]))
        await self.ledger.deliver(reads)
        await self.ledger.freeze(frozen)
        await self.ledger.settle(settled)

    async def correct(self) -> None:
        """The meter's first reading is corrected, and settled anew."""
        read = delivery(NOW, 999)
        await self.ledger.deliver([read])
        price = Random(3).randrange(20_000, 300_000)
        await self.ledger.settle([settle(read, [PAIR], spots(NOW, price, price - 5_000))])

    @property
    def kept(self) -> dict[str, tuple[int, Audit]]:
        """What lies in the file."""
        return AuditHistory(self.files.audit).audits()


async def test_a_settled_day_is_audited_once_and_again_when_it_is_corrected(tmp_path: Path) -> None:
    made = Audited(tmp_path)
    await made.settle()
    made.auditor.catch_up()
    revision, done = made.kept[NAME.isoformat()]
    assert done.optimum is not None
    assert done.execution_regret is not None
    assert made.asked
    asked = made.asked
    made.auditor.catch_up()
    assert made.asked == asked
    await made.correct()
    made.auditor.catch_up()
    newer, again = made.kept[NAME.isoformat()]
    assert newer > revision
    assert again.executed != done.executed
    assert made.asked > asked
    made.ledger.close()


async def test_a_day_that_is_not_over_or_not_settled_is_not_planned(tmp_path: Path) -> None:
    made = Audited(tmp_path)
    made.auditor.catch_up()
    assert made.kept == {}
    await made.settle(count=287)
    made.clock.wall = Instant(DAY.end - 1)
    made.auditor.catch_up()
    assert made.kept == {}
    made.clock.wall = DAY.end
    made.auditor.catch_up()
    [(_, done)] = made.kept.values()
    assert done.optimum is None
    assert done.notes == ["1 intervals of the day are not settled"]
    assert not made.asked
    made.ledger.close()


def test_an_audit_that_is_ended_plans_no_more() -> None:
    solver = Solver()
    solver.end()
    with pytest.raises(PlannerLost):
        solver(PROBLEM, 0.0)


def test_the_statement_shows_a_days_audit_in_every_form(config: Path, tmp_path: Path) -> None:
    period = ("--from", "2026-10-01", "--to", "2026-10-03")
    plain = json.loads(run(config, *period, "--json"))
    assert all("audit" not in line for line in plain["lines"])
    files = Files(config.parent / "data")
    now = Instant(plain["made"])
    auditor = Auditor(files, ZoneInfo(plain["zone"]), lambda: now, greedily)
    without_plan = auditor.audit(date(2026, 10, 1))
    assert "no plan" in without_plan.notes[0]
    history = AuditHistory(files.audit)
    [(day, (revision, _))] = history.audits().items()
    figures = Audit(day=day, executed="12.34", optimum="10.5", plan_regret="0.125", notes=["a note"])
    history.file(figures, revision)

    lines = json.loads(run(config, *period, "--json"))["lines"]
    assert [line.get("audit", {}).get("optimum") for line in lines] == ["10.5", None, None]
    rows = list(csv.DictReader(StringIO(run(config, *period, "--csv"))))
    assert [row["audit_plan_regret"] for row in rows] == ["0.125", "", ""]
    table = run(config, *period)
    assert "12.34" in table
    assert "10.50" in table
    assert "2026-10-01: a note" in table
    run(config, *period, "--html", str(tmp_path / "page.html"))
    page = (tmp_path / "page.html").read_text()
    assert "What days would have cost otherwise" in page
    assert "a note" in page

    history.file(figures, revision - 1)
    assert "audit" not in json.loads(run(config, *period, "--json"))["lines"][0], "it is of older settlements"
