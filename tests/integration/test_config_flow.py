"""Every way through the config flow, against real gateways."""

from collections.abc import AsyncIterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from homeassistant.config_entries import SOURCE_USER, SOURCE_ZEROCONF, ConfigEntryState
from homeassistant.const import CONF_HOST, CONF_PORT, CONF_TOKEN
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
from pytest_homeassistant_custom_component.common import MockConfigEntry
from temix_gateway.home.certificate import load_or_make
from temix_gateway.home.messages import Hello
from temix_gateway.home.roles import Role

from custom_components.temix.const import CONF_FINGERPRINT, DOMAIN
from tests.gateway.home.fake_core import GATEWAY_ID, Gateway
from tests.integration.conftest import BUY, value


@pytest.fixture
async def other(tmp_path: Path, gateway: Gateway) -> AsyncIterator[Gateway]:
    """The same gateway, moved to another port: its own certificate and tokens."""
    other = Gateway.__new__(Gateway)
    other.__dict__ |= gateway.__dict__ | {"port": 0, "api": None}
    yield await other.start()
    await other.stop()


def address(gateway: Gateway) -> dict[str, Any]:
    """Where a gateway is."""
    return {CONF_HOST: gateway.host, CONF_PORT: gateway.port}


def data(gateway: Gateway) -> dict[str, Any]:
    """What its entry holds."""
    return address(gateway) | {
        CONF_TOKEN: gateway.token,
        CONF_FINGERPRINT: gateway.certificate.fingerprint.hex(),
    }


def announced(gateway: Gateway, gateway_id: str | None = GATEWAY_ID) -> ZeroconfServiceInfo:
    """What a gateway's announcement looks like."""
    return ZeroconfServiceInfo(
        ip_address=ip_address(gateway.host),
        ip_addresses=[ip_address(gateway.host)],
        port=gateway.port,
        hostname="temix.local.",
        type="_temix-gateway._tcp.local.",
        name="Home._temix-gateway._tcp.local.",
        properties={"api": "1"} | ({} if gateway_id is None else {"id": gateway_id}),
    )


async def start(hass: HomeAssistant, source: str, info: Any = None) -> Any:
    """Begin a flow."""
    return await hass.config_entries.flow.async_init(DOMAIN, context={"source": source}, data=info)


async def answer(hass: HomeAssistant, flow: Any, **user_input: Any) -> Any:
    """Fill in a form."""
    return await hass.config_entries.flow.async_configure(flow["flow_id"], user_input)


async def unload(hass: HomeAssistant) -> None:
    """Take down what a flow set up."""
    for entry in hass.config_entries.async_entries(DOMAIN):
        if entry.state is ConfigEntryState.LOADED:
            await hass.config_entries.async_unload(entry.entry_id)


async def test_by_hand(hass: HomeAssistant, gateway: Gateway) -> None:
    flow = await start(hass, SOURCE_USER)
    assert (flow["type"], flow["step_id"], flow["errors"]) == (FlowResultType.FORM, "user", {})
    flow = await answer(hass, flow, **address(gateway))
    assert (flow["type"], flow["step_id"]) == (FlowResultType.FORM, "trust")
    assert flow["description_placeholders"] == {
        "gateway_id": GATEWAY_ID,
        "host": gateway.host,
        "fingerprint": gateway.certificate.fingerprint.hex(":").upper(),
    }
    flow = await answer(hass, flow, token=f" {gateway.token}\n")
    assert (flow["type"], flow["title"], flow["data"]) == (FlowResultType.CREATE_ENTRY, "Home", data(gateway))
    assert flow["result"].unique_id == GATEWAY_ID
    await hass.async_block_till_done()
    assert value(hass, BUY) == "0.08125"
    await unload(hass)


async def test_no_token_goes_to_anybody_before_a_person_trusts_it(
    hass: HomeAssistant, gateway: Gateway
) -> None:
    flow = await answer(hass, await start(hass, SOURCE_USER), **address(gateway))
    assert all(client.last_used is None for client in gateway.tokens.clients())
    # Between the form and the answer somebody else takes the address.
    await gateway.stop()
    gateway.certificate = load_or_make(gateway.folder / "other.pem", GATEWAY_ID)
    await gateway.start()
    flow = await answer(hass, flow, token=gateway.token)
    assert flow["errors"] == {"base": "wrong_certificate"}
    assert all(client.last_used is None for client in gateway.tokens.clients())


