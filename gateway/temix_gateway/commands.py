"""The commands of a gateway in a home: ``run``, ``status``, ``token`` and ``config``."""

import asyncio
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from temix_gateway import app as live
from temix_gateway import config as configuration
from temix_gateway.clock import SystemClock
from temix_gateway.files import Files
from temix_gateway.home import certificate
from temix_gateway.home.errors import LabelTaken
from temix_gateway.home.messages import State
from temix_gateway.home.roles import Role
from temix_gateway.home.tokens import TokenStore, private_file
from temix_gateway.logs import set_up_logging
from temix_gateway.status import NotRunning, fetch, rows

app = typer.Typer(
    help="The gateway of one home: holds its money and trades for it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

ConfigPath = Annotated[
    Path, typer.Option("--config", "-c", envvar="TEMIX_CONFIG", help="The configuration file.")
]
DEFAULT: Final = Path("temix-gateway.toml")


@app.command()
def run(config: ConfigPath = DEFAULT) -> None:
    """Run the gateway until Ctrl-C."""
    loaded = configuration.load(config)
    set_up_logging(loaded.gateway.log_level, loaded.gateway.log_format)
    asyncio.run(live.serve(loaded))


@app.command()
def status(
    config: ConfigPath = DEFAULT,
    as_json: Annotated[
        bool, typer.Option("--json", help="The whole state, as the local API gives it.")
    ] = False,
) -> None:
    """Show what the running gateway knows."""
    state = _state(Files(Path(configuration.load(config).gateway.data)))
    if as_json:
        print(msgspec.json.encode(state).decode())
        return
    table = Table(show_header=False)
    for name, value in rows(state):
        table.add_row(name, value)
    Console().print(table)


@app.command()
def token(
    label: Annotated[str, typer.Argument(help="What the client is called: home-assistant.")],
    config: ConfigPath = DEFAULT,
    role: Annotated[Role, typer.Option(help="What it may do.")] = Role.CONTROLLER,
    replace: Annotated[bool, typer.Option(help="End the token that has this label.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Make a token for a client, by hand. It is shown once: only its hash is kept."""
    files = Files(Path(configuration.load(config).gateway.data))
    store = TokenStore(files.clients, SystemClock().now)
    if replace and any(client.label == label for client in store.clients()):
        store.revoke(label)
    made = store.create(label, role)
    tls = certificate.load_or_make(files.certificate, live.gateway_id(files))
    if as_json:
        print(msgspec.json.encode({"token": made, "fingerprint": tls.fingerprint.hex()}).decode())
        return
    print(f"token        {made}")
    print(f"fingerprint  {tls.fingerprint.hex(':').upper()}")


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
    print(configuration.example(), end="")


def _state(files: Files) -> State:
    try:
        here = msgspec.json.decode(files.listening.read_bytes(), type=live.Listening)
    except (OSError, msgspec.DecodeError) as error:
        raise NotRunning(
            f"no gateway has run with {files.folder}: start it with temix-gateway run"
        ) from error
    return asyncio.run(fetch(here.port, bytes.fromhex(here.fingerprint), _own_token(files)))


def _own_token(files: Files) -> str:
    """This command's own token, made at its first use."""
    path, label = files.folder / "status.token", "status command"
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        store = TokenStore(files.clients, SystemClock().now)
        try:
            made = store.create(label, Role.VIEWER)
        except LabelTaken:
            store.revoke(label)
            made = store.create(label, Role.VIEWER)
        private_file(path, made.encode())
        return made
