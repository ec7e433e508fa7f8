"""Price entities in a real Home Assistant: chosen in the UI, told to the gateway; what a person is told."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import SOURCE_USER, ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import issue_registry as ir
from pytest_homeassistant_custom_component.common import MockConfigEntry
from temix_gateway.home.prices import ReportPrices

from custom_components.temix.client import CommandFailed, Hello, ReportedPrice, TemixError
from custom_components.temix.const import DOMAIN
from custom_components.temix.price_entity.telling import REPEAT, PriceEntities
from custom_components.temix.response.home import registry_id
from tests.gateway.home.fake_core import Gateway
from tests.integration.conftest import NOON, Advance, pushed
from tests.integration.dialog import Page, answer, asked
from tests.integration.price_services import SERVICES, Market, entity, refuse, truth

TODAY = NOON.date()
"""The day on which the gateway of these tests lives; the day of those without it comes next."""
DAY = date(2026, 6, 10)
AFTERNOON = datetime(2026, 6, 10, 12, 20, tzinfo=UTC)


async def begin(hass: HomeAssistant, entry: MockConfigEntry) -> Page:
    """The dialog's page."""
    subentries = hass.config_entries.subentries
    return await subentries.async_init((entry.entry_id, "prices"), context={"source": SOURCE_USER})


@pytest.fixture
async def wanting(gateway: Gateway, loaded: MockConfigEntry) -> MockConfigEntry:
    """An entry whose gateway wants prices in euros."""
    gateway.update(prices_wanted=True, shadow=True, currency="EUR")
    await pushed(loaded, lambda: loaded.runtime_data.data.prices_wanted)
    return loaded


# The dialog.


@pytest.mark.parametrize("name", ["nordpool", "tibber", "entsoe", "epex_spot"])
async def test_an_entity_is_chosen_and_its_prices_reach_the_gateway(
    hass: HomeAssistant, gateway: Gateway, wanting: MockConfigEntry, advance: Advance, name: str
) -> None:
    chosen = SERVICES[name](hass, Market(), TODAY)
    page = await begin(hass, wanting)
    assert page["description_placeholders"] == {"currency": "EUR"}
    done = await answer(hass, page, {"buy": chosen})
    assert (done["type"], done["title"]) == (FlowResultType.CREATE_ENTRY, "Prices")
    await hass.async_block_till_done()
    advance(seconds=1)
    report = await reported(gateway)
    assert (report.currency, report.sell) == ("EUR", [])
    assert report.buy
    assert all(each.price == truth(at(each.start)) * 10 for each in report.buy)
    assert any(at(each.start) <= NOON < at(each.end) for each in report.buy)


async def reported(gateway: Gateway) -> ReportPrices:
    """The first report that has prices; it may be there already."""
    told: asyncio.Queue[ReportPrices] = asyncio.Queue()

    async def note(report: ReportPrices) -> None:
        told.put_nowait(report)

    gateway.core.report_prices = note  # type: ignore[method-assign]
    for command in gateway.core.commands:
        if isinstance(command, ReportPrices):
            told.put_nowait(command)
    while not (report := await told.get()).buy:
        pass
    return report