async def test_nobody_there_then_somebody(hass: HomeAssistant, gateway: Gateway) -> None:
    await gateway.stop()
    flow = await answer(hass, await start(hass, SOURCE_USER), **address(gateway))
    assert (flow["step_id"], flow["errors"]) == ("user", {"base": "cannot_connect"})
    await gateway.start()
    flow = await answer(hass, flow, **address(gateway))
    assert flow["step_id"] == "trust"


@pytest.mark.parametrize("schema, key", [(0, "gateway_too_old"), (9, "gateway_too_new")])
async def test_no_common_schema(hass: HomeAssistant, gateway: Gateway, schema: int, key: str) -> None:
    await gateway.stop()
    gateway.hello = Hello(
        gateway_id=GATEWAY_ID, name="Home", version="1", min_schema=schema, max_schema=schema
    )
    await gateway.start()
    flow = await answer(hass, await start(hass, SOURCE_USER), **address(gateway))
    assert flow["errors"] == {"base": key}


async def test_wrong_token_then_the_right_one(hass: HomeAssistant, gateway: Gateway) -> None:
    flow = await answer(hass, await start(hass, SOURCE_USER), **address(gateway))
    flow = await answer(hass, flow, token="teg_wrong")
    assert (flow["step_id"], flow["errors"]) == ("trust", {"base": "invalid_auth"})
    flow = await answer(hass, flow, token=gateway.token)
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    await unload(hass)


async def test_a_gateway_is_set_up_once(
    hass: HomeAssistant, gateway: Gateway, entry: MockConfigEntry, other: Gateway
) -> None:
    flow = await answer(hass, await start(hass, SOURCE_USER), **address(other))
    assert (flow["type"], flow["reason"]) == (FlowResultType.ABORT, "already_configured")
    assert entry.data == data(gateway)  # an address typed in is no reason to change the entry


async def test_discovered(hass: HomeAssistant, gateway: Gateway) -> None:
    flow = await start(hass, SOURCE_ZEROCONF, announced(gateway))
    assert (flow["type"], flow["step_id"]) == (FlowResultType.FORM, "trust")
    shown = hass.config_entries.flow.async_progress()[0]
    assert shown["context"]["title_placeholders"] == {"name": "Home"}
    flow = await answer(hass, flow, token=gateway.token)
    assert (flow["type"], flow["data"]) == (FlowResultType.CREATE_ENTRY, data(gateway))
    await unload(hass)


async def test_discovered_twice(hass: HomeAssistant, gateway: Gateway) -> None:
    await start(hass, SOURCE_ZEROCONF, announced(gateway))
    flow = await start(hass, SOURCE_ZEROCONF, announced(gateway))
    assert (flow["type"], flow["reason"]) == (FlowResultType.ABORT, "already_in_progress")


async def test_discovered_at_a_known_address_connects_to_nobody(
    hass: HomeAssistant, gateway: Gateway, entry: MockConfigEntry
) -> None:
    await gateway.stop()
    flow = await start(hass, SOURCE_ZEROCONF, announced(gateway))
    assert (flow["type"], flow["reason"]) == (FlowResultType.ABORT, "already_configured")


async def test_discovered_elsewhere_moves_the_entry(
    hass: HomeAssistant, gateway: Gateway, entry: MockConfigEntry, other: Gateway
) -> None:
    flow = await start(hass, SOURCE_ZEROCONF, announced(other))
    assert (flow["type"], flow["reason"]) == (FlowResultType.ABORT, "already_configured")
    assert entry.data == data(gateway) | address(other)
    await hass.async_block_till_done()
    await unload(hass)


async def test_discovered_with_another_certificate_moves_nothing(
    hass: HomeAssistant, gateway: Gateway, entry: MockConfigEntry, other: Gateway
) -> None:
    await other.stop()
    other.certificate = load_or_make(other.folder / "other.pem", GATEWAY_ID)
    await other.start()
    flow = await start(hass, SOURCE_ZEROCONF, announced(other))
    assert (flow["type"], flow["reason"]) == (FlowResultType.ABORT, "already_configured")
    assert entry.data == data(gateway)


