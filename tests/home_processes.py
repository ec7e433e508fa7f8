"""A real retailer and real gateways as processes, for tests of commissioning."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp

from demo.processes import Service, output
from demo.running import BIN

STARTS_WITHIN_S: Final = 90.0


@dataclass(frozen=True, slots=True)
class Retailer:
    """A retailer that serves: its address, and the codes of the homes that it invited, in order."""

    url: str
    certificate: Path
    codes: Sequence[str]
    service: Service


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway that listens."""

    config: Path
    port: int
    fingerprint: str
    service: Service

    @property
    def data(self) -> Path:
        """Its data folder."""
        return self.config.parent / "data"

    async def command(self, *arguments: str | Path) -> str:
        """What one of its commands prints."""
        name, *rest = arguments
        return str(
            await output([BIN / "temix-gateway", str(name), "-c", self.config, *rest], self.config.parent),
            "utf-8",
        )


@asynccontextmanager
async def retailer(folder: Path, homes: Sequence[str]) -> AsyncIterator[Retailer]:
    """Invite homes, then serve."""
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / "retailer"
    codes = []
    for home in homes:
        told = await output([BIN / "temix-retailer", "invite", home, "--data", data, "--json"], folder)
        codes.append(json.loads(told)["code"])
    log = folder / "retailer.log"
    command: list[str | Path] = [BIN / "temix-retailer", "run", "--data", data, "--port", "0"]
    service = await Service.start("retailer", command, log, folder=folder)
    try:
        await until(lambda: "homes are to trust" in log.read_text(), service)
        url = log.read_text().splitlines()[0].rpartition(" ")[2]
        yield Retailer(url, data / "certificate.pem", codes, service)
    finally:
        await service.stop()


@asynccontextmanager
async def gateway(folder: Path, text: str = "") -> AsyncIterator[Gateway]:
    """A gateway that nobody has commissioned yet."""
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "temix-gateway.toml"
    if not config.exists():
        config.write_text('[gateway]\nhost = "127.0.0.1"\nport = 0\nannounce = false\n' + text)
    listening = folder / "data" / "listening.json"
    listening.unlink(missing_ok=True)
    command: list[str | Path] = [BIN / "temix-gateway", "run", "-c", config]
    service = await Service.start("gateway", command, folder / "gateway.log", folder=folder)
    try:
        await until(listening.exists, service)
        here = json.loads(listening.read_text())
        yield Gateway(config, here["port"], here["fingerprint"], service)
    finally:
        await service.stop()


async def told(gateway: Gateway, token: str, **command: Any) -> dict[str, Any]:
    """The answer to one command of a client with this token."""
    pinned = aiohttp.Fingerprint(bytes.fromhex(gateway.fingerprint))
    url = f"wss://127.0.0.1:{gateway.port}/api"
    async with aiohttp.ClientSession() as http, http.ws_connect(url, ssl=pinned) as socket:
        await socket.receive_json()
        await socket.send_json({"id": 1, "type": "authenticate", "token": token, "schema": 1})
        await socket.receive_json()
        await socket.send_json({"id": 2, **command})
        answer: dict[str, Any] = await socket.receive_json()
    return answer


async def until(holds: Any, service: Service) -> None:
    """Wait for something that a service does; not longer than it may take to start, nor when it has ended."""
    end = time.monotonic() + STARTS_WITHIN_S
    while not holds():
        assert service.process.returncode is None, service.tail()
        assert time.monotonic() < end, service.tail()
        await asyncio.sleep(0.1)
