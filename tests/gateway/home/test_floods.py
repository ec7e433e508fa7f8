"""Crowds of strangers, over real sockets: whoever is paired is served, and comes back."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import aiohttp
import pytest
from aiohttp import WSCloseCode
from temix_gateway.home import limits
from temix_gateway.home.roles import Role
from temix_gateway.home.tokens import CLIENTS

from tests.flooding import Streams, ended, hang_up
from tests.gateway.home.conftest import Connect, Raw
from tests.gateway.home.fake_core import Gateway

GIVEN_UP_S = 20


@pytest.fixture
async def stranger(gateway: Gateway) -> AsyncIterator[Callable[..., asyncio.Future[Streams]]]:
    """Opens a connection, with TLS unless told otherwise, from any address of this machine."""
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    async with AsyncExitStack() as stack:

        async def open_one(address: str = "127.0.0.1", tls: bool = True) -> Streams:
            reader, writer = await asyncio.open_connection(
                gateway.host, gateway.port, ssl=trusting if tls else None, local_addr=(address, 0)
            )
            stack.push_async_callback(hang_up, writer)
            return reader, writer

        yield lambda *args, **options: asyncio.ensure_future(open_one(*args, **options))


async def served(client: Raw, number: int) -> bool:
    """Whether a client gets its answer."""
    return (await client.call(id=number, type="get_state"))["type"] == "result"


@asynccontextmanager
async def paired(gateway: Gateway, address: str) -> AsyncIterator[Raw]:
    """A client that is let in, from an address."""
    connector = aiohttp.TCPConnector(local_addr=(address, 0))
    pinned = aiohttp.Fingerprint(gateway.certificate.fingerprint)
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        session.ws_connect(f"wss://{gateway.host}:{gateway.port}/api", ssl=pinned) as socket,
    ):
        client = Raw(socket)
        await client.read()
        await client.call(id=1, type="authenticate", token=gateway.token, schema=1)
        yield client


@pytest.mark.parametrize("sent", ["", "GET /", "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "])
async def test_headers_come_in_time_or_not_at_all(
    gateway: Gateway, stranger, connect: Connect, sent: str
) -> None:
    """However little there is at a time, and however often."""
    gateway.bound(headers_s=0.3)
    client = await connect(gateway.token)
    slow = await stranger()
    slow[1].write(sent.encode())
    closed = asyncio.create_task(ended(slow, GIVEN_UP_S))
    while not closed.done():
        slow[1].write(b"x" if sent else b"")
        await asyncio.wait({closed}, timeout=0.02)
    assert closed.result()
    assert await served(client, 2)


async def test_headers_of_a_second_request_come_in_time_too(gateway: Gateway, stranger) -> None:
    gateway.bound(headers_s=0.3)
    reader, writer = await stranger()
    writer.write(b"GET /nothing HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert b"404" in await reader.readline()
    writer.write(b"GET /nothing HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
    rest = await asyncio.wait_for(reader.read(), GIVEN_UP_S)
    assert b"HTTP/1.1" not in rest


async def test_a_handshake_comes_in_time_or_not_at_all(gateway: Gateway, stranger, connect: Connect) -> None:
    gateway.bound(handshake_s=0.3)
    silent = await stranger(tls=False)
    assert await ended(silent, GIVEN_UP_S)
    await connect(gateway.token)


async def test_the_longest_stranger_of_the_fullest_address_makes_room(gateway: Gateway, stranger) -> None:
    gateway.bound(connections=6)
    async with paired(gateway, "127.0.0.2") as client:
        alone = await stranger("127.0.0.3", tls=False)
        crowd = [await stranger("127.0.0.4", tls=False) for _ in range(4)]
        async with paired(gateway, "127.0.0.5") as another:
            assert await ended(crowd[0], GIVEN_UP_S)
            assert await served(client, 2)
            assert await served(another, 2)
        for reader, writer in (alone, crowd[1]):
            writer.write(b"x")
            assert not reader.at_eof()


async def test_a_client_outlasts_the_flood_of_a_neighbour_behind_its_address(
    gateway: Gateway, stranger
) -> None:
    """Half as many newcomers as the gateway has room for, between its first byte and its token."""
    address = "127.0.0.2"
    pinned = aiohttp.Fingerprint(gateway.certificate.fingerprint)
    connector = aiohttp.TCPConnector(local_addr=(address, 0))
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        session.ws_connect(f"wss://{gateway.host}:{gateway.port}/api", ssl=pinned) as socket,
    ):
        client = Raw(socket)
        await client.read()
        for _ in range(limits.RECEPTION.connections // 2):
            await stranger(address, tls=False)
        await client.call(id=1, type="authenticate", token=gateway.token, schema=1)
        gateway.bound(connections=10)
        for _ in range(20):
            await stranger(address, tls=False)
        assert await served(client, 2)


@pytest.mark.timeout(30)
async def test_a_client_comes_back_while_a_neighbour_behind_its_address_floods(
    gateway: Gateway, stranger
) -> None:
    flooding = True

    async def flood(tls: bool) -> None:
        while flooding:
            with suppress(OSError):
                await stranger("127.0.0.2", tls=tls)

    async with asyncio.TaskGroup() as group:
        for number in range(4):
            group.create_task(flood(tls=number == 0))
        for _ in range(5):
            async with paired(gateway, "127.0.0.2") as client:
                assert await served(client, 2)
        flooding = False


async def test_where_nobody_is_a_stranger_the_newcomer_goes(
    gateway: Gateway, stranger, connect: Connect
) -> None:
    gateway.bound(connections=2)
    first, second = await connect(gateway.token), await connect(gateway.token)
    assert await ended(await stranger(tls=False), GIVEN_UP_S)
    assert await served(first, 2)
    await second.socket.close()
    assert gateway.api is not None
    assert gateway.api._reception is not None
    while len(gateway.api._reception._visits) > 1:
        await served(first, 3)
    await connect(gateway.token)


async def test_a_client_with_too_many_connections_loses_its_oldest(
    gateway: Gateway, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that one that was paired takes no room from the others."""
    monkeypatch.setattr(limits, "CONNECTIONS_PER_CLIENT", 2)
    other = await connect(gateway.tokens.create("Another", Role.VIEWER))
    first, *newer = [await connect(gateway.token) for _ in range(3)]
    assert await first.closed() == WSCloseCode.TRY_AGAIN_LATER
    for client in (other, *newer):
        assert await served(client, 2)


