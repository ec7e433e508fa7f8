"""The owner's limits of trade: moved at run time, never above the ceilings of installer and mandate."""

from typing import Protocol

import msgspec
from temix_market.errors import InvalidField
from temix_market.tenders import PriceBounds
from temix_market.units import Money, Price, money_text, parse_money

from temix_gateway.home.errors import CommandRefused
from temix_gateway.home.messages import Limits, Mode, SetLimits


class Bounded(Protocol):
    """What trade is bounded by: the ceilings, or what is in force beneath them."""

    @property
    def money_a_day(self) -> Money:
        """Most that purchases may cost in one day."""
        ...

    @property
    def highest_price(self) -> Price:
        """Never buy a kWh ahead for more than this."""
        ...

    @property
    def bounds(self) -> PriceBounds:
        """The bounds within which any price is believed."""
        ...


class OwnLimits(msgspec.Struct, frozen=True):
    """What the owner chose; where nothing, the ceiling is in force, also one that is configured later."""

    money_a_day: Money | None = None
    highest_price: Price | None = None

    def after(self, asked: SetLimits, ceilings: Bounded) -> OwnLimits:
        """The limits once ``asked`` is carried out; what it leaves out stays.

        Raises:
            CommandRefused: no amount, above the ceiling, or below what can be; names the field.
        """
        return OwnLimits(
            self.money_a_day if asked.money_a_day is None else _money(asked.money_a_day, ceilings),
            self.highest_price if asked.highest_price is None else _price(asked.highest_price, ceilings),
        )


class Choices(msgspec.Struct, frozen=True):
    """What the owner chose in Home Assistant; it wins over the configuration, beneath its ceilings."""

    mode: Mode
    paused: bool = False
    limits: OwnLimits = OwnLimits()


def limits_message(in_force: Bounded, ceilings: Bounded) -> Limits:
    """The limits beside their ceilings, as Home Assistant sees them."""
    return Limits(
        money_a_day=money_text(in_force.money_a_day),
        highest_price=in_force.highest_price,
        money_a_day_ceiling=money_text(ceilings.money_a_day),
        highest_price_ceiling=ceilings.highest_price,
    )


def _money(text: str, ceilings: Bounded) -> Money:
    try:
        money = parse_money(text, "money_a_day")
    except InvalidField as error:
        raise CommandRefused(str(error)) from error
    if money < 0:
        raise CommandRefused(f"money_a_day: {text} is negative")
    if money > ceilings.money_a_day:
        ceiling = money_text(ceilings.money_a_day)
        raise CommandRefused(f"money_a_day: {text} is above the ceiling of installer and mandate, {ceiling}")
    return money


def _price(micro: int, ceilings: Bounded) -> Price:
    try:
        ceilings.bounds.check(Price(micro), "highest_price")
    except InvalidField as error:
        raise CommandRefused(str(error)) from error
    if micro > ceilings.highest_price:
        ceiling = ceilings.highest_price
        raise CommandRefused(
            f"highest_price: {micro} µ/kWh is above the ceiling of installer and mandate, {ceiling} µ/kWh"
        )
    return Price(micro)
