"""Everything running, and a real browser; each page has a fresh profile."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser
from rich.console import Console

from demo.browser import chromium
from demo.log import trouble
from demo.running import Demo, Ports, started


@pytest.fixture(autouse=True)
def verify_cleanup() -> None:
    """Home Assistant's plugin looks for what a test left in this process; here Home Assistant has its own."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Start a headless browser."""
    async with chromium() as browser:
        yield browser


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Demo]:
    """Start retailer, gateway and Home Assistant for the tests of a module; end them, and read its log."""
    async with started(tmp_path_factory.mktemp("demo"), Ports.chosen(0, 0, 0), Console()) as demo:
        yield demo
    assert trouble(demo.log("home-assistant")) == []
