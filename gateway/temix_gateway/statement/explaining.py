"""``--explain``: a line of a statement traced to the lines below it, an interval to the ledger's records.

Charges and a tariff's bill are traced to the days that they are reckoned of.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from temix_market.calendar import local_date
from temix_market.instants import HOUR, Instant, iso, parse_instant
from temix_market.intervals import Interval
from temix_market.statement import Line, Statement
from temix_market.tariffs import Charge
from temix_market.units import Money, money_text

from temix_gateway.accounts import Bills
from temix_gateway.errors import GatewayError
from temix_gateway.ledger.reading import opened
from temix_gateway.ledger.statements import read_statement
from temix_gateway.ledger.trace import trace
from temix_gateway.statement.message import Bill, Biller

PARTS: Final = ("subscription", "transactions", "deviation", "total")
_ID: Final = re.compile(
    r"(?P<line>total|\d{4}-\d{2}(-\d{2}(T\d{2}:\d{2}Z)?)?)"
    r"(/(?P<leg>energy|transport)/(?P<part>\w+)|/(?P<bill>charges|tariff/.+))?"
)


class NoSuchLine(GatewayError):
    """No line of the statement has this id."""

    def __init__(self, name: str) -> None:
        """Name it, and say how ids look."""
        super().__init__(
            f"{name!r} is no line of this statement: ids are like total, 2026-11, 2026-11-24, "
            "2026-11-24T06:50Z, each also with /energy/deviation or another part of a leg, and all but an "
            "interval with /charges or /tariff/ and a tariff's name"
        )


def explain(path: Path, period: Interval, bills: Bills, now: Instant, name: str) -> None:
    """Print where a line comes from.

    Raises:
        NoSuchLine: the period has none of this id.
        LedgerError: the ledger cannot be read.
    """
    found = _ID.fullmatch(name)
    if found is None or (found["part"] and found["part"] not in PARTS):
        raise NoSuchLine(name)
    out, zone = Console(), bills.zone
    with opened(path, period) as connection:
        statement = read_statement(path, connection, period, zone, now)
        line, below = _find(statement, found["line"], name)
        if found["bill"]:
            _show_bill(out, name, line, below, Biller(statement, bills))
            return
        _show_line(out, name, line, found["leg"], found["part"])
        if below:
            _show_below(out, below, zone, found["leg"], found["part"])
            return
        table = Table(title="the ledger's records")
        for heading in ("record", "table", "party", "what it says", "money"):
            table.add_column(heading, overflow="fold")
        for source in trace(connection, line.interval.start):
            money = "" if source.money is None else money_text(source.money)
            table.add_row(str(source.record), source.table, source.party or "", source.says, money)
        out.print(table)


def _find(statement: Statement, line: str, name: str) -> tuple[Line, Sequence[Line]]:
    """The line of an id, and the lines that it is the sum of."""
    if line == "total":
        return statement.total, statement.days()
    if "T" in line:
        start = parse_instant(line)
        for step in statement.intervals():
            if step.interval.start == start:
                return step, ()
        raise NoSuchLine(name)
    lines = statement.months() if len(line) == len("2026-11") else statement.days()
    for each in lines:
        if local_date(statement.zone, each.interval.start).isoformat().startswith(line):
            below = Statement(each.interval, statement.zone, statement.within(each.interval), [])
            return each, below.intervals() if len(line) > len("2026-11") else below.days()
    raise NoSuchLine(name)


def _show_bill(out: Console, name: str, line: Line, below: Sequence[Line], biller: Biller) -> None:
    if not below:
        raise NoSuchLine(name)
    charges = _items(biller.bill(line), name)
    out.print(f"{name}: {money_text(_sum(charges))}")
    table = Table("item", "kWh", "money", title="is the sum of")
    for charge in charges:
        energy = "" if charge.energy is None else f"{charge.energy / 1000:.3f}"
        table.add_row(charge.name, energy, money_text(charge.money))
    out.print(table)
    if line.interval.duration <= 25 * HOUR:
        out.print(
            f"as configured, of {name.partition('/')[0]}: imported {line.imported} Wh, "
            f"exported {line.exported} Wh, market {money_text(line.total)}"
        )
        return
    days = Table("id", "money", title="or, by day")
    for day in below:
        if day.settled:
            date = local_date(biller.zone, day.interval.start).isoformat()
            days.add_row(date, money_text(_sum(_items(biller.bill(day), name))))
    out.print(days)


def _items(bill: Bill, name: str) -> Sequence[Charge]:
    _, _, tariff = name.partition("/tariff/")
    if not tariff:
        return bill.charges
    for known, charges in bill.tariffs:
        if known == tariff:
            return charges
    raise NoSuchLine(name)


def _sum(charges: Sequence[Charge]) -> Money:
    return Money(sum(charge.money for charge in charges))


def _show_line(out: Console, name: str, line: Line, leg: str | None, part: str | None) -> None:
    what = "" if leg else " for the market, without charges"
    out.print(f"{name}: {line.settled} settled intervals, {money_text(_money(line, leg, part))}{what}")
    for gap in line.missing:
        out.print(f"missing: {iso(gap.interval.start)} to {iso(gap.interval.end)}, {gap.why.value}")


def _show_below(
    out: Console, below: Sequence[Line], zone: ZoneInfo, leg: str | None, part: str | None
) -> None:
    table = Table(title="is the sum of")
    table.add_column("id")
    table.add_column("money", justify="right")
    table.add_column("delivery Wh", justify="right")
    for line in below:
        day = line.interval.duration > 3_600_000
        name = (
            local_date(zone, line.interval.start).isoformat()
            if day
            else iso(line.interval.start).replace(":00Z", "Z")
        )
        table.add_row(name, money_text(_money(line, leg, part)), str(line.delivery))
    out.print(table)


def _money(line: Line, leg: str | None, part: str | None) -> Money:
    if leg is None or part is None:
        return line.total
    account = line.energy if leg == "energy" else line.transport
    money: Money = getattr(account, part)
    return money
