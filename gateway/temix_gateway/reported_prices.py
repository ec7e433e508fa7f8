"""Prices that Home Assistant reports, read and judged before anything is made of them."""

from collections.abc import Sequence

from temix_market.errors import InvalidField
from temix_market.instants import Duration, Instant
from temix_market.ports import Terms
from temix_market.units import Price

from temix_gateway.home.errors import CommandRefused
from temix_gateway.home.prices import ReportedPrice, ReportPrices
from temix_gateway.retailer.published.prices import (
    Direction,
    Published,
    Reported,
    aligned,
    believable,
    unambiguous,
)


def reported(report: ReportPrices, terms: Terms) -> Reported:
    """What a report says of each direction that it names.

    Raises:
        CommandRefused: another currency, all prices out of bounds, no interval of whole 5 minutes, or one
            with two prices. A single price out of bounds is left out.
    """
    if report.currency != terms.currency:
        raise CommandRefused(
            f"the prices are in {report.currency}, the gateway's in {terms.currency}: see retailer.currency"
        )
    named = ((Direction.IMPORT, "buy", report.buy), (Direction.EXPORT, "sell", report.sell))
    try:
        return {
            direction: _read(direction, name, prices, terms)
            for direction, name, prices in named
            if prices is not None
        }
    except InvalidField as error:
        raise CommandRefused(str(error)) from error


def _read(direction: Direction, name: str, prices: Sequence[ReportedPrice], terms: Terms) -> list[Published]:
    found = []
    for number, each in enumerate(prices):
        place = f"{name}[{number}]"
        interval = aligned(Instant(each.start), Duration(each.end - each.start), place)
        found.append(Published(direction, interval, Price(each.price), final=each.final))
    kept = believable(found, terms.bounds)
    if found and not kept:
        raise InvalidField(name, "every price is outside the market's bounds: is the entity's unit right?")
    if len(unambiguous(found)) != len(found):
        raise InvalidField(name, "an interval has two prices")
    return kept
