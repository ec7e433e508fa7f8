"""Finds the command that is asked for among the gateway's own and those of other packages."""

from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import entry_points
from typing import Final

import typer

COMMANDS: Final = "temix_gateway.commands"
"""The entry point group under which other packages bring commands."""


def command(asked: Sequence[str]) -> typer.Typer:
    """The commands of other packages by themselves; else the gateway's own, whose import takes a second."""
    brought = {entry.name: entry for entry in entry_points(group=COMMANDS)}
    alone = [brought[name] for name in asked if name in brought]
    app: typer.Typer = _alone() if alone else import_module("temix_gateway.commands.gateway").app
    for entry in alone or (brought.values() if list(asked) in ([], ["--help"]) else ()):
        app.command(entry.name)(entry.load())
    return app


def _alone() -> typer.Typer:
    app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
    app.callback()(lambda: None)  # without it one command alone would take its own name for an argument
    return app
