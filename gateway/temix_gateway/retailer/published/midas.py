"""MIDAS 2.0 of the California Energy Commission: the rate of a RIN, as printed on a bill; without an account.

Source: https://midasapi.energy.ca.gov/docs. Dates and times are UTC (in version 1 some were not), an
interval's last second is given, and a value's unit says what it is. Everything there is final.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
import structlog
from msgspec import Struct
from temix_market.errors import InvalidField
from temix_market.instants import SECOND, Duration, Instant, from_datetime
from temix_market.intervals import Interval

from temix_gateway.retailer.errors import Misunderstood, NothingPublished
from temix_gateway.retailer.published.http import Http
from temix_gateway.retailer.published.prices import (
    Direction,
    Published,
    aligned,
    micro,
    unambiguous,
)
from temix_gateway.retailer.published.schedule import Rhythm

PACIFIC: Final = ZoneInfo("America/Los_Angeles")
NAME: Final = "CEC MIDAS 2.0"
PUBLISHED_AT: Final = (time(19, 0),)
"""Utilities upload the next day's rates in the afternoon; there is no time that is promised."""

_UNITS: Final = {"$/kwh": Direction.IMPORT, "export $/kwh": Direction.EXPORT}
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
class Midas:
    """One rate, and another for export where that has its own number: a ``Feed``."""

    url: str
    rin: str
    export_rin: str | None = None

    @property
    def name(self) -> str:
        """What its parties are called after."""
        return f"midas:{self.rin}"

    @property
    def currency(self) -> str:
        """Dollars."""
        return "USD"

    @property
    def zone(self) -> ZoneInfo:
        """Where its days begin."""
        return PACIFIC

    @property
    def rhythm(self) -> Rhythm:
        """When it publishes."""
        return Rhythm(PACIFIC, PUBLISHED_AT)

    async def read(self, http: Http, wanted: Interval) -> Sequence[Published]:
        """Ask for what is in force: three days from midnight.

        Raises:
            LinkError: no answer that can be used; what to do about it.
        """
        found = []
        for key, number in (("rin", self.rin), ("export_rin", self.export_rin)):
            if number is not None:
                found += [
                    price for price in await self._rate(http, number, key) if price.interval.overlaps(wanted)
                ]
        return found

    async def _rate(self, http: Http, number: str, key: str) -> list[Published]:
        asked = {"ID": number, "QueryType": "realtime"}
        reply = await http.get(f"{self.url}/ValueData", asked)
        if reply.status == 204 or not reply.body:
            raise NothingPublished(f"{self.url} has no rate {number}: check retailer.{key} against your bill")
        try:
            prices = read_rate(reply.body, number)
        except InvalidField as error:
            raise Misunderstood(f"{self.url}/ValueData was not answered as documented: {error}") from error
        if not prices:
            raise NothingPublished(f"{self.url} has no prices for a kWh in {number}: see retailer.{key}")
        return prices


def read_rate(body: bytes, number: str) -> list[Published]:
    """The prices of an answer; a value that cannot be read has none, and other units are no prices.

    Raises:
        InvalidField: the answer as a whole is not of its form, or of another rate.
    """
    try:
        rate = msgspec.json.decode(body, type=_Rate)
    except ValueError as error:
        raise InvalidField("ValueData", str(error)) from error
    if rate.RateID.upper() != number.upper():
        raise InvalidField("RateID", f"{rate.RateID!r} is not {number}")
    found = []
    for index, value in enumerate(rate.ValueInformation):
        direction = _UNITS.get(value.unit.strip().lower())
        if direction is None:
            continue
        try:
            found.append(_price(value, direction, f"ValueInformation[{index}]"))
        except InvalidField as error:
            _LOG.warning("published price left out", reason=str(error))
    return unambiguous(found)


def _price(value: _Value, direction: Direction, where: str) -> Published:
    start = _instant(value.date_start, value.time_start, f"{where}.TimeStart")
    last = _instant(value.date_end, value.time_end, f"{where}.TimeEnd")
    end = last + SECOND if last % (60 * SECOND) == 59 * SECOND else last
    interval = aligned(start, Duration(end - start), where)
    return Published(direction, interval, micro(value.value, f"{where}.Value"))


def _instant(date: str, clock: str, field: str) -> Instant:
    try:
        when = datetime.strptime(f"{date[:10]} {clock}", "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        raise InvalidField(field, f"{date!r} {clock!r} is no date and time") from None
    return from_datetime(when)
