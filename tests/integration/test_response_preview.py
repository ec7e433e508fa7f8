"""The last page of a price response: what it would do, by the planner or estimated."""

import asyncio

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.gateway.home.fake_core import Gateway
from tests.integration.dialog import PUMP, answer, begin, known


async def test_the_last_page_previews_by_the_gateways_planner(
    hass: HomeAssistant, loaded: MockConfigEntry, pump: er.RegistryEntry
) -> None:
    await hass.config.async_set_time_zone("America/Chicago")
    page = await answer(hass, await begin(hass, loaded, "run_hours"), {"switch": pump.entity_id})
    page = await answer(hass, page, PUMP)
    told = page["description_placeholders"]
    assert told["preview"] == "Today 13:05–14:05, 2.0 kWh, about $0.20, ready 20:00"
    assert told["name"] == "Pool pump"
    assert "switch.pump has no timer of its own" in told["notes"]


async def test_a_preview_that_the_gateway_refuses_is_an_estimate_with_its_reason(
    hass: HomeAssistant, loaded: MockConfigEntry, gateway: Gateway, pump: er.RegistryEntry
) -> None:
    await hass.config.async_set_time_zone("America/Chicago")
    gateway.core.refusal = "preview cannot be planned: power: too much"
    page = await answer(hass, await begin(hass, loaded, "run_hours"), {"switch": pump.entity_id})
    page = await answer(hass, page, PUMP | {"hours": 1})
    told = page["description_placeholders"]["preview"]
    assert told == (
        "Today 12:05–13:05, 1.1 kWh, about $0.11, ready 20:00 (estimated from the cheapest hours: "
        "the gateway says *it cannot be planned: power: too much*)"
    )


async def test_a_preview_never_blocks(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    pump: er.RegistryEntry,
    monkeypatch: pytest.MonkeyPatch,
    freezer: FrozenDateTimeFactory,
) -> None:
    asked = asyncio.Event()

    async def never(_: object) -> None:
        asked.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(loaded.runtime_data.client, "preview_plan", never)
    page = await answer(hass, await begin(hass, loaded, "run_hours"), {"switch": pump.entity_id})
    last = asyncio.create_task(answer(hass, page, PUMP))
    await asked.wait()
    freezer.tick(6)
    page = await last
    assert "estimated" in page["description_placeholders"]["preview"]


async def test_a_plug_previews_its_pauses(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    await hass.config.async_set_time_zone("America/Chicago")
    known(hass, "switch", "freezer", "on")
    more = {"least_minutes": 5, "hold_hours": 2, "advise": False}
    answers = {
        "name": "Freezer",
        "limit": 0.13,
        "longest_minutes": 60,
        "power": 100,
        "resumes": True,
        "more": more,
    }
    page = await answer(hass, await begin(hass, loaded, "pause_when_dear"), {"switch": "switch.freezer"})
    page = await answer(hass, page, answers)
    assert page["description_placeholders"]["preview"] == "It would pause: Tonight 05:00–06:00"
    page = await answer(hass, await begin(hass, loaded, "pause_when_dear"), {"switch": "switch.freezer"})
    page = await answer(hass, page, answers | {"limit": 2})
    assert "No hour of the next day costs more than $2.00/kWh" in page["description_placeholders"]["preview"]
