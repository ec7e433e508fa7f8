"""The update entity: a gateway that is older than this integration is told, a newer one or an app is not."""

import pytest
from homeassistant.components.update.const import (
    ATTR_INSTALLED_VERSION,
    ATTR_LATEST_VERSION,
    ATTR_RELEASE_URL,
)
from homeassistant.const import STATE_OFF, STATE_ON
from homeassistant.core import HomeAssistant
from homeassistant.loader import async_get_integration
from msgspec.structs import replace
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.temix.const import CONF_APP
from tests.gateway.home.fake_core import Gateway
from tests.integration.conftest import cut, pushed, restore, value

SOFTWARE = "update.gateway_software"


@pytest.fixture
async def known(hass: HomeAssistant) -> str:
    """The version of this integration."""
    return str((await async_get_integration(hass, "temix")).version)


def runs(gateway: Gateway, version: str) -> None:
    """The gateway says that it is of this version."""
    assert gateway.api is not None
    gateway.api.hello = replace(gateway.api.hello, version=version)


@pytest.mark.parametrize("installed", ["0.0.9", "0.1.0rc1"])
async def test_an_older_gateway_is_told(
    hass: HomeAssistant, gateway: Gateway, entry: MockConfigEntry, known: str, installed: str
) -> None:
    runs(gateway, installed)
    await hass.config_entries.async_setup(entry.entry_id)
    told = hass.states.get(SOFTWARE)
    assert told is not None
    assert told.state == STATE_ON
    assert told.attributes[ATTR_INSTALLED_VERSION] == installed
    assert told.attributes[ATTR_LATEST_VERSION] == known
    assert told.attributes[ATTR_RELEASE_URL].endswith(f"/releases/tag/v{known}")
    assert told.attributes["supported_features"] == 0  # it is upgraded at the gateway
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize("installed", ["", "99.10.0"])
async def test_the_same_or_a_newer_one_is_not(
    hass: HomeAssistant, gateway: Gateway, entry: MockConfigEntry, known: str, installed: str
) -> None:
    runs(gateway, installed or known)
    await hass.config_entries.async_setup(entry.entry_id)
    told = hass.states.get(SOFTWARE)
    assert told is not None
    assert (told.state, told.attributes[ATTR_LATEST_VERSION]) == (STATE_OFF, installed or known)
    await hass.config_entries.async_unload(entry.entry_id)


async def test_it_is_done_once_the_gateway_comes_back_newer(
    hass: HomeAssistant, gateway: Gateway, entry: MockConfigEntry, known: str
) -> None:
    runs(gateway, "0.0.9")
    await hass.config_entries.async_setup(entry.entry_id)
    await cut(gateway, entry)
    assert value(hass, SOFTWARE) == STATE_ON
    gateway.version = known
    await restore(gateway, entry)
    await pushed(entry, lambda: value(hass, SOFTWARE) == STATE_OFF)
    await hass.config_entries.async_unload(entry.entry_id)


async def test_of_an_app_the_supervisor_tells(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    hass.config_entries.async_update_entry(entry, data={**entry.data, CONF_APP: "5c53de3b_temix_gateway"})
    await hass.config_entries.async_setup(entry.entry_id)
    assert hass.states.get(SOFTWARE) is None
    await hass.config_entries.async_unload(entry.entry_id)
