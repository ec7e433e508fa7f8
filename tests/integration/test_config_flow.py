"""Every way through the config flow, against real gateways."""

from collections.abc import AsyncIterator
from ipaddress import ip_address
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar
from unittest.mock import AsyncMock
from uuid import UUID

import pytest
from aiohasupervisor import SupervisorError
from homeassistant.config_entries import SOURCE_HASSIO, SOURCE_USER, SOURCE_ZEROCONF, ConfigEntryState
from homeassistant.const import CONF_HOST, CONF_PORT, CONF_TOKEN
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.service_info.hassio import HassioServiceInfo
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
from pytest_homeassistant_custom_component.common import MockConfigEntry
from temix_gateway.home.certificate import load_or_make
from temix_gateway.home.codes import spaced
from temix_gateway.home.messages import Hello
from temix_gateway.home.pairing import Bootstrap
from temix_gateway.home.roles import Role
from temix_gateway.home.tokens import CLIENTS

from custom_components.temix import config_flow
from custom_components.temix.const import CONF_APP, CONF_FINGERPRINT, DOMAIN
from custom_components.temix.nearby import Nearby, on_the_network
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


def code(gateway: Gateway) -> str:
    """The code of a window that somebody opened on the gateway."""
    return spaced(gateway.door.open_pairing(Role.CONTROLLER).code)


def paired(gateway: Gateway, entry: Any, **more: str) -> None:
    """The data are the gateway's and ``more``, with a token that it knows for this Home Assistant."""
    token = entry["data"][CONF_TOKEN] if isinstance(entry, dict) else entry.data[CONF_TOKEN]
    known = gateway.tokens.authenticate(token)
    assert known is not None
    assert (known.role, known.label) == (Role.CONTROLLER, "Home Assistant (test home)")
    data = entry["data"] if isinstance(entry, dict) else entry.data
    assert data == address(gateway) | {
        CONF_TOKEN: token,
        CONF_FINGERPRINT: gateway.certificate.fingerprint.hex(),
        **more,
    }


async def unload(hass: HomeAssistant) -> None:
    """Take down what a flow set up."""
    for entry in hass.config_entries.async_entries(DOMAIN):
        if entry.state is ConfigEntryState.LOADED:
            await hass.config_entries.async_unload(entry.entry_id)


async def test_by_hand(hass: HomeAssistant, gateway: Gateway) -> None:
    flow = await start(hass, SOURCE_USER)
    assert (flow["type"], flow["step_id"], flow["errors"]) == (FlowResultType.FORM, "address", {})
    flow = await answer(hass, flow, **address(gateway))
    assert (flow["type"], flow["step_id"]) == (FlowResultType.FORM, "pair")
    assert flow["description_placeholders"] == {"name": "Home", "host": gateway.host}
    flow = await answer(hass, flow, code=f" {code(gateway).lower()}\n")
    assert (flow["type"], flow["title"]) == (FlowResultType.CREATE_ENTRY, "Home")
    paired(gateway, flow)
    assert flow["result"].unique_id == GATEWAY_ID
    await hass.async_block_till_done()
    assert value(hass, BUY) == "0.08125"
    await unload(hass)


@pytest.mark.parametrize("typed", ["::1", " [::1] "])
async def test_by_hand_over_ipv6(hass: HomeAssistant, tmp_path: Path, typed: str) -> None:
    gateway = await Gateway(tmp_path, host="::1").start()
    try:
        flow = await answer(hass, await start(hass, SOURCE_USER), host=typed, port=gateway.port)
        flow = await answer(hass, flow, code=code(gateway))
        assert flow["type"] is FlowResultType.CREATE_ENTRY
        paired(gateway, flow)
        await unload(hass)
    finally:
        await gateway.stop()


async def test_the_text_of_the_qr_code_does_the_same(hass: HomeAssistant, gateway: Gateway) -> None:
    flow = await answer(hass, await start(hass, SOURCE_USER), **address(gateway))
    flow = await answer(hass, flow, code=gateway.door.open_pairing(Role.CONTROLLER).uri)
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    await unload(hass)


