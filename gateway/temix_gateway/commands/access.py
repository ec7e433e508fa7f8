"""The commands that let clients in and out: ``pair`` and ``clients``."""

import sys
import time
from pathlib import Path
from typing import Annotated, Final

import msgspec
import segno
import typer
from rich.console import Console
from rich.table import Table
from temix_market.instants import Instant, iso

from temix_gateway import config as configuration
from temix_gateway.clock import SystemClock
from temix_gateway.commands.options import DEFAULT, ConfigPath
from temix_gateway.errors import GatewayError
from temix_gateway.files import Files
from temix_gateway.home.access import Access, GetAccess, OpenPairing, PairingWindow, RevokeClient
from temix_gateway.home.codes import spaced
from temix_gateway.home.roles import Role
from temix_gateway.home.tokens import TokenStore
from temix_gateway.local import NotRunning, ask

_LOOK_EVERY_S: Final = 1.0


class NotPaired(GatewayError):
    """The window closed, and nobody paired."""


def pair(
    config: ConfigPath = DEFAULT,
    role: Annotated[
        Role, typer.Option(help="What the client may do; an installer signs in instead.")
    ] = Role.CONTROLLER,
    wait: Annotated[bool, typer.Option(help="Wait until the client has paired.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="For programs: the code, and no waiting.")] = False,
) -> None:
    """Open the pairing window of the running gateway, and show the code for Home Assistant."""
    files = Files(Path(configuration.load(config).gateway.data))
    before = _known(ask(files, GetAccess(id=2)))
    window: PairingWindow = ask(files, OpenPairing(id=2, role=role))
    if as_json:
        print(msgspec.json.encode(window).decode())
        return
    segno.make(window.uri, error="m").terminal(compact=True)
    print(f"pairing code   {spaced(window.code)}")
    print(f"Enter it in Home Assistant within {window.seconds // 60} minutes. It works once.", flush=True)
    if wait:
        _wait(files, before)


def clients(
    config: ConfigPath = DEFAULT,
    revoke: Annotated[str | None, typer.Option(metavar="LABEL", help="End this client's access.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """List who may speak to the gateway, or end a client's access; the gateway need not run."""
    files = Files(Path(configuration.load(config).gateway.data))
    store = TokenStore(files.clients, SystemClock().now)
    if revoke is not None:
        _revoke(files, store, revoke)
        return
    known = store.clients()
    if as_json:
        shown = [
            {"label": each.label, "role": each.role, "created": each.created, "last_used": each.last_used}
            for each in known
        ]
        print(msgspec.json.encode(shown).decode())
        return
    table = Table("client", "role", "since", "last seen")
    for each in known:
        used = "never" if each.last_used is None else iso(Instant(each.last_used))
        table.add_row(each.label, each.role.value, iso(Instant(each.created)), used)
    Console().print(table)


def _revoke(files: Files, store: TokenStore, label: str) -> None:
    """Through the gateway where it runs, as it also ends the client's connections."""
    try:
        ask(files, RevokeClient(id=2, label=label))
    except NotRunning:
        store.revoke(label)
    print(f"{label} has no access any more", file=sys.stderr)


def _wait(files: Files, before: set[tuple[str, int]]) -> None:
    while True:
        time.sleep(_LOOK_EVERY_S)
        access: Access = ask(files, GetAccess(id=2))
        for label, _ in sorted(_known(access) - before):
            print(f"paired with {label}")
            return
        if not access.open_seconds:
            raise NotPaired("the window closed and nobody has paired: open it again")


def _known(access: Access) -> set[tuple[str, int]]:
    return {(client.label, client.created) for client in access.clients}
