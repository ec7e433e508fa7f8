"""What is wrong with settings, entities and devices: told clearly, the device safe, nothing else disturbed.

Beside each device there is a pump with its own response; whatever happens, it follows its plan. Each kind of
bad input by its name:

- an entity that is removed, or renamed: `removed`, `renamed`
- a charger that ignores commands: `ignores`
- a state of charge that jumps, is away, or cannot be: `state_of_charge`
- a thermostat in the wrong unit, in the wrong mode, or switched off: `thermostat`
- a plug that reports its power late, or not at all: `late`, `power`
- a temperature that cannot be, or that a device does not tell: `temperature`
- whatever else the gateway cannot plan: `left_out`
- two responses on one entity: `two_responses`
- a ready-by in the hour that spring leaves out or autumn has twice: `ready`

What the dialog refuses of it is in `tests/integration/test_response_refusals.py`.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from custom_components import temix
from custom_components.temix.response.home import Home
from tests.faults.home.clock import run
from tests.faults.home.responses import BOUNDARY, END, START, car_response, pump_response, response
from tests.faults.home.things import Thing, boiler, charger, switch, tank, thermostat
from tests.faults.home.world import World

HOUR = timedelta(hours=1)
ENGLISH = json.loads((Path(temix.__file__).parent / "translations" / "en.json").read_text(encoding="utf-8"))
ROOM = {"kind": "heat_cool", "thermostat": "climate.room_room", "power": 2_000}


def beside(
    case: Callable[[World], Awaitable[None]],
    things: list[Thing],
    *,
    unplanned: Collection[str] = (),
    **responses: Any,
) -> None:
    """Run a case beside a pump that must notice nothing of it; the gateway has no plan for the unplanned."""

    async def both() -> None:
        pump = switch("pump")
        async with World([*things, pump], {**responses, "pump": pump_response()}) as world:
            names = [name for name in (*responses, "pump") if name not in unplanned]
            powers = {name: {START: 0, BOUNDARY: 2_000} for name in names}
            world.gateway.plan(powers, END)
            await world.after(seconds=1)
            await case(world)
            assert pump.values["relay"] is (dt_util.utcnow() > BOUNDARY)
            assert len(pump.commands) == pump.values["relay"]
            assert not any(issue.endswith("_pump") for issue in world.issues())

    run(START, both())


def told(world: World, issue: str) -> dict[str, str]:
    """What a repair issue names, after a look at its words: every language has the same placeholders."""
    found = ir.async_get(world.hass).async_get_issue("temix", issue)
    assert found is not None, world.issues()
    placeholders = dict(found.translation_placeholders or {})
    words = ENGLISH["issues"][found.translation_key]
    for text in (words["title"], words["description"]):
        assert placeholders["name"]
        assert "{" not in text.format(**placeholders)
    return placeholders


def test_a_removed_entity_is_told_and_the_rest_goes_on() -> None:
    car = charger("car")

    async def case(world: World) -> None:
        await world.until(BOUNDARY + timedelta(minutes=1))
        assert car.values["enabled"]
        er.async_get(world.hass).async_remove("switch.car_enabled")
        world.hass.states.async_remove("switch.car_enabled")
        await world.after(minutes=3)
        assert world.shown("sensor.car_state") == "unavailable"
        assert told(world, "entity_missing_car")["entity"] == "switch.car_enabled"
        await world.after(hours=1)
        assert len(car.commands) == 1  # what is not there is not told
        assert car.values["enabled"]

    beside(case, [car], car=car_response())


def test_a_renamed_entity_is_found_again() -> None:
    car = charger("car")

    async def case(world: World) -> None:
        registry = er.async_get(world.hass)
        registry.async_update_entity("switch.car_enabled", new_entity_id="switch.garage")
        await world.until(BOUNDARY + timedelta(minutes=1))
        assert car.values["enabled"]
        assert world.issues() == set()
        await world.act("switch.turn_off", "switch.garage")
        await world.after(seconds=5)
        assert world.shown("sensor.car_state") == "held"

    # The registry id, which the form stores, is known once the entity has been there.
    async def both() -> None:
        pump = switch("pump")
        world = World([car, pump], {"pump": pump_response()})
        async with world:
            entry = er.async_get(world.hass).async_get("switch.car_enabled")
            assert entry is not None
            world.responses["car"] = car_response(switch=entry.id)
            await world.after(seconds=20)
            await world.stop()
            await world.start()
            world.gateway.plan({name: {START: 0, BOUNDARY: 2_000} for name in ("car", "pump")}, END)
            await world.after(seconds=1)
            await case(world)
            assert pump.values["relay"]

    run(START, both())


def test_a_charger_that_ignores_commands_is_told_and_told_again() -> None:
    car = charger("car")

    async def case(world: World) -> None:
        car.deaf = True
        await world.until(BOUNDARY + timedelta(minutes=3))
        assert told(world, "device_ignores_car")["name"] == "Car"
        assert 4 <= len(car.commands) <= 8
        car.deaf = False
        await world.after(minutes=1)
        assert car.values["enabled"]
        assert "device_ignores_car" not in world.issues()

    beside(case, [car], car=car_response())


def test_a_state_of_charge_that_jumps_is_not_believed() -> None:
    car = charger("car")

    async def case(world: World) -> None:
        await world.until(BOUNDARY + timedelta(minutes=5))
        car.change("soc", 100.0)
        await world.after(minutes=1)
        assert world.gateway.reported["car"].needed > 20_000
        assert car.values["enabled"]
        car.change("soc", 41.0)
        await world.after(minutes=1)
        assert told(world, "level_jumps_car")["entity"] == "sensor.car_soc"
        assert car.values["enabled"]

    beside(case, [car], car=car_response())


def test_a_state_of_charge_that_is_away_is_told() -> None:
    car = charger("car")

    async def case(world: World) -> None:
        car.change("soc", None)
        await world.until(BOUNDARY + timedelta(minutes=5))
        assert told(world, "sensor_silent_car")["entity"] == "sensor.car_soc"
        assert car.values["enabled"]  # by the plan that there is
        car.change("soc", 55.0)
        await world.after(minutes=1)
        assert world.issues() == set()

    beside(case, [car], car=car_response())


@pytest.mark.parametrize("soc", [-5.0, 240.0])
def test_a_state_of_charge_that_cannot_be_is_none(soc: float) -> None:
    car = charger("car")

    async def case(world: World) -> None:
        car.change("soc", soc)
        await world.after(minutes=2)
        assert "car" not in world.gateway.reported
        assert told(world, "sensor_nonsense_car")["reason"] == str(soc)
        assert car.commands == []
        car.change("soc", 55.0)
        await world.after(minutes=1)
        assert world.issues() == set()
        assert world.gateway.reported["car"].needed == pytest.approx(0.25 * 60_000 / 0.9)

    beside(case, [car], unplanned=["car"], car=car_response())


def test_a_thermostat_in_the_wrong_unit_is_told_and_left_alone() -> None:
    room = thermostat("room")

    async def case(world: World) -> None:
        await world.until(BOUNDARY + timedelta(minutes=5))
        assert "is not between" in told(world, "out_of_bounds_room")["reason"]
        assert room.commands == []
        assert room.values["target"] == 20

    beside(case, [room], room=response("room", **ROOM, low=66, usual=68, high=72))


def test_a_thermostat_in_the_wrong_mode_is_told_and_left_alone() -> None:
    room = thermostat("room")
    room.values["mode"] = "cool"

    async def case(world: World) -> None:
        await world.until(BOUNDARY + timedelta(minutes=5))
        assert told(world, "wrong_mode_room")["entity"] == "climate.room_room"
        assert room.commands == []

    beside(case, [room], room=response("room", **ROOM, low=19, usual=20, high=22))


def test_a_thermostat_that_somebody_switched_off_is_left_alone() -> None:
    room = thermostat("room")

    async def case(world: World) -> None:
        await world.until(BOUNDARY + timedelta(minutes=5))
        commands = len(room.commands)
        room.change("mode", "off")
        await world.after(hours=3)
        assert (len(room.commands), room.values["mode"]) == (commands, "off")
        assert world.shown("sensor.room_state") == "held"
        assert world.issues() == set()

    beside(case, [room], room=response("room", **ROOM, low=19, usual=20, high=22))


def test_a_thermostats_own_programme_stands_unless_the_owner_says_otherwise() -> None:
    rooms = [thermostat("room"), thermostat("attic")]

    async def case(world: World) -> None:
        await world.until(BOUNDARY + timedelta(minutes=5))
        for room in rooms:
            room.change("target", 17.0)
        await world.after(minutes=2)
        assert [room.values["target"] for room in rooms] == [17, 22]

    attic = {**ROOM, "thermostat": "climate.attic_room", "programme": "ignored"}
    beside(
        case,
        rooms,
        room=response("room", **ROOM, low=19, usual=20, high=22),
        attic=response("attic", **attic, low=19, usual=20, high=22),
    )


async def polled(plug: Thing, minutes: int, power: Callable[[], float]) -> None:
    """Show what a plug draws every so many minutes only, as one does that is asked now and then."""
    while True:
        await asyncio.sleep(60 * minutes)
        plug.change("power", power())


def test_a_plug_that_reports_its_power_late_is_no_trouble() -> None:
    dryer = switch("dryer")

    async def case(world: World) -> None:
        await world.until(BOUNDARY + timedelta(minutes=1))
        assert dryer.values == {"relay": True, "power": 0.0}
        await world.after(minutes=4)
        dryer.change("power", 2_000.0)
        await world.after(minutes=10)
        assert len(dryer.commands) == 1
        assert world.issues() == set()
        assert world.shown("sensor.dryer_state") == "running"

    beside(case, [dryer], dryer=pump_response("dryer"))


@pytest.mark.parametrize("minutes", [5, 10])
def test_a_machine_whose_power_is_seen_late_is_armed_once_and_runs_to_its_end(minutes: int) -> None:
    """Started at 18:20, seen minutes later, led to a cheap hour, and left alone when it is done."""
    dish = switch("dish", on=True)
    cheap = BOUNDARY + timedelta(hours=3)
    started = BOUNDARY + timedelta(minutes=5)

    def drawn() -> float:
        return 1_800.0 if dish.values["relay"] and started <= dt_util.utcnow() < cheap + 2 * HOUR else 0.0

    async def case(world: World) -> None:
        polling = asyncio.create_task(polled(dish, minutes, drawn))
        await world.until(started + timedelta(seconds=30))
        assert "dish" not in world.gateway.reported  # nobody can know yet
        await world.after(minutes=minutes)
        # How long it ran unseen is not known: all but what was seen is planned.
        seen = 2 * HOUR - world.gateway.reported["dish"].remaining
        assert timedelta() <= seen <= timedelta(minutes=minutes)
        world.gateway.plan({"pump": {START: 2_000}, "dish": {START: 0, cheap: 1_800}}, END)
        await world.until(cheap + timedelta(hours=1))
        assert world.shown("sensor.dish_state") == "running"
        assert [command.value for command in dish.commands] == [False, True]
        await world.until(cheap + 2 * HOUR + timedelta(seconds=40))
        world.gateway.plan({"pump": {START: 2_000}}, END)
        await world.after(minutes=2 * minutes + 16)
        assert "dish" not in world.gateway.reported  # the last reading of its run arms nothing
        assert world.shown("sensor.dish_state") == "done"
        assert dish.values["relay"]
        assert [command.value for command in dish.commands] == [False, True]
        assert world.issues() == set()
        polling.cancel()

    settings = {"kind": "run_once", "switch": "switch.dish_relay", "power": 1_800, "hours": 2}
    wishes = {"meter": "sensor.dish_power", "ready_by": "06:00"}
    beside(case, [dish], unplanned=["dish"], dish=response("dish", **settings, **wishes))


def test_a_machines_power_that_is_away_is_told_and_the_button_still_arms() -> None:
    dish = switch("dish", on=True)

    async def case(world: World) -> None:
        dish.change("power", None)
        await world.until(BOUNDARY + timedelta(minutes=5))
        assert told(world, "sensor_silent_dish")["entity"] == "sensor.dish_power"
        await world.act("button.press", "button.dish_ready_to_run")
        await world.after(seconds=1)
        assert world.gateway.reported["dish"].remaining > timedelta(hours=1.9)
        assert dish.commands == []

    settings = {"kind": "run_once", "switch": "switch.dish_relay", "power": 1_800, "hours": 2}
    wishes = {"meter": "sensor.dish_power", "ready_by": "06:00"}
    beside(case, [dish], unplanned=["dish"], dish=response("dish", **settings, **wishes))


BOILER = {"kind": "heat_water", "switch": "switch.boiler_relay", "thermometer": "sensor.boiler_temperature"}
TANK = {"kind": "heat_water", "heater": "water_heater.tank_tank", "usual": 50}
WARM = {
    "boiler": (boiler, "sensor.boiler_temperature", {**BOILER, "power": 2_000, "lowest": 45, "highest": 60}),
    "tank": (tank, "water_heater.tank_tank", {**TANK, "power": 3_000, "lowest": 50, "highest": 60}),
    "room": (thermostat, "climate.room_room", {**ROOM, "low": 19, "usual": 20, "high": 22}),
}
"""Whose temperature counts: how it is made, where it is told, and its response."""


@pytest.mark.parametrize("name", WARM)
@pytest.mark.parametrize("temperature", [-127.0, 327.7])
def test_a_temperature_that_cannot_be_costs_no_other_device_its_plan(name: str, temperature: float) -> None:
    make, entity, settings = WARM[name]
    thing = make(name)

    async def case(world: World) -> None:
        assert world.gateway.reported.keys() == {name, "pump"}
        thing.change("temperature", temperature)
        await world.after(minutes=2)
        assert world.gateway.reported.keys() == {"pump"}
        assert told(world, f"sensor_nonsense_{name}") == {
            "name": name.title(), "entity": entity, "reason": str(temperature),
        }  # fmt: skip
        thing.change("temperature", 48.0)
        await world.after(minutes=1)
        assert world.gateway.reported.keys() == {name, "pump"}
        assert world.issues() == set()

    beside(case, [thing], **{name: response(name, **settings)})


@pytest.mark.parametrize("name", ["tank", "room"])
def test_a_device_that_tells_no_temperature_says_so(name: str) -> None:
    make, entity, settings = WARM[name]
    thing = make(name)
    thing.values["temperature"] = None

    async def case(world: World) -> None:
        await world.after(minutes=14)
        assert world.issues() == set()
        await world.after(minutes=2)
        assert told(world, f"no_temperature_{name}")["entity"] == entity
        assert world.gateway.reported.keys() == {"pump"}
        assert thing.commands == []
        thing.change("temperature", 48.0)
        await world.after(minutes=1)
        assert world.issues() == set()

    beside(case, [thing], unplanned=[name], **{name: response(name, **settings)})


def test_a_device_left_out_of_the_plan_is_told_and_still_ready_in_time() -> None:
    car = charger("car")
    car.values["soc"] = 70.0
    course, end = {"pump": {START: 0, BOUNDARY: 2_000}}, END + timedelta(hours=3)

    async def case(world: World) -> None:
        world.gateway.plan(course, end, left_out={"car": "max_power: 0 is too little"})
        await world.after(minutes=1)
        assert told(world, "unplannable_car")["reason"] == "max_power: 0 is too little"
        shown = world.shown("sensor.car_state"), world.shown("sensor.car_why")
        assert shown == ("fail_safe", "unplannable")
        await world.until(
            datetime(2026, 11, 25, 13, 25, tzinfo=UTC)
        )  # 05:25, and it needs 1:44 h until 07:00
        assert (car.values["enabled"], world.shown("sensor.car_why")) == (True, "deadline")
        world.gateway.plan({**course, "car": {START: 0}}, end)
        await world.after(minutes=1)
        assert world.issues() == set()

    beside(case, [car], unplanned=["car"], car=car_response())


def test_of_two_responses_on_one_entity_the_second_runs_only_when_the_first_is_gone() -> None:
    car = charger("car")

    async def case(world: World) -> None:
        await world.until(BOUNDARY + timedelta(minutes=1))
        assert told(world, "response_unusable_twin") == {
            "name": "Twin",
            "reason": "switch.car_enabled: Car leads it already",
        }
        assert len(car.commands) == 1
        await world.after(minutes=5)
        world.hass.config_entries.async_remove_subentry(world.entry, "car")
        await world.after(minutes=2)
        assert world.issues() == set()
        assert world.shown("sensor.twin_state") == "running"
        assert [command.value for command in car.commands] == [True, False, True]

    twin = response("twin", **car_response()["data"])
    beside(case, [car], car=car_response(), twin=twin)


@contextmanager
def chicago() -> Iterator[None]:
    """The home's clock."""
    before = dt_util.get_default_time_zone()
    dt_util.set_default_time_zone(dt_util.get_time_zone("America/Chicago"))  # type: ignore[arg-type]
    yield
    dt_util.set_default_time_zone(before)


