"""A card's feed with price responses: who leads what and why, also of those that come while it looks."""

from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from custom_components.temix.client import Client, TemixError
from tests.gateway.home.fake_core import HOUR, NOON, Gateway
from tests.integration.conftest import Advance, pushed
from tests.integration.test_account import account
from tests.integration.test_live import SECOND, look, told
from tests.integration.test_response_entities import SETTINGS, plan, subentry


@pytest.fixture
async def socket(
    hass: HomeAssistant, loaded: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> MockHAClientWebSocket:
    """A connection of the owner."""
    assert await async_setup_component(hass, "websocket_api", {})
    return await hass_ws_client()


def lane(event: dict[str, Any], name: str) -> dict[str, Any]:
    """What an event says of a device."""
    return next((one for one in event.get("devices", ()) if one["id"] == name), {})


async def test_a_response_that_is_added_appears_and_says_what_it_does(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry, socket: MockHAClientWebSocket
) -> None:
    hass.states.async_set("switch.fan", "off")
    _, seen = await look(socket)
    assert seen["devices"] == []
    hass.config_entries.async_add_subentry(loaded, subentry("fan", SETTINGS["fan"]))
    event = await told(socket, lambda event: lane(event, "fan").get("doing") == "waiting")
    assert lane(event, "fan").items() >= {
        "name": "Fan", "kind": "run_hours", "doing": "waiting", "steps": [], "advice": True,
    }.items()  # fmt: skip
    gateway.update(plan=plan("fan"))
    event = await told(socket, lambda event: lane(event, "fan").get("now", [""])[0] == "runs")
    ends = (NOON + HOUR) // SECOND
    assert lane(event, "fan")["now"] == ["runs", ends, 90_000, None, None]
    assert lane(event, "fan")["saved"] == 0.31


async def test_without_a_price_the_card_is_told_so(
    hass: HomeAssistant,
    gateway: Gateway,
    loaded: MockConfigEntry,
    socket: MockHAClientWebSocket,
    advance: Advance,
) -> None:
    _, seen = await look(socket)
    assert seen["now"] is not None
    gateway.update(spot=None, prices=[])
    await pushed(loaded, lambda: loaded.runtime_data.data.prices == ())
    advance(minutes=5)
    await told(socket, lambda event: event.get("now", {}) is None)


async def test_deliveries_that_could_not_be_asked_for_are_asked_for_again(  # noqa: PLR0917
    hass: HomeAssistant,
    gateway: Gateway,
    loaded: MockConfigEntry,
    socket: MockHAClientWebSocket,
    advance: Advance,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    async def fail(self: Client, *_: Any) -> None:
        asked.append("statement")
        raise TemixError("not now")

    monkeypatch.setattr(Client, "get_statement", fail)
    gateway.update(account=account(since=NOON - HOUR, revision=7))
    await look(socket)
    await pushed(loaded, lambda: loaded.runtime_data.data.account is not None)
    for _ in range(6):
        advance(minutes=5)
        await hass.async_block_till_done()
    assert len(asked) > 2
