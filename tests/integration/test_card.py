"""The card reaches Home Assistant's pages with its content's version, and leaves with the last entry."""

import logging
from hashlib import sha256

import pytest
from homeassistant.components import frontend
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.temix import frontend as card
from custom_components.temix.const import DOMAIN
from tests.gateway.home.fake_core import Gateway


def shown(hass: HomeAssistant) -> list[str]:
    """The modules of ours that pages load."""
    return [url for url in hass.data[frontend.DATA_EXTRA_MODULE_URL].urls if DOMAIN in url]


@pytest.fixture
async def pages(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Home Assistant with its pages, past its first steps; the access log stumbles over a frozen clock."""
    caplog.set_level(logging.CRITICAL, "aiohttp.access")
    monkeypatch.setattr(frontend.onboarding, "async_is_onboarded", lambda _: True)
    assert await async_setup_component(hass, "frontend", {})


async def test_pages_load_the_card_by_its_content(
    hass: HomeAssistant, pages: None, hass_client: ClientSessionGenerator, loaded: MockConfigEntry
) -> None:
    [url] = shown(hass)
    client = await hass_client()
    page = await client.get("/")
    assert url in await page.text()
    answer = await client.get(url)
    assert answer.status == 200
    assert "javascript" in answer.headers["Content-Type"]
    assert "max-age" in answer.headers["Cache-Control"]
    served = await answer.read()
    assert served == card.FILE.read_bytes()
    assert url == f"/temix/temix-card.js?v={sha256(served).hexdigest()[:12]}"


async def test_another_content_has_another_address(
    hass: HomeAssistant, pages: None, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    await card.async_show_card(hass)
    [before] = shown(hass)
    card.hide_card(hass)
    assert shown(hass) == []
    other = card.FILE.with_name("other.js")
    monkeypatch.setattr(card, "FILE", other)
    monkeypatch.setattr(type(other), "read_bytes", lambda _: b"newer")
    await card.async_show_card(hass)
    [after] = shown(hass)
    assert before != after
    card.hide_card(hass)


async def test_it_is_there_while_a_gateway_is_away_and_until_the_last_entry_goes(
    hass: HomeAssistant, pages: None, gateway: Gateway, entry: MockConfigEntry
) -> None:
    await gateway.stop()
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert len(shown(hass)) == 1, "the card has to tell that the gateway is away"
    second = MockConfigEntry(domain=DOMAIN, title="Office", unique_id="gw-other", data=dict(entry.data))
    second.add_to_hass(hass)
    await hass.config_entries.async_setup(second.entry_id)
    assert len(shown(hass)) == 1
    await hass.config_entries.async_remove(entry.entry_id)
    assert len(shown(hass)) == 1
    await hass.config_entries.async_remove(second.entry_id)
    assert shown(hass) == []
    again = MockConfigEntry(domain=DOMAIN, title="Home", unique_id="gw-5f2c", data=dict(entry.data))
    again.add_to_hass(hass)
    await hass.config_entries.async_setup(again.entry_id)
    assert len(shown(hass)) == 1
    await hass.config_entries.async_remove(again.entry_id)


async def test_without_pages_there_is_no_card(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    assert "frontend" not in hass.config.components
    assert frontend.DATA_EXTRA_MODULE_URL not in hass.data
