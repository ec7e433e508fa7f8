"""One WebSocket to a gateway: TLS with a pinned certificate, JSON messages."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, Self

import aiohttp
import orjson
from yarl import URL

from .exceptions import CannotConnect, CertificateMismatch, ConnectionLost, ProtocolError
from .models import Hello

_CONNECT_WITHIN_S: Final = 10.0
_SILENT_S: Final = 20.0
_MESSAGE_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a gateway is, and how it is known: by its id and its certificate's SHA-256."""

    host: str
    port: int
    gateway_id: str
    fingerprint: bytes


class Connection:
    """An open WebSocket whose hello has been read."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, hello: Hello) -> None:
        """Speak over ``socket``; ``open`` makes one."""
        self._socket = socket
        self.hello = hello

    @classmethod
    async def open(
        cls, session: aiohttp.ClientSession, host: str, port: int, fingerprint: bytes | None
    ) -> Self:
        """Connect and read the hello; no fingerprint: to whoever answers, so nothing secret may be sent.

        Raises:
            CannotConnect: nobody answers, or not as a gateway does.
            CertificateMismatch: the certificate is not the pinned one.
        """
        where = f"{host}:{port}"
        try:
            socket = await session.ws_connect(
                URL.build(scheme="wss", host=host, port=port, path="/api"),
                ssl=False if fingerprint is None else aiohttp.Fingerprint(fingerprint),
                autoping=False,
                max_msg_size=_MESSAGE_BYTES,
                timeout=aiohttp.ClientWSTimeout(ws_close=2.0),
            )
        except aiohttp.ServerFingerprintMismatch as error:
            raise CertificateMismatch(f"{where} shows a certificate that is not the pinned one") from error
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise CannotConnect(f"{where}: {str(error) or type(error).__name__}") from error
        try:
            async with asyncio.timeout(_CONNECT_WITHIN_S):
                hello = read(Hello.from_message, await _receive(socket))
        except TimeoutError as error:
            await socket.close()
            raise CannotConnect(f"{where} says nothing") from error
        except ProtocolError as error:
            await socket.close()
            raise CannotConnect(f"{where} does not greet as a gateway does: {error}") from error
        except BaseException:
            await socket.close()
            raise
        return cls(socket, hello)

    @property
    def fingerprint(self) -> bytes:
        """The SHA-256 of the certificate that the gateway shows."""
        certificate: bytes = self._socket.get_extra_info("ssl_object").getpeercert(binary_form=True)
        return hashlib.sha256(certificate).digest()

    async def send(self, message: dict[str, Any]) -> None:
        """Send one message.

        Raises:
            ConnectionLost: it cannot be sent.
        """
        await _send(self._socket.send_str(orjson.dumps(message).decode()))

    async def receive(self) -> dict[str, Any]:
        """Wait for the next message.

        Raises:
            ConnectionLost: the connection ended, or the gateway does not even answer a ping.
            ProtocolError: it is not a JSON object.
        """
        return await _receive(self._socket)

    async def close(self) -> None:
        """End the connection."""
        await self._socket.close()


async def probe(session: aiohttp.ClientSession, host: str, port: int) -> tuple[Hello, bytes]:
    """Ask who answers at an address, and which certificate it shows (SHA-256); sends nothing.

    Raises:
        CannotConnect: nobody answers, or not as a gateway does.
    """
    connection = await Connection.open(session, host, port, None)
    try:
        return connection.hello, connection.fingerprint
    finally:
        await connection.close()


async def _receive(socket: aiohttp.ClientWebSocketResponse) -> dict[str, Any]:
    message = await _receive_frame(socket)
    if message.type is not aiohttp.WSMsgType.TEXT:
        raise ConnectionLost(f"the gateway ended the connection ({socket.close_code})")
    return decode(message.data)


def decode(text: str | bytes) -> dict[str, Any]:
    """Read a message as far as it is JSON.

    Raises:
        ProtocolError: it is not a JSON object.
    """
    try:
        data = orjson.loads(text)
    except ValueError as error:
        raise ProtocolError(f"not JSON: {error}") from error
    if not isinstance(data, dict):
        raise ProtocolError("a message must be a JSON object")
    return data


async def _receive_frame(socket: aiohttp.ClientWebSocketResponse) -> aiohttp.WSMessage:
    """Wait for anything but pings and pongs; ping a silent gateway, and give up one that stays silent."""
    pinged = False
    while True:
        try:
            message = await socket.receive(_SILENT_S)
        except TimeoutError as error:
            if pinged:
                raise ConnectionLost(f"the gateway was silent for {2 * _SILENT_S:.0f} s") from error
            await _send(socket.ping())
            pinged = True
            continue
        pinged = False
        match message.type:
            case aiohttp.WSMsgType.PING:
                await _send(socket.pong(message.data))
            case aiohttp.WSMsgType.PONG:
                pass
            case _:
                return message


async def _send(sending: Awaitable[None]) -> None:
    try:
        await sending
    except (aiohttp.ClientError, ConnectionError) as error:
        raise ConnectionLost(str(error) or type(error).__name__) from error


def read[**P, T](parse: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Read a model; a message that does not fit is the gateway's fault."""
    try:
        return parse(*args, **kwargs)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise ProtocolError(f"{parse.__qualname__}: {error!r}") from error
