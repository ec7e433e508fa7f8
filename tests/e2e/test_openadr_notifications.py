"""Notifications of an OpenADR server through a real broker: heard, and heard again after it was away."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from random import Random
from typing import override

import aiohttp
import aiomqtt
import pytest
from aiohttp import web
from structlog.testing import capture_logs
from temix_gateway.retailer.published.http import Http
from temix_gateway.retailer.published.openadr import OpenAdr
from temix_gateway.retailer.published.openadr_notices import OpenAdrNotices
from temix_gateway.retailer.published.schedule import Allowance

from demo.ports import choose
from tests.e2e.peers.home import eventually
from tests.gateway.market import FakeClock
from tests.gateway.retailer.published.services import PACIFIC, PROGRAM, serving

pytestmark = pytest.mark.timeout(60)

TOPIC = f"openadr3/3.1.0/programs/{PROGRAM}/events"


class Promptly(Random):
    """Waits as little as a draw allows, and not half a minute."""

    @override
    def randint(self, a: int, b: int) -> int:
        return min(a, 100)


@asynccontextmanager
async def broker(port: int, folder: Path) -> AsyncIterator[None]:
    """Mosquitto, which listens."""
    config = folder / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n")
    program = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/opt/homebrew/sbin")
    process = await asyncio.create_subprocess_exec(
        program or "mosquitto", "-c", config, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        while True:
            with suppress(ConnectionError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                break
            assert process.returncode is None
            await asyncio.sleep(0.05)
        yield
    finally:
        process.kill()
        await process.wait()


@asynccontextmanager
async def server(port: int) -> AsyncIterator[str]:
    """An OpenADR server that tells of its events there."""
    mqtt = {"URIS": [f"mqtt://127.0.0.1:{port}"], "serialization": "JSON"}
    answers = {
        "programs": [{"id": PROGRAM, "programName": "prices"}],
        "notifiers": {"WEBHOOK": True, "MQTT": mqtt | {"authentication": {"method": "ANONYMOUS"}}},
        f"notifiers/mqtt/topics/programs/{PROGRAM}/events": {"topics": {"ALL": f"{TOPIC}/+"}},
    }

    async def answer(request: web.Request) -> web.Response:
        return web.json_response(answers[request.match_info["path"]])

    async with serving("/{path:.*}", answer) as url:
        yield url


async def told_until(heard: Callable[[], bool], port: int) -> None:
    """Publish changes until one is heard; a subscription takes a moment."""
    async with aiomqtt.Client("127.0.0.1", port) as client:
        while not heard():
            await client.publish(f"{TOPIC}/update", b"{}", qos=1)
            await asyncio.sleep(0.05)


async def test_a_change_is_heard_also_after_the_broker_was_away(tmp_path: Path) -> None:
    port = choose(0, "the broker", "")
    words: list[None] = []
    async with server(port) as url, aiohttp.ClientSession() as session:
        allowance = Allowance()
        http = Http(session, FakeClock(), allowance)
        notices = OpenAdrNotices(OpenAdr(url, "prices", "USD", PACIFIC), Promptly())
        watching = asyncio.create_task(notices.watch(http, lambda: words.append(None)))
        async with broker(port, tmp_path):
            await told_until(lambda: len(words) > 0, port)
        words.clear()
        async with broker(port, tmp_path):
            await told_until(lambda: len(words) > 0, port)
        watching.cancel()
        await asyncio.wait([watching])
        assert len(allowance.made) == 3  # the server was asked once where it tells


async def test_what_was_told_before_is_no_news(tmp_path: Path) -> None:
    port = choose(0, "the broker", "")
    words: list[None] = []
    async with server(port) as url, aiohttp.ClientSession() as session, broker(port, tmp_path):
        async with aiomqtt.Client("127.0.0.1", port) as client:
            await client.publish(f"{TOPIC}/create", b"{}", qos=1, retain=True)
        notices = OpenAdrNotices(OpenAdr(url, "prices", "USD", PACIFIC), Promptly())
        http = Http(session, FakeClock(), Allowance())
        with capture_logs() as logged:
            watching = asyncio.create_task(notices.watch(http, lambda: words.append(None)))

            async def events() -> list[str]:
                return [each["event"] for each in logged]

            await eventually(events, ["notifications heard"])
        async with aiomqtt.Client("127.0.0.1", port) as client:
            await client.publish(f"{TOPIC}/update", b"{}", qos=1)

        async def heard() -> int:
            return len(words)

        await eventually(heard, 1)
        watching.cancel()
        await asyncio.wait([watching])
