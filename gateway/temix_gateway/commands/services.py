"""The command ``services``: which services of prices there are, what they know, and whether one answers."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Final

import aiohttp
import typer
from rich.console import Console
from rich.table import Table
from temix_market.errors import InvalidField
from temix_market.instants import iso
from temix_market.units import Energy, Price, cost, money_text

from temix_gateway import config as configuration
from temix_gateway.clock import SystemClock
from temix_gateway.commands.options import DEFAULT, ConfigPath
from temix_gateway.errors import GatewayError
from temix_gateway.retailer.published.http import Http
from temix_gateway.retailer.published.link import wanted
from temix_gateway.retailer.published.midas import rin
from temix_gateway.retailer.published.prices import Direction, Published
from temix_gateway.retailer.published.schedule import Allowance
from temix_gateway.retailer.published.services import SERVICES
from temix_gateway.retailer_config import HomeAssistantSection, Retailer
from temix_gateway.running import published_feed

KWH: Final = Energy(1_000)


class NoRateNumber(GatewayError):
    """There is no rate identification number in a text, or more than one."""


class NothingToTest(GatewayError):
    """The configured retailer publishes no prices of its own accord."""


def services(
    config: ConfigPath = DEFAULT,
    *,
    lists: Annotated[
        bool, typer.Option("--lists", help="Also the rates and circuits that are known.")
    ] = False,
    bill: Annotated[
        str, typer.Option("--rin", help="Text from a bill, or of its QR code: print the rate's number in it.")
    ] = "",
    test: Annotated[
        bool, typer.Option("--test", help="Ask the configured service once, and show it.")
    ] = False,
) -> None:
    """Show the services that publish prices, for homes whose retailer takes no tenders."""
    if bill:
        print(_rin(bill))
    elif test:
        _show(asyncio.run(_ask(configuration.load(config))))
    else:
        _table(lists=lists)


def _rin(text: str) -> str:
    try:
        return rin(text)
    except InvalidField as error:
        raise NoRateNumber(str(error)) from error


def _table(*, lists: bool) -> None:
    table = Table("service", "region", "works", "does not", "verified with")
    for each in SERVICES:
        table.add_row(f"{each.service}\n{each.name}", each.region, each.works, each.lacks, each.verified)
    console = Console()
    console.print(table)
    for each in SERVICES if lists else ():
        for kind, names in (("rates", each.rates), ("circuits", each.circuits)):
            if names:
                console.print(f"{each.name}, {kind}: {', '.join(names)}", soft_wrap=True)


async def _ask(loaded: configuration.Config) -> Sequence[Published]:
    if isinstance(loaded.retailer, Retailer):
        raise NothingToTest(
            "retailer.service is temix, which is no service of prices: there is nothing to ask"
        )
    if isinstance(loaded.retailer, HomeAssistantSection):
        raise NothingToTest("Home Assistant reports the prices: see TeMIX's entry there")
    feed, clock = published_feed(loaded, loaded.retailer), SystemClock()
    async with aiohttp.ClientSession() as session:
        return await feed.read(Http(session, clock, Allowance()), wanted(feed, clock.now()))


def _show(prices: Sequence[Published]) -> None:
    table = Table("from", "to", "for", "a kWh", "energy", "transport", "final")
    for price in prices:
        kind = "buying" if price.direction is Direction.IMPORT else "selling"
        amounts = (_amount(price.price), _amount(price.energy), _amount(price.transport))
        final = "yes" if price.final else "preliminary"
        table.add_row(iso(price.interval.start), iso(price.interval.end), kind, *amounts, final)
    Console().print(table)
    print(f"{len(prices)} prices")


def _amount(price: Price) -> str:
    return money_text(cost(KWH, price))
