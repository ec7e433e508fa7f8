"""Goes through the dialog of a new price response with a real browser, as a homeowner does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal, Self

from playwright.async_api import Browser, Locator, Page

WITHIN_MS = 60_000


class ResponseDialog:
    """The dialog in a page of its own."""

    def __init__(self, page: Page) -> None:
        """Have it open."""
        self.page = page

    @classmethod
    @asynccontextmanager
    async def opened(
        cls,
        browser: Browser,
        url: str,
        *,
        scheme: Literal["light", "dark"] = "light",
        width: int = 1280,
        height: int = 900,
    ) -> AsyncIterator[Self]:
        """Open the integration's page and ask for a new response; nobody logs in."""
        context = await browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        try:
            page = await context.new_page()
            await page.goto(f"{url}/config/integrations/integration/temix", wait_until="domcontentloaded")
            await page.get_by_text("Add price response").first.click(timeout=WITHIN_MS)
            dialog = cls(page)
            await dialog.shows("What shall respond to prices?")
            yield dialog
        finally:
            await context.close()

    async def shows(self, text: str) -> Locator:
        """Wait until the dialog shows a text."""
        found = self.page.get_by_text(text).first
        await found.wait_for(timeout=WITHIN_MS)
        return found

    async def choose(self, question: str) -> None:
        """Choose a question of the menu."""
        await self.page.get_by_text(question, exact=True).first.click()

    async def pick(self, entity: str) -> None:
        """Pick an entity by its name for the first field that asks for one."""
        await self.page.get_by_text("Select an entity").first.click(timeout=WITHIN_MS)
        # Typed, the name is lost where the field has no focus yet, and the list shows only its beginning.
        await self.page.locator("ha-picker-combo-box").locator("input").first.fill(entity)
        await self.page.locator("ha-combo-box-item").filter(has_text=entity).first.click(timeout=WITHIN_MS)

    async def go_on(self) -> None:
        """Send the page."""
        await self.page.get_by_role("button", name="Submit").click()
