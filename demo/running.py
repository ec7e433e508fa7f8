"""Brings everything up, and down again: retailer, gateway, Home Assistant with both integrations."""

import asyncio
import json
import ssl
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import aiohttp
from rich.console import Console
from temix_market.instants import Instant

from demo import folders, history
from demo.home_assistant import HomeAssistant
from demo.ports import choose
from demo.processes import DemoError, Service, output
from demo.responses import RESPONSES

BIN: Final = Path(sys.executable).parent
HOME: Final = "demo-home"
SEED: Final = 2021
"""Of the simulated home's weather and people, and of the retailer's forecast errors."""

STARTS_WITHIN_S: Final = 90.0


@dataclass(frozen=True, slots=True)
class Ports:
    """Where each service listens on loopback."""

    home_assistant: int
    gateway: int
    retailer: int

    @classmethod
    def chosen(cls, home_assistant: int, gateway: int, retailer: int) -> Ports:
        """Take the wanted ports, or free ones where 0 is wanted.

        Raises:
            DemoError: one is in use.
        """
        return cls(
            choose(home_assistant, "Home Assistant", "--port"),
            choose(gateway, "The gateway", "--gateway-port"),
            choose(retailer, "The retailer", "--retailer-port"),
        )


@dataclass(slots=True)
class Demo:
    """Everything running; ``services`` are in the order of their start."""

    folder: Path
    ports: Ports
    home_assistant: HomeAssistant
    services: dict[str, Service] = field(default_factory=dict)
    hass: Path = BIN / "hass"
    """Home Assistant's program."""

    @property
    def url(self) -> str:
        """Home Assistant's address."""
        return self.home_assistant.url

    @property
    def book(self) -> Path:
        """The retailer's book."""
        return self.folder / "retailer" / "book.db"

    @property
    def ledger(self) -> Path:
        """The gateway's ledger."""
        return self.folder / "gateway" / "data" / "ledger.db"

    def log(self, name: str) -> Path:
        """What one of them prints."""
        return self.folder / f"{name}.log"

    def now(self) -> Instant:
        """The time that all of them have."""
        return Instant(time.time_ns() // 1_000_000)

    async def watch(self) -> None:
        """Wait until one ends by itself, which raises.

        Raises:
            DemoError: with the end of its log.
        """
        async with asyncio.TaskGroup() as group:
            for service in self.services.values():
                group.create_task(service.watch())

    async def start_retailer(self) -> None:
        """Start the retailer and wait for its first tenders."""
        folder = self.folder / "retailer"
        command: list[str | Path] = [
            BIN / "temix-retailer",
            "run",
            "--data",
            folder,
            "--port",
            str(self.ports.retailer),
        ]
        service = await self._start("retailer", [*command, "--seed", str(SEED)])
        await until(self._retailer_answers, service)

    async def start_gateway(self) -> None:
        """Start the gateway and wait for its local API."""
        listening = self.ledger.parent / "listening.json"
        listening.unlink(missing_ok=True)
        command: list[str | Path] = [
            BIN / "temix-gateway",
            "run",
            "--config",
            self.folder / "gateway" / "temix-gateway.toml",
        ]
        service = await self._start("gateway", command)

        async def listens() -> bool:
            return listening.exists()

        await until(listens, service)

    async def start_home_assistant(self) -> None:
        """Start Home Assistant and log in. It installs nothing: everything it loads is there.

        The simulated home takes the market's packages from the repository: another environment lacks them.
        """
        folder = self.folder / "home-assistant"
        command: list[str | Path] = [self.hass, "--config", folder, "--skip-pip"]
        packages = {"PYTHONPATH": str(folders.REPOSITORY / "gateway")}
        service = await self._start("home-assistant", command, packages)
        await until(self.home_assistant.answers, service)
        await self.home_assistant.log_in()

    async def stop(self, name: str) -> None:
        """End one of them."""
        await self.services.pop(name).stop()

    async def add_gateway(self) -> None:
        """Add the gateway to Home Assistant, by a pairing code."""
        address = {"host": "127.0.0.1", "port": self.ports.gateway}
        code = await self.pairing_code()
        entry = await self.home_assistant.add_integration("temix", address, {"code": code})
        await self.home_assistant.enable(entry, "sensor.account_position")

    async def add_responses(self) -> None:
        """Let the home's devices respond to prices."""
        for question, answers in RESPONSES.items():
            await self.home_assistant.add_response(question, {**answers})

    async def pairing_code(self, role: str = "controller") -> str:
        """The code of a pairing window that is opened on the gateway."""
        config = self.folder / "gateway" / "temix-gateway.toml"
        command: list[str | Path] = [BIN / "temix-gateway", "pair", "--role", role, "--json"]
        window = json.loads(await output([*command, "--config", config], self.folder))
        return str(window["code"])

    async def sign_mandate(self) -> None:
        """Sign the ceilings of the configuration as the owner does, before the gateway's first start."""
        folder = self.folder / "gateway"
        command: list[str | Path] = [BIN / "temix-gateway", "mandate", "sign", "--currency", "USD", "--yes"]
        command += ["--config", folder / "temix-gateway.toml"]
        command += ["--passphrase-file", folder / folders.PASSPHRASE]
        await output(command, self.folder)

    async def _start(
        self, name: str, command: list[str | Path], environment: Mapping[str, str] | None = None
    ) -> Service:
        log = self.log(name)
        service = await Service.start(name, command, log, folder=self.folder, environment=environment)
        self.services[name] = service
        return service

    async def _retailer_answers(self) -> bool:
        certificate = self.folder / "retailer" / "certificate.pem"
        if not certificate.exists():
            return False
        context = await asyncio.to_thread(ssl.create_default_context, cafile=certificate)
        url = f"https://127.0.0.1:{self.ports.retailer}/health"
        try:
            async with aiohttp.ClientSession() as session, session.get(url, ssl=context) as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False


@asynccontextmanager
async def started(
    folder: Path, ports: Ports, console: Console, *, hass: Path = BIN / "hass", added: bool = True
) -> AsyncIterator[Demo]:
    """Everything up, in ``folder``; all of it is down again when the block ends.

    ``hass`` is Home Assistant's program: that of this environment, or of another. Without ``added`` the
    gateway and the price responses are left to be added to it.

    Raises:
        DemoError: what could not start, and why.
    """
    begun = time.monotonic()
    async with HomeAssistant(f"http://127.0.0.1:{ports.home_assistant}") as home_assistant:
        demo = Demo(folder, ports, home_assistant, hass=hass)
        try:
            with console.status("Starting") as status:
                await _bring_up(demo, status.update)
                if added:
                    status.update("Adding the gateway and the price responses to Home Assistant")
                    await demo.add_gateway()
                    await demo.add_responses()
            console.print(f"Everything runs after {time.monotonic() - begun:.1f} s.")
            yield demo
        finally:
            await asyncio.shield(_bring_down(demo))


async def _bring_up(demo: Demo, tell: Callable[[str], None]) -> None:
    folders.make_home_assistant(demo.folder / "home-assistant", demo.ports.home_assistant)
    tell("Starting Home Assistant, and enrolling the home with the retailer")
    async with asyncio.TaskGroup() as group:
        group.create_task(demo.start_home_assistant())
        enrolled = group.create_task(enrol(demo))
    tell("Starting the retailer")
    await demo.start_retailer()
    tell("Starting the gateway")
    folders.make_gateway(demo.folder / "gateway", demo.ports.gateway, enrolled.result())
    await demo.sign_mandate()
    await demo.start_gateway()
    tell("Adding the simulated home to Home Assistant")
    await demo.home_assistant.add_integration("simulated_home", {"seed": SEED})


async def _bring_down(demo: Demo) -> None:
    """The last that came goes first; one that hangs delays no other."""
    async with asyncio.TaskGroup() as group:
        for service in reversed(demo.services.values()):
            group.create_task(service.stop())


async def enrol(demo: Demo) -> folders.Retailer:
    """Make the home known to the retailer, with the history that its subscription follows from."""
    folder = demo.folder / "retailer"
    await asyncio.to_thread(folders.make_retailer, folder)
    metered = demo.folder / "history.csv"
    await asyncio.to_thread(history.write, metered, SEED, demo.now())
    command: list[str | Path] = [
        BIN / "temix-retailer",
        "enroll",
        HOME,
        "--data",
        folder,
        "--json",
    ]
    made = json.loads(await output([*command, "--history", metered], demo.folder))
    return folders.Retailer(
        url=f"https://127.0.0.1:{demo.ports.retailer}",
        certificate=folder / "certificate.pem",
        home=made["home"],
        client_id=made["client_id"],
        client_secret=made["client_secret"],
    )


async def until(holds: Callable[[], Awaitable[bool]], service: Service) -> None:
    """Wait until a service that was started does what it should.

    Raises:
        DemoError: it ended, or took too long.
    """
    end = time.monotonic() + STARTS_WITHIN_S
    while not await holds():
        if service.process.returncode is not None:
            await service.watch()
        if time.monotonic() > end:
            raise DemoError(f"{service.name} did not start within {STARTS_WITHIN_S:.0f} s:\n{service.tail()}")
        await asyncio.sleep(0.1)
