"""Keeps a client connected: reconnects with full jitter, so that many do not come at once."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from .client import Client
from .exceptions import InvalidAuth, TemixError
from .models import GatewayState

FIRST_DELAY_S: Final = 1.0
LONGEST_DELAY_S: Final = 60.0


class Listener(Protocol):
    """What is told; calls come in order, none of them may block."""

    def on_state(self, state: GatewayState) -> None:
        """A new state: after each connection, and after each event."""
        ...

    def on_lost(self, error: TemixError) -> None:
        """The connection ended, or could not be made again; ``error`` says why."""
        ...


async def stay_connected(
    client: Client,
    listener: Listener,
    *,
    uniform: Callable[[float, float], float] = random.uniform,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Listen and reconnect until cancelled, or until the gateway refuses the token, which no waiting mends.

    A client that is connected already is taken as it is.
    """
    clock = asyncio.get_running_loop().time
    attempt = 0
    while True:
        started = clock()
        try:
            if not client.connected:
                listener.on_state(await client.connect())
            await client.listen(listener.on_state)
        except TemixError as error:
            listener.on_lost(error)
            if isinstance(error, InvalidAuth):
                return
        if clock() - started > LONGEST_DELAY_S:
            attempt = 0
        await sleep(uniform(0, min(LONGEST_DELAY_S, FIRST_DELAY_S * 2**attempt)))
        attempt = min(attempt + 1, 16)
