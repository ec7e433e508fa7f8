"""Audits of settled days as a table for a terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from temix_gateway.home.account import Audit
from temix_gateway.statement.words import amount


def show_audits(audits: Sequence[Audit], money: str, out: Console) -> None:
    """Print what days cost, would have cost, and what was lost where."""
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
    out.print(table)
    out.print("All cases carry the same subscription; prices are the day's frozen spot.", highlight=False)
    for note in dict.fromkeys(f"{each.day}: {note}" for each in audits for note in each.notes):
        out.print(note, highlight=False, markup=False)
