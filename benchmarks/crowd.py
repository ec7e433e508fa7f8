"""A crowd at the gateway's door: `python -m benchmarks.crowd floods|return [--seconds 10] [--clients 500]`.

``floods``: four paired clients ask a real gateway 20 times a second together, each from its own address,
while another process floods it from four further addresses: with connections that say nothing, headers and
bodies that never end, and whole handshakes as fast as they can be made. Another client comes meanwhile, and
one comes from an address that floods. ``return``: so many paired clients
connect at once; how long until each has its snapshot, and what the gateway then has resident.
"""

import argparse
import asyncio
import multiprocessing
import ssl
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from multiprocessing.synchronize import Event
from pathlib import Path
from statistics import median, quantiles

import aiohttp
import psutil
from rich.console import Console
from rich.table import Table
from temix_gateway.clock import SystemClock
from temix_gateway.files import Files
from temix_gateway.home.roles import Role
from temix_gateway.home.tokens import CLIENTS as TOKENS
from temix_gateway.home.tokens import TokenStore

from tests.home_processes import Gateway, gateway

ASKED_EVERY_S = 0.2
CLIENTS = 4
FLOODERS = 200
SOURCES = 4
SENT = {
    "connections": b"",
    "slow headers": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ",
    "slow bodies": b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: https://127.0.0.1\r\nContent-Type: "
    b"application/x-www-form-urlencoded\r\nContent-Length: 60000\r\n\r\npassphrase=",
    "handshakes": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
}
"""What each kind of stranger sends, and then a byte a second; a connection without TLS, a whole request."""


@dataclass
class Paired:
    """A client that is let in."""

    socket: aiohttp.ClientWebSocketResponse
    number: int = 1

    async def ask(self, **command: object) -> float:
        """Seconds until the answer."""
        began = time.perf_counter()
        self.number += 1
        await self.socket.send_json({"id": self.number, **command})
        answer = await self.socket.receive_json(timeout=60)
        assert answer["type"] == "result", answer
        return time.perf_counter() - began


@asynccontextmanager
async def paired(door: Gateway, token: str, address: str) -> AsyncIterator[Paired]:
    """A client from this address."""
    pinned = aiohttp.Fingerprint(bytes.fromhex(door.fingerprint))
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(local_addr=(address, 0))) as session,
        session.ws_connect(f"wss://127.0.0.1:{door.port}/api", ssl=pinned) as socket,
    ):
        await socket.receive_json(timeout=60)
        await socket.send_json({"id": 1, "type": "authenticate", "token": token, "schema": 1})
        assert (await socket.receive_json(timeout=60))["type"] == "result"
        yield Paired(socket)


def token_of(door: Gateway, label: str = "Home Assistant") -> str:
    """A token as pairing would have made."""
    return TokenStore(Files(door.data).clients, SystemClock().now).create(label, Role.CONTROLLER)


def flood(kind: str, port: int, going: Event, height: Event, made: multiprocessing.Queue[int]) -> None:
    """Flood until ``going`` is cleared; tell when it is at its height, and how many connections were made."""
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    tls = None if kind == "connections" else trusting
    count = 0

    async def one(number: int) -> None:
        nonlocal count
        while going.is_set():
            writer = None
            with suppress(OSError, asyncio.IncompleteReadError):
                source = (f"127.0.2.{1 + number % SOURCES}", 0)
                reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls, local_addr=source)
                count += 1
                if count == FLOODERS * SOURCES:
                    height.set()
                writer.write(SENT[kind])
                await writer.drain()
                while kind != "handshakes" and going.is_set() and not reader.at_eof():
                    writer.write(b"x" if tls else b"")
                    with suppress(TimeoutError):
                        await asyncio.wait_for(reader.read(1), 1)
                if kind == "handshakes":
                    await reader.read()
            if writer is not None:
                writer.transport.abort()

    async def all_of_them() -> None:
        await asyncio.gather(*(one(number) for number in range(FLOODERS * SOURCES)))

    asyncio.run(all_of_them())
    made.put(count)


