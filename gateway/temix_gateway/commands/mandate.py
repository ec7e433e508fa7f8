"""``temix-gateway mandate``: the owner signs the ceilings of trade, looks at them, or ends them."""

import asyncio
import secrets
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from temix_market.errors import InvalidField
from temix_market.instants import iso
from temix_market.mandates import Mandate
from temix_market.tenders import PartyId
from temix_market.units import NO_CURRENCY, Money, Power, Price, money_text, parse_money
from temix_market.wire.keys import SigningKey, uuid7
from temix_market.wire.mandate import seal_mandate

from temix_gateway import config as configuration
from temix_gateway import owner_key
from temix_gateway.clock import SystemClock
from temix_gateway.commands.options import DEFAULT, ConfigPath
from temix_gateway.errors import GatewayError, LedgerInUse, LedgerLocked, MandateRefused
from temix_gateway.files import Files
from temix_gateway.home.messages import RevokeMandate, SignMandate
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.ledger.mandates import MandateRecord, newest
from temix_gateway.ledger.reading import opened
from temix_gateway.local import ask

app = typer.Typer(help="The owner's ceilings of trade: without them signed, nothing is traded.")


class NotSigned(GatewayError):
    """No mandate was signed."""


@app.command()
def show(
    config: ConfigPath = DEFAULT,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Show the mandate. Exit 1 where none holds."""
    loaded = configuration.load(config)
    record = _newest(Files(Path(loaded.gateway.data)))
    if as_json:
        print(msgspec.json.encode(record).decode())
    elif record is None:
        print("no mandate was ever signed: `temix-gateway mandate sign`")
    else:
        _print(record.read(), f"{record.event} {iso(record.at)}", record.sequence)
    if record is None or not record.holds:
        sys.exit(1)


@app.command()
def sign(  # noqa: PLR0913, PLR0917 - each is a flag of its own
    config: ConfigPath = DEFAULT,
    money_a_day: Annotated[
        str | None, typer.Option(help="Most that a day's purchases may cost.", show_default="as configured")
    ] = None,
    highest_price: Annotated[
        str | None, typer.Option(help="Most for a kWh bought ahead.", show_default="as configured")
    ] = None,
    import_power: Annotated[
        int | None, typer.Option(min=0, help="Most to buy at once (W).", show_default="as configured")
    ] = None,
    export_power: Annotated[
        int | None, typer.Option(min=0, help="Most to sell at once (W).", show_default="as configured")
    ] = None,
    money_in: Annotated[
        str | None, typer.Option("--currency", help="Of the money (ISO 4217).", show_default="the market's")
    ] = None,
    key: Annotated[
        Path | None, typer.Option(help="Your key.", show_default="owner-key.jwe in the data folder")
    ] = None,
    passphrase_file: Annotated[
        Path | None, typer.Option(help="Read the key's passphrase here instead of asking for it.")
    ] = None,
    new_key: Annotated[
        bool, typer.Option("--new-key", help="Make a new key. Stop the gateway first.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether it is right.")] = False,
) -> None:
    """Sign the ceilings of trade. It takes effect at once, also for a running gateway."""
    loaded = configuration.load(config)
    files = Files(Path(loaded.gateway.data))
    last = _newest(files)
    mandate = Mandate(
        PartyId(loaded.home.party),
        _currency(files, money_in),
        _amount("--money-a-day", money_a_day or loaded.trading.money_a_day),
        Price(_amount("--highest-price", highest_price or loaded.trading.highest_price) // 1_000),
        Power(loaded.home.import_limit if import_power is None else import_power),
        Power(loaded.home.export_limit if export_power is None else export_power),
    )
    _print(mandate, "to be signed", 1 if last is None else last.sequence + 1)
    if not yes and not typer.confirm("May the gateway trade within these ceilings?"):
        raise NotSigned("nothing was signed")
    if new_key and not _written(files, _nothing):
        raise MandateRefused("a new key counts only while the gateway is stopped: stop it first")
    private = _key(key or files.owner_key, passphrase_file, new=new_key)
    now = SystemClock().now()
    before = (0, "") if last is None else (last.sequence, last.signed)
    signed = seal_mandate(mandate, private, before, uuid7(now, secrets.token_bytes(10)), now)
    owner = private.public.x

    async def write(ledger: Ledger) -> None:
        await ledger.sign_mandate(signed, owner, mandate.home, new_key=new_key)

    if not _written(files, write):
        ask(files, SignMandate(id=2, signed=signed, owner=owner))
    print("signed; it holds from now on")


@app.command()
def revoke(config: ConfigPath = DEFAULT) -> None:
    """End the mandate: nothing is bought or sold from now on; what was is delivered and settled as ever."""
    files = Files(Path(configuration.load(config).gateway.data))

    async def write(ledger: Ledger) -> None:
        await ledger.revoke_mandate()

    if not _written(files, write):
        ask(files, RevokeMandate(id=2))
    print("no mandate holds; nothing is traded")


def _newest(files: Files) -> MandateRecord | None:
    if not files.ledger.exists():
        return None
    with opened(files.ledger) as ledger:
        return newest(ledger)


def _written(files: Files, write: Callable[[Ledger], Awaitable[None]]) -> bool:
    """Write into the ledger, unless a gateway runs on it."""

    async def work() -> None:
        ledger = await asyncio.to_thread(Ledger, files.ledger, SystemClock())
        try:
            if ledger.fault:
                raise LedgerLocked(ledger.fault)
            await write(ledger)
        finally:
            await asyncio.to_thread(ledger.close)

    try:
        asyncio.run(work())
    except LedgerInUse:
        return False
    return True


async def _nothing(_: Ledger) -> None:
    """Write nothing: where it can be, no gateway runs."""


def _key(path: Path, passphrase_file: Path | None, *, new: bool) -> SigningKey:
    making = new or not path.exists()
    if passphrase_file is not None:
        try:
            passphrase = passphrase_file.read_text(encoding="utf-8").rstrip("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise NotSigned(f"{passphrase_file} cannot be read ({error})") from error
    else:
        words = f"A passphrase for {path}, which is made now" if making else f"The passphrase of {path}"
        passphrase = typer.prompt(words, hide_input=True, confirmation_prompt=making)
    return owner_key.make(path, passphrase) if making else owner_key.load(path, passphrase)


def _currency(files: Files, asked: str | None) -> str:
    found = asked or files.currency
    if found == NO_CURRENCY:
        raise NotSigned("the retailer was not heard yet: say --currency, as USD, or start the gateway first")
    return found


def _amount(option: str, text: str) -> Money:
    try:
        return parse_money(text, option)
    except InvalidField as error:
        raise NotSigned(str(error)) from error


def _print(mandate: Mandate, state: str, number: int) -> None:
    unit = mandate.currency
    table = Table(show_header=False, title=f"Mandate {number}, {state}")
    table.add_row("home", mandate.home)
    table.add_row("purchases of one day", f"at most {money_text(mandate.money_a_day)} {unit}")
    table.add_row("a kWh bought ahead", f"at most {mandate.highest_price / 1_000_000:g} {unit}")
    table.add_row("bought at any moment", f"at most {mandate.import_power} W")
    table.add_row("sold at any moment", f"at most {mandate.export_power} W")
    Console().print(table)
