"""Each promise of the safety rules by itself: leases, restarts, minimum times, deadlines, wear, the limit."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from homeassistant.core import ServiceCall
from homeassistant.util import dt as dt_util

from custom_components.temix.response import commands
from custom_components.temix.response.timer import Timer
from tests.faults.home.clock import run
from tests.faults.home.responses import BOUNDARY, END, START, car_response, planned, pump_response, response
from tests.faults.home.things import Thing, charger, switch, tank
from tests.faults.home.world import World


def switched_at(thing: Thing, key: str) -> list[tuple[datetime, Any]]:
    return [(command.at, command.value) for command in thing.commands if command.key == key]


# The lease.


def test_last_plan_is_followed_to_its_end_while_only_the_retailer_is_away() -> None:
    async def case() -> None:
        pump = switch("pump")
        async with World([pump], {"pump": pump_response()}) as world:
            end = BOUNDARY + timedelta(hours=2)
            world.gateway.plan({"pump": {START: 0, BOUNDARY: 1100}}, end)
            await world.until(BOUNDARY + timedelta(minutes=5))
            gone = replace(world.gateway.state.retailer, connected=False)
            world.gateway.say(prices=(), spot=None, retailer=gone)
            await world.until(end - timedelta(seconds=1))
            assert pump.values["relay"]
            await world.until(end + timedelta(minutes=15, seconds=10))
            assert not pump.values["relay"]

    run(START, case())


def test_the_default_comes_within_ten_seconds_of_the_leases_end() -> None:
    async def case() -> None:
        pump = switch("pump")
        async with World([pump], {"pump": pump_response()}) as world:
            await planned(world)
            await world.until(BOUNDARY + timedelta(minutes=5))
            world.gateway.leave()
            left = dt_util.utcnow()
            await world.after(minutes=16)
            (_, on), (off_at, off) = switched_at(pump, "relay")
            assert (on, off) == (True, False)
            assert off_at - left <= timedelta(minutes=15, seconds=10)

    run(START, case())


def test_a_short_restart_in_the_middle_of_a_lease_switches_nothing() -> None:
    async def case() -> None:
        pump = switch("pump")
        async with World([pump], {"pump": pump_response()}) as world:
            await planned(world)
            await world.until(BOUNDARY + timedelta(minutes=25))
            await world.crash()
            await world.after(minutes=2)
            await world.start()
            await world.after(minutes=5)
            assert [value for _, value in switched_at(pump, "relay") if not value] == []
            assert pump.values["relay"]

    run(START, case())


def test_a_lease_that_ended_while_home_assistant_was_down_is_not_waited_for() -> None:
    async def case() -> None:
        pump = switch("pump")
        async with World([pump], {"pump": pump_response()}) as world:
            await planned(world)
            await world.until(BOUNDARY + timedelta(minutes=25))
            await world.crash()
            await world.after(minutes=20)
            world.gateway.leave()
            await world.start()
            await world.after(seconds=1)
            assert not pump.values["relay"]

    run(START, case())


def test_the_devices_own_timer_ends_what_nobody_is_left_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    timer = Timer("mqtt", "publish", {"topic": "zigbee2mqtt/pump/set", "qos": 1})
    monkeypatch.setattr(commands, "own_timer", lambda hass, entity: timer)

    async def case() -> None:
        pump = switch("pump")
        sent: list[dict[str, Any]] = []

        async def publish(call: ServiceCall) -> None:
            sent.append(json.loads(call.data["payload"]))
            pump.change("relay", True)

        async with World([pump], {"pump": pump_response()}) as world:
            world.hass.services.async_register("mqtt", "publish", publish)
            await planned(world)
            await world.until(BOUNDARY + timedelta(minutes=31))
            assert pump.values["relay"]
            assert pump.commands == []
            assert [message["on_time"] for message in sent] == [905] * len(sent)
            assert 6 <= len(sent) <= 8  # at the start, then renewed every five minutes
            world.gateway.leave()
            told = len(sent)
            await world.after(minutes=16)
            assert len(sent) <= told + 3  # no longer than the lease
            assert [command.value for command in pump.commands] == [False]

    run(START, case())


def test_a_device_without_the_timer_after_all_is_told_again_without(monkeypatch: pytest.MonkeyPatch) -> None:
    timer = Timer("mqtt", "publish", {"topic": "zigbee2mqtt/pump/set", "qos": 1})
    monkeypatch.setattr(commands, "own_timer", lambda hass, entity: timer)

    async def case() -> None:
        pump = switch("pump")
        sent: list[ServiceCall] = []

        async def publish(call: ServiceCall) -> None:
            sent.append(call)

        async with World([pump], {"pump": pump_response()}) as world:
            world.hass.services.async_register("mqtt", "publish", publish)
            await planned(world)
            await world.until(BOUNDARY + timedelta(seconds=35))
            assert pump.values["relay"]
            await world.after(minutes=30)
            assert len(sent) == 1

    run(START, case())


# Minimum times, wear.


def test_least_time_holds_in_fail_safe() -> None:
    async def case() -> None:
        pump = switch("pump")
        async with World([pump], {"pump": pump_response(least_minutes=30)}) as world:
            world.gateway.plan({"pump": {START: 0, BOUNDARY: 1100}}, BOUNDARY + timedelta(minutes=5))
            await world.until(BOUNDARY + timedelta(minutes=29))
            assert pump.values["relay"]
            await world.after(minutes=2)
            assert not pump.values["relay"]

    run(START, case())


def test_least_time_holds_across_a_restart() -> None:
    """Stopped in order, so off; the plan wants it on again at once: not before its least time is over."""

    async def case() -> None:
        pump = switch("pump")
        async with World([pump], {"pump": pump_response(least_minutes=10)}) as world:
            await planned(world)
            await world.until(BOUNDARY + timedelta(minutes=25))
            await world.stop()
            off_at = dt_util.utcnow()
            await world.after(seconds=30)
            await world.start()
            await world.after(minutes=5)
            assert resting(world) == ("waiting", "rests")
            await world.after(minutes=10)
            assert pump.values["relay"]
            on_at = switched_at(pump, "relay")[-1][0]
            assert timedelta(minutes=10) <= on_at - off_at <= timedelta(minutes=10, seconds=1)
            assert resting(world) == ("running", "runs")

    run(START, case())


def resting(world: World) -> tuple[str, str]:
    return world.shown("sensor.pump_state"), world.shown("sensor.pump_why")


def test_a_device_that_rests_between_changes_is_shown_as_it_is() -> None:
    """On for its least time although the plan says off by then, then off for it although the plan says on."""

    async def case() -> None:
        pump = switch("pump")
        async with World([pump], {"pump": pump_response(least_minutes=20)}) as world:
            five = timedelta(minutes=5)
            course = {START: 0, BOUNDARY: 1_100, BOUNDARY + five: 0, BOUNDARY + 6 * five: 1_100}
            world.gateway.plan({"pump": course}, END)
            await world.until(BOUNDARY + timedelta(minutes=3))
            assert resting(world) == ("running", "runs")
            await world.until(BOUNDARY + timedelta(minutes=7))
            assert (pump.values["relay"], *resting(world)) == (True, "running", "rests")
            why = world.hass.states.get("sensor.pump_why")
            assert why is not None
            assert why.attributes["end"] - BOUNDARY <= timedelta(minutes=20, seconds=1)
            await world.until(BOUNDARY + timedelta(minutes=21))
            assert (pump.values["relay"], *resting(world)) == (False, "waiting", "waits")
            await world.until(BOUNDARY + timedelta(minutes=35))
            assert (pump.values["relay"], *resting(world)) == (False, "waiting", "rests")
            await world.until(BOUNDARY + timedelta(minutes=42))
            assert (pump.values["relay"], *resting(world)) == (True, "running", "runs")
            assert len(pump.commands) == 3

    run(START, case())


def test_a_plan_that_flutters_does_not_wear_out_the_device() -> None:
    async def case() -> None:
        pump = switch("pump")
        async with World([pump], {"pump": pump_response()}) as world:
            for number in range(240):
                world.gateway.plan({"pump": {START: 1100 * (number % 2)}}, END)
                await world.after(seconds=10)
            assert len(pump.commands) <= 31
            world.gateway.leave()
            await world.after(minutes=16)
            assert not pump.values["relay"]  # the default comes through

    run(START, case())


# Deadlines without prices.


def test_the_car_is_charged_in_time_if_prices_never_come() -> None:
    async def case() -> None:
        car = charger("car")
        car.values["soc"] = 40.0
        async with World([car], {"car": car_response(ready_by="02:00")}) as world:
            world.gateway.say(plan=None, prices=(), spot=None)
            while dt_util.utcnow() < datetime(2026, 11, 25, 10, tzinfo=UTC):  # 02:00 in California
                await world.after(minutes=1)
                if car.values["enabled"]:
                    car.change("soc", min(100.0, car.values["soc"] + 3_840 / 60 * 0.9 / 60_000 * 100))
            assert car.values["soc"] >= 80
            assert len(car.commands) <= 3

    run(START, case())


def test_the_car_is_charged_in_time_if_nobody_knows_how_full_it_is() -> None:
    async def case() -> None:
        car = charger("car")
        car.values["soc"] = None
        async with World([car], {"car": car_response()}) as world:
            world.gateway.say(plan=None)
            await world.after(minutes=30)
            assert not car.values["enabled"]
            assert world.issues() == {"sensor_silent_car"}
            on = timedelta()
            while dt_util.utcnow() < datetime(2026, 11, 25, 14, 50, tzinfo=UTC):  # 06:50 in California
                await world.after(minutes=1)
                on += timedelta(minutes=car.values["enabled"])
            assert on >= timedelta(hours=13)  # 48 kWh at 3.84 kW, 0.9 of which arrives
            await world.after(minutes=30)

    run(START, case())


def test_water_is_hot_if_prices_never_come() -> None:
    async def case() -> None:
        water = tank("tank")
        settings = {
            "kind": "heat_water",
            "heater": "water_heater.tank_tank",
            "power": 3000,
            "lowest": 45,
            "usual": 50,
            "highest": 60,
        }
        async with World([water], {"tank": response("tank", **settings)}) as world:
            world.gateway.plan({"tank": {START: 0}}, BOUNDARY)
            await world.after(minutes=1)
            assert water.values["target"] == 45
            await world.until(BOUNDARY + timedelta(minutes=15, seconds=10))
            assert water.values["target"] == 50

    run(START, case())


# The import limit.


def test_several_that_start_at_once_stay_below_the_import_limit() -> None:
    async def case() -> None:
        pumps = [switch(f"pump{number}") for number in range(5)]
        responses = {pump.name: pump_response(pump.name, power=3_000) for pump in pumps}
        async with World(pumps, responses) as world:
            world.gateway.say(import_limit=10_000)
            world.gateway.plan({pump.name: {START: 0, BOUNDARY: 3_000} for pump in pumps}, END)
            await world.until(BOUNDARY + timedelta(seconds=2))
            assert sum(pump.values["relay"] for pump in pumps) == 3
            await world.after(minutes=5)
            assert sum(pump.values["relay"] for pump in pumps) == 3
            running = next(pump for pump in pumps if pump.values["relay"])
            await world.act("switch.turn_off", f"switch.{running.name}_relay")
            await world.after(minutes=1)
            assert sum(pump.values["relay"] for pump in pumps) == 3

    run(START, case())


def test_chargers_that_start_at_once_stay_below_the_main_fuse_on_every_phase() -> None:
    """Two on three phases, one on one, a pump that tells no phase: 25 A, whoever is on which."""

    async def case() -> None:
        cars = [charger(name) for name in ("family", "office", "guest")]
        pump = switch("pump")
        phases = {"family": 3, "office": 3, "guest": 1}
        responses = {
            car.name: response(
                car.name,
                kind="charge_car",
                switch=f"switch.{car.name}_enabled",
                current=f"number.{car.name}_current",
                soc=f"sensor.{car.name}_soc",
                phases=phases[car.name],
                volts=230,
                ready_by="07:00",
                default="off",
            )
            for car in cars
        }
        world = World([*cars, pump], {**responses, "pump": pump_response(power=1_150)})
        world.options = {"main_fuse": {"amperes": 25, "volts": 230}}

        def carried() -> float:
            charging = sum(car.values["current"] for car in cars if car.values["enabled"])
            return charging + 5 * pump.values["relay"]

        async with world:
            powers = {car.name: {START: 0, BOUNDARY: 3_680 * phases[car.name]} for car in cars}
            world.gateway.plan({**powers, "pump": {START: 0, BOUNDARY: 1_150}}, END)
            most = 0.0
            while dt_util.utcnow() < BOUNDARY + timedelta(minutes=3):
                await world.after(seconds=1)
                most = max(most, carried())
            assert 20 <= most <= 25
            (busy, *_) = (car for car in cars if car.values["enabled"])
            await world.act("switch.turn_off", f"switch.{busy.name}_enabled")
            await world.after(minutes=1)
            assert 15 <= carried() <= 25  # what has become free is used

    run(START, case())


# A person.


def test_the_gateway_hears_that_a_person_leads_and_what_it_draws() -> None:
    async def case() -> None:
        pump = switch("pump")
        async with World([pump], {"pump": pump_response()}) as world:
            await planned(world)
            await world.until(BOUNDARY - timedelta(minutes=5))
            pump.values["power"] = 1_240.0
            await world.act("switch.turn_on", "switch.pump_relay")
            await world.after(seconds=5)
            held = world.gateway.reported["pump"]
            assert (held.kind, held.to_message()["kind"]) == ("held", "held")
            assert held.power == 1_100  # it has no device, so what it was said to draw
            assert held.until - dt_util.utcnow() > timedelta(hours=1, minutes=59)
            await world.after(hours=2)
            assert world.gateway.reported["pump"].kind == "run_time"

    run(START, case())


def test_a_press_within_the_five_seconds_of_our_own_context_counts() -> None:
    async def case() -> None:
        pump = switch("pump")
        async with World([pump], {"pump": pump_response()}) as world:
            await planned(world)
            await world.until(BOUNDARY + timedelta(seconds=2))
            assert pump.values["relay"]
            pump.change("relay", False)
            state = world.hass.states.get("switch.pump_relay")
            assert state is not None
            ours = state.context
            await world.after(seconds=1)
            assert world.shown("sensor.pump_state") == "held"
            world.gateway.plan(
                {"pump": {START: 1100, BOUNDARY: 0, BOUNDARY + timedelta(minutes=15): 1100}}, END
            )
            await world.after(minutes=30)
            assert len(pump.commands) == 1
            assert ours.user_id is None
            assert not pump.values["relay"]

    run(START, case())


def test_a_hold_may_last_until_it_has_to_be_ready() -> None:
    async def case() -> None:
        car = charger("car")
        async with World([car], {"car": car_response(hold_until="ready_by")}) as world:
            await planned(world, "car", 3_840)
            await world.until(BOUNDARY + timedelta(minutes=5))
            car.change("enabled", False)
            told = len(car.commands)
            await world.until(datetime(2026, 11, 25, 14, 59, tzinfo=UTC))  # 06:59 in California
            assert len(car.commands) == told

    run(START, case())


@pytest.mark.parametrize("on", [True, False])
def test_a_car_that_is_full_or_away_may_stop_by_itself_but_who_starts_it_is_a_person(on: bool) -> None:
    async def case() -> None:
        car = charger("car")
        car.values |= {"plugged": False, "enabled": not on}
        async with World([car], {"car": car_response()}) as world:
            await planned(world, "car", 3_840 if on else 0)
            if not on:
                world.gateway.plan({"car": {START: 3_840}}, END)
                await world.after(minutes=1)
            car.change("enabled", on)
            await world.after(minutes=1)
            car.change("plugged", True)
            told = len(car.commands)
            await world.after(hours=1)
            assert (world.shown("sensor.car_state") == "held") is on
            assert len(car.commands) == told
            assert car.values["enabled"] is on

    run(START, case())


def test_who_starts_a_charger_of_which_nothing_was_ever_wanted_is_a_person() -> None:
    async def case() -> None:
        car = charger("car")
        car.values |= {"plugged": False, "enabled": False}
        async with World([car], {"car": car_response()}) as world:
            await world.after(minutes=2)
            assert world.shown("sensor.car_state") == "done"
            car.change("enabled", True)
            await world.after(minutes=1)
            assert world.shown("sensor.car_state") == "held"
            car.change("plugged", True)
            await world.after(hours=1)
            assert car.commands == []

    run(START, case())


def test_a_slow_device_that_shows_the_last_but_one_command_is_no_person() -> None:
    async def case() -> None:
        car = charger("car")
        async with World([car], {"car": car_response(current="number.car_current")}) as world:
            car.late = 50
            world.gateway.plan({"car": {START: 0, BOUNDARY: 3_840}}, END)
            await world.until(BOUNDARY + timedelta(seconds=5))
            world.gateway.plan({"car": {START: 1_920}}, END)
            await world.after(minutes=10)
            assert world.shown("sensor.car_state") != "held"
            assert car.values["current"] == 8

    run(START, case())
