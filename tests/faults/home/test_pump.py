"""A response follows the plan, makes way for a person, and falls back: one pump, in virtual time."""

from datetime import timedelta

from tests.faults.home.clock import run
from tests.faults.home.responses import BOUNDARY, END, START, planned, pump_response
from tests.faults.home.things import Thing, switch
from tests.faults.home.world import World


def test_it_runs_from_the_boundary_on() -> None:
    async def case() -> None:
        pump = switch("pump")
        async with World([pump], {"pump": pump_response()}) as world:
            await planned(world)
            await world.until(BOUNDARY - timedelta(seconds=1))
            assert not pump.values["relay"]
            await world.until(BOUNDARY + timedelta(seconds=1))
            assert pump.values["relay"]
            assert len(pump.commands) == 1
            await world.after(hours=1)
            assert len(pump.commands) == 1
        assert not pump.values["relay"]  # stopped in order: the default first

    run(START, case())


def test_the_default_holds_when_the_lease_has_run_out() -> None:
    async def case() -> None:
        pump = switch("pump")
        async with World([pump], {"pump": pump_response()}) as world:
            await planned(world)
            await world.until(BOUNDARY + timedelta(minutes=5))
            world.gateway.leave()
            await world.after(minutes=14)
            assert pump.values["relay"]
            await world.after(seconds=70)
            assert not pump.values["relay"]

    run(START, case())


def test_a_person_wins_and_is_left_alone() -> None:
    async def case() -> None:
        pump = switch("pump")
        async with World([pump], {"pump": pump_response()}) as world:
            await planned(world)
            await world.until(BOUNDARY + timedelta(minutes=5))
            told = len(pump.commands)
            pump.change("relay", False)
            await world.after(hours=1, minutes=50)
            assert len(pump.commands) == told
            await world.after(minutes=15)
            assert pump.values["relay"]

    run(START, case())


def test_after_a_crash_the_default_is_back_without_the_gateway() -> None:
    async def case() -> None:
        pump = switch("pump")
        async with World([pump], {"pump": pump_response()}) as world:
            await planned(world)
            await world.until(BOUNDARY + timedelta(minutes=5))
            assert pump.values["relay"]
            await world.crash()
            world.gateway.leave()
            await world.after(minutes=3)
            assert pump.values["relay"]
            await world.start()  # the entry waits for the gateway, the responses do not
            await world.after(seconds=60)
            assert not pump.values["relay"]

    run(START, case())


def test_monitoring_switches_nothing() -> None:
    async def case() -> None:
        pump: Thing = switch("pump")
        async with World([pump], {"pump": pump_response()}) as world:
            world.gateway.say(mode="monitor")
            await planned(world)
            await world.until(BOUNDARY + timedelta(minutes=5))
            assert pump.commands == []

    run(START, case())


def test_a_crash_right_after_the_first_command_is_remembered() -> None:
    """Nothing but what was stored can tell then that the pump was led: the owner only monitors."""

    async def case() -> None:
        pump = switch("pump")
        async with World([pump], {"pump": pump_response()}) as world:
            world.gateway.plan({"pump": {START: 1100}}, END)
            await world.after(seconds=0.2)
            assert pump.values["relay"]
            await world.crash()
            world.gateway.say(mode="monitor")
            await world.start()
            await world.after(seconds=60)
            assert not pump.values["relay"]

    run(START, case())


def test_a_device_that_is_only_advised_is_let_alone() -> None:
    async def case() -> None:
        pump = switch("pump", on=True)
        async with World([pump], {"pump": pump_response(advise=True)}) as world:
            await planned(world)
            await world.after(hours=1)
            assert pump.commands == []

    run(START, case())


def test_who_only_monitors_finds_every_device_as_it_was() -> None:
    """Also in the moment at the start in which the gateway has not been heard yet."""

    async def case() -> None:
        pump = switch("pump", on=True)
        world = World([pump], {"pump": pump_response()})
        world.gateway.say(mode="monitor")
        async with world:
            await planned(world)
            await world.after(hours=1)
            assert pump.commands == []

    run(START, case())
