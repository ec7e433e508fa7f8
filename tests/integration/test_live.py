"""``temix/live`` sends a card everything at once, and then what changes, when it changes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from msgspec.structs import replace
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import (
    MockHAClientWebSocket,
    WebSocketGenerator,
)
from temix_gateway.home.account import LegAccount, Statement, StatementLine
from temix_gateway.home.messages import DevicePlan, Plan, PlanStep

from custom_components.temix import live
from custom_components.temix.const import DOMAIN
from tests.gateway.home.fake_core import FIVE_MINUTES, HOUR, NOON, Gateway
from tests.integration.conftest import Advance, cut, restore
from tests.integration.test_account import account

SECOND = 1000
NOTHING = LegAccount(subscription="0", transactions="0", deviation="0", total="0")


@pytest.fixture(autouse=True)
async def socket_api(hass: HomeAssistant) -> None:
    """Home Assistant's WebSocket API, and the integration without an entry."""
    assert await async_setup_component(hass, "websocket_api", {})
    assert await async_setup_component(hass, DOMAIN, {})


@pytest.fixture
async def socket(hass_ws_client: WebSocketGenerator) -> AsyncIterator[MockHAClientWebSocket]:
    """A connection of the owner."""
    client = await hass_ws_client()
    yield client
    await client.close()


async def look(socket: MockHAClientWebSocket, **fields: Any) -> tuple[int, dict[str, Any]]:
    """Begin to look; the subscription, and the first event."""
    await socket.send_json_auto_id({"type": live.COMMAND, **fields})
    answer = await socket.receive_json()
    assert answer["success"], answer
    return answer["id"], (await socket.receive_json())["event"]


