"""Notifications of an OpenADR server through a real broker: heard, and heard again after it was away."""

import asyncio
import getpass
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any, override

import aiohttp
import aiomqtt
import pytest
import trustme
from aiohttp import web
from structlog.testing import capture_logs
from temix_gateway.retailer.published.http import Http
from temix_gateway.retailer.published.openadr import OpenAdr
from temix_gateway.retailer.published.openadr_notices import OpenAdrNotices
from temix_gateway.retailer.published.schedule import SPARED, Allowance

from demo.ports import choose
from tests.e2e.peers.home import eventually
from tests.gateway.market import FakeClock
from tests.gateway.retailer.published.services import PACIFIC, PROGRAM, serving

pytestmark = pytest.mark.timeout(60)

TOKEN = "a-token-that-nobody-may-read"
ANONYMOUS = {"method": "ANONYMOUS"}
BEARER = {"method": "OAUTH2_BEARER_TOKEN", "username": "{clientID}"}
TOPIC = f"openadr3/3.1.0/programs/{PROGRAM}/events"


class Promptly(Random):
    """Waits as little as a draw allows, and not half a minute."""

    @override
    def randint(self, a: int, b: int) -> int:
        return min(a, 100)


@asynccontextmanager
async def broker(port: int, folder: Path, *settings: str) -> AsyncIterator[None]:
    """Mosquitto, which listens; without ``settings`` it lets everybody in."""
    config = folder / "mosquitto.conf"
    owner = f"user {getpass.getuser()}"  # started by root it would read none of its files
    lines = [
        owner,
        f"listener {port} 127.0.0.1",
        "persistence false",
        *(settings or ("allow_anonymous true",)),
    ]
    config.write_text("\n".join(lines) + "\n")
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
async def server(port: int, scheme: str = "mqtt", **authentication: str) -> AsyncIterator[str]:
    """An OpenADR server that tells of its events there, and whose token is always the same."""
    mqtt = {"URIS": [f"{scheme}://127.0.0.1:{port}"], "serialization": "JSON"}
    answers = {
        "auth/token": {"access_token": TOKEN},
        "programs": [{"id": PROGRAM, "programName": "prices"}],
        "notifiers": {"WEBHOOK": True, "MQTT": mqtt | {"authentication": authentication or ANONYMOUS}},
        f"notifiers/mqtt/topics/programs/{PROGRAM}/events": {"topics": {"ALL": f"{TOPIC}/+"}},
    }

    async def answer(request: web.Request) -> web.Response:
        return web.json_response(answers[request.match_info["path"]])

    async with serving("/{path:.*}", answer, "*") as url:
        yield url


async def told_until(heard: Callable[[], bool], port: int, **login: Any) -> None:
    """Publish changes until one is heard; a subscription takes a moment."""
    async with aiomqtt.Client("127.0.0.1", port, **login) as client:
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


@pytest.fixture
def guarded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """Settings of a broker with TLS that wants names; this process trusts its certificate's authority."""
    authority = trustme.CA()
    leaf = authority.issue_cert("127.0.0.1")
    leaf.private_key_and_cert_chain_pem.write_to_path(tmp_path / "broker.pem")
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    names = tmp_path / "names"
    names.touch(0o600)
    for name, password in (("home-1", TOKEN), ("retailer", "publishes")):
        subprocess.run(["mosquitto_passwd", "-b", names, name, password], check=True, capture_output=True)
    return (
        f"certfile {tmp_path / 'broker.pem'}",
        f"keyfile {tmp_path / 'broker.pem'}",
        f"password_file {names}",
        "allow_anonymous false",
    )


async def test_the_accounts_token_opens_a_broker_with_tls(tmp_path: Path, guarded: tuple[str, ...]) -> None:
    port = choose(0, "the broker", "")
    words: list[None] = []
    async with (
        server(port, "mqtts", **BEARER) as url,
        aiohttp.ClientSession() as session,
        broker(port, tmp_path, *guarded),
    ):
        feed = OpenAdr(url, "prices", "USD", PACIFIC, "home-1", "hush")
        http = Http(session, FakeClock(), Allowance())
        with capture_logs() as logged:
            notices = OpenAdrNotices(feed, Promptly())
            watching = asyncio.create_task(notices.watch(http, lambda: words.append(None)))
            context = await asyncio.to_thread(ssl.create_default_context)
            login = {"username": "retailer", "password": "publishes", "tls_context": context}
            await told_until(lambda: len(words) > 0, port, **login)
            watching.cancel()
            await asyncio.wait([watching])
    assert [each["event"] for each in logged] == ["notifications heard"]
    assert TOKEN not in str(logged)


# paho leaves the socket of a failed handshake to the garbage collector
@pytest.mark.filterwarnings("ignore:Exception ignored while finalizing socket")
@pytest.mark.parametrize(
    "name, trusted, reason",
    [
        ("home-2", True, "does not let 'home-2' in"),
        ("home-1", False, "certificate verify failed"),
    ],
    ids=["an unknown name", "an unknown certificate"],
)
async def test_a_broker_that_cannot_be_heard_leaves_it_to_the_clock(  # noqa: PLR0917 - fixtures
    tmp_path: Path,
    guarded: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    trusted: bool,
    reason: str,
) -> None:
    """It says why, keeps requests for the questions by the clock, and tells no log a secret."""
    if not trusted:
        monkeypatch.delenv("SSL_CERT_FILE")
    port = choose(0, "the broker", "")
    async with (
        server(port, "mqtts", **BEARER) as url,
        aiohttp.ClientSession() as session,
        broker(port, tmp_path, *guarded),
    ):
        feed = OpenAdr(url, "prices", "USD", PACIFIC, name, "hush")
        http = Http(session, FakeClock(), Allowance())
        with capture_logs() as logged:
            notices = OpenAdrNotices(feed, Promptly())
            watching = asyncio.create_task(notices.watch(http, lambda: pytest.fail("nothing was heard")))

            async def told() -> bool:
                return len(logged) > 0

            await eventually(told, wanted=True)
            watching.cancel()
            await asyncio.wait([watching])
    first = logged[0]
    assert first["event"] == "prices are asked for by the clock until notifications come"
    assert reason in first["reason"]
    assert f"127.0.0.1:{port}" in first["reason"]
    assert not [word for word in (TOKEN, "hush") if word in str(logged)]
    assert http.allowance.left(http.clock.now()) >= SPARED
