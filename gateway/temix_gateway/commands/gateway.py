"""The commands of a gateway in a home, but those that packages bring by entry points."""

import asyncio
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from temix_gateway import app as live
from temix_gateway import config as configuration
from temix_gateway import config_reference, running
from temix_gateway.commands import mandate as mandate_commands
from temix_gateway.commands import run as run_command
from temix_gateway.commands.options import DEFAULT, ConfigPath
from temix_gateway.commands.status import rows
from temix_gateway.files import Files
from temix_gateway.home.messages import GetState
from temix_gateway.local import ask
from temix_gateway.logs import set_up_logging

app = typer.Typer(
    help="The gateway of one home: holds its money and trades for it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(mandate_commands.app, name="mandate")


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"temix-gateway {version('temix-gateway')}")
        raise typer.Exit


@app.callback()
def gateway(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Take the options that stand before a command."""


@app.command()
def run(config: ConfigPath = DEFAULT) -> None:
    """Run the gateway until Ctrl-C."""
    run_command.run(config)


@app.command()
def check(config: ConfigPath = DEFAULT) -> None:
    """Say whether a configuration and the files that it names can be used; nothing is run or asked.

    What was set at commissioning counts, too. Of what is wrong the first key is named.
    """
    loaded = configuration.load(config)
    running.check(loaded)
    waits = "" if loaded.enrolled else ", and waits to be commissioned"
    print(f"{config}: can be used{waits}")


@app.command()
def status(
    config: ConfigPath = DEFAULT,
    as_json: Annotated[
        bool, typer.Option("--json", help="The whole state, as the local API gives it.")
    ] = False,
) -> None:
    """Show what the running gateway knows."""
    files = Files(Path(configuration.load(config).gateway.data))
    state = ask(files, GetState(id=2)).state
    if as_json:
        print(msgspec.json.encode(state).decode())
        return
    table = Table(show_header=False)
    for name, value in rows(state):
        table.add_row(name, value)
    Console().print(table)


@app.command()
def resync(config: ConfigPath = DEFAULT) -> None:
    """Fetch from the retailer what a restored ledger lacks, then trade again. Stop the gateway first."""
    loaded = configuration.load(config)
    set_up_logging(loaded.gateway.log_level, loaded.gateway.log_format)
    fetched = asyncio.run(live.resync(loaded))
    print(f"ledger and retailer have the same records again; put back: {fetched}")


@app.command("config")
def show_config() -> None:
    """Print a configuration file with every key, its meaning and its default."""
    print(config_reference.example(), end="")
