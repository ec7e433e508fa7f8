"""A device's own timer, by which it goes off even when nobody is left to tell it.

Zigbee's *on with timed off* is the one that Home Assistant can reach: over Zigbee2MQTT as ``on_time`` beside
the state (https://www.zigbee2mqtt.io/guide/usage/mqtt_topics_and_messages.html), over ZHA as command 0x42
of the cluster OnOff (Zigbee Cluster Library 3.8.2.3.6, tenths of a second).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er

from .home import entity_id

MARGIN: Final = timedelta(seconds=5)
"""The device's timer ends after the lease: Home Assistant, where it lives, is first."""


@dataclass(frozen=True, slots=True)
class Timer:
    """One action that turns a switch on for a while, by the device's own clock."""

    domain: str
    action: str
    data: Mapping[str, Any]

    def call(self, duration: timedelta) -> tuple[str, str, dict[str, Any]]:
        """Domain, action and data that turn it on for ``duration``."""
        seconds = round((duration + MARGIN).total_seconds())
        if self.domain == "mqtt":
            payload = json.dumps({"state": "ON", "on_time": seconds})
            return self.domain, self.action, {**self.data, "payload": payload}
        params = {"on_off_control": 0, "on_time": min(seconds * 10, 0xFFFE), "off_wait_time": 0}
        return self.domain, self.action, {**self.data, "params": params}


def own_timer(hass: HomeAssistant, entity: str) -> Timer | None:
    """The timer of the device behind a switch, by its registry id or entity id; none where none is found."""
    registry = er.async_get(hass)
    entry = registry.async_get(entity_id(hass, entity) or "")
    if entry is None or entry.domain not in {"switch", "light"} or entry.device_id is None:
        return None
    device = dr.async_get(hass).async_get(entry.device_id)
    if not isinstance(device, dr.DeviceEntry):
        return None
    match entry.platform:
        case "mqtt":
            return _zigbee2mqtt(hass, entry, device)
        case "zha":
            return _zha(device)
        case _:
            return None


def _zigbee2mqtt(hass: HomeAssistant, entry: er.RegistryEntry, device: dr.DeviceEntry) -> Timer | None:
    """Known by its identifiers; the topic stands in what the device announced of itself."""
    if not any(name.startswith("zigbee2mqtt_") for _, name in device.identifiers):
        return None
    from homeassistant.components.mqtt.debug_info import (  # noqa: PLC0415 - only where MQTT is set up
        info_for_device,
    )

    for told in info_for_device(hass, device.id)["entities"]:
        announced = told["discovery_data"].get("payload") or {}
        topic = announced.get("command_topic")
        if told["entity_id"] == entry.entity_id and topic:
            return Timer("mqtt", "publish", {"topic": topic, "qos": 1})
    return None


def _zha(device: dr.DeviceEntry) -> Timer | None:
    ieee = next((name for domain, name in device.identifiers if domain == "zha"), None)
    if ieee is None:
        return None
    data = {
        "ieee": ieee,
        "endpoint_id": 1,
        "cluster_id": 6,
        "cluster_type": "in",
        "command": 0x42,
        "command_type": "server",
    }
    return Timer("zha", "issue_zigbee_cluster_command", data)
