"""``temix-retailer``: run the reference retailer, enroll homes."""

import asyncio
import json
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from temix_market.errors import InvalidField
from temix_market.instants import HOUR, Duration, iso

from temix_retailer import carbon
from temix_retailer.access import Enrollments, home_id
from temix_retailer.book import Book
from temix_retailer.clock import SystemClock
from temix_retailer.config import Config, Folder, load_config
from temix_retailer.enrolment import Invitations
from temix_retailer.errors import RetailerError
from temix_retailer.history import make_plan, read_history
from temix_retailer.logs import set_up_logs
from temix_retailer.prices import ATTRIBUTION
from temix_retailer.service import make_terms, serve
from temix_retailer.store import open_store
from temix_retailer.voice import Signatory, SigningVoice

app = typer.Typer(no_args_is_help=True, add_completion=False, help="TeMIX reference retailer.")

Data = Annotated[
    Path,
    typer.Option(
        "--data", help="Folder with the book, the keys and retailer.toml.", envvar="TEMIX_RETAILER_DATA"
    ),
]
_DATA = Path("temix-retailer")


@app.command()
def run(
    data: Data = _DATA,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the forecast errors in the prices.")] = None,
    prices: Annotated[
        Path | None, typer.Option(help="A year of hourly prices, in the format of ERCOT's report.")
    ] = None,
) -> None:
    """Serve tenders, take orders and keep the book, until Ctrl-C.

    Options go before retailer.toml.
    """
    changes = {
        "host": host,
        "port": port,
        "seed": seed,
        "prices": prices and str(prices.absolute()),
    }
    with _errors():
        folder = Folder(data)
        given = {name: value for name, value in changes.items() if value is not None}
        config = msgspec.structs.replace(load_config(folder), **given)
        set_up_logs()
        asyncio.run(serve(config, folder, SystemClock(), lambda url: _greet(config, folder, url)))


@app.command()
def enroll(
    home: Annotated[str, typer.Argument(help="Name of the home.")],
    data: Data = _DATA,
    days: Annotated[int, typer.Option(min=1, help="How long the credentials are good for.")] = 365,
    history: Annotated[
        Path | None,
        typer.Option(help="CSV of its metered net import (start,duration,energy_wh): gives a subscription."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Give a home its credentials, shown once, and with --history a subscription.

    The retailer must not be running meanwhile. Enrolling a home again replaces its credentials.
    """
    with _errors():
        folder, clock = Folder(data), SystemClock()
        party = home_id(home)
        config = load_config(folder)
        terms = make_terms(config, folder)
        plan = make_plan(read_history(history), terms.circuit, clock.now()) if history else None
        store = open_store(folder.book)
        try:
            life = Duration(days * 24 * HOUR)
            made = Enrollments(store, clock, secrets.token_bytes).enroll(party, life)
            if plan is not None:
                voice = SigningVoice(
                    Signatory(terms.circuit.energy, terms.energy_key),
                    Signatory(terms.circuit.transport, terms.transport_key),
                    terms.market_id,
                    secrets.token_bytes,
                )
                Book(store, terms.circuit, clock, voice).plan(party, plan)
        finally:
            store.close()
    told = {
        "home": made.home,
        "client_id": made.client_id,
        "client_secret": made.client_secret,
        "expires_at": iso(made.expires_at),
    }
    if plan is not None:
        told["subscription_price"] = f"{(plan.energy + plan.transport) / 1_000_000:.6f} {config.currency}/kWh"
    if as_json:
        print(json.dumps(told))
        return
    for name, value in told.items():
        print(f"{name.replace('_', ' '):18}  {value}")
    Console(stderr=True).print("The secret is shown this once: put it into the gateway's configuration now.")


@app.command()
def invite(
    home: Annotated[str, typer.Argument(help="Name of the home.")],
    data: Data = _DATA,
    days: Annotated[int, typer.Option(min=1, help="How long the code is good for.")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Make a code by which an installer enrols a home from its gateway; it works once.

    The retailer must not be running meanwhile.
    """
    with _errors():
        folder, clock = Folder(data), SystemClock()
        party = home_id(home)
        store = open_store(folder.book)
        try:
            code = Invitations(store, clock, secrets.token_bytes).invite(party, Duration(days * 24 * HOUR))
        finally:
            store.close()
    print(json.dumps({"home": party, "code": code}) if as_json else code)


def _greet(config: Config, folder: Folder, url: str) -> None:
    # One line that a program can wait for.
    print(f"temix-retailer: market {config.market} at {url}", flush=True)
    if not config.certificate:
        print(f"temix-retailer: homes are to trust {folder.certificate}", flush=True)
    if not config.prices:
        print(f"temix-retailer: {ATTRIBUTION}", flush=True)
    if config.carbon_intensity == carbon.SHIPPED:
        print(f"temix-retailer: {carbon.ATTRIBUTION}", flush=True)


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except (RetailerError, InvalidField) as err:
        print(f"temix-retailer: {err}", file=sys.stderr)
        raise typer.Exit(1) from None


def main() -> None:
    """Entry point."""
    app()
