"""The command line: finds the command that is asked for, and imports no more than that one needs."""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import entry_points
from typing import Final

import typer

from temix_gateway.errors import GatewayError
from temix_gateway.home.errors import HomeError

COMMANDS: Final = "temix_gateway.commands"
"""The entry point group under which other packages bring commands."""


def main() -> None:
    """Run a command; what goes wrong is one message and an exit code, never a traceback."""
    try:
        _app(sys.argv[1:2])()
    except (GatewayError, HomeError) as error:
        sys.exit(f"temix-gateway: {error}")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def _app(asked: Sequence[str]) -> typer.Typer:
    """The commands of other packages by themselves; else the gateway's own, whose import takes a second."""
    brought = {entry.name: entry for entry in entry_points(group=COMMANDS)}
    alone = [brought[name] for name in asked if name in brought]
    app: typer.Typer = _alone() if alone else import_module("temix_gateway.commands").app
    for entry in alone or (brought.values() if list(asked) in ([], ["--help"]) else ()):
        app.command(entry.name)(entry.load())
    return app


def _alone() -> typer.Typer:
    app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
    app.callback()(lambda: None)  # without it one command alone would take its own name for an argument
    return app
