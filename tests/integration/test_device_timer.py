"""A device's own timer is found where it is, and nowhere else: Zigbee2MQTT, ZHA, and who looks like them."""

import json
from datetime import timedelta
from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.temix.response.timer import own_timer

QUARTER = timedelta(minutes=15)


def plug(hass: HomeAssistant, platform: str, *identifiers: tuple[str, str], domain: str = "switch") -> str:
    """A plug of an integration, on a device with these identifiers."""
    entry = MockConfigEntry(domain=platform)
    entry.add_to_hass(hass)
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={*identifiers} or {(platform, "x")}
    )
    found = er.async_get(hass).async_get_or_create(
        domain, platform, "plug", suggested_object_id="plug", device_id=device.id
    )
    return found.entity_id


def announced(monkeypatch: pytest.MonkeyPatch, entity: str, payload: dict[str, Any] | None) -> None:
    """What Home Assistant's MQTT knows that a device announced of an entity."""
    told = {"entities": [{"entity_id": entity, "discovery_data": {"payload": payload}}]}
    monkeypatch.setattr("homeassistant.components.mqtt.debug_info.info_for_device", lambda *_: told)


async def test_a_plug_of_zigbee2mqtt_is_turned_on_for_a_while(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    entity = plug(hass, "mqtt", ("mqtt", "zigbee2mqtt_0x00158d"))
    announced(monkeypatch, entity, {"command_topic": "zigbee2mqtt/plug/set"})
    timer = own_timer(hass, entity)
    assert timer is not None
    domain, action, data = timer.call(QUARTER)
    assert (domain, action, data["topic"], data["qos"]) == ("mqtt", "publish", "zigbee2mqtt/plug/set", 1)
    assert json.loads(data["payload"]) == {"state": "ON", "on_time": 905}


@pytest.mark.parametrize("payload", [None, {}, {"state_topic": "zigbee2mqtt/plug"}])
async def test_a_plug_that_announced_no_topic_has_none(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, payload: dict[str, Any] | None
) -> None:
    entity = plug(hass, "mqtt", ("mqtt", "zigbee2mqtt_0x00158d"))
    announced(monkeypatch, entity, payload)
    assert own_timer(hass, entity) is None


async def test_another_mqtt_device_has_none(hass: HomeAssistant) -> None:
    assert own_timer(hass, plug(hass, "mqtt", ("mqtt", "tasmota_7"))) is None


async def test_a_plug_of_zha_is_turned_on_for_a_while(hass: HomeAssistant) -> None:
    timer = own_timer(hass, plug(hass, "zha", ("zha", "00:15:8d:00:00:01")))
    assert timer is not None
    domain, action, data = timer.call(QUARTER)
    assert (domain, action, data["ieee"]) == ("zha", "issue_zigbee_cluster_command", "00:15:8d:00:00:01")
    assert (data["cluster_id"], data["command"]) == (6, 0x42), "OnOff, on with timed off"
    assert data["params"] == {"on_off_control": 0, "on_time": 9_050, "off_wait_time": 0}
    longest = timer.call(timedelta(hours=3))[2]["params"]["on_time"]
    assert longest == 0xFFFE, "the longest that the cluster can say"


@pytest.mark.parametrize("platform,domain", [("zha", "select"), ("shelly", "switch"), ("zwave_js", "light")])
async def test_what_has_no_such_timer(hass: HomeAssistant, platform: str, domain: str) -> None:
    assert own_timer(hass, plug(hass, platform, domain=domain)) is None


async def test_a_zha_device_that_does_not_say_its_address_has_none(hass: HomeAssistant) -> None:
    assert own_timer(hass, plug(hass, "zha", ("other", "x"))) is None


async def test_a_switch_without_a_device_has_none(hass: HomeAssistant) -> None:
    hass.states.async_set("switch.template", "off")
    assert own_timer(hass, "switch.template") is None