async def test_somebody_else_at_the_address_learns_nothing(hass: HomeAssistant, gateway: Gateway) -> None:
    flow = await answer(hass, await start(hass, SOURCE_USER), **address(gateway))
    # Between the form and the answer somebody else takes the address.
    await gateway.stop()
    gateway.certificate = load_or_make(gateway.folder / "other.pem", GATEWAY_ID)
    await gateway.start()
    flow = await answer(hass, flow, code=code(gateway))
    assert flow["errors"] == {"base": "wrong_certificate"}
    assert len(gateway.tokens.clients()) == 1
    assert gateway.door.open_pairing(Role.CONTROLLER)  # no try was counted, no cool-down began


async def test_nobody_there_then_somebody(hass: HomeAssistant, gateway: Gateway) -> None:
    await gateway.stop()
    flow = await answer(hass, await start(hass, SOURCE_USER), **address(gateway))
    assert (flow["step_id"], flow["errors"]) == ("address", {"base": "cannot_connect"})
    await gateway.start()
    flow = await answer(hass, flow, **address(gateway))
    assert flow["step_id"] == "pair"


@pytest.mark.parametrize("schema, key", [(0, "gateway_too_old"), (9, "gateway_too_new")])
async def test_no_common_schema(hass: HomeAssistant, gateway: Gateway, schema: int, key: str) -> None:
    await gateway.stop()
    gateway.hello = Hello(
        gateway_id=GATEWAY_ID, name="Home", version="1", min_schema=schema, max_schema=schema
    )
    await gateway.start()
    flow = await answer(hass, await start(hass, SOURCE_USER), **address(gateway))
    assert flow["errors"] == {"base": key}


async def test_what_is_wrong_with_a_code_is_said(hass: HomeAssistant, gateway: Gateway) -> None:
    flow = await answer(hass, await start(hass, SOURCE_USER), **address(gateway))
    flow = await answer(hass, flow, code="000 000 000")
    assert (flow["step_id"], flow["errors"]) == ("pair", {"base": "pairing_closed"})
    code(gateway)
    flow = await answer(hass, flow, code="000 000 000")
    assert flow["errors"] == {"base": "wrong_code"}
    flow = await answer(hass, flow, code="000 000 001")
    assert flow["errors"] == {"base": "mistyped_code"}
    flow = await answer(hass, flow, code=code(gateway))
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    await unload(hass)


async def test_more_clients_than_may_be(hass: HomeAssistant, gateway: Gateway) -> None:
    for number in range(CLIENTS - 1):
        gateway.tokens.create(f"client {number}", Role.VIEWER)
    flow = await answer(hass, await start(hass, SOURCE_USER), **address(gateway))
    flow = await answer(hass, flow, code=code(gateway))
    assert flow["errors"] == {"base": "refused"}


async def test_a_gateway_is_set_up_once(
    hass: HomeAssistant, gateway: Gateway, entry: MockConfigEntry, other: Gateway
) -> None:
    flow = await answer(hass, await start(hass, SOURCE_USER), **address(other))
    assert (flow["type"], flow["reason"]) == (FlowResultType.ABORT, "already_configured")
    assert entry.data == data(gateway)  # an address typed in is no reason to change the entry


async def test_discovered(hass: HomeAssistant, gateway: Gateway) -> None:
    flow = await start(hass, SOURCE_ZEROCONF, announced(gateway))
    assert (flow["type"], flow["step_id"]) == (FlowResultType.FORM, "pair")
    shown = hass.config_entries.flow.async_progress()[0]
    assert shown["context"]["title_placeholders"] == {"name": "Home"}
    flow = await answer(hass, flow, code=code(gateway))
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    paired(gateway, flow)
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
    flow = await answer(hass, flow, code="000 000 000")
    assert flow["errors"] == {"base": "pairing_closed"}
    flow = await answer(hass, flow, code=code(gateway))
    assert (flow["type"], flow["reason"]) == (FlowResultType.ABORT, "reauth_successful")
    paired(gateway, loaded)
    await hass.async_block_till_done()
    assert loaded.state is ConfigEntryState.LOADED


async def test_reauthentication_with_another_certificate_sends_nothing(
    hass: HomeAssistant, gateway: Gateway, entry: MockConfigEntry
) -> None:
    hass.config_entries.async_update_entry(entry, data=data(gateway) | {CONF_FINGERPRINT: "00" * 32})
    flow = await answer(hass, await entry.start_reauth_flow(hass), code=code(gateway))
    assert flow["errors"] == {"base": "wrong_certificate"}
    assert len(gateway.tokens.clients()) == 1


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