@pytest.mark.parametrize(
    "now,clock,expected,change",
    [
        pytest.param(
            datetime(2026, 3, 8, 7, tzinfo=UTC),
            "02:30",
            datetime(2026, 3, 8, 8, 30, tzinfo=UTC),
            "skipped",
            id="the hour that spring leaves out: an hour later by the clock",
        ),
        pytest.param(
            datetime(2026, 11, 1, 5, tzinfo=UTC),
            "01:30",
            datetime(2026, 11, 1, 6, 30, tzinfo=UTC),
            "twice",
            id="the hour that autumn has twice: the first",
        ),
        pytest.param(
            datetime(2026, 11, 1, 6, 45, tzinfo=UTC),
            "01:30",
            datetime(2026, 11, 2, 7, 30, tzinfo=UTC),
            None,
            id="between the two: tomorrow's",
        ),
        pytest.param(
            datetime(2026, 11, 1, 8, tzinfo=UTC),
            "07:00",
            datetime(2026, 11, 1, 13, tzinfo=UTC),
            None,
            id="later on a day of 25 hours",
        ),
    ],
)
def test_ready_by_on_a_day_on_which_clocks_change(
    now: datetime, clock: str, expected: datetime, change: str | None
) -> None:
    with chicago():
        home, at = Home(None, now, timedelta(), False, None), time.fromisoformat(clock)  # type: ignore[arg-type]
        assert home.next_at(at) == expected
        assert home.clock_change((at,) * 7) == (None if change is None else (change, at))
        assert home.clock_change(()) is None


