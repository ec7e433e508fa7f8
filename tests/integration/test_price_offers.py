"""What price entities offer: of each integration that is known, every interval's price, right or absent."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from math import sqrt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse

from custom_components.temix.client import ReportedPrice
from custom_components.temix.price_entity.days import CALLS_A_DAY, SPREAD_S, Calls, Days, calls_of, spread
from custom_components.temix.price_entity.offers import Offer, Unsuitable, offer
from custom_components.temix.price_entity.rows import whole
from tests.integration.price_services import (
    EUROPE,
    SERVICES,
    Market,
    Span,
    broken,
    entity,
    refuse,
    spans,
    truth,
)

CHANGES = [date(2026, *day) for day in ((3, 29), (10, 25), (10, 4), (4, 5), (3, 8), (11, 1))]
"""When clocks change: Europe's, Australia's and North America's, forward and back."""
STARTS_ONLY = {"entsoe", "tibber"}
"""Their rows have no end."""
CURRENCIES = {"amberelectric": "AUD", "octopus_energy": "GBP"}
ZONES = {
    "amberelectric": ("Australia/Sydney", "Australia/Brisbane", "Australia/Lord_Howe", "Australia/Adelaide"),
    "octopus_energy": ("Europe/London",),
    "nordpool": ("Europe/Helsinki", "Europe/Berlin", "Europe/London"),
}
EVERYWHERE = (
    "Europe/Berlin",
    "Europe/Helsinki",
    "Europe/Lisbon",
    "America/New_York",
    "Asia/Kathmandu",
    "UTC",
)


DAY = date(2026, 6, 10)
AFTERNOON = datetime(2026, 6, 10, 12, 20, tzinfo=UTC)


async def at(hass: HomeAssistant, zone: str, day: date, clock: time) -> datetime:
    """Let Home Assistant be in a zone; the instant at which the clock there shows that time."""
    await hass.config.async_set_time_zone(zone)
    return datetime.combine(day, clock, ZoneInfo(zone)).astimezone(UTC)


def right(prices: Sequence[ReportedPrice]) -> bool:
    return all(price.price == truth(price.start) * 10 for price in prices)


def offered(hass: HomeAssistant, entity: str) -> Offer:
    """What an entity offers to a home that knows nothing yet."""
    return offer(hass, entity, Days(calls_of(hass)))


async def read(made: Offer, now: datetime) -> list[ReportedPrice]:
    found = await made.read(now)
    assert found is not None
    return found


@pytest.mark.parametrize("minutes", [5, 15, 30, 60])
@pytest.mark.parametrize("name", SERVICES)
async def test_every_interval_has_its_price_on_days_of_every_length(
    hass: HomeAssistant, name: str, minutes: int
) -> None:
    for zone in ZONES.get(name, EVERYWHERE):
        for first in CHANGES:
            for day in (first - timedelta(days=1), first):
                await one_day(hass, name, zone, minutes, day)


@pytest.mark.long
@pytest.mark.parametrize("begin", [date(2026, 2, 20), date(2026, 9, 1)], ids=["spring", "autumn"])
@pytest.mark.parametrize("minutes", [5, 15, 30, 60])
@pytest.mark.parametrize("name", SERVICES)
async def test_every_interval_of_96_days_has_its_price(
    hass: HomeAssistant, name: str, minutes: int, begin: date
) -> None:
    for zone in ZONES.get(name, EVERYWHERE):
        for number in range(96):
            await one_day(hass, name, zone, minutes, begin + timedelta(days=number))


async def one_day(hass: HomeAssistant, name: str, zone: str, minutes: int, day: date) -> None:
    if zone == "Australia/Lord_Howe" and minutes == 60:
        return  # its longest and shortest days are no whole hours
    now = await at(hass, zone, day, time(14, 20))
    market = Market(ZoneInfo("Europe/Brussels" if name == "nordpool" else zone), minutes)
    made = offered(hass, SERVICES[name](hass, market, day))
    found = await read(made, now)
    assert made.currency == CURRENCIES.get(name, "EUR")
    assert right(found)
    end = datetime.combine(day + timedelta(days=2), time(), market.zone).astimezone(UTC)
    assert whole(found, now, end), f"{name} in {zone} by {minutes} min on {day}"
    assert len(found) == len({price.start for price in found})


def without(index: int) -> Callable[[date], Sequence[Span]]:
    return lambda day: [span for number, span in enumerate(spans(EUROPE, day, 60)) if number != index]


