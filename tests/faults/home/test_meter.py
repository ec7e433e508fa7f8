"""The grid meter from the sensor to the gateway: every Wh once, kept while nobody listens, mistakes told."""

import itertools
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from homeassistant.config_entries import ConfigSubentryData

from tests.faults.home.clock import run
from tests.faults.home.responses import BOUNDARY, END, START, pump_response
from tests.faults.home.things import Sensor, Thing, switch
from tests.faults.home.world import World

FIVE = timedelta(minutes=5)


def meter(unit: str = "kWh", device_class: str = "energy", total: float = 12_345.0) -> Thing:
    """A meter that counts both ways."""
    return Thing(
        "grid",
        {"imported": total, "exported": 67.0},
        tuple(
            lambda thing, key=key: Sensor(thing, "sensor", key, device_class, unit)
            for key in ("imported", "exported")
        ),
    )


def named(**more: Any) -> ConfigSubentryData:
    data = {"imported": ["sensor.grid_imported"], "exported": ["sensor.grid_exported"]}
    return ConfigSubentryData(
        data=data | more, subentry_id="meter", subentry_type="meter", title="Meter", unique_id=None
    )


async def use(world: World, grid: Thing, minutes: int, kilowatts: float, *, scale: float = 1.0) -> None:
    """Let the home draw evenly for some minutes."""
    for _ in range(minutes):
        await world.after(minutes=1)
        key = "imported" if kilowatts > 0 else "exported"
        grid.change(key, grid.values[key] + abs(kilowatts) / 60 * scale)


def at_home(case: Callable[[World, Thing, Thing], Awaitable[None]], grid: Thing, **more: Any) -> None:
    async def whole() -> None:
        pump = switch("pump")
        async with World([grid, pump], {"meter": named(**more), "pump": pump_response(power=2_000)}) as world:
            world.gateway.plan({"pump": {START: 0}}, END)
            await case(world, grid, pump)

    run(START, whole())


def test_readings_of_five_minutes_add_up() -> None:
    async def case(world: World, grid: Thing, pump: Thing) -> None:
        await use(world, grid, 60, 2.4)
        await use(world, grid, 30, -1.2)
        readings = world.gateway.readings
        assert {reading.end - reading.start for reading in readings} == {FIVE}
        assert all(one.end == other.start for one, other in itertools.pairwise(readings))
        assert 198 <= readings[4].energy <= 202
        assert -102 <= readings[-1].energy <= -98
        assert world.issues() == set()

    at_home(case, meter())


def test_readings_wait_for_the_gateway_also_over_a_restart() -> None:
    async def case(world: World, grid: Thing, pump: Thing) -> None:
        await use(world, grid, 20, 2.4)
        world.gateway.leave()
        await use(world, grid, 60, 2.4)
        told = len(world.gateway.readings)
        await world.stop()
        world.gateway.come_back()
        await world.start()
        await use(world, grid, 10, 2.4)
        readings = world.gateway.readings
        assert len(readings) > told + 10
        assert all(one.end == other.start for one, other in itertools.pairwise(readings))

    at_home(case, meter())


def test_a_meter_that_was_away_loses_nothing_and_is_told() -> None:
    async def case(world: World, grid: Thing, pump: Thing) -> None:
        await use(world, grid, 20, 2.4)
        grid.set_available(available=False)
        await use(world, grid, 80, 2.4)
        assert world.issues() == {"meter_away_01JTEMIX"}
        grid.set_available(available=True)
        await use(world, grid, 10, 2.4)
        assert world.issues() == set()
        long = max(world.gateway.readings, key=lambda reading: reading.end - reading.start)
        assert long.end - long.start >= timedelta(minutes=80)
        assert long.energy == pytest.approx(2_400 * ((long.end - long.start) / timedelta(hours=1)), abs=50)

    at_home(case, meter())


def test_power_instead_of_energy_is_told() -> None:
    async def case(world: World, grid: Thing, pump: Thing) -> None:
        await world.after(minutes=10)
        assert world.issues() == {"meter_power_01JTEMIX"}
        assert world.gateway.readings == []

    at_home(case, meter("kW", "power", 2.4))


def test_watt_hours_that_say_kilowatt_hours_are_told_and_not_reported() -> None:
    async def case(world: World, grid: Thing, pump: Thing) -> None:
        await use(world, grid, 20, 2.4, scale=1_000)
        assert world.issues() == {"meter_too_much_01JTEMIX"}
        assert all(reading.energy < 1_000 for reading in world.gateway.readings)

    at_home(case, meter())


def test_kilowatt_hours_that_say_watt_hours_are_told() -> None:
    async def case(world: World, grid: Thing, pump: Thing) -> None:
        world.gateway.plan({"pump": {START: 0, BOUNDARY: 2_000}}, END)
        await use(world, grid, 15, 2.4, scale=0.001)
        assert world.issues() == set()  # nothing else to compare with
        await use(world, grid, 30, 2.4, scale=0.001)
        assert pump.values["relay"]
        assert world.issues() == {"meter_too_little_01JTEMIX"}

    at_home(case, meter())


def test_registers_the_wrong_way_round_are_told() -> None:
    async def case(world: World, grid: Thing, pump: Thing) -> None:
        world.gateway.plan({"pump": {START: 0, BOUNDARY: 2_000}}, END)
        await use(world, grid, 45, 2.4)
        assert "meter_sign_01JTEMIX" in world.issues()

    swapped = {"imported": ["sensor.grid_exported"], "exported": ["sensor.grid_imported"]}
    at_home(case, meter(), **swapped)


def test_what_the_rest_of_the_home_draws_leaves_less_room() -> None:
    async def case(world: World, grid: Thing, pump: Thing) -> None:
        world.gateway.say(import_limit=5_000)
        await use(world, grid, 10, 4.0)
        world.gateway.plan({"pump": {START: 0, BOUNDARY: 2_000}}, END)
        await use(world, grid, 10, 4.0)
        assert not pump.values["relay"]
        await use(world, grid, 12, 1.0)
        assert pump.values["relay"]

    at_home(case, meter())
