"""Servers whose TLS is at fault: for the integration as a gateway's client, the gateway as a retailer's."""

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import trustme

RECORD = b"\x16\x03\x03"
"""How a record of a handshake begins; two bytes of its length follow."""

RAW: dict[str, bytes | None] = {
    "plain HTTP": b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
    "garbage": bytes(range(256)) * 8,
    "closes at once": b"",
    "half a handshake": RECORD + b"\x00\x7a\x02\x00\x00\x76\x03\x03" + bytes(40),
    "oversized record": RECORD + b"\xff\xff" + bytes(65_535),
    "an alert": b"\x15\x03\x03\x00\x02\x02\x28",
    "silence": None,
}
"""What a server says to a ClientHello before it hangs up; ``None``: nothing, and it stays."""

OLD = {"TLS 1.0": ssl.TLSVersion.TLSv1, "TLS 1.1": ssl.TLSVersion.TLSv1_1, "TLS 1.2": ssl.TLSVersion.TLSv1_2}


def context_of(leaf: trustme.LeafCert) -> ssl.SSLContext:
    """A server that shows this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(context)
    return context


def only(context: ssl.SSLContext, version: ssl.TLSVersion) -> ssl.SSLContext:
    """Let a context speak one version of TLS, however old."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


@dataclass
class Faulty:
    """A server at fault: its port, and what it could read."""

    port: int = 0
    read: list[bytes] = field(default_factory=list)


@asynccontextmanager
async def faulty(said: bytes | None = None, context: ssl.SSLContext | None = None) -> AsyncIterator[Faulty]:
    """Serve on a free port: say this to whoever has said something, and hang up."""
    server, left = Faulty(), asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            server.read.append(await reader.read(65_536))
            if said is None:
                await left.wait()
            else:
                writer.write(said)
                await writer.drain()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    async with await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context) as listening:
        server.port = listening.sockets[0].getsockname()[1]
        try:
            yield server
        finally:
            left.set()
