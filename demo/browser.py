"""Looks at the demo with a real, headless Chromium."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Literal, Self

from playwright.async_api import Browser, Page, async_playwright

from demo.processes import DemoError

PROGRAMS: Final = ("chromium", "chromium-browser", "google-chrome")

FLAGS: Final = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-sandbox",  # as root in a container, Chromium has no other way
)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser with a fresh profile.

    Raises:
        DemoError: none is installed.
    """
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        raise DemoError(f"none of {', '.join(PROGRAMS)} is installed: install Chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        try:
            yield browser
        finally:
            await browser.close()


class Dashboard:
    """The demo's dashboard in a page, as a homeowner has it."""

    def __init__(self, page: Page, url: str) -> None:
        """``url`` is Home Assistant's."""
        self.page = page
        self._url = f"{url}/transactive-home/home"

    @classmethod
    @asynccontextmanager
    async def opened(
        cls,
        browser: Browser,
        url: str,
        *,
        scheme: Literal["light", "dark"] = "light",
        width: int = 1440,
        height: int = 1100,
    ) -> AsyncIterator[Self]:
        """Open it; nobody logs in."""
        context = await browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        try:
            dashboard = cls(await context.new_page(), url)
            await dashboard.load()
            yield dashboard
        finally:
            await context.close()

    async def load(self) -> None:
        """Load it, and wait for the card's charts."""
        await self.page.goto(self._url, wait_until="domcontentloaded")
        await self.page.get_by_role("slider", name="Prices by interval").wait_for(timeout=60_000)

    async def warmer(self) -> None:
        """Ask the thermostat's tile for one degree more."""
        await self.page.locator("hui-target-temperature-card-feature .plus").click()

    async def shown(self, text: str) -> None:
        """Wait until a text is seen."""
        await self.page.get_by_text(text).first.wait_for(timeout=60_000)
