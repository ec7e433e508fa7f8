"""GridX getPricing: SCE's Flexible Pricing and PG&E's Hourly Flex Pricing; public, without an account.

Source: https://api-calculate-docs.gridx.com. Prices are strings in USD/kWh, times are local with an offset,
and HTTP 204 means that there is nothing, be it not published yet or asked for wrongly. No export price is
published.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Annotated, Any, Final, Literal

import structlog
from msgspec import Meta, Struct
from temix_market.calendar import local_date
from temix_market.errors import InvalidField
from temix_market.instants import MINUTE, Duration, Instant
from temix_market.intervals import Interval
from temix_market.tenders import Component
from temix_market.units import Price

from temix_gateway.retailer.errors import Misunderstood, NothingPublished
from temix_gateway.retailer.published.california import PACIFIC, Californian
from temix_gateway.retailer.published.http import Http
from temix_gateway.retailer.published.prices import (
    Direction,
    Published,
    aligned,
    decoded,
    local_instant,
    micro,
    unambiguous,
    without_half_folds,
)
from temix_gateway.retailer.published.schedule import Rhythm

type Utility = Literal["SCE", "PGE"]

NAMES: Final[dict[Utility, str]] = {"SCE": "SCE Flexible Pricing", "PGE": "PG&E Hourly Flex Pricing"}
PUBLISHED_AT: Final[dict[Utility, tuple[time, ...]]] = {
    "SCE": (time(18, 15),),
    "PGE": (time(16, 30), time(18, 30)),
}
"""When prices are there, by the documentation: PG&E's are forecasts first and final two hours later."""

RATES: Final[dict[Utility, tuple[str, ...]]] = {
    "SCE": (
        *("TOU-D-49", "TOU-D-58", "TOU-PRIME", "TOU-GS-1", "TOU-GS-2", "TOU-GS-3", "TOU-EV-8"),
        *("TOU-EV-9S", "TOU-EV-9P", "TOU-EV-9ST", "TOU-PA-2", "TOU-PA-3", "TOU-8S", "TOU-8P", "TOU-8ST"),
    ),
    "PGE": (
        *("EELEC", "EV2AS", "B6", "B10S", "B10P", "B19S", "B19P", "B20S", "B20P", "BEV1", "BEV2S", "BEV2P"),
        *("AG-A1", "AG-A2", "AGBS", "AGBP", "AGCS", "AGCP"),
    ),
}
SUBSTATIONS: Final = (
    *("Alamitos", "Antelope", "Bailey", "Barre", "Center", "Chino", "Del Amo", "Devers", "Eagle Rock"),
    *("El Casco", "El Nido", "Ellis", "Etiwanda", "Goleta", "Gould", "Hinson", "Johanna", "Kramer"),
    *("La Cienega", "La Fresa", "Laguna Bell", "Lighthipe", "Mesa", "Mira Loma", "Mirage", "Moorpark"),
    *("Olinda", "Padua", "Rector", "Rio Hondo", "San Bernardino", "Santa Clara", "Santiago", "Saugus"),
    *("Springville", "System", "Valley AB", "Valley EFG", "Vestal", "Victor", "Viejo", "Villa Park"),
    *("Vista 115", "Vista 66", "Walnut", "Windhub"),
)
"""SCE's circuits, which are substations; PG&E's are nine digits."""

_LOG: Final = structlog.get_logger(__name__)
_GENERATION: Final = "generation"
_OFF: Final = Price(1)
"""Each part is rounded by the service: so far the sum of a part may be off."""


class _Part(Struct, frozen=True):
    component: str
    intervalPrice: Any  # noqa: N815 - the service's name
    priceType: str  # noqa: N815


class _Detail(Struct, frozen=True):
    startIntervalTimeStamp: str  # noqa: N815
    intervalPrice: Any  # noqa: N815
    priceStatus: str  # noqa: N815
    priceComponents: list[_Part] = []  # noqa: N815


class _Header(Struct, frozen=True):
    intervalLengthInMinutes: Annotated[int, Meta(ge=5, le=60)]  # noqa: N815
    settlementCurrency: str  # noqa: N815
    settlementUnit: str  # noqa: N815


class _Curve(Struct, frozen=True):
    priceHeader: _Header  # noqa: N815
    priceDetails: list[_Detail]  # noqa: N815


class _Meta(Struct, frozen=True):
    code: int
    response: str = ""


class _Pricing(Struct, frozen=True):
    meta: _Meta
    data: list[_Curve]