def shifted(by: timedelta) -> Callable[[date], Sequence[Span]]:
    return lambda day: [(start + by, end + by) for start, end in spans(EUROPE, day, 60)]


BROKEN_PRICES: dict[str, Callable[[datetime], Any]] = {
    "none": lambda start: None,
    "text": lambda start: "0.1",
    "nan": lambda start: float("nan"),
    "infinite": lambda start: float("inf"),
    "true": lambda start: True,
    "list": lambda start: [0.1],
}
BROKEN_TIMES: dict[str, Callable[[date], Sequence[Span]]] = {
    "off the grid": shifted(timedelta(minutes=2)),
    "by seconds": shifted(timedelta(seconds=30)),
    "nothing": lambda day: (),
    "backwards": lambda day: [(end, start) for start, end in spans(EUROPE, day, 60)],
}


@pytest.mark.parametrize("broken", BROKEN_PRICES)
@pytest.mark.parametrize("name", SERVICES)
async def test_what_is_no_price_is_absent(hass: HomeAssistant, name: str, broken: str) -> None:
    def sometimes(start: datetime) -> Any:
        return BROKEN_PRICES[broken](start) if start.hour % 3 == 0 else truth(start) / 100_000

    found = await shown(hass, name, Market(EUROPE, 60, price=sometimes))
    assert right(found)
    assert {price.start.hour % 3 for price in found} == {1, 2}


@pytest.mark.parametrize("broken", BROKEN_TIMES)
@pytest.mark.parametrize("name", SERVICES)
async def test_what_is_no_interval_is_absent(hass: HomeAssistant, name: str, broken: str) -> None:
    market = Market(EUROPE, 60, BROKEN_TIMES[broken])
    if broken != "backwards" or name not in STARTS_ONLY:
        assert await shown(hass, name, market) == []


@pytest.mark.parametrize("name", SERVICES)
async def test_a_missing_interval_leaves_a_gap_and_shifts_nothing(hass: HomeAssistant, name: str) -> None:
    found = await shown(hass, name, Market(EUROPE, 60, without(17)))
    assert right(found)
    gap = spans(EUROPE, DAY, 60)[17]
    assert not any(price.start < gap[1] and price.end > gap[0] for price in found)
    assert len(found) == 46


@pytest.mark.parametrize("name", SERVICES)
async def test_two_prices_for_one_time_are_none(hass: HomeAssistant, name: str) -> None:
    given = iter(range(10**6))

    def twice(day: date) -> Sequence[Span]:
        return [span for each in spans(EUROPE, day, 60) for span in (each, each)]

    def differing(start: datetime) -> float:
        return next(given) / 100_000 if start.hour == 15 else truth(start) / 100_000

    found = await shown(hass, name, Market(EUROPE, 60, twice, differing))
    assert right(found)
    assert 15 not in {price.start.hour for price in found}
    assert {price.start.hour for price in found} == set(range(24)) - {15}


@pytest.mark.parametrize("name", sorted(set(SERVICES) - STARTS_ONLY))
async def test_an_hour_among_its_quarters_is_neither(hass: HomeAssistant, name: str) -> None:
    hour = spans(EUROPE, DAY, 60)[16]

    def both(day: date) -> Sequence[Span]:
        return [*spans(EUROPE, day, 15), *([hour] if day == DAY else [])]

    found = await shown(hass, name, Market(EUROPE, 15, both))
    assert right(found)
    assert not any(price.start < hour[1] and price.end > hour[0] for price in found)
    assert len(found) == 2 * 96 - 4


async def shown(hass: HomeAssistant, name: str, market: Market) -> list[ReportedPrice]:
    await hass.config.async_set_time_zone(market.zone.key)
    return await offered(hass, SERVICES[name](hass, market, DAY)).read(AFTERNOON) or []


# What is asked, and how often.


async def ask_every_quarter(made: Offer, begin: datetime, hours: int) -> None:
    for number in range(hours * 4):
        await made.read(begin + number * timedelta(minutes=15))


@pytest.mark.parametrize("name", ["nordpool", "tibber"])
async def test_an_action_is_asked_once_for_each_day(hass: HomeAssistant, name: str) -> None:
    market = Market()
    midnight = await at(hass, EUROPE.key, DAY, time())
    made = offered(hass, SERVICES[name](hass, market, DAY))
    await ask_every_quarter(made, midnight, 3 * 24)
    assert len(market.asked) == 4  # three days, and the one after the last
    assert {data.get("config_entry") for data in market.asked} <= {"entry_nordpool", None}


