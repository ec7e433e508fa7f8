"""The demo's integration in Home Assistant: its entities, its past, and what it tells the gateway."""

import logging
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from custom_components.simulated_home import past
from custom_components.simulated_home.const import METERS, DeviceId
from custom_components.simulated_home.past import BUY_PRICE
from custom_components.simulated_home.steering import planned
from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import Recorder, get_instance
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_OFF, STATE_ON
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done

from custom_components.temix.client import CommandFailed, Device, Load, Reading

START = datetime(2026, 11, 24, 18, 2, tzinfo=UTC)


class FakeGateway:
    """Takes reports, or refuses them."""

    def __init__(self) -> None:
        self.homes: list[tuple[datetime, list[Device], list[Load]]] = []
        self.readings: list[Reading] = []
        self.refuses = False
        self.state = SimpleNamespace(mode="advise", plan=SimpleNamespace(devices=[]))

    async def report_home(self, at: datetime, devices: Iterable[Device], base_load: Iterable[Load]) -> None:
        if self.refuses:
            raise CommandFailed("refused", "not now")
        self.homes.append((at, list(devices), list(base_load)))

    async def report_readings(self, readings: Iterable[Reading]) -> None:
        self.readings += readings


DAYS = 2


@pytest.fixture(autouse=True)
def _short_past(
    recorder_mock: Recorder, enable_custom_integrations: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The recorder begins before Home Assistant; two days are past enough, untold in the log."""
    monkeypatch.setattr(past, "DAYS", DAYS)
    monkeypatch.setattr(logging.getLogger("sqlalchemy.engine"), "level", logging.WARNING)


@pytest.fixture
def gateway(hass: HomeAssistant) -> FakeGateway:
    """A temix entry that is set up, with a gateway behind it."""
    gateway = FakeGateway()
    entry = MockConfigEntry(domain="temix", state=ConfigEntryState.LOADED)
    entry.runtime_data = SimpleNamespace(client=gateway, data=gateway.state)
    entry.add_to_hass(hass)
    return gateway


@pytest.fixture
async def home(hass: HomeAssistant, gateway: FakeGateway, freezer: FrozenDateTimeFactory) -> MockConfigEntry:
    """The simulated home, set up."""
    await hass.config.async_set_time_zone("America/Chicago")
    freezer.move_to(START)
    entry = MockConfigEntry(domain="simulated_home", data={"seed": 2021})
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry


async def pass_time(hass: HomeAssistant, freezer: FrozenDateTimeFactory, minutes: int) -> None:
    for _ in range(minutes):
        freezer.tick(timedelta(minutes=1))
        async_fire_time_changed(hass)
        await hass.async_block_till_done()


async def test_every_meter_has_a_past_and_goes_on(
    hass: HomeAssistant, home: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    await async_wait_recording_done(hass)
    names = {meter.entity_id for meter in METERS}
    found: dict[str, list[Any]] = await get_instance(hass).async_add_executor_job(
        lambda: statistics_during_period(
            hass, START - timedelta(days=15), None, names | {BUY_PRICE}, "hour", None, {"sum", "mean"}
        )
    )
    assert set(found) == names | {BUY_PRICE}
    for name in names:
        sums = [row["sum"] for row in found[name]]
        assert len(sums) == DAYS * 24
        assert sums == sorted(sums)
        assert sums[-1] <= float(hass.states.get(name).state)
    assert all(0 < row["mean"] < 5 for row in found[BUY_PRICE])


async def test_reports_at_once_and_every_five_minutes(
    hass: HomeAssistant, home: MockConfigEntry, gateway: FakeGateway, freezer: FrozenDateTimeFactory
) -> None:
    assert [device.id for device in gateway.homes[0][1]] == [
        DeviceId.EV_CHARGER,
        DeviceId.BATTERY,
        DeviceId.WATER_HEATER,
        DeviceId.THERMOSTAT,
        DeviceId.POOL_PUMP,
    ]
    assert gateway.homes[0][2][0].start <= gateway.homes[0][0]
    await pass_time(hass, freezer, 8)
    assert len(gateway.homes) == 3
    assert [reading.start.minute for reading in gateway.readings] == [0, 5]
    imported = float(hass.states.get("sensor.grid_meter_import").state)
    assert imported > 0


async def test_what_the_gateway_refused_is_told_again(
    hass: HomeAssistant,
    home: MockConfigEntry,
    gateway: FakeGateway,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    gateway.refuses = True
    await pass_time(hass, freezer, 10)
    assert "not now" in caplog.text
    assert gateway.readings == []
    gateway.refuses = False
    await pass_time(hass, freezer, 5)
    assert [reading.start.minute for reading in gateway.readings] == [0, 5, 10]


async def test_gateway_without_a_plan_is_told_every_minute(
    hass: HomeAssistant, home: MockConfigEntry, gateway: FakeGateway, freezer: FrozenDateTimeFactory
) -> None:
    gateway.state.plan = None
    await pass_time(hass, freezer, 2)
    assert len(gateway.homes) == 3


async def test_person_switches_the_pump(
    hass: HomeAssistant, home: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    for action, state, power in (("turn_on", STATE_ON, "1100"), ("turn_off", STATE_OFF, "0")):
        await hass.services.async_call("switch", action, {"entity_id": "switch.pool_pump"}, blocking=True)
        await pass_time(hass, freezer, 1)
        assert hass.states.get("switch.pool_pump").state == state
        assert hass.states.get("sensor.pool_pump_power").state == power


async def test_unloads(hass: HomeAssistant, home: MockConfigEntry) -> None:
    assert await hass.config_entries.async_unload(home.entry_id)


@pytest.mark.parametrize("mode, power", [("automatic", {DeviceId.BATTERY: 2000}), ("advise", {})])
def test_plan_counts_only_while_the_gateway_is_in_charge(mode: str, power: dict[DeviceId, int]) -> None:
    class Step(SimpleNamespace):
        def __contains__(self, instant: datetime) -> bool:
            return bool(self.start <= instant < self.end)

    steps = (
        Step(start=START - timedelta(hours=1), end=START, power=1),
        Step(start=START, end=START + timedelta(hours=1), power=2000),
    )
    plan = SimpleNamespace(devices=[SimpleNamespace(device="home_battery", steps=steps)])
    assert planned(SimpleNamespace(mode=mode, plan=plan), START) == power
