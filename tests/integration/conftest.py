"""Home Assistant beside a real local API over a fake core, at noon in Chicago."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import CONF_HOST, CONF_PORT, CONF_TOKEN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity import Entity
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed
from pytest_homeassistant_custom_component.syrupy import HomeAssistantSnapshotExtension
from syrupy.assertion import SnapshotAssertion
from temix_gateway.home import limits

from custom_components.temix import coordinator
from custom_components.temix.client import TemixError, connection, stay_connected
from custom_components.temix.const import CONF_FINGERPRINT, DOMAIN
from tests.gateway.home.fake_core import GATEWAY_ID, Gateway
from tests.integration.dialog import known

NOON = datetime(2021, 11, 24, 18, tzinfo=UTC)

BUY = "sensor.electricity_prices_buy_price"
SELL = "sensor.electricity_prices_sell_price"
NEXT = "sensor.electricity_prices_next_buy_price"
HORIZON = "sensor.electricity_prices_tender_horizon"
POSITION = "sensor.account_position"
GATEWAY = "binary_sensor.gateway_connection"
RETAILER = "binary_sensor.gateway_retailer_connection"
ENTITIES = (BUY, SELL, NEXT, HORIZON, POSITION, GATEWAY, RETAILER)


@pytest.fixture(autouse=True)
def _custom_integrations(enable_custom_integrations: None) -> None:
    """Let Home Assistant load from custom_components."""


@pytest.fixture(autouse=True)
def _unblocked(integration_unblocked: object) -> None:
    """Whatever happens here, the integration never blocks the event loop."""


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Write snapshots as Home Assistant does."""
    return snapshot.use_extension(HomeAssistantSnapshotExtension)


@pytest.fixture
def stopped(tmp_path: Path) -> Gateway:
    """A gateway that is not running; made before time stands still, which its certificate would notice."""
    return Gateway(tmp_path)


@pytest.fixture
async def gateway(stopped: Gateway, freezer: FrozenDateTimeFactory) -> AsyncIterator[Gateway]:
    """A running gateway; it is noon."""
    freezer.move_to(NOON)
    yield await stopped.start()
    await stopped.stop()


@pytest.fixture
def entry(hass: HomeAssistant, gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> MockConfigEntry:
    """The gateway's entry, not set up yet.

    The client tries again once after each start of the gateway, not by the clock, and a leap of the
    clock is no silence.
    """

    async def until_it_runs(_: float) -> None:
        await gateway.started.wait()
        gateway.started.clear()

    hass.config.currency = "USD"
    monkeypatch.setattr(limits, "SILENT_S", 1e6)
    monkeypatch.setattr(connection, "_SILENT_S", 1e6)
    monkeypatch.setattr(coordinator, "stay_connected", partial(stay_connected, sleep=until_it_runs))
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Home",
        unique_id=GATEWAY_ID,
        entry_id="01JTEMIX",
        data={
            CONF_HOST: gateway.host,
            CONF_PORT: gateway.port,
            CONF_TOKEN: gateway.token,
            CONF_FINGERPRINT: gateway.certificate.fingerprint.hex(),
        },
    )
    entry.add_to_hass(hass)
    return entry


@pytest.fixture
def every_entity(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enable what is disabled by default, too."""
    monkeypatch.setattr(Entity, "entity_registry_enabled_default", True)


@pytest.fixture
async def loaded(
    hass: HomeAssistant, entry: MockConfigEntry, every_entity: None
) -> AsyncIterator[MockConfigEntry]:
    """The entry, set up with every entity enabled; taken down after the test."""
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    yield entry
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.fixture
def pump(hass: HomeAssistant) -> er.RegistryEntry:
    """A switch that a response can lead."""
    return known(hass, "switch", "pump", "off")


type Advance = Callable[..., None]


@pytest.fixture
def advance(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> Advance:
    """Let time pass, and everything happen that was to happen by then."""

    def advance(**duration: float) -> None:
        freezer.tick(timedelta(**duration))
        async_fire_time_changed(hass)

    return advance


def value(hass: HomeAssistant, entity_id: str) -> str:
    """An entity's state."""
    state = hass.states.get(entity_id)
    assert state is not None, entity_id
    return state.state


def values(hass: HomeAssistant) -> dict[str, str]:
    """Every entity's state."""
    return {entity_id: value(hass, entity_id) for entity_id in ENTITIES}


async def pushed(entry: MockConfigEntry, satisfied: Callable[[], bool]) -> None:
    """Wait until the coordinator has told its listeners something that satisfies."""
    told = asyncio.Event()
    stop = entry.runtime_data.async_add_listener(told.set)
    async with asyncio.timeout(10):
        while not satisfied():
            await told.wait()
            told.clear()
    stop()


async def cut(gateway: Gateway, entry: MockConfigEntry) -> None:
    """Stop the gateway, and wait until the coordinator knows."""
    told = asyncio.Event()
    on_lost = entry.runtime_data.on_lost

    def note(error: TemixError) -> None:
        on_lost(error)
        told.set()

    entry.runtime_data.on_lost = note
    await gateway.stop()
    async with asyncio.timeout(10):
        await told.wait()
    entry.runtime_data.on_lost = on_lost


async def restore(gateway: Gateway, entry: MockConfigEntry) -> None:
    """Start the gateway, and wait until the coordinator has its state again."""
    await gateway.start()
    await pushed(entry, lambda: entry.runtime_data.client.connected)