async def test_reconfigured_to_another_certificate_is_paired_anew(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry, other: Gateway
) -> None:
    await other.stop()
    other.certificate = load_or_make(other.folder / "other.pem", GATEWAY_ID)
    await other.start()
    flow = await answer(hass, await loaded.start_reconfigure_flow(hass), **address(other))
    assert flow["step_id"] == "pair"
    flow = await answer(hass, flow, code=code(other))
    assert (flow["type"], flow["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    paired(other, loaded)
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


SECRET = "single-use"


def handed_over(gateway: Gateway, fingerprint: str | None = None) -> HassioServiceInfo:
    """What the Supervisor tells of a gateway that runs as an app."""
    told = {**address(gateway), "id": GATEWAY_ID, "secret": SECRET}
    told["fingerprint"] = fingerprint or gateway.certificate.fingerprint.hex()
    return HassioServiceInfo(config=told, name="TeMIX gateway", slug="temix_gateway", uuid="0123")


async def test_the_app_needs_nothing_to_be_typed(hass: HomeAssistant, gateway: Gateway) -> None:
    await gateway.stop()
    gateway.bootstrap = Bootstrap(SECRET)
    await gateway.start()
    flow = await start(hass, SOURCE_HASSIO, handed_over(gateway))
    assert (flow["type"], flow["step_id"], flow["data_schema"]) == (
        FlowResultType.FORM,
        "hassio_confirm",
        None,
    )
    assert flow["description_placeholders"] == {"name": "TeMIX gateway"}
    flow = await answer(hass, flow)
    assert (flow["type"], flow["title"]) == (FlowResultType.CREATE_ENTRY, "TeMIX gateway")
    paired(gateway, flow, app="temix_gateway")
    await unload(hass)


async def test_a_used_secret_revives_nobody(hass: HomeAssistant, gateway: Gateway) -> None:
    flow = await answer(hass, await start(hass, SOURCE_HASSIO, handed_over(gateway)))
    assert (flow["step_id"], flow["errors"]) == ("hassio_confirm", {"base": "pairing_closed"})
    assert len(gateway.tokens.clients()) == 1


async def test_the_app_must_show_the_certificate_that_the_supervisor_told(
    hass: HomeAssistant, gateway: Gateway
) -> None:
    flow = await answer(hass, await start(hass, SOURCE_HASSIO, handed_over(gateway, "00" * 32)))
    assert flow["errors"] == {"base": "wrong_certificate"}


async def test_the_app_moved(hass: HomeAssistant, entry: MockConfigEntry, other: Gateway) -> None:
    flow = await start(hass, SOURCE_HASSIO, handed_over(other))
    assert (flow["type"], flow["reason"]) == (FlowResultType.ABORT, "already_configured")
    assert (entry.data[CONF_PORT], entry.data[CONF_APP]) == (other.port, "temix_gateway")
    await hass.async_block_till_done()
    await unload(hass)


async def test_at_an_address_that_a_person_gives_it_is_no_app_any_more(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry, other: Gateway
) -> None:
    hass.config_entries.async_update_entry(loaded, data={**loaded.data, CONF_APP: "temix_gateway"})
    await answer(hass, await loaded.start_reconfigure_flow(hass), **address(other))
    assert loaded.data == data(gateway) | address(other)
    await hass.async_block_till_done()


def nearby(*gateways: Gateway) -> list[Nearby]:
    """What these announce."""
    return [
        Nearby(gateway.gateway_id, f"Gateway {number}", gateway.host, gateway.port)
        for number, gateway in enumerate(gateways, 1)
    ]


async def test_gateways_on_the_network_are_listed_before_an_address_is_asked_for(
    hass: HomeAssistant, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config_flow, "on_the_network", AsyncMock(return_value=nearby(gateway)))
    flow = await start(hass, SOURCE_USER)
    place = f"{gateway.host}:{gateway.port}"
    listed = flow["data_schema"].schema["gateway"].config["options"]
    assert [(one["value"], one["label"]) for one in listed] == [
        (place, f"Gateway 1 ({place})"),
        ("elsewhere", "elsewhere"),
    ]
    elsewhere = await answer(hass, flow, gateway="elsewhere")
    assert elsewhere["step_id"] == "address"
    flow = await start(hass, SOURCE_USER)
    flow = await answer(hass, flow, gateway=place)
    assert flow["step_id"] == "pair"
    flow = await answer(hass, flow, code=code(gateway))
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    paired(gateway, flow["result"])
    flow = await start(hass, SOURCE_USER)  # the one that is set up is not listed again
    assert flow["step_id"] == "address"
    await unload(hass)


async def test_a_listed_gateway_that_is_gone_is_told(
    hass: HomeAssistant, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config_flow, "on_the_network", AsyncMock(return_value=nearby(gateway)))
    flow = await start(hass, SOURCE_USER)
    await gateway.stop()
    flow = await answer(hass, flow, gateway=f"{gateway.host}:{gateway.port}")
    assert (flow["step_id"], flow["errors"]) == ("choose", {"base": "cannot_connect"})


async def test_the_app_that_was_there_first_is_found_by_the_dialog(
    hass: HomeAssistant, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its announcement came before the integration: the Supervisor is asked for it."""
    await gateway.stop()
    gateway.bootstrap = Bootstrap(SECRET)
    await gateway.start()
    handed = handed_over(gateway)
    told = SimpleNamespace(addon=handed.slug, service=DOMAIN, uuid=UUID(int=1), config=handed.config)
    other = SimpleNamespace(addon="core_mosquitto", service="mqtt", uuid=UUID(int=2), config={})
    supervisor = SimpleNamespace(
        discovery=SimpleNamespace(list=AsyncMock(return_value=[other, told])),
        addons=SimpleNamespace(addon_info=AsyncMock(return_value=SimpleNamespace(name=handed.name))),
    )
    monkeypatch.setattr("custom_components.temix.nearby.is_hassio", lambda _: True)
    handler = "homeassistant.components.hassio.handler.get_supervisor_client"
    monkeypatch.setattr(handler, lambda _: supervisor)
    flow = await start(hass, SOURCE_USER)
    assert (flow["step_id"], flow["description_placeholders"]) == ("hassio_confirm", {"name": handed.name})
    flow = await answer(hass, flow)
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    assert (await start(hass, SOURCE_USER))["step_id"] == "address"
    supervisor.discovery.list.return_value = [other]
    assert (await start(hass, SOURCE_USER))["step_id"] == "address"
    supervisor.discovery.list.side_effect = SupervisorError("away")
    assert (await start(hass, SOURCE_USER))["step_id"] == "address"
    await unload(hass)


async def test_the_network_is_asked_itself(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser that is told three names; nobody resolves one, and one has no address."""

    class Browser:
        def __init__(self, network: Any, service: str, handlers: list[Any]) -> None:
            for name in ("Home", "Gone", "Nowhere"):
                handlers[0](
                    zeroconf=network, service_type=service, name=f"{name}.{service}", state_change=None
                )

        async def async_cancel(self) -> None:
            pass

    class Info:
        port = 8271
        decoded_properties: ClassVar = {"id": "gw-1"}

        def __init__(self, _: str, name: str) -> None:
            self.name = name

        async def async_request(self, *_: Any) -> bool:
            return not self.name.startswith("Gone")

        def parsed_addresses(self) -> list[str]:
            return [] if self.name.startswith("Nowhere") else ["192.0.2.7"]

    assert await on_the_network(hass) == []  # Home Assistant's zeroconf is not there
    hass.config.components.add("zeroconf")
    monkeypatch.setattr("homeassistant.components.zeroconf.async_get_instance", AsyncMock())
    for name, stand_in in (("AsyncServiceBrowser", Browser), ("AsyncServiceInfo", Info), ("LOOK_S", 0)):
        monkeypatch.setattr(f"custom_components.temix.nearby.{name}", stand_in)
    (found,) = await on_the_network(hass)
    assert (found.gateway_id, found.name, found.place) == ("gw-1", "Home", "192.0.2.7:8271")


async def test_an_app_with_another_certificate_replaces_no_entry(
    hass: HomeAssistant, gateway: Gateway, entry: MockConfigEntry, other: Gateway
) -> None:
    """Its responses would be gone with it: the owner reconfigures, and pairs anew."""
    flow = await start(hass, SOURCE_HASSIO, handed_over(other, "00" * 32))
    assert (flow["type"], flow["reason"]) == (FlowResultType.ABORT, "already_configured")
    assert entry.data == data(gateway)
