"""Real devices on Z-Wave and MQTT follow a plan: a day with quarters of three seconds, and real minutes."""

import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby
from pathlib import Path
from random import Random

import pytest
from temix_gateway.home.messages import DevicePlan, Plan, PlanStep

from tests.e2e.peers.home import Home, eventually, led, reported

QUARTER = 3_000
"""ms."""
MINUTE = 60_000
HOUR = 60 * MINUTE
SHORTEST, LONGEST = 2, 12
"""Steps for which a plan stays as it is."""

LEVELS = {
    "run_time": (0, 1_200),
    "ev_charger": (0, 1_920, 3_840),
    "battery": (0, 2_500, -1_800),
    "thermostat": (0, 1_500),
}
"""W that the plan asks for, by the kind of device that Home Assistant reports."""


def answers() -> dict[str, dict[str, object]]:
    """Of the owner, by the question; no deadline is near."""
    later = f"{datetime.now(UTC) + timedelta(hours=12):%H:%M:00}"
    return {
        "run_hours": {
            "name": "Pump", "switch": "switch.smart_switch_7", "power": 1_200, "hours": 1, "ready_by": later,
            "least_minutes": 0,
        },
        "charge_car": {
            "name": "Car", "switch": "switch.charger_enabled", "current": "number.charger_current",
            "plugged": "binary_sensor.charger_plugged", "soc": "sensor.charger_soc", "volts": 240,
            "ready_by": later, "default": "off", "least_minutes": 0,
        },
        "home_battery": {
            "name": "Battery", "setpoint": "number.battery_setpoint", "soc": "sensor.battery_soc",
            "capacity": 13.5, "least_minutes": 0,
        },
        "heat_cool": {
            "name": "Room", "thermostat": "climate.thermostat_climate", "low": 19, "usual": 20, "high": 22,
            "power": 1_500, "least_minutes": 0,
        },
    }  # fmt: skip


def course(chance: Random, levels: Sequence[int], number: int) -> list[int]:
    """A day of one device: it begins as it is, and every while changes."""
    found = [0] * SHORTEST
    while len(found) < number:
        others = [level for level in levels if level != found[-1]]
        found += [chance.choice(others)] * chance.randint(SHORTEST, LONGEST)
    return found[:number]


def changes[T](values: Iterable[T]) -> list[T]:
    """Values in a row, each once."""
    return [value for value, _ in groupby(values)]


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("number, length", [(12, QUARTER), (96, QUARTER), (6, MINUTE)])
async def test_devices_follow_a_plan(tmp_path: Path, number: int, length: int) -> None:
    async with led(tmp_path) as (gateway, home):
        for entity, shown in (("switch.smart_switch_7", "off"), ("climate.thermostat_climate", "heat")):
            await eventually(lambda entity=entity: home.state(entity), shown)  # type: ignore[misc]
        for question, given in answers().items():
            await home.home_assistant.add_response(question, given)

        ids = await reported(gateway, len(LEVELS))
        chance = Random(seed := 7)
        courses = {kind: course(chance, levels, number) for kind, levels in LEVELS.items()}
        begin = int(time.time() * 1000) + length
        plan = [
            DevicePlan(device=ids[kind], steps=steps(powers, begin, length))
            for kind, powers in courses.items()
        ]
        gateway.update(plan=Plan(made=begin - length, devices=plan))

        async def over() -> bool:
            return time.time() * 1000 > begin + number * length

        await eventually(over, wanted=True, within=(number + 1) * length / 1000 + 30)
        wanted = {kind: told_by(kind, powers) for kind, powers in courses.items()}
        await eventually(partial(obeyed, home), wanted)
        plug = (await home.plugs())["2"]
        assert plug["commands"] - len(changes(courses["run_time"])) in {-1, 0}, f"seed {seed}"


def steps(powers: Sequence[int], begin: int, length: int) -> list[PlanStep]:
    """One after the other from ``begin`` (ms); the first holds already, the last for long."""
    starts = [begin + number * length for number in range(len(powers))]
    ends = [*starts[1:], starts[-1] + HOUR]
    starts[0] -= HOUR
    return [
        PlanStep(start=start, end=end, power=power)
        for start, end, power in zip(starts, ends, powers, strict=True)
    ]


def told_by(kind: str, powers: Sequence[int]) -> object:
    """What a device of a kind must have been told for these powers, in order; of the plug, how it is."""
    match kind:
        case "run_time":
            return powers[-1] > 0
        case "ev_charger":
            return list(changes(power / 240 if power else "OFF" for power in powers))
        case "battery":
            return list(changes(map(float, powers)))
        case _:
            return list(changes(22.0 if power else 19.0 for power in powers))


async def obeyed(home: Home) -> dict[str, object]:
    """What the devices were told, as they heard it: changes only, from how they were at first."""
    told = {device.topic: tuple(device.commands) for device in home.mqtt.devices}
    heard: dict[str, list[object]] = {"ev_charger": ["OFF"], "battery": [0.0], "thermostat": []}
    for key, text in told["home/charger"]:
        if key == "current":
            heard["ev_charger"].append(float(text))
        elif text == "OFF":
            heard["ev_charger"].append("OFF")
    heard["battery"] += [float(text) for _, text in told["home/battery"]]
    heard["thermostat"] += [float(text) for _, text in told["home/thermostat"]]
    return {kind: changes(values) for kind, values in heard.items()} | {
        "run_time": bool((await home.plugs())["2"]["on"])
    }
