"""Devices on MQTT that announce themselves as Home Assistant's ``mqtt`` expects, with simple physics.

Each keeps its own real state; a test reads it, and does to a device what a person in the room would do.
"""

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self, override

import paho.mqtt.client as paho

type Json = dict[str, Any]

AVAILABILITY: Final = "home/availability"
TICK_S: Final = 0.2


def value(key: str) -> str:
    """The template that reads one key of a device's state."""
    return f"{{{{ value_json.{key} }}}}"


@dataclass
class Device:
    """One device: its topic, its state and the commands it has had; positive power is import (W)."""

    topic: str
    state: Json
    commands: list[tuple[str, str]] = field(default_factory=list)
    deaf: bool = False
    """Ignores commands, as a device whose firmware hangs."""

    @property
    def power(self) -> float:
        """What it draws now (W)."""
        return float(self.state.get("power", 0))

    def entities(self) -> Mapping[str, Json]:
        """Its entities: ``component/key`` to the rest of the discovery message."""
        raise NotImplementedError

    def command(self, key: str, text: str) -> None:
        """Take what was published to ``TOPIC/set[/key]``."""
        self.commands.append((key, text))
        if self.deaf:
            return
        changes: Json = {key: text} if key else json.loads(text)
        for name, new in changes.items():
            old = self.state[name]
            self.state[name] = new if isinstance(old, str) else type(old)(float(new))

    def step(self, seconds: float) -> None:
        """Move the physics on."""


@dataclass
class Plug(Device):
    """As Zigbee2MQTT shows one: JSON commands, and ``on_time``, after which it switches off by itself."""

    load: float = 2_400
    off_at: float | None = None

    @classmethod
    def make(cls, name: str) -> Self:
        """A plug that is off."""
        return cls(f"zigbee2mqtt/{name}", {"state": "OFF", "power": 0.0, "energy": 12.0, "linkquality": 120})

    @property
    def on(self) -> bool:
        """Whether the relay is closed."""
        return bool(self.state["state"] == "ON")

    @override
    def entities(self) -> Mapping[str, Json]:
        return {
            "switch/state": {
                "name": None,
                "command_topic": f"{self.topic}/set",
                "value_template": value("state"),
                "payload_on": '{"state": "ON"}',
                "payload_off": '{"state": "OFF"}',
                "state_on": "ON",
                "state_off": "OFF",
                "device_class": "outlet",
            },
            "sensor/power": power_sensor(),
            "sensor/energy": energy_sensor("energy", "Energy"),
        }

    @override
    def command(self, key: str, text: str) -> None:
        self.commands.append((key, text))
        wanted = json.loads(text)
        if self.deaf or "state" not in wanted:
            return
        self.press(on=wanted["state"] == "ON")
        if self.on and "on_time" in wanted:
            self.off_at = time.monotonic() + float(wanted["on_time"])

    def press(self, *, on: bool) -> None:
        """Switch it, as its own button does."""
        self.state["state"] = "ON" if on else "OFF"
        self.off_at = None

    @override
    def step(self, seconds: float) -> None:
        if self.off_at is not None and time.monotonic() >= self.off_at:
            self.press(on=False)
        self.state["power"] = self.load if self.on else 0.0
        self.state["energy"] = round(self.state["energy"] + self.power * seconds / 3.6e6, 5)


@dataclass
class Thermostat(Device):
    """Heats a room; mode and target are separate commands."""

    @classmethod
    def make(cls, name: str) -> Self:
        """A thermostat that heats to 20 °C."""
        state = {"mode": "heat", "target": 20.0, "current": 19.5, "action": "idle", "power": 0.0}
        return cls(f"home/{name}", state)

    @override
    def entities(self) -> Mapping[str, Json]:
        return {
            "climate/climate": {
                "name": None,
                "modes": ["off", "heat", "cool"],
                "mode_state_topic": self.topic,
                "mode_state_template": value("mode"),
                "mode_command_topic": f"{self.topic}/set/mode",
                "temperature_state_topic": self.topic,
                "temperature_state_template": value("target"),
                "temperature_command_topic": f"{self.topic}/set/target",
                "current_temperature_topic": self.topic,
                "current_temperature_template": value("current"),
                "action_topic": self.topic,
                "action_template": value("action"),
                "temperature_unit": "C",
                "temp_step": 0.5,
                "min_temp": 7,
                "max_temp": 30,
            },
            "sensor/power": power_sensor(),
        }

    @override
    def step(self, seconds: float) -> None:
        gap = self.state["target"] - self.state["current"]
        heating = self.state["mode"] == "heat" and gap > 0
        self.state["action"] = "off" if self.state["mode"] == "off" else "heating" if heating else "idle"
        self.state["power"] = 1_500.0 if heating else 0.0
        warmed = (2.0 if heating else -0.3) * seconds / 3600
        self.state["current"] = round(self.state["current"] + warmed, 4)


