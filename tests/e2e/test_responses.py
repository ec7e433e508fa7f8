"""Real plugs follow the plan over Z-Wave and MQTT, by their own timer where they have one; a person wins."""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from temix_gateway.home.messages import DevicePlan, Plan, PlanStep

from tests.e2e.peers.home import eventually, led, reported

MINUTE = 60_000


def answers(switch: str = "switch.smart_switch_7") -> dict[str, object]:
    """A pump that has the whole night: no hour of the day makes it urgent."""
    ready_by = datetime.now(UTC) + timedelta(hours=12)
    return {
        "name": "Pump",
        "switch": switch,
        "power": 1200,
        "hours": 0.5,
        "ready_by": f"{ready_by:%H:%M:00}",
    }


async def test_zwave_plug_follows_and_a_person_wins(tmp_path: Path) -> None:
    async with led(tmp_path) as (gateway, home):
        await eventually(lambda: home.state("switch.smart_switch_7"), "off")
        await home.home_assistant.add_response("run_hours", answers())
        (device,) = (await reported(gateway)).values()
        now = int(time.time() * 1000)
        steps = [
            PlanStep(start=now - MINUTE, end=now + 3_000, power=0),
            PlanStep(start=now + 3_000, end=now + 60 * MINUTE, power=1200),
        ]
        gateway.update(plan=Plan(made=now, devices=[DevicePlan(device=device, steps=steps)]))

        async def on() -> bool:
            return bool((await home.plugs())["2"]["on"])

        await eventually(on, wanted=True)
        await eventually(lambda: home.state("switch.smart_switch_7"), "on")
        await eventually(lambda: home.state("sensor.smart_switch_7_electric_consumption_w"), "1200.0")
        told = (await home.plugs())["2"]["commands"]
        await home.touch_plug(2, on=False)
        await eventually(lambda: home.state("sensor.pump_state"), "held")
        plug = (await home.plugs())["2"]
        assert (plug["on"], plug["commands"]) == (False, told)


async def test_zigbee_plug_follows_by_its_own_timer(tmp_path: Path) -> None:
    """As Zigbee2MQTT announces it; Home Assistant dies, and the plug needs nobody to go off."""
    async with led(tmp_path) as (gateway, home):
        await eventually(lambda: home.state("switch.dryer_plug_state"), "off")
        await home.home_assistant.add_response("run_hours", answers("switch.dryer_plug_state"))
        (device,) = (await reported(gateway)).values()
        now = int(time.time() * 1000)
        steps = [PlanStep(start=now - MINUTE, end=now + 60 * MINUTE, power=1200)]
        plan = Plan(made=now, devices=[DevicePlan(device=device, steps=steps)])
        gateway.update(plan=plan)
        await eventually(lambda: home.state("switch.dryer_plug_state"), "on")
        await eventually(lambda: home.state("sensor.pump_state"), "running")
        told = [json.loads(text) for _, text in home.mqtt.plug.commands]
        assert told == [{"state": "ON", "on_time": 905}]
        await home.kill("home-assistant")
        assert home.mqtt.plug.off_at is not None
