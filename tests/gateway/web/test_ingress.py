"""The port behind Home Assistant's ingress: for the Supervisor alone, and within bounds for it, too."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import aiohttp
import pytest
from temix_gateway.home.passphrases import FAILURES
from temix_gateway.home.roles import Role
from temix_gateway.web import ingress as front
from temix_gateway.web.ingress import SUPERVISOR, ingress
from temix_gateway.web.pages import Pages

from tests.gateway.web.conftest import OWNER, PagedGateway

PEER = "127.0.0.2"
"""Stands in for the Supervisor."""


@pytest.fixture
async def port(gateway: PagedGateway, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """The port; whoever sends half a request is waited for 0.3 s."""
    monkeypatch.setattr(front, "BOUNDS", replace(front.BOUNDS, headers_s=0.3, connections=4))
    assert gateway.pages is not None
    pages = Pages(gateway.pages._house, ingress=True, sessions=gateway.pages.sessions)
    async with ingress(pages, 0, PEER) as port:
        yield port


async def said(port: int, address: str, sent: bytes) -> bytes:
    """What comes until the other side hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
    try:
        writer.write(sent)
        return await asyncio.wait_for(reader.read(), 4)
    except ConnectionError:
        return b""
    finally:
        writer.transport.abort()


REQUEST = b"GET /sign-in HTTP/1.1\r\nHost: anything\r\nConnection: close\r\n\r\n"


def test_the_supervisor_has_the_address_that_home_assistant_documents() -> None:
    assert SUPERVISOR == "172.30.32.2"


async def test_the_supervisor_alone_is_answered(port: int) -> None:
    assert (await said(port, PEER, REQUEST)).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("claimed", [b"", b"X-Forwarded-For: 127.0.0.2\r\nX-Real-IP: 127.0.0.2\r\n"])
async def test_others_get_not_a_byte_whoever_they_say_they_are(port: int, claimed: bytes) -> None:
    assert await said(port, "127.0.0.3", REQUEST.replace(b"Connection", claimed + b"Connection")) == b""


@pytest.mark.parametrize("sent", [b"", b"GET /sign-in HTTP/1.1\r\nHost: x\r\nX-Slow: "])
async def test_headers_come_in_time_or_not_at_all(port: int, sent: bytes) -> None:
    assert await said(port, PEER, sent) == b""


async def test_connections_are_bounded(port: int) -> None:
    held = [await asyncio.open_connection("127.0.0.1", port, local_addr=(PEER, 0)) for _ in range(4)]
    assert (await said(port, PEER, REQUEST)).startswith(b"HTTP/1.1 200")
    assert await asyncio.wait_for(held[0][0].read(), 4) == b""
    for _, writer in held:
        writer.transport.abort()


async def test_who_guesses_a_passphrase_keeps_no_other_person_waiting(
    gateway: PagedGateway, port: int
) -> None:
    gateway.people.choose(Role.OWNER, "Otto", OWNER)
    gateway.enrolled = True
    connector = aiohttp.TCPConnector(local_addr=(PEER, 0), force_close=True)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", connector=connector) as http:

        async def sign_in(person: str, passphrase: str) -> int:
            headers = {"X-Remote-User-Id": person}
            form = {"passphrase": passphrase}
            async with http.post("/sign-in", data=form, headers=headers, allow_redirects=False) as answer:
                return answer.status

        for _ in range(FAILURES):
            assert await sign_in("mallory", "a wrong passphrase") == 403
        assert await sign_in("mallory", OWNER) == 403
        assert await sign_in("otto", OWNER) == 303
