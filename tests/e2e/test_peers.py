"""Home Assistant sees and switches every device over its real protocol, and sees what a person does to it."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from demo.processes import DemoError
from tests.e2e.peers.home import Home, eventually, running

pytestmark = pytest.mark.asyncio(loop_scope="module")

ZWAVE = "switch.smart_switch_7"
WIFI = "switch.heater_plug_relay"

CAUSED = {
    "[homeassistant.components.mqtt.client] Error returned from MQTT server": "the broker is killed",
    "[homeassistant] Error doing job: Task exception was never retrieved": "by the broker's client, then",
    "[homeassistant.components.api] Error during service call to switch.turn_on": "a plug is off the air",
}
"""What these tests have Home Assistant warn of, and why."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Home]:
    """Start everything for the tests of this module."""
    async with running(tmp_path_factory.mktemp("peers"), CAUSED) as home:
        yield home


async def test_zwave_both_ways(home: Home) -> None:
    await eventually(lambda: home.state(ZWAVE), "off")
    await home.home_assistant.action("switch.turn_on", entity_id=ZWAVE)
    assert (await home.plugs())["2"]["on"]
    await eventually(lambda: home.state("sensor.smart_switch_7_electric_consumption_w"), "1200.0")
    await home.touch_plug(2, on=False)
    await eventually(lambda: home.state(ZWAVE), "off")
    assert (await home.plugs())["2"]["commands"] == 1


async def test_mqtt_both_ways(home: Home) -> None:
    devices = home.mqtt
    await eventually(lambda: home.state("switch.dryer_plug_state"), "off")  # discovered
    await home.home_assistant.action("switch.turn_on", entity_id="switch.dryer_plug_state")
    await eventually(lambda: home.state("sensor.dryer_plug_power"), "2400")
    devices.touch(lambda: devices.plug.press(on=False))
    await eventually(lambda: home.state("switch.dryer_plug_state"), "off")

    await home.home_assistant.action("number.set_value", entity_id="number.battery_setpoint", value=-1200)
    await eventually(lambda: home.state("sensor.battery_power"), "-1200.0")
    await home.home_assistant.action(
        "climate.set_temperature", entity_id="climate.thermostat_climate", temperature=18
    )
    await eventually(lambda: home.state("sensor.thermostat_power"), "0.0")
    assert devices.meter.power == pytest.approx(300 - 1200)
    devices.touch(lambda: devices.battery.state.update(setpoint=0.0))


async def test_plug_switches_off_by_its_own_timer(home: Home) -> None:
    payload = '{"state": "ON", "on_time": 1}'
    await home.home_assistant.action("mqtt.publish", topic="zigbee2mqtt/dryer_plug/set", payload=payload)
    await eventually(lambda: home.state("switch.dryer_plug_state"), "on")
    await eventually(lambda: home.state("switch.dryer_plug_state"), "off")
    assert [command for command in home.mqtt.plug.commands if "OFF" in command[1]] == []


async def test_wifi_both_ways(home: Home) -> None:
    await eventually(lambda: home.state(WIFI), "off")
    await home.home_assistant.action("switch.turn_on", entity_id=WIFI)
    assert home.esphome.on
    await eventually(lambda: home.state("sensor.heater_plug_power"), "1800.0")
    home.esphome.press(on=False)
    await eventually(lambda: home.state(WIFI), "off")


async def test_lost_broker_is_seen_and_overcome(home: Home) -> None:
    await home.kill("mosquitto")
    await eventually(lambda: home.state("switch.dryer_plug_state"), "unavailable")
    await home.start_broker()
    await eventually(lambda: home.state("switch.dryer_plug_state"), "off")


async def test_plug_off_the_air_is_told(home: Home) -> None:
    await home.touch_plug(3, deaf=True)
    with pytest.raises(DemoError, match="did not acknowledge"):
        await home.home_assistant.action("switch.turn_on", entity_id=f"{ZWAVE}_2")
    assert not (await home.plugs())["3"]["on"]
    await home.touch_plug(3, deaf=False)
    await home.home_assistant.action("switch.turn_on", entity_id=f"{ZWAVE}_2")

    async def on() -> bool:
        return bool((await home.plugs())["3"]["on"])

    await eventually(on, wanted=True)
