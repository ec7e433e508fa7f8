"""A reload of the entry, which Home Assistant does by itself at times, hands every lease over.

It reloads an entry half a minute after one of its entities was enabled, and after an entry was renamed or
its responses were asked for anew; no device may notice. Disabled or removed, the default comes first.
"""

from datetime import timedelta
from typing import Final

import pytest
from homeassistant.config_entries import RELOAD_AFTER_UPDATE_DELAY, ConfigEntryDisabler, ConfigEntryState
from homeassistant.helpers import entity_registry as er

from tests.faults.home.clock import run
from tests.faults.home.kinds import KINDS, Kind
from tests.faults.home.responses import BOUNDARY, END, START, planned, pump_response
from tests.faults.home.test_matrix import arm
from tests.faults.home.things import switch
from tests.faults.home.world import ENTRY_ID, World

MINUTE: Final = timedelta(minutes=1)
POSITION: Final = "sensor.account_position"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_an_entity_that_is_enabled_reloads_the_entry_and_no_device_notices(kind: Kind) -> None:
    async def case() -> None:
        thing = kind.make(kind.name)
        async with World([thing], {kind.name: kind.response}) as world:
            await arm(world, kind)
            kind.lead(world, START, BOUNDARY)
            await world.until(BOUNDARY + MINUTE)
            assert kind.active(thing)
            told, before = len(thing.commands), world.entry.runtime_data
            assert world.shown(POSITION) == "missing"
            registry = er.async_get(world.hass)
            registry.async_update_entity(POSITION, disabled_by=None)
            await world.after(seconds=RELOAD_AFTER_UPDATE_DELAY + 1)
            assert world.entry.runtime_data is not before, "Home Assistant did not reload it"
            assert world.shown(POSITION) != "missing"
            await world.after(minutes=10)
            assert kind.active(thing)
            assert len(thing.commands) == told

    run(START, case())


def test_a_look_at_a_device_in_the_middle_of_a_reload_changes_nothing() -> None:
    async def case() -> None:
        pump = switch("pump")
        async with World([pump], {"pump": pump_response()}) as world:
            await planned(world)
            await world.until(BOUNDARY + MINUTE)
            told = len(pump.commands)
            await world.hass.config_entries.async_unload(ENTRY_ID)
            pump.tell()
            pump.set_available(available=False)
            pump.set_available(available=True)
            await world.after(minutes=1)
            assert (pump.values["relay"], len(pump.commands)) == (True, told)
            await world.hass.config_entries.async_setup(ENTRY_ID)
            await world.after(hours=1)
            assert (pump.values["relay"], len(pump.commands)) == (True, told)
            assert world.shown("sensor.pump_state") == "running"

    run(START, case())


def test_a_lease_is_no_longer_for_a_reload_that_finds_no_gateway() -> None:
    async def case() -> None:
        pump = switch("pump")
        async with World([pump], {"pump": pump_response()}) as world:
            await planned(world)
            await world.until(BOUNDARY + MINUTE)
            world.gateway.leave()
            await world.hass.config_entries.async_reload(ENTRY_ID)
            assert world.entry.state is ConfigEntryState.SETUP_RETRY
            await world.after(minutes=14)
            assert pump.values["relay"]
            await world.after(minutes=1, seconds=10)
            assert not pump.values["relay"]

    run(START, case())


@pytest.mark.parametrize("gateway_away", [False, True])
def test_a_disabled_entry_leaves_its_devices_at_the_default_and_alone(gateway_away: bool) -> None:
    """Of an entry that waits for its gateway Home Assistant unloads nothing."""

    async def case() -> None:
        pump = switch("pump", on=True)
        default_on = pump_response(default="on")
        async with World([pump], {"pump": default_on}) as world:
            world.gateway.plan({"pump": {START: 0}}, END)
            await world.after(minutes=1)
            assert not pump.values["relay"]
            if gateway_away:
                world.gateway.leave()
                await world.hass.config_entries.async_reload(ENTRY_ID)
            await world.hass.config_entries.async_set_disabled_by(ENTRY_ID, ConfigEntryDisabler.USER)
            await world.hass.async_block_till_done()
            assert pump.values["relay"]
            told = len(pump.commands)
            pump.change("relay", False)
            await world.after(hours=6)
            assert len(pump.commands) == told

    run(START, case())
