"""A local API to talk to, and a raw client that knows no better than its messages."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.client.conftest import client, mock, session
from tests.gateway.home.fake_core import Gateway

__all__ = ["client", "mock", "session"]

type Connect = Callable[..., Awaitable[Raw]]


class Raw:
    """A WebSocket and JSON, nothing more."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Speak over ``socket``."""
        self.socket = socket

    async def call(self, **message: Any) -> dict[str, Any]:
        """Send a message and read one."""
        await self.socket.send_json(message)
        return await self.read()

    async def read(self) -> dict[str, Any]:
        """Read one message."""
        return await self.socket.receive_json(timeout=20)

    async def closed(self) -> int | None:
        """Wait for the server's close and return its code."""
        message = await self.socket.receive(timeout=20)
        assert message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED), message
        return self.socket.close_code


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    """A running local API over a fake core."""
    gateway = await Gateway(tmp_path).start()
    yield gateway
    await gateway.stop()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """A client session."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def connect(gateway: Gateway, http: aiohttp.ClientSession) -> AsyncIterator[Connect]:
    """Open a raw connection past its hello; with a token, past authentication too."""
    opened = []

    async def connect(token: str | None = None, **options: Any) -> Raw:
        url = f"wss://{gateway.host}:{gateway.port}/api"
        pinned = aiohttp.Fingerprint(gateway.certificate.fingerprint)
        raw = Raw(await http.ws_connect(url, ssl=pinned, **options))
        opened.append(raw)
        assert (await raw.read())["type"] == "hello"
        if token is not None:
            answer = await raw.call(id=1, type="authenticate", token=token, schema=1)
            assert answer == {"type": "result", "id": 1, "result": None}
        return raw

    yield connect
    for raw in opened:
        await raw.socket.close()
