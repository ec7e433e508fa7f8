"""Prices that Home Assistant reports to a gateway whose retailer has no service of its own."""

from typing import Annotated

from msgspec import Meta, Struct

from temix_gateway.home.units import CommandId, MicroPrice, Time


class ReportedPrice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The price of a kWh in one interval of whole 5 minutes on the clock.

    ``final``: it will not change any more; only then is anything settled at it.
    """

    start: Time
    end: Time
    price: MicroPrice
    final: bool = True


type Prices = Annotated[list[ReportedPrice], Meta(max_length=400)]


class ReportPrices(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="report_prices"):
    """Report what the owner's price entities say of the present interval and those to come.

    Each direction replaces what was reported of it before: what is not named any more has no price; null:
    nothing is known, and what was reported stays until it is over. Prices that are not final are dropped
    half an hour after their last report. Refused where the gateway has its prices from elsewhere
    (``prices_wanted``), in another currency than the gateway's, and where one interval has two prices.
    """

    id: CommandId
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$", description="ISO 4217")]
    buy: Prices | None = None
    sell: Prices | None = None
