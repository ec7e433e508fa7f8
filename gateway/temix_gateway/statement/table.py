"""A statement as a table for a terminal."""

from decimal import Decimal
from typing import Final

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from temix_gateway.home.account import Statement, StatementLine
from temix_gateway.statement.words import CENTS, amount, mark, remarks

FINE: Final = Decimal("0.00001")
"""An interval costs fractions of a cent."""
LEAST_WIDTH: Final = 100
"""Narrower, figures would be cut off."""


def show(statement: Statement, console: Console | None = None) -> None:
    """Print it: a line for each day or interval, then the sum, what is missing, and the other tariffs."""
    out = console or Console(width=max(LEAST_WIDTH, Console().width))
    title = f"Statement in {statement.currency}, by {statement.level} ({statement.zone})"
    table = Table(title=title, box=SIMPLE, padding=(0, 1, 0, 0))
    table.add_column("", no_wrap=True)
    for name in (
        "sub-\nscription",
        "trans-\nactions",
        "devi-\nation",
        "delivery\ncharge",
        "\ncharges",
        "\ntotal",
    ):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("net\nkWh", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    tariffs = [tariff.name for tariff in statement.total.tariffs] if statement.level != "interval" else []
    for name in tariffs:
        table.add_column(f"on\n{name}", justify="right", no_wrap=True)
    places = CENTS if statement.level != "interval" else FINE
    for line in statement.lines:
        table.add_row(line.id, *_cells(line, tariffs, places))
    table.add_section()
    table.add_row("total", *_cells(statement.total, tariffs, places), style="bold")
    out.print(table)
    for text in remarks(statement):
        out.print(text, highlight=False, markup=False)


def _cells(line: StatementLine, tariffs: list[str], places: Decimal) -> list[str]:
    costs = {tariff.name: amount(tariff.total, places) for tariff in line.tariffs}
    shown: list[str | Decimal] = [
        line.energy.subscription,
        line.energy.transactions,
        line.energy.deviation,
        line.transport.total,
        Decimal(line.total) - Decimal(line.market),
        line.total,
    ]
    return [
        *(amount(money, places) for money in shown),
        f"{(line.imported - line.exported) / 1000:.3f}",
        mark(line),
        *(costs.get(name, "") for name in tariffs),
    ]
