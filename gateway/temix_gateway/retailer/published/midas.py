"""MIDAS 2.0 of the California Energy Commission: the rate of a RIN, as printed on a bill; without an account.

Source: https://midasapi.energy.ca.gov/docs. Dates and times are UTC (in version 1 some were not), an
interval's last second is given, and a value's unit says what it is. Everything there is final.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any, Final

import structlog
from msgspec import Struct
from temix_market.errors import InvalidField
from temix_market.instants import SECOND, Duration, Instant, from_datetime
from temix_market.intervals import Interval

from temix_gateway.retailer.errors import LinkError, Misunderstood, NothingPublished
from temix_gateway.retailer.published.california import PACIFIC, Californian
from temix_gateway.retailer.published.http import Http
from temix_gateway.retailer.published.prices import (
    Direction,
    Emission,
    Published,
    aligned,
    decoded,
    grams,
    micro,
    unambiguous,
    with_emissions,
)
from temix_gateway.retailer.published.schedule import Rhythm

NAME: Final = "CEC MIDAS 2.0"
PUBLISHED_AT: Final = (time(19, 0),)
"""Utilities upload the next day's rates in the afternoon; there is no time that is promised."""

_UNITS: Final = {"$/kwh": Direction.IMPORT, "export $/kwh": Direction.EXPORT}
_GRAMS: Final = "g/kwh co2"
_RIN: Final = re.compile(r"[A-Z]{4}-[A-Z0-9]{4}-[A-Z0-9]{3,4}-[A-Z0-9]{1,10}")
_LOG: Final = structlog.get_logger(__name__)


class _Value(Struct, frozen=True, rename="pascal"):
    date_start: str
    date_end: str
    time_start: str
    time_end: str
    unit: str
    value: Any = None


class _Rate(Struct, frozen=True):
    RateID: str
    ValueInformation: list[_Value]


def rin(text: str) -> str:
    """The rate identification number in what a person copied from a bill, or its QR code says.

    Raises:
        InvalidField: there is none in it, or more than one.
    """
    found = set(_RIN.findall(text.upper()))
    if len(found) != 1:
        many = f"{len(found)} of them" if found else "none"
        raise InvalidField("rin", f"{text[:80]!r} has {many}: one looks like USCA-PGPG-ETOU-0000")
    return str(found.pop())


@dataclass(frozen=True, slots=True)
class Midas(Californian):
    """One rate, another for export where that has its own number, and a signal of emissions: a ``Feed``."""

    url: str
    rin: str
    export_rin: str | None = None
    emissions_rin: str | None = None

    @property
    def name(self) -> str:
        """What its parties are called after."""
        return f"midas:{self.rin}"

    @property
    def question(self) -> str:
        """What it is asked for."""
        return f"{self.url} {self.rin} {self.export_rin} {self.emissions_rin}"

    @property
    def rhythm(self) -> Rhythm:
        """When it publishes."""
        return Rhythm(PACIFIC, PUBLISHED_AT)

    async def read(self, http: Http, wanted: Interval) -> Sequence[Published]:
        """Ask for what is in force: three days from midnight.

        Raises:
            LinkError: no answer that can be used; what to do about it.
        """
        found: list[Published] = []
        for key, number in (("rin", self.rin), ("export_rin", self.export_rin)):
            if number is None:
                continue
            prices, _ = await self._rate(http, number, key)
            if not prices:
                raise NothingPublished(f"{self.url} has no prices for a kWh in {number}: see retailer.{key}")
            found += [price for price in prices if price.interval.overlaps(wanted)]
        return with_emissions(found, await self._emissions(http))

    async def _emissions(self, http: Http) -> list[Emission]:
        """What a kWh emits: for show, so that nothing waits for it."""
        if self.emissions_rin is None:
            return []
        try:
            return (await self._rate(http, self.emissions_rin, "emissions_rin"))[1]
        except LinkError as error:
            _LOG.warning("emissions not told", reason=str(error))
            return []

    async def _rate(self, http: Http, number: str, key: str) -> tuple[list[Published], list[Emission]]:
        asked = {"ID": number, "QueryType": "realtime"}
        reply = await http.get(f"{self.url}/ValueData", asked)
        if reply.status == 204 or not reply.body:
            raise NothingPublished(f"{self.url} has no rate {number}: check retailer.{key} against your bill")
        try:
            return read_rate(reply.body, number)
        except InvalidField as error:
            raise Misunderstood(f"{self.url}/ValueData was not answered as documented: {error}") from error


def read_rate(body: bytes, number: str) -> tuple[list[Published], list[Emission]]:
    """The prices and emissions of an answer; a value that cannot be read is left out, and so are other units.

    Raises:
        InvalidField: the answer as a whole is not of its form, or of another rate.
    """
    rate = decoded(body, _Rate, "ValueData")
    if rate.RateID.upper() != number.upper():
        raise InvalidField("RateID", f"{rate.RateID!r} is not {number}")
    prices, emissions = [], []
    for index, value in enumerate(rate.ValueInformation):
        unit, where = value.unit.strip().lower(), f"ValueInformation[{index}]"
        direction = _UNITS.get(unit)
        try:
            if direction is not None:
                price = micro(value.value, f"{where}.Value")
                prices.append(Published(direction, _interval(value, where), price))
            elif unit == _GRAMS:
                emission = grams(value.value, f"{where}.Value")
                emissions.append(Emission(_interval(value, where), emission))
        except InvalidField as error:
            _LOG.warning("published value left out", reason=str(error))
    return unambiguous(prices), emissions


def _interval(value: _Value, where: str) -> Interval:
    start = _instant(value.date_start, value.time_start, f"{where}.TimeStart")
    last = _instant(value.date_end, value.time_end, f"{where}.TimeEnd")
    end = last + SECOND if last % (60 * SECOND) == 59 * SECOND else last
    return aligned(start, Duration(end - start), where)


def _instant(date: str, clock: str, field: str) -> Instant:
    try:
        when = datetime.strptime(f"{date[:10]} {clock}", "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        raise InvalidField(field, f"{date!r} {clock!r} is no date and time") from None
    return from_datetime(when)
