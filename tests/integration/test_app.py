"""The gateway as an app of Home Assistant: what is said when somebody removes it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohasupervisor import SupervisorClient
from aiohttp import web
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from custom_components.temix.const import CONF_APP
from tests.gateway.home.fake_core import Gateway
from tests.integration.conftest import cut, restore

SLUG = "5c53de3b_temix_gateway"


@dataclass
class Supervisor:
    """The Supervisor's API, as far as it lists apps; ``status`` other than 200 is one that is starting."""

    installed: list[str] = field(default_factory=lambda: ["core_mosquitto", SLUG])
    status: int = 200
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def addons(self, _: web.Request) -> web.Response:
        """List what is installed."""
        self.asked.set()
        if self.status != 200:
            return web.json_response({"result": "error", "message": "starting"}, status=self.status)
        apps = [_app(slug) for slug in self.installed]
        return web.json_response({"result": "ok", "data": {"addons": apps}})


def _app(slug: str) -> dict[str, object]:
    """One app, as the documentation has it."""
    return {
        "name": slug,
        "slug": slug,
        "description": "An app",
        "repository": slug.partition("_")[0],
        "version": "0.1.0",
        "version_latest": "0.1.0",
        "update_available": False,
        "available": True,
        "detached": False,
        "homeassistant": None,
        "state": "started",
        "stage": "stable",
        "advanced": False,
        "build": False,
        "url": None,
        "icon": False,
        "logo": False,
        "system_managed": False,
    }


@pytest.fixture
async def supervisor(
    hass: HomeAssistant, socket_enabled: None, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Supervisor]:
    """A Supervisor that answers, and Home Assistant's own client of it."""
    supervisor = Supervisor()
    app = web.Application()
    app.router.add_get("/addons", supervisor.addons)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with aiohttp.ClientSession() as session:
        client = SupervisorClient(f"http://127.0.0.1:{runner.addresses[0][1]}", "token", session)
        monkeypatch.setattr("custom_components.temix.nearby.is_hassio", lambda _: True)
        handler = "homeassistant.components.hassio.handler.get_supervisor_client"
        monkeypatch.setattr(handler, lambda _: client)
        yield supervisor
    await runner.cleanup()


@pytest.fixture
def of_the_app(hass: HomeAssistant, entry: MockConfigEntry) -> MockConfigEntry:
    """An entry that came from the app."""
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_APP: SLUG})
    return entry


def told(hass: HomeAssistant) -> list[str | None]:
    """What a person is asked to see to."""
    return [issue.translation_key for issue in ir.async_get(hass).issues.values()]


async def test_a_removed_app_is_told_until_it_is_back(
    hass: HomeAssistant,
    gateway: Gateway,
    supervisor: Supervisor,
    of_the_app: MockConfigEntry,
    loaded: MockConfigEntry,
) -> None:
    changes = async_capture_events(hass, ir.EVENT_REPAIRS_ISSUE_REGISTRY_UPDATED)
    await cut(gateway, loaded)
    await supervisor.asked.wait()
    await restore(gateway, loaded)
    assert changes == []  # it was stopped, as for an update

    raised = asyncio.Event()
    hass.bus.async_listen_once(ir.EVENT_REPAIRS_ISSUE_REGISTRY_UPDATED, callback(lambda _: raised.set()))
    supervisor.installed.remove(SLUG)
    await cut(gateway, loaded)
    async with asyncio.timeout(10):
        await raised.wait()
    assert told(hass) == ["app_removed"]

    await restore(gateway, loaded)
    assert told(hass) == []


async def test_it_is_told_at_a_start_and_goes_with_the_entry(
    hass: HomeAssistant,
    gateway: Gateway,
    supervisor: Supervisor,
    of_the_app: MockConfigEntry,
) -> None:
    await gateway.stop()
    supervisor.installed.remove(SLUG)
    assert not await hass.config_entries.async_setup(of_the_app.entry_id)
    assert of_the_app.state is ConfigEntryState.SETUP_RETRY
    assert told(hass) == ["app_removed"]
    supervisor.installed.append(SLUG)
    await hass.config_entries.async_reload(of_the_app.entry_id)
    assert told(hass) == []  # installed again, and starting
    supervisor.installed.remove(SLUG)
    await hass.config_entries.async_reload(of_the_app.entry_id)
    assert told(hass) == ["app_removed"]
    await hass.config_entries.async_remove(of_the_app.entry_id)
    assert told(hass) == []


@pytest.mark.parametrize("status", [400, 503])
async def test_a_supervisor_that_does_not_answer_says_nothing(
    hass: HomeAssistant,
    gateway: Gateway,
    supervisor: Supervisor,
    of_the_app: MockConfigEntry,
    status: int,
) -> None:
    await gateway.stop()
    supervisor.installed.clear()
    supervisor.status = status
    assert not await hass.config_entries.async_setup(of_the_app.entry_id)
    assert told(hass) == []


async def test_a_gateway_of_its_own_is_no_app(
    hass: HomeAssistant,
    gateway: Gateway,
    supervisor: Supervisor,
    entry: MockConfigEntry,
) -> None:
    await gateway.stop()
    supervisor.installed.clear()
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert told(hass) == []
