"""Entities: what they show, when it changes, and what an outage does not change."""

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime
from random import Random
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE, STATE_UNKNOWN, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from msgspec.structs import replace
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
    snapshot_platform,
)
from syrupy.assertion import SnapshotAssertion
from temix_gateway.home.messages import PositionStep, PriceStep, Retailer, Spot, Trading

from custom_components.temix.client import Client
from custom_components.temix.shapes import FORECAST_STEPS
from tests.gateway.home.fake_core import FIVE_MINUTES, HOUR, NOON, Gateway, state
from tests.integration.conftest import (
    BUY,
    GATEWAY,
    HORIZON,
    NEXT,
    POSITION,
    RETAILER,
    SELL,
    Advance,
    cut,
    pushed,
    restore,
    value,
    values,
)


@pytest.mark.usefixtures("every_entity")
@pytest.mark.parametrize(
    "platform",
    [
        Platform.SENSOR,
        Platform.BINARY_SENSOR,
        Platform.CALENDAR,
        Platform.EVENT,
        Platform.SELECT,
        Platform.BUTTON,
        Platform.NUMBER,
        Platform.UPDATE,
    ],
)
async def test_entities(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    snapshot: SnapshotAssertion,
    platform: Platform,
) -> None:
    with patch("custom_components.temix.PLATFORMS", [platform]):
        await hass.config_entries.async_setup(entry.entry_id)
        await snapshot_platform(hass, entity_registry, snapshot, entry.entry_id)
        await hass.config_entries.async_unload(entry.entry_id)


MONEY = "number.gateway_money_a_day"
PRICE = "number.gateway_highest_price"

DEFAULT = {
    BUY,
    SELL,
    RETAILER,
    "sensor.electricity_prices_price_level",
    "binary_sensor.electricity_prices_price_low",
    "binary_sensor.electricity_prices_price_spike",
    "binary_sensor.electricity_prices_tomorrow_known",
    "calendar.electricity_prices_calendar",
    "select.gateway_mode",
    MONEY,
    PRICE,
    "binary_sensor.gateway_problem",
    "button.gateway_plan_again",
    "update.gateway_software",
    "sensor.account_bought_energy",
    "sensor.account_sold_energy",
    "sensor.account_cost_today",
    "sensor.account_cost_this_month",
    "sensor.account_savings_this_month",
}


