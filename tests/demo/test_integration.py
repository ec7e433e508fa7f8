"""The demo's integration in Home Assistant: its entities, and its past."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from custom_components.simulated_home import past
from custom_components.simulated_home.const import METERS
from custom_components.simulated_home.past import BUY_PRICE
from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import Recorder, get_instance
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.const import STATE_OFF, STATE_ON
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done

pytestmark = pytest.mark.timeout(60)
"""Two days are lived through before each."""

START = datetime(2026, 11, 24, 18, 2, tzinfo=UTC)
TANK = "water_heater.water_heater"

DAYS = 2


@pytest.fixture(autouse=True)
def _short_past(
    recorder_mock: Recorder, enable_custom_integrations: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The recorder begins before Home Assistant; two days are past enough, untold in the log."""
    monkeypatch.setattr(past, "DAYS", DAYS)
    monkeypatch.setattr(logging.getLogger("sqlalchemy.engine"), "level", logging.WARNING)


@pytest.fixture
async def home(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> MockConfigEntry:
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


TOLD: tuple[tuple[str, str, dict[str, Any], str | float], ...] = (
    ("climate.set_temperature", "climate.thermostat", {"temperature": 21}, 21.0),
    ("climate.set_hvac_mode", "climate.thermostat", {"hvac_mode": "cool"}, "cool"),
    ("water_heater.set_temperature", TANK, {"temperature": 60}, 60),
    ("water_heater.set_operation_mode", TANK, {"operation_mode": "off"}, "off"),
    ("switch.turn_off", "switch.ev_charger_charging", {}, STATE_OFF),
    ("number.set_value", "number.ev_charger_current", {"value": 10}, "10.0"),
    ("number.set_value", "number.home_battery_set_point", {"value": -1500}, "-1500.0"),
)


async def test_every_device_takes_what_it_is_told_and_keeps_it(
    hass: HomeAssistant, home: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    for action, entity, data, _ in TOLD:
        domain, _, name = action.partition(".")
        await hass.services.async_call(domain, name, {"entity_id": entity, **data}, blocking=True)
    await pass_time(hass, freezer, 61)
    for action, entity, _, shown in TOLD:
        state = hass.states.get(entity)
        assert state is not None
        assert shown in {state.state, state.attributes.get("temperature")}, action


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
