"""A real Home Assistant between real devices and a gateway, all started for a test."""

import asyncio
import json
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp
from temix_gateway.home.roles import Role

from demo import folders
from demo.home_assistant import HomeAssistant
from demo.log import FOREIGN, trouble
from demo.ports import choose
from demo.processes import Service
from demo.running import BIN, Demo, Ports, enrol, until
from tests.e2e.peers.esphome_plug import EsphomePlug
from tests.e2e.peers.mqtt_devices import MqttHome
from tests.gateway.home.fake_core import Gateway, state

HERE: Final = Path(__file__).parent
WITHIN_S: Final = 30.0
NOTHING: Final[Mapping[str, str]] = {}
FIVE_MINUTES: Final = 300_000
"""ms."""

CONFIGURATION: Final = """\
homeassistant:
  name: Home with real devices
  time_zone: America/Chicago
  currency: USD
  country: US
  unit_system: metric
  latitude: 32.8
  longitude: -96.8
  auth_providers:
    - type: trusted_networks
      trusted_networks: [127.0.0.1, "::1"]
      allow_bypass_login: true
config:
frontend:
recorder:
  commit_interval: 1
logger:
  default: warning
  logs:
    custom_components.temix: debug
"""


def free_port() -> int:
    """A port on loopback that nobody uses."""
    return choose(0, "a test", "")