async def test_what_is_enabled_by_default(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert set(hass.states.async_entity_ids()) == DEFAULT
    await hass.config_entries.async_unload(entry.entry_id)


async def test_devices(
    loaded: MockConfigEntry, device_registry: dr.DeviceRegistry, snapshot: SnapshotAssertion
) -> None:
    devices = dr.async_entries_for_config_entry(device_registry, loaded.entry_id)
    assert sorted(devices, key=lambda device: str(device.name)) == snapshot


async def test_prices_change_exactly_when_their_interval_does(
    hass: HomeAssistant, loaded: MockConfigEntry, advance: Advance
) -> None:
    changes = async_capture_events(hass, "state_changed")
    advance(seconds=299.5)
    await hass.async_block_till_done()
    assert changes == []
    advance(seconds=0.5)
    await hass.async_block_till_done()
    assert (value(hass, BUY), value(hass, SELL)) == ("0.091111", "0.0245")
    assert value(hass, NEXT) == "0.092222"
    changed = {change.data["entity_id"] for change in changes}
    assert {BUY, SELL, NEXT} <= changed
    assert changed.isdisjoint({POSITION, GATEWAY, RETAILER})
    assert {change.data["new_state"].last_changed.timestamp() * 1000 for change in changes} == {
        NOON + FIVE_MINUTES
    }


async def test_frozen_spot_wins_over_the_last_tender(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry, advance: Advance
) -> None:
    advance(minutes=5)
    start = NOON + FIVE_MINUTES
    gateway.update(spot=Spot(start=start, end=start + FIVE_MINUTES, buy=-12_000, sell=-13_000))
    await pushed(loaded, lambda: value(hass, BUY) != "0.091111")
    assert (value(hass, BUY), value(hass, SELL)) == ("-0.012", "-0.013")


async def test_price_is_shown_until_its_interval_ends_whatever_expires(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry, advance: Advance
) -> None:
    gateway.update(spot=None, prices=[], horizon=None)
    await pushed(loaded, lambda: value(hass, HORIZON) == STATE_UNKNOWN)
    assert (value(hass, BUY), value(hass, SELL)) == ("0.08125", "0.0234")
    assert value(hass, NEXT) == STATE_UNKNOWN
    advance(minutes=4, seconds=59)
    assert value(hass, BUY) == "0.08125"
    advance(seconds=1)
    await hass.async_block_till_done()
    assert (value(hass, BUY), value(hass, SELL)) == (STATE_UNKNOWN, STATE_UNKNOWN)


async def test_one_sided_market_is_unknown_on_the_other_side(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry
) -> None:
    gateway.update(spot=Spot(start=NOON, end=NOON + FIVE_MINUTES, buy=81_250, sell=None))
    await pushed(loaded, lambda: value(hass, SELL) == STATE_UNKNOWN)
    assert value(hass, BUY) == "0.08125"


async def test_a_retailer_that_only_publishes_prices_leaves_no_trade_to_show(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry
) -> None:
    before = set(hass.states.async_entity_ids())
    served = gateway.core.current
    assert served.spot
    only = Trading(paused=False, locked=["it takes no orders"], codes=["published"])
    gateway.update(
        shadow=True,
        trading=only,
        spot=replace(served.spot, sell=None),
        prices=[replace(step, sell=None) for step in served.prices],
    )
    await pushed(loaded, lambda: value(hass, POSITION) == STATE_UNAVAILABLE)
    assert value(hass, SELL) == STATE_UNAVAILABLE
    assert value(hass, BUY) == "0.08125"
    assert value(hass, "binary_sensor.gateway_problem") == "off"
    assert set(hass.states.async_entity_ids()) == before

    gateway.update(spot=served.spot)  # somebody publishes a price for export
    await pushed(loaded, lambda: value(hass, SELL) == "0.0234")
    gateway.update(shadow=False, trading=served.trading, prices=served.prices)
    await pushed(loaded, lambda: value(hass, POSITION) == "0.6")
    assert set(hass.states.async_entity_ids()) == before


async def test_position_is_the_rate_of_now(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry, advance: Advance
) -> None:
    assert value(hass, POSITION) == "0.6"
    gateway.update(
        positions=[
            PositionStep(start=NOON, end=NOON + FIVE_MINUTES, quantity=-103),
            PositionStep(start=NOON + FIVE_MINUTES, end=NOON + 3 * FIVE_MINUTES, quantity=0),
        ]
    )
    await pushed(loaded, lambda: value(hass, POSITION) != "0.6")
    assert value(hass, POSITION) == "-1.236"
    advance(minutes=5)
    await hass.async_block_till_done()
    assert value(hass, POSITION) == "0.0"
    gateway.update(positions=[])
    await pushed(loaded, lambda: not loaded.runtime_data.data.positions)
    assert value(hass, POSITION) == "0.0"  # no transaction is a position of nothing


async def test_forecast_begins_now_and_has_no_gap(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    shown = hass.states.get(BUY)
    assert shown is not None
    steps = shown.attributes["forecast"]
    assert steps[0] == {
        "start": "2021-11-24T18:00:00+00:00",
        "end": "2021-11-24T18:05:00+00:00",
        "buy": 0.08125,
        "sell": 0.0234,
    }
    assert [step["end"] for step in steps[:-1]] == [step["start"] for step in steps[1:]]
    assert len(steps) == 60


async def test_carbon_intensity_where_it_is_published(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry, advance: Advance
) -> None:
    sensor = "sensor.electricity_prices_carbon_intensity"
    assert value(hass, sensor) == STATE_UNAVAILABLE
    served = gateway.core.current
    assert served.spot
    gateway.update(
        spot=replace(served.spot, carbon_intensity=205),
        prices=[replace(step, carbon_intensity=300 + n) for n, step in enumerate(served.prices)],
    )
    await pushed(loaded, lambda: value(hass, sensor) == "205")
    shown = hass.states.get(sensor)
    assert shown
    assert shown.attributes["unit_of_measurement"] == "g/kWh"
    forecast = shown.attributes["forecast"]
    assert [step["carbon_intensity"] for step in forecast[:3]] == [205, 300, 301]
    assert forecast[0]["end"] == forecast[1]["start"] == "2021-11-24T18:05:00+00:00"
    assert len(json.dumps(forecast)) < 8 * 1024
    advance(minutes=5)
    await hass.async_block_till_done()
    assert value(hass, sensor) == "300"  # that of the last tender for just these five minutes
    gateway.update(prices=served.prices[1:])
    await pushed(loaded, lambda: loaded.runtime_data.data.prices[0].carbon_intensity is None)
    assert value(hass, sensor) == "300"  # until its interval ends, like the price
    advance(minutes=5)
    await hass.async_block_till_done()
    assert value(hass, sensor) == STATE_UNAVAILABLE


async def test_forecast_stays_below_8_kib(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry
) -> None:
    dear = [
        PriceStep(start=step.start, end=step.end, buy=-24_123_457, sell=-24_123_458)
        for step in state(hours=90).prices
    ]
    gateway.update(prices=dear)
    await pushed(loaded, lambda: value(hass, NEXT) == "-24.123457")
    shown = hass.states.get(BUY)
    assert shown is not None
    assert len(shown.attributes["forecast"]) == FORECAST_STEPS
    assert len(json.dumps(shown.attributes["forecast"], separators=(",", ":"))) <= 8192


async def test_an_outage_of_89_seconds_changes_nothing(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry, advance: Advance
) -> None:
    before = values(hass)
    changes = async_capture_events(hass, "state_changed")
    await cut(gateway, loaded)
    advance(seconds=89)
    await hass.async_block_till_done()
    await restore(gateway, loaded)
    advance(seconds=60)
    await hass.async_block_till_done()
    assert values(hass) == before
    assert changes == []


async def test_a_long_outage_changes_the_connection_alone_and_twice(
    hass: HomeAssistant,
    gateway: Gateway,
    loaded: MockConfigEntry,
    advance: Advance,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO", "custom_components.temix")
    before = values(hass)
    changes = async_capture_events(hass, "state_changed")
    await cut(gateway, loaded)
    advance(seconds=90)
    await hass.async_block_till_done()
    assert values(hass) == before | {GATEWAY: STATE_OFF, RETAILER: STATE_OFF}
    advance(seconds=100)
    await hass.async_block_till_done()
    await restore(gateway, loaded)
    await pushed(loaded, lambda: value(hass, GATEWAY) == STATE_ON)
    assert values(hass) == before
    assert [change.data["entity_id"] for change in changes] == [GATEWAY, RETAILER] * 2
    assert caplog.text.count("Connection to gateway Home is lost") == 1
    assert caplog.text.count("Connected to gateway Home again") == 1


async def test_a_third_of_the_messages_lost_for_two_hours_changes_no_availability(
    gateway: Gateway,
    loaded: MockConfigEntry,
    advance: Advance,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Events and snapshots are lost at random; after a snapshot that never came the client connects anew."""
    hass, coordinator = loaded.runtime_data.hass, loaded.runtime_data
    chance, handle, handled, lost = Random(30), Client._handle, asyncio.Event(), Counter[str]()

    async def lossy(client: Client, connection: Any, message: dict[str, Any], on_state: Any) -> None:
        try:
            if chance.random() < 0.3:
                lost[message["type"]] += 1
            else:
                await handle(client, connection, message, on_state)
        finally:
            handled.set()

    monkeypatch.setattr(Client, "_handle", lossy)
    gateway.update(mode="advise")  # the client waits for this one already, and loses it not
    await pushed(loaded, lambda: coordinator.data.mode == "advise")
    changes = async_capture_events(hass, "state_changed")
    gateway.started.clear()  # the client comes again when it is told to
    for _ in range(2 * 12 * 3):
        advance(seconds=100)
        await hass.async_block_till_done()
        gateway.started.set()
        await pushed(loaded, lambda: coordinator.client.connected)
        now = round(datetime.now(UTC).timestamp() * 1000)
        fresh = state(now - now % FIVE_MINUTES)
        handled.clear()
        gateway.update(spot=fresh.spot, prices=fresh.prices, horizon=now)
        await handled.wait()
    monkeypatch.setattr(Client, "_handle", handle)
    gateway.started.set()
    advance(seconds=100)
    gateway.update(mode="monitor")
    await pushed(loaded, lambda: coordinator.data.mode == "monitor")
    assert lost["event"] > 10
    assert lost["result"] > 0
    unwell = [
        change.data["entity_id"]
        for change in changes
        if change.data["new_state"].state in {STATE_UNAVAILABLE, STATE_UNKNOWN}
        or change.data["entity_id"] in {GATEWAY, RETAILER}
    ]
    assert unwell == []
    assert {change.data["entity_id"] for change in changes} >= {BUY, NEXT, HORIZON}


async def test_prices_go_on_while_the_gateway_is_away(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry, advance: Advance
) -> None:
    await cut(gateway, loaded)
    advance(minutes=5)
    await hass.async_block_till_done()
    assert (value(hass, BUY), value(hass, GATEWAY)) == ("0.091111", STATE_OFF)


async def test_retailer_link(hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry) -> None:
    assert value(hass, RETAILER) == STATE_ON
    gateway.update(retailer=Retailer(connected=False, since=NOON, reason="refused"))
    await pushed(loaded, lambda: value(hass, RETAILER) == STATE_OFF)


async def test_restarted_gateway_brings_its_new_state_and_version(
    hass: HomeAssistant,
    gateway: Gateway,
    loaded: MockConfigEntry,
    device_registry: dr.DeviceRegistry,
    advance: Advance,
) -> None:
    await cut(gateway, loaded)
    gateway.version = "0.2.0"
    gateway.update(positions=[PositionStep(start=NOON, end=NOON + HOUR, quantity=1_200)], spot=None)
    await restore(gateway, loaded)
    await pushed(loaded, lambda: value(hass, POSITION) == "1.2")
    assert value(hass, BUY) == "0.08125"  # the gateway has just started and does not know the spot yet
    device = device_registry.async_get_device_by_identifier(("temix", gateway.gateway_id), loaded.entry_id)
    assert device is not None
    assert device.sw_version == "0.2.0"