def test_all_clients_together_leave_room_for_who_comes() -> None:
    own_of_the_command_line = 2
    most = (CLIENTS + own_of_the_command_line) * limits.CONNECTIONS_PER_CLIENT
    assert most < limits.RECEPTION.connections


@pytest.mark.timeout(30)
@pytest.mark.parametrize("expected_lingering_tasks", [True])  # half a body is waited for
async def test_a_flood_leaves_a_paired_client_served_and_lets_another_in(gateway: Gateway, stranger) -> None:
    """Connections that say nothing, half a header, half a body, and no HTTP: from one address at once."""
    sent = [
        b"",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ",
        b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\nhalf",
        b"\x00\xff garbage \r\n\r\n",
    ]
    flooding = True

    async def flood(number: int) -> None:
        while flooding:
            try:
                _, writer = await stranger("127.0.0.2", tls=number % 5 != 0)
                writer.write(sent[number % len(sent)])
                await writer.drain()
            except OSError:
                pass

    async with paired(gateway, "127.0.0.3") as client, asyncio.TaskGroup() as group:
        for number in range(12):
            group.create_task(flood(number))
        for number in range(2, 12):
            assert await served(client, number)
        async with paired(gateway, "127.0.0.4") as another:
            assert await served(another, 2)
        flooding = False


async def test_what_is_no_http_fills_no_log(stranger, caplog: pytest.LogCaptureFixture) -> None:
    reader, writer = await stranger()
    writer.write(b"GET / HTTP/1.1\r\nno header\r\n\r\n")
    assert b"400" in await asyncio.wait_for(reader.readline(), GIVEN_UP_S)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.timeout(30)
async def test_forty_clients_come_back_at_once(gateway: Gateway) -> None:
    """Each from an address of its own, as machines are."""

    async def come(number: int) -> bool:
        async with paired(gateway, f"127.0.1.{number}") as client:
            return await served(client, 2)

    assert all(await asyncio.gather(*map(come, range(1, 41))))
