"""A gateway that says what a test tells it to, in whatever order: what a real one would never do."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import msgspec
from aiohttp import WSMsgType, web
from temix_gateway.home.certificate import load_or_make

from custom_components.temix.client import Endpoint
from tests.gateway.home.fake_core import GATEWAY_ID, state

HELLO = {
    "type": "hello",
    "gateway_id": GATEWAY_ID,
    "name": "Home",
    "version": "0.1.0",
    "min_schema": 1,
    "max_schema": 1,
}

type Answers = dict[str, Callable[[dict[str, Any]], dict[str, Any] | None]]


def result(command: dict[str, Any], content: Any = None) -> dict[str, Any]:
    """The result of a command."""
    return {"type": "result", "id": command["id"], "result": content}


def error(command: dict[str, Any], code: str) -> dict[str, Any]:
    """The failure of a command."""
    return {"type": "error", "id": command["id"], "code": code, "message": f"because of {code}"}


class MockServer:
    """Answers each command by its type; a test may change hello and answers, push, and cut the line."""

    def __init__(self, folder: Path) -> None:
        """Make a certificate in ``folder``."""
        self.certificate = load_or_make(folder / "mock.pem", GATEWAY_ID)
        self.hello: Any = dict(HELLO)
        self.number = 0
        self.state: dict[str, Any] = msgspec.to_builtins(state())
        self.answers: Answers = {"authenticate": result, "start_listening": self.snapshot}
        self.received: list[dict[str, Any]] = []
        self.connections = 0
        self.sockets: list[web.WebSocketResponse] = []
        self.asked = asyncio.Event()
        self.pings = asyncio.Event()
        self.pongs = asyncio.Event()
        self.answer_pings = True
        self._runner: web.AppRunner | None = None
        self._port = 0

    @property
    def endpoint(self) -> Endpoint:
        """Where it is, with its right id and certificate."""
        return Endpoint("127.0.0.1", self._port, GATEWAY_ID, self.certificate.fingerprint)

    def snapshot(self, command: dict[str, Any]) -> dict[str, Any]:
        """The snapshot as of the last event."""
        return result(command, {"kind": "snapshot", "number": self.number, "state": self.state})

    async def start(self) -> Self:
        """Listen on a free port, or on the earlier one."""
        app = web.Application()
        app.router.add_get("/api", self._serve)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(
            self._runner, "127.0.0.1", self._port, ssl_context=self.certificate.context()
        ).start()
        self._port = self._runner.addresses[0][1]
        return self

    async def stop(self) -> None:
        """Cut every line and listen no more."""
        await self.cut()
        if self._runner is not None:
            await self._runner.cleanup()

    async def cut(self) -> None:
        """Close every connection."""
        for socket in self.sockets:
            await socket.close()
        self.sockets.clear()

    async def push(self, **message: Any) -> None:
        """Send a message to everybody."""
        for socket in self.sockets:
            await socket.send_json(message)

    async def push_event(self, number: int | None = None, **changes: Any) -> None:
        """Send an event, by default with the next number."""
        self.number = self.number + 1 if number is None else number
        await self.push(type="event", number=self.number, changes=changes)

    async def _serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        self.connections += 1
        self.sockets.append(socket)
        if isinstance(self.hello, dict):
            await socket.send_json(self.hello)
        elif self.hello is not None:
            await socket.send_str(self.hello)
        async for message in socket:
            if message.type is WSMsgType.PONG:
                self.pongs.set()
                continue
            if message.type is WSMsgType.PING:
                self.pings.set()
                if self.answer_pings:
                    await socket.pong(message.data)
                continue
            assert message.type is WSMsgType.TEXT
            command = msgspec.json.decode(message.data)
            self.received.append(command)
            self.asked.set()
            answer = self.answers[command["type"]](command)
            if answer is not None:
                await socket.send_json(answer)
        return socket