def at(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


async def test_what_cannot_be_used_is_refused_by_field(hass: HomeAssistant, wanting: MockConfigEntry) -> None:
    good = SERVICES["epex_spot"](hass, Market(), TODAY)
    pounds = SERVICES["octopus_energy"](hass, Market(), TODAY)
    other = entity(hass, "template", "mine", "EUR/kWh")
    far = entity(
        hass, "entsoe", "entsoe.far", "EUR/kWh", state=100,
        attributes={"prices_today": [
            {"time": str(NOON + number * timedelta(minutes=15)), "price": 0.1} for number in range(4)
        ]},
    )  # fmt: skip
    old = SERVICES["entsoe"](hass, Market(published=lambda day: ()), TODAY)
    page = await begin(hass, wanting)
    for given, wrong in (
        ({"buy": pounds, "sell": other}, {"buy": "other_currency", "sell": "unknown_integration"}),
        ({"buy": far, "sell": old}, {"buy": "other_unit", "sell": "no_forecast"}),
        ({"buy": good, "sell": pounds}, {"sell": "other_currency"}),
    ):
        page = await answer(hass, page, given)
        assert page["errors"] == wrong
        assert asked(page) == given
    done = await answer(hass, page, {"buy": good, "sell": good})
    assert done["type"] is FlowResultType.CREATE_ENTRY


async def test_they_are_changed_there_are_only_one_and_none_where_none_are_wanted(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry
) -> None:
    assert (await begin(hass, loaded))["reason"] == "not_wanted"
    gateway.update(prices_wanted=True, currency="EUR")
    await pushed(loaded, lambda: loaded.runtime_data.data.prices_wanted)
    first, second = SERVICES["epex_spot"](hass, Market(), TODAY), SERVICES["nordpool"](hass, Market(), TODAY)
    await answer(hass, await begin(hass, loaded), {"buy": first})
    assert (await begin(hass, loaded))["reason"] == "single_prices"
    (subentry,) = loaded.subentries.values()
    page = await loaded.start_subentry_reconfigure_flow(hass, subentry.subentry_id)
    assert asked(page)["buy"] == first
    done = await answer(hass, page, {"buy": second, "sell": first})
    assert done["reason"] == "reconfigure_successful"
    (subentry,) = loaded.subentries.values()
    assert subentry.data == {"buy": registry_id(hass, second), "sell": registry_id(hass, first)}
    page = await loaded.start_subentry_reconfigure_flow(hass, subentry.subentry_id)
    assert asked(page) == {"buy": second, "sell": first}
    assert await hass.config_entries.async_unload(loaded.entry_id)
    page = await loaded.start_subentry_reconfigure_flow(hass, subentry.subentry_id)
    assert page["reason"] == "not_connected"
    hass.config_entries.async_remove_subentry(loaded, subentry.subentry_id)
    assert (await begin(hass, loaded))["reason"] == "not_connected"
    assert await hass.config_entries.async_setup(loaded.entry_id)


# What is told.


@dataclass
class Client:
    """A connection that takes prices, or refuses them."""

    hello: Hello = field(
        default_factory=lambda: Hello(gateway_id="gateway", version="1", min_schema=1, max_schema=1)
    )
    told: list[tuple[list[ReportedPrice] | None, list[ReportedPrice] | None]] = field(default_factory=list)
    error: TemixError | None = None

    async def report_prices(self, currency: str, buy: Any, sell: Any) -> None:
        if self.error is not None:
            raise self.error
        self.told.append((buy, sell))


@dataclass
class State:
    """What of the gateway's state counts here."""

    prices_wanted: bool = True
    currency: str = "EUR"


class Teller:
    """Tells of chosen entities, at a time of its own."""

    def __init__(self, hass: HomeAssistant, freezer: FrozenDateTimeFactory, **chosen: str) -> None:
        self.hass, self.freezer, self.client, self.state = hass, freezer, Client(), State()
        subentry = ConfigSubentryData(data=chosen, subentry_type="prices", title="Prices", unique_id=None)
        subentries = [subentry] if chosen else []
        self.entry = MockConfigEntry(domain=DOMAIN, title="Home", subentries_data=subentries)
        self.entry.add_to_hass(hass)
        self.seconds = 0.0
        self.entities = PriceEntities(hass, self.entry, lambda: self.seconds)

    async def tell(self) -> None:
        await self.entities.tell(self.client, self.state)  # type: ignore[arg-type]

    @property
    def issues(self) -> set[str]:
        return {str(issue.translation_key) for issue in ir.async_get(self.hass).issues.values()}


@pytest.fixture
def make(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> Callable[..., Teller]:
    freezer.move_to(AFTERNOON)
    return lambda **chosen: Teller(hass, freezer, **chosen)


async def test_prices_are_told_when_they_change_and_again_after_a_while(
    hass: HomeAssistant, make: Callable[..., Teller]
) -> None:
    chosen = SERVICES["epex_spot"](hass, Market(minutes=60), DAY)
    teller = make(buy=chosen)
    await teller.tell()
    await teller.tell()
    assert len(teller.client.told) == 1
    SERVICES["epex_spot"](hass, Market(minutes=30), DAY)
    await teller.tell()
    assert len(teller.client.told) == 2
    teller.seconds += REPEAT.total_seconds()
    await teller.tell()
    assert len(teller.client.told) == 3
    assert teller.client.told[1] == teller.client.told[2]
    teller.client.hello = Hello(gateway_id="gateway", version="2", min_schema=1, max_schema=1)
    await teller.tell()
    assert len(teller.client.told) == 4, "a gateway that has come back is told at once"


async def test_an_entity_that_is_away_takes_nothing_back_and_one_that_is_wrong_does(
    hass: HomeAssistant, make: Callable[..., Teller]
) -> None:
    chosen = SERVICES["epex_spot"](hass, Market(), DAY)
    teller = make(buy=chosen, sell=chosen)
    await teller.tell()
    hass.states.async_set(chosen, "unavailable")
    await teller.tell()
    assert teller.client.told[-1] == (None, None)
    assert teller.issues == set()
    hass.states.async_set(chosen, "0.1", {"unit_of_measurement": "€/kWh", "data": [{"start_time": "?"}]})
    await teller.tell()
    assert teller.client.told[-1] == ([], [])


@pytest.mark.parametrize(
    "name", ["amberelectric", "entsoe", "epex_spot", "nordpool", "octopus_energy", "tibber"]
)
async def test_an_entity_that_is_renamed_is_the_same(
    hass: HomeAssistant, make: Callable[..., Teller], name: str
) -> None:
    """Also those beside it that have the rows, while Home Assistant runs and after a restart."""
    teller = make(buy=registry_id(hass, SERVICES[name](hass, Market(minutes=30), DAY)))
    teller.state.currency = {"amberelectric": "AUD", "octopus_energy": "GBP"}.get(name, "EUR")
    await teller.tell()
    registry = er.async_get(hass)
    for number, known in enumerate([each for each in registry.entities.values() if each.platform == name]):
        state = hass.states.get(known.entity_id)
        assert state is not None
        renamed = f"{known.domain}.renamed_{number}"
        registry.async_update_entity(known.entity_id, new_entity_id=renamed)
        hass.states.async_remove(known.entity_id)
        hass.states.async_set(renamed, state.state, state.attributes)
    teller.seconds += REPEAT.total_seconds()
    await teller.tell()
    again = PriceEntities(hass, teller.entry, lambda: 0.0)
    await again.tell(teller.client, teller.state)  # type: ignore[arg-type]
    first, second, restarted = teller.client.told
    assert first == second == restarted
    assert first[0]
    assert teller.issues == set()


async def test_a_unit_that_changes_shifts_no_price(hass: HomeAssistant, make: Callable[..., Teller]) -> None:
    """The owner has the other integration show prices for a MWh: a kWh costs what it did."""
    chosen = SERVICES["entsoe"](hass, Market(minutes=60), DAY)
    teller = make(buy=chosen)
    await teller.tell()
    state = hass.states.get(chosen)
    assert state is not None
    mega = {
        name: [{**row, "price": row["price"] * 1000} for row in state.attributes[name]]
        for name in ("prices_today", "prices_tomorrow")
    }
    hass.states.async_set(chosen, "unavailable")
    await teller.tell()
    hass.states.async_set(chosen, "100", {"unit_of_measurement": "EUR/MWh", **mega})
    teller.seconds += REPEAT.total_seconds()
    await teller.tell()
    before, _, after = teller.client.told
    assert before == after
    hass.states.async_set(chosen, "100", {"unit_of_measurement": "SEK/MWh", **mega})
    await teller.tell()
    assert teller.client.told[-1] == ([], []), "another currency is no price here"
    assert teller.issues == {"price_entity_wrong"}


async def test_prices_in_another_currency_are_never_told(
    hass: HomeAssistant, make: Callable[..., Teller]
) -> None:
    chosen = SERVICES["octopus_energy"](hass, Market(), DAY)
    teller = make(buy=chosen)
    await teller.tell()
    assert teller.client.told == [([], [])]
    assert teller.issues == {"price_entity_wrong"}
    teller.state.prices_wanted = False
    await teller.tell()
    assert teller.issues == set()


async def test_a_gateway_that_waits_for_prices_is_a_matter_for_a_person(make: Callable[..., Teller]) -> None:
    teller = make()
    await teller.tell()
    assert teller.issues == {"price_entity_needed"}
    assert teller.client.told == [([], [])], "what was told of an entity that is chosen no more is taken back"


async def test_no_more_is_told_than_a_message_holds(hass: HomeAssistant, make: Callable[..., Teller]) -> None:
    chosen = SERVICES["epex_spot"](hass, Market(minutes=5), DAY)
    teller = make(buy=chosen, sell=chosen)
    await teller.tell()
    ((buy, sell),) = teller.client.told
    assert buy == sell
    assert buy is not None
    assert len(buy) == 400
    assert any(price.start <= AFTERNOON < price.end for price in buy)


async def test_a_refusal_is_shown_until_prices_are_taken(
    hass: HomeAssistant, make: Callable[..., Teller]
) -> None:
    teller = make(buy=SERVICES["epex_spot"](hass, Market(), DAY))
    teller.client.error = CommandFailed("refused", "out of bounds")
    await teller.tell()
    await teller.tell()
    assert teller.issues == {"prices_refused"}
    teller.client.error = TemixError("the line is cut")
    teller.seconds += REPEAT.total_seconds()
    await teller.tell()
    assert teller.issues == set()
    teller.client.error = None
    await teller.tell()
    assert len(teller.client.told) == 1


async def test_an_action_that_fails_takes_nothing_back(
    hass: HomeAssistant, make: Callable[..., Teller]
) -> None:
    await hass.config.async_set_time_zone("Europe/Brussels")
    chosen = SERVICES["nordpool"](hass, Market(), DAY)
    teller = make(buy=chosen)
    await teller.tell()
    refuse(hass, "nordpool", "get_prices_for_date")
    teller.freezer.tick(timedelta(hours=2))
    await teller.tell()
    ((before, _), *others) = teller.client.told
    assert before
    assert all(told for told, _ in others)