@dataclass
class Charger(Device):
    """An EV charger: a switch, a current, a cable, and what the car took."""

    @classmethod
    def make(cls, name: str) -> Self:
        """A charger with a car connected, not charging."""
        state = {
            "enabled": "OFF",
            "current": 16.0,
            "plugged": "ON",
            "power": 0.0,
            "session": 0.0,
            "soc": 40.0,
        }
        return cls(f"home/{name}", state)

    @property
    def on(self) -> bool:
        """Whether it is allowed to charge."""
        return bool(self.state["enabled"] == "ON")

    @override
    def entities(self) -> Mapping[str, Json]:
        return {
            "switch/enabled": {
                "name": "Charging",
                "value_template": value("enabled"),
                "command_topic": f"{self.topic}/set/enabled",
            },
            "number/current": {
                "name": "Charge current",
                "min": 6,
                "max": 32,
                "step": 1,
                "value_template": value("current"),
                "command_topic": f"{self.topic}/set/current",
                "device_class": "current",
                "unit_of_measurement": "A",
            },
            "binary_sensor/plugged": {
                "name": "Cable",
                "value_template": value("plugged"),
                "device_class": "plug",
            },
            "sensor/soc": {
                "name": "Car battery",
                "device_class": "battery",
                "unit_of_measurement": "%",
                "state_class": "measurement",
                "value_template": value("soc"),
            },
            "sensor/power": power_sensor(),
            "sensor/session": energy_sensor("session", "Session energy"),
        }

    @override
    def step(self, seconds: float) -> None:
        charging = self.on and self.state["plugged"] == "ON" and self.state["soc"] < 100
        self.state["power"] = 240.0 * self.state["current"] if charging else 0.0
        energy = self.power * seconds / 3.6e6
        self.state["session"] = round(self.state["session"] + energy, 5)
        self.state["soc"] = round(min(100.0, self.state["soc"] + energy / 0.6), 4)  # a battery of 60 kWh


@dataclass
class Battery(Device):
    """A home battery with a power set-point: above zero charges, below discharges."""

    @classmethod
    def make(cls, name: str) -> Self:
        """A battery at rest, somewhat more than half full."""
        return cls(f"home/{name}", {"setpoint": 0.0, "soc": 55.0, "power": 0.0})

    @override
    def entities(self) -> Mapping[str, Json]:
        return {
            "number/setpoint": {
                "name": "Power set-point",
                "min": -5000,
                "max": 5000,
                "step": 10,
                "mode": "box",
                "value_template": value("setpoint"),
                "command_topic": f"{self.topic}/set/setpoint",
                "device_class": "power",
                "unit_of_measurement": "W",
            },
            "sensor/soc": {
                "name": "State of charge",
                "device_class": "battery",
                "unit_of_measurement": "%",
                "state_class": "measurement",
                "value_template": value("soc"),
            },
            "sensor/power": power_sensor(),
        }

    @override
    def step(self, seconds: float) -> None:
        wanted = self.state["setpoint"]
        stuck = (self.state["soc"] >= 100 and wanted > 0) or (self.state["soc"] <= 5 and wanted < 0)
        self.state["power"] = 0.0 if stuck else wanted
        self.state["soc"] = round(self.state["soc"] + self.power * seconds / 3.6e6 / 0.135, 4)  # 13.5 kWh


@dataclass
class Meter(Device):
    """The grid meter: everything behind it, and 300 W that nobody switches."""

    behind: Callable[[], float] = lambda: 0.0

    @classmethod
    def make(cls, name: str, behind: Callable[[], float]) -> Self:
        """A meter in front of what ``behind`` sums (W)."""
        return cls(f"home/{name}", {"import": 4200.0, "export": 900.0, "power": 0.0}, behind=behind)

    @override
    def entities(self) -> Mapping[str, Json]:
        return {
            "sensor/power": power_sensor(),
            "sensor/import": energy_sensor("import", "Import"),
            "sensor/export": energy_sensor("export", "Export"),
        }

    @override
    def step(self, seconds: float) -> None:
        net = 300.0 + self.behind()
        self.state["power"] = net
        way = "import" if net > 0 else "export"
        self.state[way] = round(self.state[way] + abs(net) * seconds / 3.6e6, 5)


