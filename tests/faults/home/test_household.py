"""The household's needs can be met: the real planner and a hand that never errs keep everybody content.

So where days with faults fail, it was neither the physics nor the plan.
"""

import random
from datetime import UTC, datetime, timedelta

from custom_components.temix.client.devices import (
    Battery,
    Device,
    EvCharger,
    RunTime,
    Thermostat,
    WaterHeater,
)
from tests.faults.home.clock import run
from tests.faults.home.household import CAR_WH, LEAVES, PUMP_HOURS, WANTED_SOC, ZONE, Household
from tests.faults.home.planning import PlanningGateway

START = datetime(2026, 10, 30, 17, tzinfo=UTC)
"""Clocks go back in Chicago two nights later."""


def report(household: Household, now: datetime) -> list[Device]:
    """Every device, in the planner's words."""
    local = now.astimezone(ZONE)
    morning = datetime.combine(local.date() + timedelta(days=local.hour >= LEAVES.hour), LEAVES, ZONE)
    midnight = datetime.combine(local.date() + timedelta(days=1), datetime.min.time(), ZONE)
    car, tank, room = household.car.values, household.tank.values, household.room.values
    return [
        EvCharger(
            id="car",
            connected=car["plugged"],
            needed=max(0.0, (WANTED_SOC + 1 - car["soc"]) / 100 * CAR_WH),
            max_power=3_840,
            ready_by=morning.astimezone(UTC) - timedelta(minutes=15),
        ),
        WaterHeater(
            id="tank", power=3_000, volume=200, temperature=tank["temperature"], minimum=48, maximum=60
        ),
        Thermostat(
            id="room",
            power=2_000,
            temperature=room["temperature"],
            outdoor=4,
            minimum=19.5,
            maximum=22.5,
            cooling=False,
        ),
        RunTime(
            id="pump",
            power=1_100,
            remaining=max(timedelta(), timedelta(hours=PUMP_HOURS) - household.pumped),
            finish_by=midnight.astimezone(UTC),
        ),
        Battery(
            id="battery",
            capacity=13_500,
            stored=household.battery.values["soc"] * 135,
            max_charge=5_000,
            max_discharge=5_000,
        ),
    ]


def obey(household: Household, gateway: PlanningGateway, now: datetime) -> None:
    """Set every device as the plan says for this minute."""
    plan = gateway.state.plan
    assert plan is not None
    powers = {
        device.device: next((step.power for step in device.steps if now in step), 0)
        for device in plan.devices
    }
    household.car.values["enabled"] = powers.get("car", 0) > 0
    household.tank.values["target"] = 60.0 if powers["tank"] > 0 else 47.0
    household.room.values["target"] = 22.5 if powers["room"] > 0 else 19.5
    household.pump.values["relay"] = powers.get("pump", 0) > 0
    household.battery.values["setpoint"] = float(powers["battery"])


def test_everybody_is_content() -> None:
    seed = 1
    household = Household(random.Random(seed))
    pumped = []

    async def days() -> None:
        gateway = PlanningGateway(seed)
        now = START
        while now < START + timedelta(days=3):
            local = now.astimezone(ZONE)
            if local.hour == local.minute == 0:
                pumped.append(household.pumped)
                household.pumped = timedelta()
            if now.minute == 0:
                await gateway.report_home(now, report(household, now))
                gateway.replan(now)
            obey(household, gateway, now)
            now += timedelta(minutes=1)
            household.step(now.astimezone(ZONE))

    run(START, days())
    left = [float(line.rpartition("with ")[2].split()[0]) for line in household.log if "leaves" in line]
    assert len(left) == 3
    assert min(left[1:]) >= WANTED_SOC
    assert [line for line in household.log if "leaves" not in line] == []
    assert min(pumped[1:]) >= timedelta(hours=PUMP_HOURS, minutes=-1)