async def asked(client: Paired, seconds: float) -> list[float]:
    """How long each answer took."""
    took, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        took.append(await client.ask(type="get_state"))
        await asyncio.sleep(ASKED_EVERY_S)
    return took


async def floods(door: Gateway, seconds: float) -> Table:
    """Each kind of flood, and none."""
    token = token_of(door)
    table = Table(title=machine())
    times = ("p50 ms", "p99 ms", "max ms", "let in, s", "neighbour, s")
    for column in ("flood", "connections made", "answers", *times):
        table.add_column(column, justify="left" if column == "flood" else "right")
    for kind in ("none", *SENT):
        going, height, made = multiprocessing.Event(), multiprocessing.Event(), multiprocessing.Queue()
        going.set()
        attacker = multiprocessing.Process(target=flood, args=(kind, door.port, going, height, made))
        if kind != "none":
            attacker.start()
            await asyncio.to_thread(height.wait)
        took: list[float] = []

        async def one(number: int, took: list[float] = took) -> None:
            async with paired(door, token, f"127.0.3.{number}") as client:
                took += await asked(client, seconds)

        async def another(address: str) -> float:
            began = time.perf_counter()
            async with paired(door, token, address):
                return time.perf_counter() - began

        *_, late, neighbour = await asyncio.gather(
            *(one(number) for number in range(1, CLIENTS + 1)), another("127.0.4.1"), another("127.0.2.1")
        )
        going.clear()
        count = 0
        if kind != "none":
            count = await asyncio.to_thread(made.get)
            attacker.join()
        ms = sorted(1000 * each for each in took)
        figures = (median(ms), quantiles(ms, n=100)[98], ms[-1])
        table.add_row(
            kind,
            str(count),
            str(len(ms)),
            *(f"{each:.1f}" for each in figures),
            f"{late:.2f}",
            f"{neighbour:.2f}",
        )
    return table


async def come_back(door: Gateway, clients: int) -> Table:
    """All at once, each from an address of its own; the tokens are as many as a gateway has."""
    tokens = [token_of(door, f"Home Assistant {number}") for number in range(TOKENS)]
    process = psutil.Process(door.service.process.pid)
    before = process.memory_info().rss / 1e6
    all_here, leave = asyncio.Barrier(clients + 1), asyncio.Event()
    began = time.perf_counter()

    async def one(number: int) -> float:
        async with paired(
            door, tokens[number % len(tokens)], f"127.1.{number // 250}.{1 + number % 250}"
        ) as client:
            await client.ask(type="start_listening")
            took = time.perf_counter() - began
            await all_here.wait()
            await leave.wait()
        return took

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(number)) for number in range(clients)]
        await all_here.wait()
        await asyncio.sleep(5)
        resident = process.memory_info().rss / 1e6
        leave.set()
    took = sorted(task.result() for task in tasks)
    table = Table(title=machine())
    for name in ("clients", "refused", "first back, s", "median, s", "last, s", "MB before", "MB with all"):
        table.add_column(name, justify="right")
    times = (took[0], median(took), took[-1])
    table.add_row(str(clients), "0", *(f"{each:.2f}" for each in times), f"{before:.0f}", f"{resident:.0f}")
    return table


def machine() -> str:
    """Where and beside what it was measured."""
    return f"{psutil.cpu_count()} CPUs, load {psutil.getloadavg()[0]:.1f}"


async def measured(part: Callable[[Gateway], Awaitable[Table]]) -> Table:
    """A part, against a gateway that nobody has commissioned."""
    with tempfile.TemporaryDirectory() as folder:
        async with gateway(Path(folder)) as door:
            return await part(door)


def main() -> None:
    """Run it."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("part", choices=["floods", "return"])
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--clients", type=int, default=500)
    given = parser.parse_args()
    parts: dict[str, Callable[[Gateway], Awaitable[Table]]] = {
        "floods": lambda door: floods(door, given.seconds),
        "return": lambda door: come_back(door, given.clients),
    }
    Console().print(asyncio.run(measured(parts[given.part])))


if __name__ == "__main__":
    main()
