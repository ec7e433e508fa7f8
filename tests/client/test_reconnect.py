"""Reconnecting: full jitter, no hammering, and an end where waiting does not help."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from custom_components.temix.client import (
    CannotConnect,
    Client,
    ConnectionLost,
    GatewayState,
    InvalidAuth,
    TemixError,
    stay_connected,
)
from tests.client.mock_server import MockServer, error


class Recorder:
    """Remembers what a listener was told, and how long it would have been waited."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.told: asyncio.Queue[GatewayState | TemixError] = asyncio.Queue()
        self.delays: list[float] = []
        self.go_on = asyncio.Event()
        self.go_on.set()

    def on_state(self, state: GatewayState) -> None:
        """Remember."""
        self.told.put_nowait(state)

    def on_lost(self, error: TemixError) -> None:
        """Remember."""
        self.told.put_nowait(error)

    async def sleep(self, delay: float) -> None:
        """Wait for the test rather than for the time."""
        self.delays.append(delay)
        await self.go_on.wait()
        await asyncio.sleep(0)


@asynccontextmanager
async def connected(client: Client) -> AsyncIterator[Recorder]:
    """Keep the client connected in the background, always with the longest delay of its range."""
    recorder = Recorder()
    task = asyncio.create_task(
        stay_connected(client, recorder, uniform=lambda low, high: high, sleep=recorder.sleep)
    )
    try:
        yield recorder
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_connected_client_is_taken_as_it_is(mock: MockServer, client: Client) -> None:
    await client.connect()
    async with connected(client) as recorder:
        await mock.push_event(mode="monitor")
        state = await recorder.told.get()
        assert isinstance(state, GatewayState)
        assert state.mode == "monitor"
    assert mock.connections == 1


async def test_a_lost_line_is_made_again_with_a_fresh_snapshot(mock: MockServer, client: Client) -> None:
    async with connected(client) as recorder:
        assert isinstance(await recorder.told.get(), GatewayState)
        mock.state["mode"] = "advise"
        await mock.cut()
        assert isinstance(await recorder.told.get(), ConnectionLost)
        state = await recorder.told.get()
        assert isinstance(state, GatewayState)
        assert state.mode == "advise"
    assert mock.connections == 2


async def test_delays_double_to_a_minute(mock: MockServer, client: Client) -> None:
    await mock.stop()
    async with connected(client) as recorder:
        for _ in range(9):
            assert isinstance(await recorder.told.get(), CannotConnect)
    assert recorder.delays[:8] == [1, 2, 4, 8, 16, 32, 60, 60]


async def test_jitter_is_full(mock: MockServer, client: Client) -> None:
    await mock.stop()
    ranges: list[tuple[float, float]] = []

    def uniform(low: float, high: float) -> float:
        ranges.append((low, high))
        return 0

    recorder = Recorder()
    recorder.go_on.clear()
    task = asyncio.create_task(stay_connected(client, recorder, uniform=uniform, sleep=recorder.sleep))
    await recorder.told.get()
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert ranges == [(0, 1)]
    assert recorder.delays == [0]


async def test_a_line_that_breaks_at_once_is_not_hammered(mock: MockServer, client: Client) -> None:
    async with connected(client) as recorder:
        for _ in range(4):
            assert isinstance(await recorder.told.get(), GatewayState)
            await mock.cut()
            assert isinstance(await recorder.told.get(), ConnectionLost)
    assert recorder.delays[:4] == [1, 2, 4, 8]


async def test_a_refused_token_ends_it(mock: MockServer, client: Client) -> None:
    mock.answers["authenticate"] = lambda command: error(command, "invalid_auth")
    recorder = Recorder()
    await stay_connected(client, recorder, sleep=recorder.sleep)
    assert isinstance(await recorder.told.get(), InvalidAuth)
    assert recorder.delays == []


async def test_other_trouble_is_tried_again(mock: MockServer, session: aiohttp.ClientSession) -> None:
    client = Client(session, mock.endpoint, "teg_token")
    mock.hello["gateway_id"] = "gw-other"
    async with connected(client) as recorder:
        assert isinstance(await recorder.told.get(), TemixError)
        mock.hello["gateway_id"] = mock.endpoint.gateway_id
        while not isinstance(await recorder.told.get(), GatewayState):
            pass
