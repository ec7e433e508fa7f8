"""``temix-gateway decommission``: the home's account is closed cleanly, its data exported or erased."""

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from temix_market.instants import Instant, iso
from temix_market.ports import OutcomeUnknown

from temix_gateway import config as configuration
from temix_gateway.app import rules
from temix_gateway.clock import SystemClock
from temix_gateway.closing import NotTradedBack, Open, open_positions, trade_back, turning, why_open
from temix_gateway.commands.export import export
from temix_gateway.commands.options import DEFAULT, ConfigPath
from temix_gateway.commissioning.commissioning import load
from temix_gateway.commissioning.words import when
from temix_gateway.config import Config
from temix_gateway.errors import GatewayError
from temix_gateway.files import Files
from temix_gateway.home.journal import Journal
from temix_gateway.home.tokens import TokenStore, private_file
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.logs import set_up_logging
from temix_gateway.planning import Plan, Problem
from temix_gateway.planning.worker import PlannerProcess
from temix_gateway.resync import resynchronise
from temix_gateway.retailer_config import Retailer
from temix_gateway.running import Lasting, make, temix_link


class NotClosed(GatewayError):
    """The account is as it was, or is closed only in part; the text says which, and what to do."""


def decommission(  # noqa: PLR0913, PLR0917 (the options)
    config: ConfigPath = DEFAULT,
    archive: Annotated[
        Path | None, typer.Option("--export", metavar="FILE", help="First write everything there: a .tar.gz.")
    ] = None,
    erase: Annotated[bool, typer.Option(help="Erase the data folder at the end.")] = False,
    offline: Annotated[
        bool, typer.Option(help="The retailer is gone for good: close without telling it.")
    ] = False,
    keep_positions: Annotated[
        bool, typer.Option("--keep-positions", help="Leave what was bought or sold for later as it is.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether it is right.")] = False,
) -> None:
    """Close the home's account: no trade, no client, no account at the retailer. Stop the gateway first.

    What was bought or sold for later is sold or bought back first, within the mandate and the limits.
    What cannot be traded back stays to be delivered and settled; it is listed, with the reason.
    """
    loaded = configuration.load(config)
    set_up_logging(loaded.gateway.log_level, loaded.gateway.log_format)
    files = Files(Path(loaded.gateway.data))
    account = isinstance(loaded.retailer, Retailer) and loaded.enrolled and not offline
    back = account and not keep_positions
    left = asyncio.run(_open(files))
    _list(left, {}, loaded.gateway.time_zone)
    if not yes:
        first = "Sell or buy back what is open, and then close" if back and left else "Close"
        gone = " and erase everything that the gateway knows" if erase else ""
        if not typer.confirm(f"{first} the account of {loaded.home.party or 'this home'}{gone}?"):
            raise NotClosed("nothing was changed")
    why: Mapping[Open, str] = {}
    if back and left:
        left, why = asyncio.run(_trade_back(loaded, files))
        _list(left, why, loaded.gateway.time_zone)
    asyncio.run(_close(loaded, files, account=account))
    print(f"{len(left)} intervals are still to be delivered; the retailer settles them")
    _forget_everybody(files)
    if archive is not None:
        export(archive, config)
    if erase:
        shutil.rmtree(files.folder)
        print(f"{files.folder} is erased")
    print("closed: nothing is traded, nobody has access")


def _list(left: Sequence[Open], why: Mapping[Open, str], zone: str) -> None:
    for each in left:
        start, end = (when(at, zone) for at in (each.interval.start, each.interval.end))
        reason = f": {why[each]}" if each in why else ""
        print(f"open: {start} to {end}, {each.quantity} Wh{reason}")


async def _open(files: Files) -> Sequence[Open]:
    """What is to be delivered, by the ledger."""
    clock = SystemClock()
    ledger = await asyncio.to_thread(Ledger, files.ledger, clock)
    try:
        now = clock.now()
        return open_positions([pair for pair, _ in await ledger.pairs(now)], now)
    finally:
        await asyncio.to_thread(ledger.close)


async def _trade_back(config: Config, files: Files) -> tuple[Sequence[Open], Mapping[Open, str]]:
    """Sell or buy back what is open; what is left, and why."""
    clock = SystemClock()
    ledger = await asyncio.to_thread(Ledger, files.ledger, clock)
    lasting = Lasting(files, clock, ledger, PlannerProcess(), _no_plan, str)
    try:
        made = await make(config, lasting, rules)
        async with turning(made.core):
            await trade_back(made.core, clock.now)
            now = clock.now()
            left = open_positions([pair for pair, _ in await ledger.pairs(now)], now)
            return left, {each: why_open(made.core, each, now) for each in left}
    except NotTradedBack as error:
        raise NotClosed(
            f"what is open was not traded back ({error}): nothing was closed. Mend that and run this again, "
            "or close with --keep-positions, and it stays to be delivered and settled"
        ) from error
    finally:
        await asyncio.to_thread(ledger.close)


async def _no_plan(problem: Problem, plan: Plan) -> None:
    """Keep no plan: without a device nothing is planned."""


async def _close(config: Config, files: Files, *, account: bool) -> None:
    """End trade in the ledger, settle what is under way, and end the ``account``."""
    clock = SystemClock()
    ledger = await asyncio.to_thread(Ledger, files.ledger, clock)
    try:
        await asyncio.to_thread(_lock, files)
        if not ledger.fault:
            await ledger.revoke_mandate()
        if account:
            assert isinstance(config.retailer, Retailer), "only such a retailer has accounts"
            link = await asyncio.to_thread(temix_link, config, config.retailer, files, clock)
            async with link.session():
                if not ledger.fault:
                    await resynchronise(ledger, link, clock)
                await link.cancel()
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