@pytest.mark.parametrize("name", ["nordpool", "tibber"])
async def test_tomorrow_is_not_asked_for_before_it_is_published(hass: HomeAssistant, name: str) -> None:
    market = Market()
    midnight = await at(hass, EUROPE.key, DAY, time())
    made = offered(hass, SERVICES[name](hass, market, DAY))
    await ask_every_quarter(made, midnight, 13)
    assert len(market.asked) == 1
    await ask_every_quarter(made, midnight + timedelta(hours=13, minutes=15), 1)
    assert len(market.asked) == 2


@pytest.mark.parametrize("name", ["nordpool", "tibber"])
async def test_the_worst_of_days_has_fewer_than_forty_questions(hass: HomeAssistant, name: str) -> None:
    market = Market(published=lambda day: ())
    midnight = await at(hass, EUROPE.key, DAY, time())
    made = offered(hass, SERVICES[name](hass, market, DAY))
    for day in range(7):
        before = len(market.asked)
        await ask_every_quarter(made, midnight + timedelta(days=day), 24)
        assert 24 <= len(market.asked) - before < 40
    assert await made.read(midnight + timedelta(days=7)) is None


@pytest.mark.parametrize("restarting", [False, True])
async def test_two_entities_of_a_service_ask_no_more_than_one(
    hass: HomeAssistant, hass_storage: dict[str, Any], restarting: bool
) -> None:
    """Two areas that publish nothing in a week, also with a restart every quarter of an hour."""
    market = Market(published=lambda day: ())
    midnight = await at(hass, EUROPE.key, DAY, time())
    buy = SERVICES["nordpool"](hass, market, DAY)
    sell = entity(hass, "nordpool", "FR-current_price", "EUR/kWh", device="FR")
    asked: list[datetime] = []
    counted = calls_of(hass)
    days = Days(counted)
    for number in range(7 * 96):
        now = midnight + number * timedelta(minutes=15)
        if restarting:
            days = Days(Calls(hass))
        for each in (buy, sell):
            before = len(market.asked)
            await offer(hass, each, days).read(now)
            asked += [now] * (len(market.asked) - before)
    most = max(sum(start <= at < start + timedelta(days=1) for at in asked) for start in asked)
    assert most == CALLS_A_DAY < 40
    assert {str(data["areas"]) for data in market.asked[-CALLS_A_DAY:]} == {"['BE']", "['FR']"}
    assert len(hass_storage["temix.price_calls"]["data"]["nordpool"]) == CALLS_A_DAY
    await counted.async_forget()
    assert "temix.price_calls" not in hass_storage


async def test_entities_that_ask_the_same_share_the_answer(hass: HomeAssistant) -> None:
    market, days = Market(), Days(calls_of(hass))
    midnight = await at(hass, EUROPE.key, DAY, time())
    chosen = SERVICES["nordpool"](hass, market, DAY)
    other = entity(hass, "nordpool", "BE-next_price", "EUR/kWh", device="BE")
    found = [await offer(hass, each, days).read(midnight) for each in (chosen, other)]
    assert found[0] == found[1]
    assert len(market.asked) == 1


