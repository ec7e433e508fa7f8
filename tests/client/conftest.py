"""A mock gateway and a client of it."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from custom_components.temix.client import Client
from tests.client.mock_server import MockServer


@pytest.fixture
async def mock(tmp_path: Path) -> AsyncIterator[MockServer]:
    """A running mock gateway."""
    mock = await MockServer(tmp_path).start()
    yield mock
    await mock.stop()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """A client session."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def client(mock: MockServer, session: aiohttp.ClientSession) -> AsyncIterator[Client]:
    """A client that is not connected yet."""
    client = Client(session, mock.endpoint, "teg_token")
    yield client
    await client.close()
