"""``temix-gateway audit``: what settled days would have cost otherwise, and what was lost where."""

from datetime import date
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from temix_market.calendar import local_date, local_day
from temix_market.instants import HOUR, Duration
from temix_market.intervals import Interval
from temix_market.outlook import Spread
from temix_market.units import Price

from temix_gateway import config as configuration
from temix_gateway.audit import Audit, Evidence, audit
from temix_gateway.audit_history import AuditHistory
from temix_gateway.clock import SystemClock
from temix_gateway.command_options import DEFAULT, ConfigPath
from temix_gateway.config import Config
from temix_gateway.files import Files
from temix_gateway.ledger.reading import opened
from temix_gateway.ledger.statements import read_statement
from temix_gateway.ledger.totals import spot_prices
from temix_gateway.planning import Plan, Problem
from temix_gateway.planning.worker import PlannerProcess
from temix_gateway.statement_commands import find_period
from temix_gateway.statement_table import amount

DAY: Final = Duration(24 * HOUR)


def audit_days(  # noqa: PLR0913, PLR0917
    config: ConfigPath = DEFAULT,
    month: Annotated[str, typer.Option(help="A month: 2026-11.")] = "",
    day: Annotated[str, typer.Option(help="A day: 2026-11-24.")] = "",
    first: Annotated[str, typer.Option("--from", help="The first day.")] = "",
    last: Annotated[str, typer.Option("--to", help="The last day, included.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Compare settled days with no control, cheapest hours and perfect foresight; split what was lost."""
    loaded = configuration.load(config)
    period = find_period(loaded, month, day, first, last)
    files = Files(Path(loaded.gateway.data))
    solver = _Solver()
    try:
        found = [_audited(loaded, files, name, each, solver) for name, each in _days(loaded, period)]
    finally:
        solver.close()
    if as_json:
        print(msgspec.json.encode(found).decode())
        return
    _show(found, files.currency)


class _Solver:
    """Plans in processes that can be killed, one for each budget."""

    def __init__(self) -> None:
        self._processes: dict[float, PlannerProcess] = {}

    def __call__(self, problem: Problem, budget: float) -> Plan:
        """Plan within a budget."""
        if budget not in self._processes:
            self._processes[budget] = PlannerProcess(budget)
        return self._processes[budget](problem, None)

    def close(self) -> None:
        """Kill the processes."""
        for process in self._processes.values():
            process.close()


def _days(config: Config, period: Interval) -> list[tuple[str, Interval]]:
    """The days of a period that are over."""
    found, at, now = [], period.start, SystemClock().now()
    while at < period.end:
        day: date = local_date(config.zone, at)
        interval = local_day(config.zone, day)
        if interval.end <= now:
            found.append((day.isoformat(), interval))
        at = interval.end
    return found


def _audited(config: Config, files: Files, name: str, day: Interval, solver: _Solver) -> Audit:
    """The audit of a day: the kept one, as long as no settlement of the day is newer."""
    history = AuditHistory(files.audit)
    with opened(files.ledger) as ledger:
        statement = read_statement(files.ledger, ledger, day, config.zone, SystemClock().now())
        prices = {
            start: Spread(Price(sell), Price(buy))
            for start, sell, buy in spot_prices(ledger, Interval(day.start, Duration(day.duration + DAY)))
        }
    revision = max((step.record for step in statement.settled), default=0)
    kept = history.audit(name, revision)
    if kept is not None:
        return kept
    made = audit(Evidence(name, day, statement.settled, prices, history.planned(day)), solver)
    if made.optimum is not None:
        history.file(made, revision)
    return made


def _show(audits: list[Audit], money: str) -> None:
    table = Table(title=f"What settled days cost, and would have cost otherwise, in {money}")
    table.add_column("day", no_wrap=True)
    for heading in (
        "executed (A)",
        "no control",
        "cheapest hours",
        "exactly as planned (B)",
        "perfect forecast (C)",
        "optimum (D)",
        "lost in execution (A−B)",
        "in forecast (B−C)",
        "in planning (C−D)",
    ):
        table.add_column(heading, justify="right")
    for each in audits:
        table.add_row(
            each.day,
            *(
                "" if value is None else amount(value)
                for value in (
                    each.executed,
                    each.uncontrolled,
                    each.cheapest,
                    each.exact,
                    each.perfect,
                    each.optimum,
                    each.execution_regret,
                    each.forecast_regret,
                    each.plan_regret,
                )
            ),
        )
    out = Console(width=max(110, Console().width))
    out.print(table)
    out.print("All cases carry the same subscription; prices are the day's frozen spot.", highlight=False)
    for note in dict.fromkeys(f"{each.day}: {note}" for each in audits for note in each.notes):
        out.print(note, highlight=False, markup=False)
