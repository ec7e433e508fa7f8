"""A service of prices, chosen at commissioning: asked once, and what it says is kept for the home's link."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import aiohttp
import msgspec
from temix_market.errors import InvalidField
from temix_market.instants import Instant
from temix_market.ports import Clock

from temix_gateway.commissioning.site import CannotDo, Heard
from temix_gateway.config import Config, check_retailer
from temix_gateway.files import Files
from temix_gateway.retailer.errors import LinkError
from temix_gateway.retailer.published.http import Http
from temix_gateway.retailer.published.link import wanted
from temix_gateway.retailer.published.prices import Direction
from temix_gateway.retailer.published.schedule import Allowance
from temix_gateway.retailer.published.services import named
from temix_gateway.retailer.published.store import Kept, Store, packed
from temix_gateway.retailer_config import HomeAssistantSection, PricesOnly
from temix_gateway.running import published_feed

IMPORT: Final = Direction.IMPORT


async def hear(section: PricesOnly, config: Config, files: Files, clock: Clock) -> Heard:
    """Ask the service that ``section`` configures, in place of the retailer of ``config``.

    The request counts towards those that a home may make in a day. Home Assistant is not asked: it tells.

    Raises:
        CannotDo: what is configured cannot be meant, or the service has no answer that can be used.
    """
    chosen = msgspec.structs.replace(config, retailer=section)
    try:
        check_retailer(chosen)
    except InvalidField as error:
        raise CannotDo("service_wrong", field=error.field, reason=error.reason) from error
    service = named(msgspec.to_builtins(section))
    assert service is not None, "every section is of a service in the table"
    if isinstance(section, HomeAssistantSection):
        return Heard(service.name, section.currency, (), False)
    feed, store = published_feed(chosen, section), Store(files.prices)
    kept = await asyncio.to_thread(store.load, feed.name, feed.question)
    allowance = Allowance.of(map(Instant, kept.requests))
    try:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            prices = await feed.read(Http(session, clock, allowance), wanted(feed, clock.now()))
    except LinkError as error:
        raise CannotDo("service_silent", reason=str(error)) from error
    answered = Kept(feed.name, feed.question, tuple(map(packed, prices)), tuple(allowance.made), clock.now())
    await asyncio.to_thread(store.save, answered)
    to_buy = [each for each in prices if each.direction is IMPORT]
    to_buy.sort(key=lambda each: each.interval.start)
    return Heard(
        service.name,
        feed.currency,
        [(each.interval, each.price) for each in to_buy],
        any(each.direction is not IMPORT for each in prices),
    )


def settings(section: PricesOnly) -> Mapping[str, Any]:
    """A section as it is kept with what is set at commissioning."""
    given: dict[str, Any] = msgspec.to_builtins(section)
    return {key: value for key, value in given.items() if value is not None}