def power_sensor() -> Json:
    """Discovery of a power sensor in W."""
    return {
        "name": "Power",
        "device_class": "power",
        "unit_of_measurement": "W",
        "state_class": "measurement",
        "value_template": value("power"),
    }


def energy_sensor(key: str, name: str) -> Json:
    """Discovery of an energy counter in kWh."""
    return {
        "name": name,
        "device_class": "energy",
        "unit_of_measurement": "kWh",
        "state_class": "total_increasing",
        "value_template": f"{{{{ value_json['{key}'] }}}}",
    }


class MqttHome:
    """All the devices, connected to one broker; a context manager."""

    def __init__(self, port: int, *, speed: float = 1.0) -> None:
        """Connect to the broker at ``port``; the physics run ``speed`` times as fast as the clock."""
        self.plug = Plug.make("dryer_plug")
        self.thermostat = Thermostat.make("thermostat")
        self.charger = Charger.make("charger")
        self.battery = Battery.make("battery")
        loads: tuple[Device, ...] = (self.plug, self.thermostat, self.charger, self.battery)
        self.meter = Meter.make("meter", lambda: sum(device.power for device in loads))
        self.devices: tuple[Device, ...] = (*loads, self.meter)
        self._port = port
        self._speed = speed
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._stepped = time.monotonic()
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2, "home")
        self._client.will_set(AVAILABILITY, "offline", retain=True)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = lambda *_: self._connected()
        self._client.on_message = lambda _client, _data, message: self._received(message)
        self._physics = threading.Thread(target=self._run, name="mqtt devices")

    def __enter__(self) -> Self:
        """Connect and begin to live."""
        self._client.connect("127.0.0.1", self._port)
        self._client.loop_start()
        self._physics.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the broker as a device does whose power goes away."""
        self._ended.set()
        self._physics.join()
        self._client.disconnect()
        self._client.loop_stop()
        # The client closes the pair of sockets that wakes its thread only when it is freed. Freed in a cycle,
        # the sockets may go first, and warn.
        self._client.on_connect = self._client.on_message = None

    def touch(self, act: Callable[[], object]) -> None:
        """Let a person do something to the devices; they tell it at once."""
        with self._lock:
            act()
            self._tell()

    def _connected(self) -> None:
        self._client.subscribe(
            [("homeassistant/status", 1), *((f"{d.topic}/set/#", 1) for d in self.devices)]
        )
        self._client.publish(AVAILABILITY, "online", retain=True)
        with self._lock:
            self._announce()
            self._tell()

    def _received(self, message: paho.MQTTMessage) -> None:
        text = message.payload.decode()
        with self._lock:
            if message.topic == "homeassistant/status":
                if text == "online":
                    self._announce()
            else:
                topic, _, key = message.topic.partition("/set")
                next(d for d in self.devices if d.topic == topic).command(key.removeprefix("/"), text)
            self._tell()

    def _announce(self) -> None:
        for device in self.devices:
            slug = device.topic.replace("/", "_")
            name = device.topic.rpartition("/")[2]
            about = {
                "identifiers": [slug],
                "name": name.replace("_", " ").capitalize(),
                "manufacturer": "Tests",
            }
            for path, config in device.entities().items():
                component, _, key = path.partition("/")
                common = {
                    "unique_id": f"{slug}_{key}",
                    "default_entity_id": f"{component}.{name}_{key}",
                    "device": about,
                    "availability_topic": AVAILABILITY,
                }
                if component != "climate":
                    common["state_topic"] = device.topic
                topic = f"homeassistant/{component}/{slug}/{key}/config"
                self._client.publish(topic, json.dumps(common | config), 1, retain=True)

    def _tell(self) -> None:
        now = time.monotonic()
        passed, self._stepped = now - self._stepped, now
        for device in self.devices:
            device.step(passed * self._speed)
            self._client.publish(device.topic, json.dumps(device.state), retain=True)

    def _run(self) -> None:
        while not self._ended.wait(TICK_S):
            with self._lock:
                self._tell()
