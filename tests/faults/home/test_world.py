"""The stage itself: time passes in no time, things outlive Home Assistant, a crash says nothing."""

from datetime import UTC, datetime, timedelta

from homeassistant.util import dt as dt_util

from tests.faults.home.clock import run
from tests.faults.home.things import switch
from tests.faults.home.world import World

START = datetime(2026, 11, 24, 18, tzinfo=UTC)


def test_things_outlive_home_assistant() -> None:
    async def case() -> None:
        pump = switch("pump")
        async with World([pump], {}) as world:
            await world.act("switch.turn_on", "switch.pump_relay")
            assert (world.shown("switch.pump_relay"), pump.values["relay"]) == ("on", True)
            await world.after(hours=1)
            assert dt_util.utcnow() - START >= timedelta(hours=1)
            await world.crash()
            await world.after(minutes=5)
            await world.start()
            assert world.shown("switch.pump_relay") == "on"
            assert [command.value for command in pump.commands] == [True]

    run(START, case())


def test_late_thing_obeys_also_when_home_assistant_is_gone() -> None:
    async def case() -> None:
        pump = switch("pump")
        pump.late = 20
        async with World([pump], {}) as world:
            await world.act("switch.turn_on", "switch.pump_relay")
            assert not pump.values["relay"]
            await world.crash()
            await world.after(seconds=21)
            assert pump.values["relay"]

    run(START, case())