async def told(socket: MockHAClientWebSocket, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The next event for which it holds."""
    while not holds(event := (await socket.receive_json())["event"]):
        pass
    return event


async def test_everything_comes_first(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry, socket: MockHAClientWebSocket
) -> None:
    _, seen = await look(socket)
    assert seen["gateway"] == {
        "state": "ready",
        "title": "Home",
        "entry_id": loaded.entry_id,
        "currency": "USD",
        "zone": "America/Chicago",
        "mode": "automatic",
        "retailer": True,
        "tomorrow_known": True,
    }
    noon = NOON // SECOND
    assert (seen["now"]["start"], seen["now"]["end"]) == (noon, noon + 300)
    assert (seen["now"]["buy"], seen["now"]["level"]) == (81_250, "very_low")
    assert list(seen["now"]["thresholds"]) == ["very_low", "low", "high", "very_high", "spike"]
    assert seen["prices"][0] == [noon, noon + 300, 81_250, 23_400, *[None] * 5]
    assert seen["prices"][1] == [noon + 300, noon + 600, 91_111, 24_500, 61_111, 30_000, 29_500, -5_000, None]
    assert len(seen["prices"]) == 1 + len(gateway.core.current.prices)
    assert seen["positions"][1] == [noon + 3600, noon + 7200, 612, 600]
    assert (seen["devices"], seen["account"], seen["delivered"]) == ([], None, [])


async def test_only_what_changed_follows(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry, socket: MockHAClientWebSocket
) -> None:
    await look(socket)
    gateway.update(mode="advise")
    event = (await socket.receive_json())["event"]
    assert list(event) == ["gateway"]
    assert event["gateway"]["mode"] == "advise"
    run = PlanStep(start=NOON, end=NOON + HOUR, power=2_000, why="runs", price=42_000, later=99_000)
    gateway.update(plan=Plan(made=NOON, devices=[DevicePlan(device="car", steps=[run], saved="0.31")]))
    noon = NOON // SECOND
    assert (await socket.receive_json())["event"] == {
        "devices": [
            {"id": "car", "saved": 0.31, "steps": [[noon, noon + 3600, 2_000, "runs", 42_000, 99_000, None]]}
        ]
    }


async def test_carbon_intensity_of_each_interval_where_it_is_published(
    hass: HomeAssistant,
    gateway: Gateway,
    loaded: MockConfigEntry,
    socket: MockHAClientWebSocket,
    advance: Advance,
) -> None:
    await look(socket)
    served = gateway.core.current
    assert served.spot
    gateway.update(
        spot=replace(served.spot, carbon_intensity=205),
        prices=[replace(step, carbon_intensity=300 + n) for n, step in enumerate(served.prices)],
    )
    seen = await told(socket, lambda event: "prices" in event)
    assert [row[-1] for row in seen["prices"][:3]] == [205, 300, 301]
    advance(minutes=5)
    start = NOON + FIVE_MINUTES
    gateway.update(spot=replace(served.spot, start=start, end=start + FIVE_MINUTES))  # which does not say it
    seen = await told(socket, lambda event: event.get("now", {}).get("provisional") is False)
    assert [row[-1] for row in seen["prices"][:3]] == [205, 300, 301]  # the last tender for it did


async def test_what_was_delivered_follows_each_settlement(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry, socket: MockHAClientWebSocket
) -> None:
    def line(start: int, imported: int, settled: int = 1) -> StatementLine:
        return StatementLine(
            id=str(start),
            start=start,
            end=start + FIVE_MINUTES,
            energy=NOTHING,
            transport=NOTHING,
            market="0",
            total="0",
            subscribed=40,
            transacted=10,
            position=50,
            imported=imported,
            exported=7,
            deviation=0,
            settled=settled,
        )

    first, second = NOON - 2 * FIVE_MINUTES, NOON - FIVE_MINUTES
    _, seen = await look(socket)
    assert seen["delivered"] == []

    def statement(*lines: StatementLine) -> Statement:
        return Statement(
            currency="USD",
            zone="America/Chicago",
            made=NOON,
            level="interval",
            lines=list(lines),
            total=line(first, 0),
            revision=5,
        )

    gateway.core.found = statement(line(first, 57), line(second, 0, settled=0))
    gateway.update(account=account(revision=5, savings_today=None))
    event = await told(socket, lambda event: "account" in event)
    assert event["account"] == {
        "cost_today": 1.234567891,
        "cost_month": -40.5,
        "forecast_today": 2.5,
        "forecast_month": None,
        "savings_today": None,
        "savings_month": 12.0,
        "tariff": "old",
    }
    event = await told(socket, lambda event: "delivered" in event)
    assert event["delivered"] == [[first // SECOND, second // SECOND, 50, 50]]
    gateway.core.found = statement(line(second, 107))
    gateway.update(account=account(revision=6))
    event = await told(socket, lambda event: "delivered" in event)
    assert [row[3] for row in event["delivered"]] == [50, 100]


async def test_a_gateway_that_goes_and_comes(
    hass: HomeAssistant,
    gateway: Gateway,
    loaded: MockConfigEntry,
    socket: MockHAClientWebSocket,
    advance: Advance,
) -> None:
    await look(socket)
    await cut(gateway, loaded)
    advance(seconds=91)
    assert (await told(socket, lambda event: "gateway" in event))["gateway"]["state"] == "lost"
    await restore(gateway, loaded)
    assert (await told(socket, lambda event: "gateway" in event))["gateway"]["state"] == "ready"
    await hass.config_entries.async_unload(loaded.entry_id)
    away = await told(socket, lambda event: event.get("gateway", {}).get("state") != "ready")
    assert away == {"gateway": {"state": "away", "title": "Home"}}
    await hass.config_entries.async_setup(loaded.entry_id)
    back = await told(socket, lambda event: event.get("gateway", {}).get("state") == "ready")
    assert "prices" in back


async def test_an_entry_is_waited_for(
    hass: HomeAssistant, gateway: Gateway, entry: MockConfigEntry, socket: MockHAClientWebSocket
) -> None:
    _, seen = await look(socket, config_entry_id="gone")
    assert seen == {"gateway": {"state": "none"}}
    other, seen = await look(socket)
    assert seen == {"gateway": {"state": "away", "title": "Home"}}
    await hass.config_entries.async_setup(entry.entry_id)
    await told(socket, lambda event: event.get("gateway", {}).get("state") == "ready")
    assert len(hass.data[live._FEEDS]) == 2
    await socket.send_json_auto_id({"type": "unsubscribe_events", "subscription": other})
    while (await socket.receive_json())["type"] != "result":
        pass
    assert list(hass.data[live._FEEDS]) == ["gone"]
    await hass.config_entries.async_unload(entry.entry_id)


async def test_any_user_may_look_and_all_share_one_feed(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
    socket: MockHAClientWebSocket,
    hass_read_only_access_token: str,
) -> None:
    _, mine = await look(socket)
    other = await hass_ws_client(hass, hass_read_only_access_token)
    _, theirs = await look(other)
    assert mine == theirs
    assert len(hass.data[live._FEEDS]) == 1
    await other.close()
    await socket.close()
    async with asyncio.timeout(10):
        while hass.data[live._FEEDS]:  # noqa: ASYNC110
            await asyncio.sleep(0)
