"""Crowds of strangers at the retailer's door, over real sockets: homes are served, and come back."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import replace

import aiohttp
import pytest
from temix_market.instants import HOUR, Duration
from temix_retailer import server, service
from temix_retailer.config import Config, Folder
from temix_retailer.service import Serving, serving

from tests.flooding import Streams, ended, hang_up
from tests.retailer.conftest import HOME, HandClock

type Stranger = Callable[..., Awaitable[Streams]]

GIVEN_UP_S = 4.5
ROOM = 6
BOUNDS = replace(server.RECEPTION, connections=ROOM, handshake_s=2.0, headers_s=0.5)


@pytest.fixture
async def retailer(
    tmp_path_factory: pytest.TempPathFactory, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Serving]:
    """One with room for few, who are not waited for long."""
    monkeypatch.setattr(service, "RECEPTION", BOUNDS)
    monkeypatch.setattr(server, "BODY_WITHIN_S", 0.2)
    folder = Folder(tmp_path_factory.mktemp("retailer"))
    async with serving(Config(port=0, energy_party="lse", transport_party="do", seed=7), folder, clock) as it:
        yield it


@pytest.fixture
async def stranger(retailer: Serving) -> AsyncIterator[Stranger]:
    """Opens a connection, with TLS unless told otherwise, from any address of this machine."""
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    port = int(retailer.url.rpartition(":")[2])
    async with AsyncExitStack() as stack:

        async def open_one(address: str = "127.0.0.1", tls: bool = True) -> Streams:
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", port, ssl=trusting if tls else None, local_addr=(address, 0)
            )
            stack.push_async_callback(hang_up, writer)
            return reader, writer

        yield open_one


@pytest.fixture
async def home(retailer: Serving) -> AsyncIterator[Callable[[], Awaitable[int]]]:
    """A home that logged in; asks over the connection that it has, and gives the answer's status."""
    enrollment = await retailer.retailer.homes.enroll(HOME, Duration(24 * HOUR))
    basic = aiohttp.encode_basic_auth(enrollment.client_id, enrollment.client_secret)
    connector = aiohttp.TCPConnector(ssl=False, limit=1, local_addr=("127.0.0.2", 0))

    async with aiohttp.ClientSession(retailer.url, connector=connector) as session:
        form = {"grant_type": "client_credentials"}
        async with session.post("/oauth/token", data=form, headers={"Authorization": basic}) as answer:
            bearer = {"Authorization": f"Bearer {(await answer.json())['access_token']}"}

        async def ask() -> int:
            async with session.post("/heads", data=b"{}", headers=bearer) as answer:
                return answer.status

        yield ask


async def test_headers_come_in_time_or_not_at_all(stranger: Stranger, home) -> None:
    slow = await stranger()
    slow[1].write(b"GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: ")
    assert await ended(slow, GIVEN_UP_S)
    assert await home() == 400  # of which message is asked nothing, but the home is known


async def test_a_silent_handshake_ends(stranger: Stranger) -> None:
    assert await ended(await stranger(tls=False), GIVEN_UP_S)


@pytest.mark.parametrize("path", ["/oauth/token", "/enrollments"])
@pytest.mark.parametrize("expected_lingering_tasks", [True])  # the rest of a body is read for a moment
async def test_a_body_that_takes_too_long_is_not_waited_for(stranger: Stranger, path: str) -> None:
    reader, writer = await stranger()
    kind = "Content-Type: application/x-www-form-urlencoded"
    writer.write(f"POST {path} HTTP/1.1\r\nHost: x\r\n{kind}\r\nContent-Length: 100\r\n\r\nhalf".encode())
    assert b"408" in await asyncio.wait_for(reader.readline(), GIVEN_UP_S)


async def test_a_body_that_is_too_large_is_not_read(stranger: Stranger) -> None:
    reader, writer = await stranger()
    length = server.MAX_BODY + 1
    writer.write(f"POST /enrollments HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode())
    with suppress(ConnectionError):
        writer.write(b"x" * length)
        await writer.drain()
    assert b"413" in await asyncio.wait_for(reader.readline(), GIVEN_UP_S)


async def test_a_crowd_loses_its_oldest_and_homes_are_served(stranger: Stranger, home) -> None:
    assert await home() == 400
    alone = await stranger("127.0.0.3", tls=False)
    crowd = [await stranger("127.0.0.4", tls=False) for _ in range(ROOM)]
    assert await ended(crowd[0], GIVEN_UP_S)
    assert await home() == 400
    assert not alone[0].at_eof()


async def test_headers_that_are_too_long_are_not_read(stranger: Stranger) -> None:
    reader, writer = await stranger()
    writer.write(b"GET /health HTTP/1.1\r\nHost: x\r\n")
    with suppress(ConnectionError):
        writer.write(b"X-Filler: " + b"x" * 100_000 + b"\r\n\r\n")
        await writer.drain()
    assert b"400" in await asyncio.wait_for(reader.readline(), GIVEN_UP_S)
