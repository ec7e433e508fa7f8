"""``temix-gateway statement``: what was used and owed, read beside a running gateway, in five forms."""

import csv
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from rich.console import Console
from temix_market.calendar import local_day
from temix_market.instants import FIVE_MINUTES, HOUR, Duration, Instant, iso
from temix_market.intervals import Interval
from temix_market.statement import month as whole_month

from temix_gateway import config as configuration
from temix_gateway.accounts import Bills
from temix_gateway.audit.history import AuditHistory
from temix_gateway.audit.table import show_audits
from temix_gateway.clock import SystemClock
from temix_gateway.commands.options import DEFAULT, ConfigPath
from temix_gateway.config import Config
from temix_gateway.errors import GatewayError
from temix_gateway.files import Files
from temix_gateway.home.account import Level, Statement, StatementLine
from temix_gateway.ledger import totals
from temix_gateway.ledger.reading import opened
from temix_gateway.ledger.statements import read_statement
from temix_gateway.statement.explaining import explain
from temix_gateway.statement.message import Heading, statement_message
from temix_gateway.statement.page import page
from temix_gateway.statement.table import show

AUDITED: Final = (
    "uncontrolled",
    "cheapest",
    "exact",
    "perfect",
    "optimum",
    "execution_regret",
    "forecast_regret",
    "plan_regret",
)
"""The cases of a day's audit, beside what it cost as executed."""

COLUMNS: Final = (
    "id",
    "start",
    "end",
    "energy_subscription",
    "energy_transactions",
    "energy_deviation",
    "transport_subscription",
    "transport_transactions",
    "transport_deviation",
    "delivery_charge",
    "market",
    "charges",
    "total",
    "subscribed_wh",
    "transacted_wh",
    "position_wh",
    "imported_wh",
    "exported_wh",
    "deviation_wh",
    "settled",
    "provisional",
    "estimated",
    "by_retailer",
    "final",
    "missing",
    *(f"audit_{case}" for case in AUDITED),
)
"""The columns of the CSV."""


class WrongPeriod(GatewayError):
    """No period, more than one, or one that cannot be read."""


def statement(  # noqa: PLR0913, PLR0917
    config: ConfigPath = DEFAULT,
    month: Annotated[str, typer.Option(help="A month: 2026-11.")] = "",
    day: Annotated[str, typer.Option(help="A day: 2026-11-24.")] = "",
    first: Annotated[str, typer.Option("--from", help="The first day.")] = "",
    last: Annotated[str, typer.Option("--to", help="The last day, included.")] = "",
    level: Annotated[
        str, typer.Option(help="Lines by month, day or interval; by itself: day, of one day interval.")
    ] = "",
    as_table: Annotated[bool, typer.Option("--table", help="As a table; the default.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, on standard output.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="As CSV, on standard output.")] = False,
    html: Annotated[Path | None, typer.Option(help="As one self-contained page in this file.")] = None,
    explained: Annotated[
        str, typer.Option("--explain", metavar="ID", help="Trace a line to the ledger's records, by its id.")
    ] = "",
) -> None:
    """Show what was subscribed, transacted, delivered and owed; what is not settled is named."""
    loaded = configuration.load(config)
    period = find_period(loaded, month, day, first, last)
    if explained:
        ledger = Files(Path(loaded.gateway.data)).ledger
        explain(ledger, period, _bills(loaded), SystemClock().now(), explained)
        return
    one_day = period.duration <= 25 * HOUR
    shown = _level(level, "interval" if one_day and not html else "day")
    found = read_message(loaded, period, shown)
    if html is not None:
        day_lines = found if shown == "day" else read_message(loaded, period, "day")
        intervals = read_message(loaded, period, "interval") if one_day else None
        html.write_text(page(day_lines, loaded.gateway.name, intervals), encoding="utf-8")
        print(f"{html} holds the statement: open it in any browser, or print it")
    if as_json:
        print(msgspec.json.encode(found).decode())
    if as_csv:
        print(csv_text(found.lines), end="")
    if as_table or not (html or as_json or as_csv):
        show(found)
        audits = [line.audit for line in found.lines if line.audit is not None]
        if audits:
            show_audits(audits, found.currency, Console(width=max(110, Console().width)))


def find_period(config: Config, month: str, day: str, first: str, last: str) -> Interval:
    """The period that the options ask for.

    Raises:
        WrongPeriod: none, several, or no date.
    """
    given = [bool(month), bool(day), bool(first or last)]
    if sum(given) != 1:
        raise WrongPeriod("give one period: --month 2026-11, --day 2026-11-24, or --from and --to")
    try:
        if month:
            year, number = month.split("-")
            return whole_month(config.zone, int(year), int(number))
        begin, end = (day, day) if day else (first or last, last or first)
        start = local_day(config.zone, date.fromisoformat(begin)).start
        until = local_day(config.zone, date.fromisoformat(end)).end
    except ValueError as error:
        raise WrongPeriod(f"the period cannot be read ({error}): dates are like 2026-11-24") from error
    if until <= start:
        raise WrongPeriod(f"{last} is before {first}")
    return Interval(Instant(start), Duration(until - start))


def read_message(config: Config, period: Interval, level: Level) -> Statement:
    """The statement of a period, read from the ledger's file.

    Raises:
        LedgerError: it cannot be read.
    """
    files, now = Files(Path(config.gateway.data)), SystemClock().now()
    with opened(files.ledger, period) as connection:
        read = read_statement(files.ledger, connection, period, config.zone, now)
        heading = Heading(files.currency, now, totals.newest(connection))
    return statement_message(read, level, _bills(config), heading, AuditHistory(files.audit).audits())


def _bills(config: Config) -> Bills:
    return Bills(config.zone, config.extras, config.tariffs)


def csv_text(lines: list[StatementLine]) -> str:
    """One row a line, headings first; money in currency units, exact."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(map(csv_row, lines))
    return out.getvalue()


def csv_row(line: StatementLine) -> list[str | int]:
    """A line in the order of ``COLUMNS``."""
    return [
        line.id,
        iso(Instant(line.start)),
        iso(Instant(line.end)),
        line.energy.subscription,
        line.energy.transactions,
        line.energy.deviation,
        line.transport.subscription,
        line.transport.transactions,
        line.transport.deviation,
        line.transport.total,
        line.market,
        str(Decimal(line.total) - Decimal(line.market)),
        line.total,
        line.subscribed,
        line.transacted,
        line.position,
        line.imported,
        line.exported,
        line.deviation,
        line.settled,
        line.provisional,
        line.estimated,
        line.by_retailer,
        int(line.final),
        sum(gap.end - gap.start for gap in line.missing) // FIVE_MINUTES,
        *((line.audit and getattr(line.audit, case)) or "" for case in AUDITED),
    ]


def _level(asked: str, usual: Level) -> Level:
    match asked:
        case "":
            return usual
        case "month" | "day" | "interval":
            return asked
        case _:
            raise WrongPeriod(f"--level {asked}: lines are by month, day or interval")
