"""MIDAS 2.0's answers: UTC, inclusive seconds, many units; every hour of every day has its price or none."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from temix_gateway.retailer.published.http import Http
from temix_gateway.retailer.published.midas import Midas, read_rate, rin
from temix_gateway.retailer.published.prices import Direction, Emission, PriceBook, with_emissions
from temix_gateway.retailer.published.schedule import Allowance
from temix_gateway.retailer.published.store import Kept, Store, packed
from temix_gateway.retailer.published.tenders import PublishedParties
from temix_market.calendar import local_day
from temix_market.errors import InvalidField
from temix_market.instants import FIVE_MINUTES, HOUR, MINUTE, Instant
from temix_market.units import CarbonIntensity

from tests.gateway.market import FakeClock
from tests.gateway.retailer.published.services import PACIFIC, RIN, midas_rate, serving, true_price

SPRING, AUTUMN, ORDINARY = date(2026, 3, 8), date(2026, 11, 1), date(2026, 6, 10)
DAYS = [day + timedelta(days=off) for day in (SPRING, AUTUMN, ORDINARY) for off in range(-8, 8)]


def shown(document: dict[str, Any], direction: Direction = Direction.IMPORT) -> dict[Instant, int]:
    book = PriceBook()
    book.merge(read_rate(json.dumps(document).encode(), RIN)[0])
    return {start: price.price for start, price in book.steps(direction).items()}


@pytest.mark.parametrize("minutes", [5, 15, 60])
@pytest.mark.parametrize("day", DAYS)
def test_every_step_of_a_day_has_its_price(day: date, minutes: int) -> None:
    steps = local_day(PACIFIC, day).split(FIVE_MINUTES)
    right = {step.start: true_price(Instant(step.start - step.start % (minutes * MINUTE))) for step in steps}
    assert shown(midas_rate(day, minutes)) == right


def test_export_is_its_own_direction_and_other_units_are_no_price() -> None:
    document = midas_rate(ORDINARY)
    document["ValueInformation"] += midas_rate(ORDINARY, unit="export $/kWh")["ValueInformation"]
    for unit in ("$/kW", "g/kWh CO2", "Event", "backup $/kWh"):
        document["ValueInformation"] += midas_rate(ORDINARY, unit=unit)["ValueInformation"]
    assert shown(document) == shown(document, Direction.EXPORT) == shown(midas_rate(ORDINARY))


@pytest.mark.parametrize("body", [b"", b"[]", b'{"RateID":"USCA-TSTS-OTHR-TEST","ValueInformation":[]}'])
def test_another_answer_is_refused_whole(body: bytes) -> None:
    with pytest.raises(InvalidField):
        read_rate(body, RIN)


@pytest.mark.parametrize(
    "text",
    [
        "USCA-PGPG-ETOU-0000",
        " usca-pgpg-etou-0000\n",
        "RIN: USCA-PGPG-ETOU-0000 (see bill)",
        "https://x.test/?rin=USCA-PGPG-ETOU-0000",
    ],
)
def test_the_number_is_found_in_what_is_copied_from_a_bill(text: str) -> None:
    assert rin(text) == "USCA-PGPG-ETOU-0000"


@pytest.mark.parametrize("text", ["", "account 12345", "USCA-PGPG-ETOU-0000 USCA-XXAV-ETOU-0000"])
def test_none_and_two_are_told(text: str) -> None:
    with pytest.raises(InvalidField) as refused:
        rin(text)
    assert refused.value.field == "rin"


SIGNAL = "USCA-SGIP-MOER-TEST"


@pytest.mark.parametrize("told", [True, False])
async def test_emissions_come_with_prices_and_nothing_waits_for_them(told: bool) -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.query["ID"])
        if request.query["ID"] == RIN:
            return web.json_response(midas_rate(ORDINARY))
        signal = midas_rate(ORDINARY, 5, unit="g/kWh CO2", price=lambda start: 412_400_000)
        return web.json_response(signal | {"RateID": SIGNAL}) if told else web.Response(status=503)

    async with serving("/ValueData", answer) as url, aiohttp.ClientSession() as session:
        http = Http(session, FakeClock(), Allowance())
        prices = await Midas(url, RIN, emissions_rin=SIGNAL).read(http, local_day(PACIFIC, ORDINARY))
    assert asked == [RIN, SIGNAL]
    assert len(prices) == 24
    assert {price.carbon for price in prices} == {412 if told else None}


def test_what_a_kwh_emits_is_shown_and_kept(tmp_path: Path) -> None:
    """In the fine tenders as it is, in an hour's as its mean, and none where a part of the hour says none."""
    day = local_day(PACIFIC, ORDINARY)
    emissions = [
        Emission(step, CarbonIntensity(100 + number % 12))
        for number, step in enumerate(day.split(FIVE_MINUTES))
        if number != 12 * 7
    ]
    read, _ = read_rate(json.dumps(midas_rate(ORDINARY)).encode(), RIN)
    book = PriceBook()
    book.merge(with_emissions(read, emissions))
    store = Store(tmp_path / "prices.json")
    store.save(Kept("x", prices=tuple(packed(price) for price in book.all())))
    again = PriceBook()
    again.merge(store.load("x", "").published())
    energy, transport = PublishedParties.of("x").publications(again, day.start, 1)
    shown = {
        (tender.instrument.start - day.start) // HOUR: tender.carbon_intensity
        for tender in energy.tenders
        if tender.instrument.duration == HOUR
    }
    assert shown[5] == round(sum(range(100, 112)) / 12)
    assert shown[7] is None
    fine = [
        tender.carbon_intensity for tender in energy.tenders if tender.instrument.duration == FIVE_MINUTES
    ]
    assert fine == [*range(100, 112)] * 2
    assert {tender.carbon_intensity for tender in transport.tenders} == {None}
