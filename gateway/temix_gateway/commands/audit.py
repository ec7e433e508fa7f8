"""``temix-gateway audit``: what settled days would have cost otherwise, and what was lost where."""

from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from rich.console import Console
from temix_market.instants import HOUR, Duration

from temix_gateway import config as configuration
from temix_gateway.audit.auditor import Auditor, Solver
from temix_gateway.audit.table import show_audits
from temix_gateway.clock import SystemClock
from temix_gateway.commands.options import DEFAULT, ConfigPath
from temix_gateway.commands.statement import find_period
from temix_gateway.files import Files

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
    files, solver = Files(Path(loaded.gateway.data)), Solver()
    auditor = Auditor(files, loaded.zone, SystemClock().now, solver)
    try:
        found = [auditor.audit(each) for each in auditor.days(period)]
    finally:
        solver.close()
    if as_json:
        print(msgspec.json.encode(found).decode())
        return
    out = Console(width=max(110, Console().width))
    show_audits(found, files.currency, out)
