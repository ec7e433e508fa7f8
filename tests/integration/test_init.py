"""Setting up, taking down, and what is said when it does not work."""

import asyncio
import gc
from collections.abc import Callable

import pytest
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.const import CONF_TOKEN, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from pytest_homeassistant_custom_component.common import MockConfigEntry
from temix_gateway.home.certificate import load_or_make
from temix_gateway.home.messages import Hello

from custom_components.temix.client import Client
from custom_components.temix.const import CONF_FINGERPRINT, DOMAIN
from tests.gateway.home.fake_core import Gateway
from tests.integration.conftest import BUY, cut, pushed, restore, value, values


@pytest.mark.usefixtures("every_entity")
async def test_loads_unloads_and_loads_again(
    hass: HomeAssistant, gateway: Gateway, entry: MockConfigEntry
) -> None:
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED
    before = values(hass)
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert entry.state is ConfigEntryState.NOT_LOADED
    assert {state.state for state in hass.states.async_all()} == {STATE_UNAVAILABLE}
    assert gateway.api is not None
    await hass.async_block_till_done()
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert values(hass) == before
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_reloads_leave_nothing_behind(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry
) -> None:
    count = len(hass.states.async_entity_ids())
    for _ in range(10):
        assert await hass.config_entries.async_reload(loaded.entry_id)
    gc.collect()
    assert sum(isinstance(thing, Client) for thing in gc.get_objects()) <= 2
    assert len(hass.states.async_entity_ids()) == count


async def test_removing_an_entry_removes_its_issue(
    hass: HomeAssistant, entry: MockConfigEntry, issue_registry: ir.IssueRegistry
) -> None:
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_FINGERPRINT: "00" * 32})
    await hass.config_entries.async_setup(entry.entry_id)
    assert len(issue_registry.issues) == 1
    await hass.config_entries.async_remove(entry.entry_id)
    assert issue_registry.issues == {}


def wrong_certificate(gateway: Gateway, entry: MockConfigEntry) -> None:
    """The gateway was set up anew."""
    gateway.certificate = load_or_make(gateway.folder / "other.pem", gateway.gateway_id)


def wrong_gateway(gateway: Gateway, entry: MockConfigEntry) -> None:
    """Another gateway took the address."""
    gateway.gateway_id = "gw-other"


def too_new(gateway: Gateway, entry: MockConfigEntry) -> None:
    """The gateway was updated, the integration was not."""
    gateway.hello = Hello(
        gateway_id=gateway.gateway_id, name="Home", version="9.0.0", min_schema=8, max_schema=9
    )


def too_old(gateway: Gateway, entry: MockConfigEntry) -> None:
    """The integration was updated, the gateway was not."""
    gateway.hello = Hello(
        gateway_id=gateway.gateway_id, name="Home", version="0.0.1", min_schema=0, max_schema=0
    )


@pytest.mark.parametrize(
    "trouble, key",
    [
        (wrong_certificate, "wrong_certificate"),
        (wrong_gateway, "wrong_gateway"),
        (too_new, "gateway_too_new"),
        (too_old, "gateway_too_old"),
    ],
)
async def test_trouble_is_named_and_tried_again(
    hass: HomeAssistant,
    gateway: Gateway,
    entry: MockConfigEntry,
    trouble: Callable[[Gateway, MockConfigEntry], None],
    key: str,
) -> None:
    await gateway.stop()
    trouble(gateway, entry)
    await gateway.start()
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == key
    assert hass.states.async_entity_ids() == []


async def test_gateway_that_is_not_there(
    hass: HomeAssistant, gateway: Gateway, entry: MockConfigEntry
) -> None:
    await gateway.stop()
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == "cannot_connect"
    await gateway.start()
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert value(hass, BUY) == "0.08125"
    await hass.config_entries.async_unload(entry.entry_id)


async def test_refused_token_asks_for_another(
    hass: HomeAssistant, gateway: Gateway, entry: MockConfigEntry
) -> None:
    gateway.tokens.revoke("Home Assistant")
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert next(entry.async_get_active_flows(hass, {SOURCE_REAUTH}))["step_id"] == "reauth_confirm"


async def test_token_revoked_while_running_asks_for_another(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry
) -> None:
    before = values(hass)
    await cut(gateway, loaded)
    gateway.tokens.revoke("Home Assistant")
    task = loaded.runtime_data._task
    await gateway.start()
    await task  # no more tries: waiting does not help
    await hass.async_block_till_done()
    assert next(loaded.async_get_active_flows(hass, {SOURCE_REAUTH}))["step_id"] == "reauth_confirm"
    assert values(hass) == before


async def test_changed_certificate_is_a_repair_issue_until_it_is_back(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry, issue_registry: ir.IssueRegistry
) -> None:
    before = values(hass)
    pinned = gateway.certificate
    await cut(gateway, loaded)
    wrong_certificate(gateway, loaded)
    raised = asyncio.Event()
    hass.bus.async_listen_once(ir.EVENT_REPAIRS_ISSUE_REGISTRY_UPDATED, callback(lambda event: raised.set()))
    await gateway.start()
    await raised.wait()
    issue = issue_registry.async_get_issue(DOMAIN, f"certificate_changed_{loaded.entry_id}")
    assert issue is not None
    assert issue.translation_key == "certificate_changed"
    assert values(hass) == before
    await gateway.stop()
    gateway.certificate = pinned
    await restore(gateway, loaded)
    assert issue_registry.issues == {}


async def test_issue_is_withdrawn_at_setup(
    hass: HomeAssistant, gateway: Gateway, entry: MockConfigEntry, issue_registry: ir.IssueRegistry
) -> None:
    right = dict(entry.data)
    hass.config_entries.async_update_entry(entry, data=right | {CONF_FINGERPRINT: "00" * 32})
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert [issue.translation_key for issue in issue_registry.issues.values()] == ["certificate_changed"]
    hass.config_entries.async_update_entry(entry, data=right)
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert issue_registry.issues == {}
    await hass.config_entries.async_unload(entry.entry_id)


async def test_home_assistant_starts_before_the_gateway_and_outlives_it(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry
) -> None:
    for number in range(3):
        await cut(gateway, loaded)
        await restore(gateway, loaded)
        gateway.update(mode=("monitor", "advise", "automatic")[number])
        await pushed(loaded, lambda mode=gateway.core.current.mode: loaded.runtime_data.data.mode == mode)


async def test_stopping_home_assistant_says_goodbye(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry
) -> None:
    assert gateway.api is not None
    await hass.async_stop(force=True)
    assert not loaded.runtime_data.client.connected
    assert loaded.data[CONF_TOKEN] == gateway.token