@pytest.mark.parametrize("gateway_id", ["gw-liar", None])
async def test_announcement_that_does_not_fit_its_gateway(
    hass: HomeAssistant, gateway: Gateway, gateway_id: str | None
) -> None:
    flow = await start(hass, SOURCE_ZEROCONF, announced(gateway, gateway_id))
    assert (flow["type"], flow["reason"]) == (FlowResultType.ABORT, "wrong_gateway")


async def test_discovered_and_gone(hass: HomeAssistant, gateway: Gateway) -> None:
    await gateway.stop()
    flow = await start(hass, SOURCE_ZEROCONF, announced(gateway))
    assert (flow["type"], flow["reason"]) == (FlowResultType.ABORT, "cannot_connect")


async def test_reauthentication(hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry) -> None:
    flow = await loaded.start_reauth_flow(hass)
    assert (flow["step_id"], flow["description_placeholders"]["name"]) == ("reauth_confirm", "Home")
    flow = await answer(hass, flow, token="teg_wrong")
    assert flow["errors"] == {"base": "invalid_auth"}
    token = gateway.tokens.create("Home Assistant, again", Role.CONTROLLER)
    flow = await answer(hass, flow, token=token)
    assert (flow["type"], flow["reason"]) == (FlowResultType.ABORT, "reauth_successful")
    assert loaded.data == data(gateway) | {CONF_TOKEN: token}
    await hass.async_block_till_done()
    assert loaded.state is ConfigEntryState.LOADED


async def test_reauthentication_sends_no_token_to_another_certificate(
    hass: HomeAssistant, gateway: Gateway, entry: MockConfigEntry
) -> None:
    hass.config_entries.async_update_entry(entry, data=data(gateway) | {CONF_FINGERPRINT: "00" * 32})
    flow = await answer(hass, await entry.start_reauth_flow(hass), token=gateway.token)
    assert flow["errors"] == {"base": "wrong_certificate"}
    assert all(client.last_used is None for client in gateway.tokens.clients())


async def test_reconfigured_to_another_address(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry, other: Gateway
) -> None:
    flow = await loaded.start_reconfigure_flow(hass)
    assert flow["step_id"] == "reconfigure"
    flow = await answer(hass, flow, **address(other))
    assert (flow["type"], flow["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    assert loaded.data == data(gateway) | address(other)
    await hass.async_block_till_done()
    assert loaded.state is ConfigEntryState.LOADED


async def test_reconfigured_to_trust_another_certificate(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry, other: Gateway
) -> None:
    await other.stop()
    other.certificate = load_or_make(other.folder / "other.pem", GATEWAY_ID)
    await other.start()
    flow = await answer(hass, await loaded.start_reconfigure_flow(hass), **address(other))
    assert flow["step_id"] == "trust"
    shown = flow["description_placeholders"]["fingerprint"]
    assert shown == other.certificate.fingerprint.hex(":").upper()
    flow = await answer(hass, flow, token=other.token)
    assert (flow["type"], flow["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    assert loaded.data == data(other)
    await hass.async_block_till_done()
    assert loaded.state is ConfigEntryState.LOADED


async def test_reconfigured_to_another_gateway(
    hass: HomeAssistant, loaded: MockConfigEntry, other: Gateway
) -> None:
    await other.stop()
    other.gateway_id = "gw-other"
    await other.start()
    flow = await answer(hass, await loaded.start_reconfigure_flow(hass), **address(other))
    assert (flow["type"], flow["reason"]) == (FlowResultType.ABORT, "wrong_gateway")


async def test_reconfigured_to_nobody(hass: HomeAssistant, loaded: MockConfigEntry, other: Gateway) -> None:
    await other.stop()
    flow = await answer(hass, await loaded.start_reconfigure_flow(hass), **address(other))
    assert (flow["step_id"], flow["errors"]) == ("reconfigure", {"base": "cannot_connect"})
