"""What helps when something is wrong: repairs, system health, logbook, removal of devices."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry, get_system_health_info
from temix_gateway.home.account import BillGuard
from temix_gateway.home.messages import Hello, Mandate, Retailer, Trading

from custom_components.temix import async_remove_config_entry_device
from custom_components.temix.care import ailments
from custom_components.temix.const import DOMAIN
from custom_components.temix.logbook import async_describe_events
from custom_components.temix.news import EVENT, News
from tests.gateway.home.fake_core import NOON, Gateway
from tests.integration.conftest import Advance, pushed

PRICE, FAULT = "there is no valid price", "a record is not what it was"


WARNED = BillGuard(
    limit_today="12",
    limit_month=None,
    forecast_today="31.5",
    forecast_month=None,
    warning="today is expected to cost 31.50, above the limit of 12.00",
    shed=[],
)


def keys(registry: ir.IssueRegistry) -> set[str]:
    """The issues that there are, without the one that Home Assistant's default currency makes."""
    return {str(issue.translation_key) for issue in registry.issues.values() if issue.domain == DOMAIN} - {
        "currency_differs"
    }


@pytest.mark.parametrize(
    "changes, key",
    [
        ({"bill_guard": WARNED}, "bill_guard"),
        ({"mandate": Mandate(state="missing", needed=True)}, "mandate_needed"),
        (
            {"trading": Trading(paused=False, locked=[PRICE, FAULT], codes=["price", "ledger"])},
            "ledger_locked",
        ),
        ({"trading": Trading(paused=False, locked=["?"], codes=["clock"])}, "clock_wrong"),
        ({"trading": Trading(paused=False, locked=["?"], codes=["commissioning"])}, "commissioning_needed"),
        (
            {"retailer": Retailer(connected=False, since=NOON, reason="no account", refused=True)},
            "retailer_refused",
        ),
    ],
)
async def test_an_issue_comes_and_goes_with_its_reason(
    gateway: Gateway,
    loaded: MockConfigEntry,
    issue_registry: ir.IssueRegistry,
    changes: dict[str, object],
    key: str,
) -> None:
    assert keys(issue_registry) == set()
    healthy = {name: getattr(gateway.core.current, name) for name in changes}
    gateway.update(**changes)
    await pushed(loaded, lambda: keys(issue_registry) == {key})
    gateway.update(**healthy)
    await pushed(loaded, lambda: keys(issue_registry) == set())


async def test_prices_are_stale_after_a_quarter_of_an_hour(
    hass: HomeAssistant,
    gateway: Gateway,
    loaded: MockConfigEntry,
    issue_registry: ir.IssueRegistry,
    advance: Advance,
) -> None:
    gateway.update(prices=[], spot=None, horizon=None)
    await pushed(loaded, lambda: not loaded.runtime_data.data.prices)
    for minutes, expected in ((5, set()), (5, set()), (5, {"prices_stale"})):
        advance(minutes=minutes)
        await hass.async_block_till_done()
        assert keys(issue_registry) == expected


async def test_a_gateway_that_is_too_old_is_a_repair_issue_until_it_is_updated(
    hass: HomeAssistant, stopped: Gateway, entry: MockConfigEntry, issue_registry: ir.IssueRegistry
) -> None:
    await stopped.stop()
    stopped.hello = Hello(
        gateway_id=stopped.gateway_id, name="Home", version="0.0.1", min_schema=0, max_schema=0
    )
    await stopped.start()
    await hass.config_entries.async_setup(entry.entry_id)
    assert keys(issue_registry) == {"newer_gateway_needed"}
    await stopped.stop()
    stopped.hello = None
    await stopped.start()
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert keys(issue_registry) == set()
    await hass.config_entries.async_unload(entry.entry_id)


async def test_system_health(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    assert await async_setup_component(hass, "system_health", {})
    await hass.async_block_till_done()
    info = await get_system_health_info(hass, DOMAIN)
    assert (info["gateways"], info["gateway_version"], info["mode"]) == (1, "0.1.0", "automatic")
    assert info["prices_until"] == loaded.runtime_data.data.horizon


@pytest.mark.parametrize(
    "language, moved, sold",
    [
        ("en", "Published hour moved: 18:00, +25 %", "Transaction: -1.2 kWh, 0.1000 USD/kWh"),
        ("de", "Veröffentlichte Stunde geändert: 18:00, +25 %", "Transaktion: -1.2 kWh, 0.1000 USD/kWh"),
    ],
)
async def test_every_piece_of_news_has_a_line_in_the_logbook(
    hass: HomeAssistant, entry: MockConfigEntry, language: str, moved: str, sold: str
) -> None:
    hass.config.language = language
    await hass.config.async_set_time_zone("America/Chicago")
    assert await hass.config_entries.async_setup(entry.entry_id)
    described: list[Callable[[Event], dict[str, str]]] = []
    async_describe_events(hass, lambda _domain, _event, describe: described.append(describe))
    told = {
        "quantity": -1.2,
        "price": 0.1,
        "currency": "USD",
        "start": datetime(2021, 11, 25, tzinfo=UTC).isoformat(),
        "percent": 25.0,
    }
    (describe,) = described
    lines = {news: describe(Event(EVENT, told | {"type": news.value}))["message"] for news in News}
    assert (lines[News.TENDER_REVISED], lines[News.TRANSACTION]) == (moved, sold)
    assert len(set(lines.values()) - {news.value for news in News}) == len(News)
    await hass.config_entries.async_unload(entry.entry_id)


async def test_only_the_device_of_a_deleted_response_can_be_removed(
    hass: HomeAssistant, loaded: MockConfigEntry, device_registry: dr.DeviceRegistry
) -> None:
    for device in dr.async_entries_for_config_entry(device_registry, loaded.entry_id):
        assert not await async_remove_config_entry_device(hass, loaded, device)
    gone = device_registry.async_get_or_create(
        config_entry_id=loaded.entry_id, identifiers={(DOMAIN, "a response that was")}
    )
    assert await async_remove_config_entry_device(hass, loaded, gone)


async def test_words_of_an_issue_are_bounded(loaded: MockConfigEntry) -> None:
    state = loaded.runtime_data.data
    ((key, words),) = ailments(state, timedelta(hours=2), state.currency)
    assert (key, words) == ("prices_stale", {"minutes": "120"})
