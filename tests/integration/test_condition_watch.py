"""A condition in the automation editor says at once when it comes to hold, without being asked again."""

from datetime import timedelta
from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator
from temix_gateway.home.messages import PositionStep

from tests.gateway.home.fake_core import HOUR, NOON, Gateway


@pytest.mark.parametrize("named", [{}, {"config_entry_id": "01JTEMIX"}])
async def test_the_editor_sees_a_position_become_short(  # noqa: PLR0917
    hass: HomeAssistant,
    gateway: Gateway,
    loaded: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
    monkeypatch: pytest.MonkeyPatch,
    named: dict[str, Any],
) -> None:
    assert await async_setup_component(hass, "websocket_api", {})
    polled: list[timedelta] = []
    monkeypatch.setattr(
        "homeassistant.components.websocket_api.commands.async_track_time_interval",
        lambda hass, look, every, **_: polled.append(every),
    )
    socket = await hass_ws_client()
    short = {"condition": "temix.is_position_short", "options": named}
    await socket.send_json_auto_id({"type": "subscribe_condition", "condition": short})
    assert (await socket.receive_json())["success"]
    assert (await socket.receive_json())["event"] == {"result": False}
    gateway.update(positions=[PositionStep(start=NOON, end=NOON + HOUR, quantity=-120)])
    assert (await socket.receive_json())["event"] == {"result": True}
    assert polled == []
    await socket.close()
