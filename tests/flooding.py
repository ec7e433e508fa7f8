"""Connections of strangers, and how they end."""

import asyncio
from contextlib import suppress

type Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def hang_up(writer: asyncio.StreamWriter) -> None:
    """Be gone, without a goodbye."""
    writer.transport.abort()
    with suppress(OSError):
        await writer.wait_closed()


async def ended(streams: Streams, within_s: float) -> bool:
    """Whether the server hangs up, without an answer."""
    try:
        return await asyncio.wait_for(streams[0].read(), within_s) == b""
    except ConnectionError:
        return True
