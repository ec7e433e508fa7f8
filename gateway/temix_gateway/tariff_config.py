"""Tariffs in the configuration: what the bill has beside its energy, and what would apply otherwise."""

from typing import Annotated, Final

from msgspec import Meta, Struct
from temix_market.errors import InvalidField
from temix_market.tariffs import ALL_MONTHS, ALL_WEEKDAYS, Band, Extras, Rider, Tariff, Tax
from temix_market.units import Money, Price, parse_money

type Decimal = Annotated[str, Meta(pattern=r"^-?\d+(\.\d+)?$")]
type Clock = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$")]
type Label = Annotated[str, Meta(min_length=1, max_length=60)]

MICRO: Final = 1_000
"""Nano-currency in a millionth."""


class Charges(Struct, frozen=True, forbid_unknown_fields=True):
    """What the retailer's bill has beside what was bought in its market."""

    fixed_a_day: Annotated[Decimal, Meta(description="Fixed charge for each day.")] = "0"
    fixed_a_month: Annotated[
        Decimal, Meta(description="Fixed charge for each month, spread over its days.")
    ] = "0"
    riders: Annotated[dict[Label, Decimal], Meta(description="Charges for each imported kWh, by name.")] = {}
    taxes: Annotated[
        dict[Label, Decimal], Meta(description="Taxes in percent of all the rest, by name.")
    ] = {}


class TariffBand(Struct, frozen=True, forbid_unknown_fields=True, rename={"since": "from"}):
    """Another price at some times, by the local clock; the first band that holds wins."""

    name: Annotated[Label, Meta(description="What it is called on the statement.")]
    price: Annotated[Decimal, Meta(description="Price of an imported kWh.")]
    months: Annotated[
        list[Annotated[int, Meta(ge=1, le=12)]], Meta(description="In these months only; empty: in all.")
    ] = []
    weekdays: Annotated[
        list[Annotated[int, Meta(ge=1, le=7)]],
        Meta(description="On these weekdays only, 1 is Monday; empty: on all."),
    ] = []
    since: Annotated[Clock, Meta(description="From this time on.")] = "00:00"
    until: Annotated[
        Clock, Meta(description="Until this time; where it is not after `from`, over midnight.")
    ] = "24:00"


class TariffSection(Charges, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tariff that would apply otherwise. The first one is what savings are measured by."""

    name: Annotated[Label, Meta(description="What it is called on the statement.")]
    price: Annotated[Decimal, Meta(description="Price of an imported kWh where no band holds.")]
    export_credit: Annotated[Decimal, Meta(description="What an exported kWh brings.")] = "0"
    bands: Annotated[list[TariffBand], Meta(description="Prices by time of use, `[[tariff.bands]]`.")] = []


EXAMPLE: Final = """
# Tariffs that would apply otherwise, to compare with; the first is what savings are measured by.
#[[tariff]]
#name = "flat"
#price = "0.14"
#export_credit = "0.03"
#fixed_a_month = "9.95"
#riders = { "universal service" = "0.0021" }
#taxes = { "sales tax" = "8.25" }

#[[tariff]]
#name = "time of use"
#price = "0.12"
#[[tariff.bands]]
#name = "summer peak"
#price = "0.38"
#months = [6, 7, 8, 9]
#weekdays = [1, 2, 3, 4, 5]
#from = "16:00"
#until = "21:00"
"""


def extras(charges: Charges) -> Extras:
    """What a bill has beside its energy.

    Raises:
        InvalidField: a number that is none; ``field`` is its key.
    """
    return Extras(
        _money(charges.fixed_a_day, "fixed_a_day"),
        _money(charges.fixed_a_month, "fixed_a_month"),
        tuple(Rider(name, _price(text, f"riders.{name}")) for name, text in charges.riders.items()),
        tuple(Tax(name, _share(text, f"taxes.{name}")) for name, text in charges.taxes.items()),
    )


def tariff(section: TariffSection) -> Tariff:
    """A tariff to compare with.

    Raises:
        InvalidField: a number that is none, a band that is never; ``field`` is its key.
    """
    return Tariff(
        section.name,
        _price(section.price, "price"),
        tuple(_band(band, f"bands[{index}]") for index, band in enumerate(section.bands)),
        _price(section.export_credit, "export_credit"),
        extras(section),
    )


def _band(band: TariffBand, key: str) -> Band:
    since, until = _minutes(band.since), _minutes(band.until)
    if since == until:
        raise InvalidField(key, "it never holds: `from` and `until` are the same")
    return Band(
        band.name,
        _price(band.price, f"{key}.price"),
        frozenset(band.months) or ALL_MONTHS,
        frozenset(band.weekdays) or ALL_WEEKDAYS,
        since,
        until,
    )


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def _money(text: str, key: str) -> Money:
    return parse_money(text, key)


def _price(text: str, key: str) -> Price:
    nano = parse_money(text, key)
    if nano % MICRO:
        raise InvalidField(key, f"{text} has more than six places")
    return Price(nano // MICRO)


def _share(text: str, key: str) -> int:
    """Percent in millionths."""
    nano = parse_money(text, key)
    if nano % 100_000 or nano < 0:
        raise InvalidField(key, f"{text} is no percentage of at most four places")
    return nano // 100_000