@dataclass(slots=True)
class Home:
    """Home Assistant and its devices; each process can be killed and started again."""

    folder: Path
    home_assistant: HomeAssistant
    mqtt: MqttHome
    esphome: EsphomePlug
    broker_port: int
    zwave_port: int
    zwave_control: int
    services: dict[str, Service] = field(default_factory=dict)

    async def start_home_assistant(self) -> None:
        """Start Home Assistant and log in."""
        command = [BIN / "hass", "--config", self.folder / "home-assistant", "--skip-pip"]
        service = await self._start("home-assistant", command)
        await until(self.home_assistant.answers, service)
        await self.home_assistant.log_in()

    async def start_broker(self) -> None:
        """Start Mosquitto."""
        config = self.folder / "mosquitto.conf"
        config.write_text(f"listener {self.broker_port} 127.0.0.1\nallow_anonymous true\npersistence false\n")
        program = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/opt/homebrew/sbin")
        service = await self._start("mosquitto", [program or "mosquitto", "-c", config])

        async def listens() -> bool:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.broker_port)
            except ConnectionError:
                return False
            writer.close()
            return True

        await until(listens, service)

    async def start_zwave(self) -> None:
        """Start the Z-Wave network and its server."""
        cache = self.folder / "zwave-cache"
        command = ["node", HERE / "zwave.mjs", str(self.zwave_port), str(self.zwave_control), cache]
        service = await self._start("zwave", command)

        async def ready() -> bool:
            return "ready" in service.log.read_text().splitlines()

        await until(ready, service)

    async def kill(self, name: str) -> None:
        """End one of them without a word, as a power cut does."""
        service = self.services.pop(name)
        service.process.kill()
        await service.stop()

    async def stop(self, name: str) -> None:
        """End one of them in order."""
        await self.services.pop(name).stop()

    async def plugs(self) -> dict[str, Any]:
        """What the Z-Wave plugs are really doing, by node."""
        return await self._zwave("GET", "/")

    async def touch_plug(self, node: int, **act: Any) -> None:
        """Do something to a Z-Wave plug: ``on`` presses its button, ``deaf`` takes it off the air."""
        await self._zwave("POST", f"/{node}", json=act)

    async def state(self, entity_id: str) -> str:
        """An entity's state, or ``missing``."""
        states = await self.home_assistant.states()
        return str(states[entity_id]["state"]) if entity_id in states else "missing"

    async def _zwave(self, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        async with (
            aiohttp.ClientSession(f"http://127.0.0.1:{self.zwave_control}") as http,
            http.request(method, path, **arguments) as answer,
        ):
            told: dict[str, Any] = await answer.json()
            return told

    async def _start(self, name: str, command: list[str | Path]) -> Service:
        service = await Service.start(name, command, self.folder / f"{name}.log", folder=self.folder)
        self.services[name] = service
        return service


@asynccontextmanager
async def running(folder: Path, caused: Mapping[str, str] = NOTHING) -> AsyncIterator[Home]:
    """Everything up, and every device known to Home Assistant; all of it is down when the block ends.

    ``caused`` is what the test makes Home Assistant warn of, and why; of anything else the end fails.
    """
    port, broker, zwave, control, esphome_port = (free_port() for _ in range(5))
    config = folder / "home-assistant"
    make_config(config, port)
    async with AsyncExitStack() as stack:
        home_assistant = await stack.enter_async_context(HomeAssistant(f"http://127.0.0.1:{port}"))
        plug = await stack.enter_async_context(EsphomePlug(esphome_port))
        devices = MqttHome(broker)
        home = Home(folder, home_assistant, devices, plug, broker, zwave, control)
        stack.push_async_callback(_stop, home)
        async with asyncio.TaskGroup() as group:
            group.create_task(home.start_broker())
            group.create_task(home.start_zwave())
            group.create_task(home.start_home_assistant())
        stack.enter_context(devices)
        other = {"set_client_cert": False, "set_ca_cert": "off", "transport": "tcp"}
        broker_at = {"broker": "127.0.0.1", "port": broker, "protocol": "5", "other_settings": other}
        await home_assistant.add_integration("mqtt", broker_at)
        await home_assistant.add_integration("zwave_js", {"url": f"ws://127.0.0.1:{zwave}"})
        await home_assistant.add_integration("esphome", {"host": "127.0.0.1", "port": esphome_port})
        yield home
    found = trouble(folder / "home-assistant.log", {**FOREIGN, **caused})
    assert not found, "\n".join(found)


@asynccontextmanager
async def led(folder: Path) -> AsyncIterator[tuple[Gateway, Home]]:
    """Everything up, and paired with a gateway whose plan the test says."""
    (folder / "gateway").mkdir()
    gateway = Gateway(folder / "gateway")
    gateway.core.current = state(int(time.time() * 1000) // FIVE_MINUTES * FIVE_MINUTES)
    await gateway.start()
    async with running(folder) as home:
        address = {"host": "127.0.0.1", "port": gateway.port}
        code = gateway.door.open_pairing(Role.CONTROLLER).code
        await home.home_assistant.add_integration("temix", address, {"code": code})
        yield gateway, home
    await gateway.stop()


async def reported(gateway: Gateway, kinds: int = 1) -> dict[str, str]:
    """The ids of the devices that Home Assistant has reported, by their kinds, once there are so many."""

    def known() -> dict[str, str]:
        reports = [each for each in gateway.core.commands if getattr(each, "devices", None)]
        devices = reports[-1].devices if reports else []  # type: ignore[attr-defined]
        return {type(device).__struct_config__.tag: device.id for device in devices}

    async def enough() -> bool:
        return len(known()) == kinds

    await eventually(enough, wanted=True)
    return known()


@asynccontextmanager
async def market(home: Home) -> AsyncIterator[Demo]:
    """A retailer and a gateway on real prices, the gateway known to Home Assistant."""
    ports = Ports.chosen(0, 0, 0)
    demo = Demo(home.folder, ports, home.home_assistant)
    try:
        enrolled = await enrol(demo)
        await demo.start_retailer()
        folders.make_gateway(home.folder / "gateway", ports.gateway, enrolled)
        await demo.start_gateway()
        address = {"host": "127.0.0.1", "port": ports.gateway}
        await home.home_assistant.add_integration("temix", address, {"code": await demo.pairing_code()})
        yield demo
    finally:
        async with asyncio.TaskGroup() as group:
            for service in demo.services.values():
                group.create_task(service.stop())


def make_config(folder: Path, port: int) -> None:
    """Fill Home Assistant's folder; the integration is a link into the repository."""
    storage = folder / ".storage"
    storage.mkdir(parents=True)
    (folder / "configuration.yaml").write_text(CONFIGURATION)
    for name in ("auth", "core.network", "onboarding"):
        shutil.copyfile(folders.DEMO / "storage" / name, storage / name)
    (storage / "http").write_text(json.dumps(folders.http_settings(port)))
    integrations = folder / "custom_components"
    integrations.mkdir()
    (integrations / "temix").symlink_to(folders.REPOSITORY / "custom_components" / "temix")


async def _stop(home: Home) -> None:
    """Home Assistant first: it would warn of devices that are gone."""
    if "home-assistant" in home.services:
        await home.stop("home-assistant")
    async with asyncio.TaskGroup() as group:
        for service in home.services.values():
            group.create_task(service.stop())


async def eventually[T](look: Callable[[], Awaitable[T]], wanted: T, *, within: float = WITHIN_S) -> None:
    """Wait until a look gives what is wanted.

    Raises:
        AssertionError: it did not; with what was seen last.
    """
    end = asyncio.get_running_loop().time() + within
    while (seen := await look()) != wanted:
        assert asyncio.get_running_loop().time() < end, f"still {seen!r} after {within} s, not {wanted!r}"
        await asyncio.sleep(0.1)