async def test_an_action_that_never_answers_keeps_nothing_waiting(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.temix.price_entity.days.ANSWER_WITHIN_S", 0.01)
    midnight = await at(hass, EUROPE.key, DAY, time())
    made = offered(hass, SERVICES["nordpool"](hass, Market(), DAY))

    async def hang(call: ServiceCall) -> ServiceResponse:
        await asyncio.Event().wait()
        return None

    hass.services.async_register(
        "nordpool", "get_prices_for_date", hang, supports_response=SupportsResponse.ONLY
    )
    assert await made.read(midnight) is None


@pytest.mark.parametrize("name, action", [("nordpool", "get_prices_for_date"), ("tibber", "get_prices")])
async def test_a_service_that_is_away_leaves_what_is_known(
    hass: HomeAssistant, name: str, action: str
) -> None:
    noon = await at(hass, EUROPE.key, DAY, time(12))
    made = offered(hass, SERVICES[name](hass, Market(), DAY))
    today = await read(made, noon)
    refuse(hass, name, action)
    assert await read(made, noon + timedelta(hours=2)) == today
    broken(hass, name, action)
    assert await read(made, noon + timedelta(hours=3)) == today
    hass.services.async_remove(name, action)
    assert await read(made, noon + timedelta(hours=4)) == today


def test_ten_thousand_homes_do_not_ask_in_step() -> None:
    """No second sees more than chance would bring."""
    each = Counter(spread(f"home {number}") // timedelta(seconds=1) for number in range(10_000))
    expected = 10_000 / SPREAD_S
    assert max(each.values()) <= expected + 6 * sqrt(expected)
    assert len(each) > 0.99 * SPREAD_S


# What is refused.


@pytest.mark.parametrize(
    "platform, unique_id, unit, key",
    [
        ("template", "mine", "EUR/kWh", "unknown_integration"),
        ("nordpool", "BE-current_price", "EUR", "no_price_unit"),
        ("nordpool", "BE-current_price", "ct/kWh", "no_price_unit"),
        ("nordpool", "BE-current_price", None, "no_price_unit"),
        ("nordpool", "BE-current_price", "EUR/kWh", "no_forecast"),
        ("amberelectric", "site-renewables", "%", "no_forecast"),
        ("octopus_energy", "octopus_energy_electricity_s1_m1_standing_charge", "GBP", "no_forecast"),
        ("octopus_energy", "octopus_energy_gas_s1_m1_current_rate", "GBP/kWh", "no_forecast"),
        ("octopus_energy", "octopus_energy_electricity_s1_m1_current_rate", "GBP/kWh", "no_forecast"),
        ("entsoe", "entsoe.min_price", "EUR/kWh", "no_forecast"),
        ("epex_spot", "area Rank", "", "no_price_unit"),
        ("epex_spot", "area AveragePrice", "€/kWh", "no_forecast"),
    ],
)
async def test_an_entity_without_prices_is_refused(
    hass: HomeAssistant, platform: str, unique_id: str, unit: str | None, key: str
) -> None:
    with pytest.raises(Unsuitable, match=f"^{key}$"):
        offered(hass, entity(hass, platform, unique_id, unit))


async def test_an_entity_that_is_gone_is_refused(hass: HomeAssistant) -> None:
    with pytest.raises(Unsuitable, match="unknown_integration"):
        offered(hass, "sensor.gone")


async def test_a_price_for_a_megawatt_hour_is_one_for_a_kilowatt_hour(hass: HomeAssistant) -> None:
    rows = [{"time": str(start), "price": truth(start) / 100} for start, _ in spans(EUROPE, DAY, 60)]
    chosen = entity(hass, "entsoe", "entsoe.avg_price", "EUR/MWh", attributes={"prices_today": rows})
    found = await read(offered(hass, chosen), AFTERNOON)
    assert len(found) == 24
    assert right(found)


async def test_amber_is_final_only_where_it_says_so(hass: HomeAssistant) -> None:
    chosen = SERVICES["amberelectric"](hass, Market(minutes=30), DAY)
    made = offered(hass, chosen)
    assert not any(price.final for price in await read(made, AFTERNOON))
    state = hass.states.get(chosen)
    assert state is not None
    hass.states.async_set(chosen, "0.1", {**state.attributes, "estimate": False})
    assert [price.final for price in await read(made, AFTERNOON)] == [True] + [False] * 95
    hass.states.async_set(chosen, "unavailable")
    hass.states.async_set("sensor.amberelectric_site_forecasts_general", "unavailable")
    assert await made.read(AFTERNOON) is None


async def test_a_rate_that_a_charge_makes_cheap_is_not_final(hass: HomeAssistant) -> None:
    rates = [
        {"start": start, "end": end, "value_inc_vat": 0.1, "is_intelligent_adjusted": number == 3}
        for number, (start, end) in enumerate(spans(ZoneInfo("Europe/London"), DAY, 30))
    ]
    chosen = entity(
        hass,
        "octopus_energy",
        "octopus_energy_electricity_s1_m1_export_current_day_rates",
        None,
        domain="event",
        attributes={"rates": rates},
    )
    found = await read(offered(hass, chosen), AFTERNOON)
    assert [number for number, price in enumerate(found) if not price.final] == [3]


async def test_the_homes_of_one_account_are_told_apart(hass: HomeAssistant) -> None:
    SERVICES["tibber"](hass, Market(), DAY)
    await hass.config.async_set_time_zone(EUROPE.key)
    other = entity(hass, "tibber", "another-home", "EUR/kWh", device="Elsewhere")
    assert await offered(hass, other).read(AFTERNOON) is None