@dataclass(frozen=True, slots=True)
class GridX(Californian):
    """One rate on one circuit: a ``Feed``."""

    url: str
    utility: Utility
    rate: str
    circuit: str
    cca: str | None = None

    @property
    def name(self) -> str:
        """What its parties are called after."""
        return f"gridx:{self.utility}"

    @property
    def question(self) -> str:
        """What it is asked for."""
        return f"{self.url} {self.utility} {self.rate} {self.circuit} {self.cca}"

    @property
    def rhythm(self) -> Rhythm:
        """When it publishes."""
        return Rhythm(PACIFIC, PUBLISHED_AT[self.utility])

    async def read(self, http: Http, wanted: Interval) -> Sequence[Published]:
        """Ask for the days of ``wanted``.

        Raises:
            LinkError: no answer that can be used; what to do about it.
        """
        first, last = (local_date(PACIFIC, at) for at in (wanted.start, Instant(wanted.end - 1)))
        asked = {
            "utility": self.utility,
            "market": "DAM",
            "program": "CalFUSE",
            "startdate": _day(first),
            "enddate": _day(last),
            "ratename": self.rate,
            "representativeCircuitId": self.circuit,
        }
        reply = await http.get(f"{self.url}/getPricing", asked | ({"cca": self.cca} if self.cca else {}))
        if reply.status == 204 or not reply.body:
            raise NothingPublished(
                f"{self.url} has no prices for {self.rate} on {self.circuit}: they are late, or "
                "retailer.rate, retailer.circuit or retailer.cca is not known there"
            )
        try:
            return read_pricing(reply.body)
        except InvalidField as error:
            raise Misunderstood(f"{self.url}/getPricing was not answered as documented: {error}") from error


def read_pricing(body: bytes) -> list[Published]:
    """The prices of an answer; an interval that cannot be read has none.

    Raises:
        InvalidField: the answer as a whole is not of its form, or says that it failed.
    """
    pricing = decoded(body, _Pricing, "getPricing")
    if pricing.meta.code != 200:
        raise InvalidField("meta.code", f"{pricing.meta.code}: {pricing.meta.response[:200]}")
    prices = unambiguous(price for index, curve in enumerate(pricing.data) for price in _curve(curve, index))
    return without_half_folds(prices, PACIFIC)


def _curve(curve: _Curve, index: int) -> Iterator[Published]:
    header, place = curve.priceHeader, f"data[{index}]"
    if (header.settlementCurrency, header.settlementUnit.lower()) != ("USD", "kwh"):
        unit = f"{header.settlementCurrency}/{header.settlementUnit}"
        _LOG.warning("published prices left out", where=place, reason=f"they are in {unit}, not in USD/kWh")
        return
    for number, detail in enumerate(curve.priceDetails):
        where = f"{place}.priceDetails[{number}]"
        try:
            yield _price(detail, Duration(header.intervalLengthInMinutes * MINUTE), where)
        except InvalidField as error:
            _LOG.warning("published price left out", reason=str(error))


def _price(detail: _Detail, duration: Duration, where: str) -> Published:
    start = local_instant(detail.startIntervalTimeStamp, PACIFIC, f"{where}.startIntervalTimeStamp")
    if start % duration:
        raise InvalidField(f"{where}.startIntervalTimeStamp", "it is off the clock")
    price = micro(detail.intervalPrice, f"{where}.intervalPrice")
    if detail.priceStatus not in {"Final", "Preliminary"}:
        raise InvalidField(f"{where}.priceStatus", f"{detail.priceStatus!r} is neither Final nor Preliminary")
    parts = [
        (part, micro(part.intervalPrice, f"{where}.priceComponents[{number}].intervalPrice"))
        for number, part in enumerate(detail.priceComponents)
    ]
    if parts and abs(sum(value for _, value in parts) - price) > _OFF * len(parts):
        raise InvalidField(f"{where}.priceComponents", f"they do not add up to {price} µ/kWh")
    transport = Price(sum(value for part, value in parts if part.priceType != _GENERATION))
    energy = Price(price - transport)
    made_of = [Component(part.component, value) for part, value in parts if part.priceType == _GENERATION]
    return Published(
        Direction.IMPORT,
        aligned(start, duration, where),
        energy,
        transport,
        _adjusted(made_of, energy),
        detail.priceStatus == "Final",
    )


def _adjusted(parts: list[Component], price: Price) -> tuple[Component, ...]:
    """The parts of the energy price so that they add up: what rounding left goes to the largest."""
    if not parts:
        return ()
    off = price - sum(part.price for part in parts)
    largest = max(range(len(parts)), key=lambda number: abs(parts[number].price))
    return tuple(
        Component(part.name, Price(part.price + off)) if number == largest else part
        for number, part in enumerate(parts)
    )


def _day(day: date) -> str:
    return f"{day:%Y%m%d}"
