"""Audits settled days: by the command, and daily by the running gateway, in a process that can be killed."""

import asyncio
import os
import signal
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import structlog
from temix_market.calendar import local_date, local_day
from temix_market.instants import HOUR, Duration, Instant
from temix_market.intervals import Interval
from temix_market.outlook import Spread
from temix_market.statement import Statement
from temix_market.units import Price

from temix_gateway.audit.day import Evidence, Solve, audit
from temix_gateway.audit.history import KEPT, AuditHistory
from temix_gateway.errors import GatewayError
from temix_gateway.files import Files
from temix_gateway.home.account import Audit
from temix_gateway.ledger.reading import opened
from temix_gateway.ledger.statements import read_statement
from temix_gateway.ledger.totals import spot_prices
from temix_gateway.planning import Plan, Problem
from temix_gateway.planning.worker import PlannerLost, PlannerProcess

DAY: Final = Duration(24 * HOUR)
EVERY_S: Final = 3600.0
"""A day is over at midnight; its last readings, and corrections, come later."""

_LOG: Final = structlog.get_logger(__name__)


class Solver:
    """Plans in processes that can be killed, one for each budget."""

    def __init__(self) -> None:
        """Start none yet."""
        self._processes: dict[float, PlannerProcess] = {}
        self._ended = False

    def __call__(self, problem: Problem, budget: float) -> Plan:
        """Plan within a budget.

        Raises:
            PlannerLost: a process died or hung, or was ended.
        """
        if self._ended:
            raise PlannerLost
        if budget not in self._processes:
            self._processes[budget] = PlannerProcess(budget)
        return self._processes[budget](problem, None)

    def close(self) -> None:
        """Kill the processes: they would keep their memory."""
        for process in self._processes.values():
            process.close()
        self._processes.clear()

    def end(self) -> None:
        """End from another thread: what is being planned comes to nothing, and no more is planned."""
        self._ended = True
        for pid in [process.pid for process in self._processes.values()]:
            if pid is not None:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def stated_and_priced(
    path: Path, day: Interval, zone: ZoneInfo, now: Instant
) -> tuple[Statement, dict[Instant, Spread]]:
    """What a ledger knows of a day: its statement, and the spot of it and of the day after."""
    with opened(path) as ledger:
        statement = read_statement(path, ledger, day, zone, now)
        spots = spot_prices(ledger, Interval(day.start, Duration(day.duration + DAY)))
    return statement, {start: Spread(Price(sell), Price(buy)) for start, sell, buy in spots}


class Auditor:
    """One gateway's audits. Calls block for as long as the search for an optimum takes."""

    def __init__(self, files: Files, zone: ZoneInfo, now: Callable[[], Instant], solve: Solve) -> None:
        """Read ``files``; only the audits are written."""
        self._files = files
        self._zone = zone
        self._now = now
        self._solve = solve
        self._history = AuditHistory(files.audit)

    def days(self, period: Interval) -> Sequence[date]:
        """The local days of a period that are over."""
        found, at, now = [], period.start, self._now()
        while at < period.end:
            day = local_date(self._zone, at)
            end = local_day(self._zone, day).end
            if end <= now:
                found.append(day)
            at = end
        return found

    def audit(self, day: date) -> Audit:
        """The audit of a day: the kept one, as long as no settlement of the day is newer."""
        interval = local_day(self._zone, day)
        statement, prices = stated_and_priced(self._files.ledger, interval, self._zone, self._now())
        revision = statement.total.record
        kept = self._history.audit(day.isoformat(), revision)
        if kept is not None:
            return kept
        planned = self._history.planned(interval)
        made = audit(Evidence(day.isoformat(), interval, statement.settled, prices, planned), self._solve)
        if statement.settled:
            self._history.file(made, revision)
        return made

    def catch_up(self) -> None:
        """Audit the days that are over and were settled since their audit, as far back as plans are kept."""
        now = self._now()
        today = local_date(self._zone, now)
        with opened(self._files.ledger) as ledger:
            (first,) = ledger.execute(
                "SELECT min(start) FROM settlements WHERE start >= ?", (now - KEPT,)
            ).fetchone()
        if first is not None:
            oldest = local_date(self._zone, Instant(first))
            for number in range((today - oldest).days):
                self.audit(oldest + timedelta(days=number))


async def audit_daily(files: Files, zone: ZoneInfo, now: Callable[[], Instant]) -> None:
    """Keep the audits up, until cancelled, off the event loop; the processes end after each round."""
    solver = Solver()
    auditor = Auditor(files, zone, now, solver)

    def catch_up() -> None:
        try:
            auditor.catch_up()
        finally:
            solver.close()

    while True:
        try:
            await asyncio.to_thread(catch_up)
        except asyncio.CancelledError:
            solver.end()
            raise
        except (GatewayError, sqlite3.Error) as error:
            _LOG.warning("days not audited", reason=str(error))
        await asyncio.sleep(EVERY_S)
