"""An installer's phone: a real browser that shows the gateway's pages, and looks whether all can use them."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Browser, Page, expect

from tests.home_processes import Gateway

PHONE: Final = (390, 844)
DESKTOP: Final = (1280, 900)
AXE: Final = Path(__file__).parent / "peers" / "node_modules" / "axe-core" / "axe.min.js"
RULES: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


class Phone:
    """A browser that shows the gateway's pages."""

    def __init__(self, page: Page, url: str, pictures: Path) -> None:
        """Begin at ``url``."""
        self.page, self.url, self.pictures = page, url, pictures

    async def fill(self, **fields: str) -> None:
        """Fill fields by their names."""
        for name, value in fields.items():
            await self.page.locator(f'[name="{name}"]').fill(value)

    async def press(self, name: str, form: str = "main form") -> None:
        """Press a button and wait for the page that comes."""
        button = self.page.locator(form).get_by_role("button", name=name, exact=True)
        async with self.page.expect_navigation(wait_until="load"):
            await button.click()

    async def take(self, name: str) -> None:
        """Take a picture; nothing is wider than the screen, and nothing keeps anybody from using the page."""
        page = self.page
        assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, name
        found = await barriers(page)
        assert found == [], f"{name}: {found}"
        await page.screenshot(path=self.pictures / f"commission-{name}.png", full_page=True)

    async def print(self, name: str, sheets: int) -> None:
        """Print the page: what is for the screen alone is left out; so many sheets of A4 at most."""
        await self.page.emulate_media(media="print")
        for part in await self.page.locator("header, .no-print").all():
            await expect(part).to_be_hidden()
        printed = await self.page.pdf(path=self.pictures / f"commission-{name}.pdf", format="A4")
        assert 1 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= sheets, name
        await self.page.emulate_media(media="screen")

    async def step(self, button: str = "Check", **fields: str) -> None:
        """Answer a step, which must then be done."""
        await self.fill(**fields)
        await self.press(button, "main form:last-of-type")
        await self.done()

    async def done(self) -> None:
        """Nothing is wrong on this page."""
        wrong = await self.page.locator(".findings .wrong, .alarm").all_inner_texts()
        assert wrong == []
        assert await self.page.locator(".findings .ok, .findings .note").count()

    async def go(self, path: str) -> None:
        """Open a page."""
        await self.page.goto(self.url + path)


@asynccontextmanager
async def phone(
    browser: Browser, at: Gateway, pictures: Path, size: tuple[int, int] = PHONE, scheme: Any = "light"
) -> AsyncIterator[Phone]:
    """A fresh profile; whatever the pages' script or policy complains of is an error."""
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, ignore_https_errors=True
    )
    complaints: list[str] = []
    await context.add_init_script(path=AXE)
    page = await context.new_page()
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        yield Phone(page, f"https://127.0.0.1:{at.port}", pictures)
    finally:
        await context.close()
    assert [one for one in complaints if "422" not in one and "403" not in one] == []


async def barriers(page: Page) -> list[str]:
    """What axe finds on a page against WCAG 2.2 AA: the rule, and the elements that break it."""
    found = await page.evaluate("rules => axe.run({runOnly: rules})", list(RULES))
    return [
        f"{one['id']}: {node['html']}: {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]
