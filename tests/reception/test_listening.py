"""Which addresses a server is reached at, over real sockets."""

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import aiohttp
import pytest
from aiohttp import web
from temix_reception.reception import EVERYWHERE, Bounds, Reception, authority

BOUNDS = Bounds(connections=10, handshake_s=2.0, headers_s=2.0, close_s=1.0)

type Listen = Callable[[str], int]


@pytest.fixture
async def listen() -> AsyncIterator[Listen]:
    """Listen on an address, and answer with the caller's."""

    async def who(request: web.BaseRequest) -> web.Response:
        return web.Response(text=next(iter(reception._visits)).address)

    server = web.Server(who)
    reception = Reception(server, None, BOUNDS)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(reception.end)
        stack.push_async_callback(server.shutdown)
        stack.callback(reception.close)
        yield lambda host: reception.listen(host, 0)


async def asked(host: str, port: int) -> str:
    """The answer at an address."""
    async with aiohttp.ClientSession() as http, http.get(f"http://{authority(host, port)}/") as answer:
        return await answer.text()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_everywhere_is_every_address_of_both_kinds(listen: Listen, host: str) -> None:
    port = listen(EVERYWHERE)
    assert await asked(host, port) == (host)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_one_address_is_no_other(listen: Listen, host: str) -> None:
    port = listen(host)
    assert await asked(host, port) == host
    with pytest.raises(aiohttp.ClientConnectorError):
        await asked("::1" if host == "127.0.0.1" else "127.0.0.1", port)


async def test_without_ipv6_everywhere_is_all_of_ipv4(
    listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "has_dualstack_ipv6", lambda: False)
    assert await asked("127.0.0.1", listen(EVERYWHERE)) == "127.0.0.1"


async def test_an_address_of_another_machine_is_told(listen: Listen) -> None:
    with pytest.raises(OSError, match="assign"):
        listen("192.0.2.1")


def test_ipv6_stands_in_brackets() -> None:
    assert authority("::1", 8741) == "[::1]:8741"
    assert authority("192.0.2.7", 8741) == "192.0.2.7:8741"