@pytest.mark.parametrize("day", [datetime(2026, 3, 8, 3, tzinfo=UTC), datetime(2026, 11, 1, 2, tzinfo=UTC)])
def test_the_car_is_ready_by_an_hour_that_is_missing_or_doubled(day: datetime) -> None:
    car = charger("car")
    car.values["soc"] = 70.0

    async def case() -> None:
        with chicago():
            hour = "02:30" if day.month == 3 else "01:30"
            async with World([car], {"car": car_response(ready_by=hour)}) as world:
                world.gateway.say(plan=None)
                await world.after(seconds=1)
                ready_by = world.gateway.reported["car"].ready_by
                assert world.shown("sensor.car_ready_by") == ready_by.isoformat()
                assert f"{dt_util.as_local(ready_by):%H:%M}" == ("03:30" if day.month == 3 else "01:30")
                issue = "ready_by_skipped_car" if day.month == 3 else "ready_by_twice_car"
                assert world.issues() == {issue}
                assert told(world, issue)["reason"] == hour
                while dt_util.utcnow() < ready_by:
                    await world.after(minutes=1)
                    if car.values["enabled"]:
                        car.change("soc", car.values["soc"] + 3_840 / 60 * 0.9 / 60_000 * 100)
                assert car.values["soc"] >= 80
                await world.after(minutes=1)
                assert world.issues() == set()

    run(day, case())
