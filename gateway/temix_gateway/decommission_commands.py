"""``temix-gateway decommission``: the home's account is closed cleanly, its data exported or erased."""

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from temix_market.instants import Instant, iso
from temix_market.ports import OutcomeUnknown
from temix_market.transactions import Pair

from temix_gateway import config as configuration
from temix_gateway.clock import SystemClock
from temix_gateway.command_options import DEFAULT, ConfigPath
from temix_gateway.commissioning.commissioning import load
from temix_gateway.config import Config
from temix_gateway.errors import GatewayError
from temix_gateway.export_commands import export
from temix_gateway.files import Files
from temix_gateway.home.journal import Journal
from temix_gateway.home.tokens import TokenStore, private_file
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.logs import set_up_logging
from temix_gateway.resync import resynchronise
from temix_gateway.retailer_config import Retailer
from temix_gateway.running import temix_link


class NotClosed(GatewayError):
    """The account is as it was, or is closed only in part; the text says which, and what to do."""


def decommission(
    config: ConfigPath = DEFAULT,
    archive: Annotated[
        Path | None, typer.Option("--export", metavar="FILE", help="First write everything there: a .tar.gz.")
    ] = None,
    erase: Annotated[bool, typer.Option(help="Erase the data folder at the end.")] = False,
    offline: Annotated[
        bool, typer.Option(help="The retailer is gone for good: close without telling it.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether it is right.")] = False,
) -> None:
    """Close the home's account: no trade, no client, no account at the retailer. Stop the gateway first.

    What was bought or sold for later stays to be delivered and settled; it is listed.
    """
    loaded = configuration.load(config)
    set_up_logging(loaded.gateway.log_level, loaded.gateway.log_format)
    files = Files(Path(loaded.gateway.data))
    gone = " and erase everything that the gateway knows" if erase else ""
    if not yes and not typer.confirm(f"Close the account of {loaded.home.party or 'this home'}{gone}?"):
        raise NotClosed("nothing was changed")
    left = asyncio.run(_close(loaded, files, offline=offline))
    for pair in left:
        print(f"open: {pair.interval}, {pair.quantity} Wh")
    print(f"{len(left)} transactions are still to be delivered; the retailer settles them")
    _forget_everybody(files)
    if archive is not None:
        export(archive, config)
    if erase:
        shutil.rmtree(files.folder)
        print(f"{files.folder} is erased")
    print("closed: nothing is traded, nobody has access")


async def _close(config: Config, files: Files, *, offline: bool) -> Sequence[Pair]:
    """End trade in the ledger, settle what is under way, and end the account; what is left open."""
    clock = SystemClock()
    ledger = await asyncio.to_thread(Ledger, files.ledger, clock)
    try:
        await asyncio.to_thread(_lock, files)
        if not ledger.fault:
            await ledger.revoke_mandate()
        if config.enrolled and isinstance(config.retailer, Retailer) and not offline:
            link = await asyncio.to_thread(temix_link, config, config.retailer, files, clock)
            async with link.session():
                if not ledger.fault:
                    await resynchronise(ledger, link, clock)
                await link.cancel()
        now = clock.now()
        return [pair for pair, _ in await ledger.pairs(now) if pair.interval.end > now]
    except OutcomeUnknown as error:
        raise NotClosed(
            f"trading is locked, but the retailer was not told ({error}): run this again"
        ) from error
    finally:
        await asyncio.to_thread(ledger.close)


def _lock(files: Files) -> None:
    progress = msgspec.structs.replace(load(files.commissioning), locked="closed")
    private_file(files.commissioning, msgspec.json.encode(progress))


def _forget_everybody(files: Files) -> None:
    tokens = TokenStore(files.clients, SystemClock().now)
    for client in tokens.clients():
        tokens.revoke(client.label)
    files.passphrases.unlink(missing_ok=True)
    Journal(files.security_log, SystemClock().now).note("closed", at=iso(Instant(SystemClock().now())))
