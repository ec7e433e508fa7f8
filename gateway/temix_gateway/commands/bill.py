"""``temix-gateway bill``: enter a real bill, and hold it against the statement."""

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from temix_gateway import config as configuration
from temix_gateway.commands.options import DEFAULT, ConfigPath
from temix_gateway.commands.statement import find_period, read_message
from temix_gateway.files import Files
from temix_gateway.home.tokens import private_file
from temix_gateway.statement.bill import (
    Bill,
    BillLine,
    BillUnreadable,
    Compared,
    is_reconciled,
    read_bill,
    reconcile,
)
from temix_gateway.statement.bill import statement_items as items_of


def bill(
    month: Annotated[str, typer.Option(metavar="2026-11", help="The month that the bill is of.")],
    file: Annotated[
        Path | None, typer.Argument(help="The bill's lines, JSON or CSV; it is kept. None: the kept one.")
    ] = None,
    config: ConfigPath = DEFAULT,
    ask: Annotated[bool, typer.Option("--ask", help="Ask for each line instead, and keep them.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Hold a real bill against the statement, line by line. Exit 1 where they differ by more than cents."""
    loaded = configuration.load(config)
    period = find_period(loaded, month, "", "", "")
    statement = read_message(loaded, period, "month")
    kept = Files(Path(loaded.gateway.data)).bills / f"{month}.json"
    if ask:
        entered = Bill(month, _ask(list(items_of(statement.total))))
    else:
        entered = read_bill(kept if file is None else file, month)
    if ask or file is not None:
        private_file(kept, msgspec.json.format(msgspec.json.encode(entered)))
    compared = reconcile(entered, statement.total)
    if as_json:
        print(msgspec.json.encode(compared).decode())
    else:
        _show(month, statement.currency, compared)
    if not is_reconciled(compared):
        sys.exit(1)


def _ask(names: list[str]) -> list[BillLine]:
    """Ask for the statement's own items, then for any others."""
    lines = []
    for name in names:
        amount = typer.prompt(f"{name} (empty: not on the bill)", default="", show_default=False)
        if amount:
            lines.append(BillLine(name, amount))
    while name := typer.prompt("another line (empty: none)", default="", show_default=False):
        lines.append(BillLine(name, typer.prompt(name)))
    if not lines:
        raise BillUnreadable(Path("as entered"), "it has no line")
    return lines


def _show(month: str, currency: str, compared: list[Compared]) -> None:
    table = Table(title=f"The bill of {month} and the statement, in {currency}")
    table.add_column("line")
    for heading in ("bill", "statement", "difference"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("")
    table.add_column("why, likely")
    for line in compared:
        table.add_row(
            line.name, line.bill or "", line.statement or "", line.difference, line.verdict, line.why
        )
    Console(width=max(100, Console().width)).print(table)
