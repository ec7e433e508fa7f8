"""The gateway's pages without a pointer: every stop of the keyboard is seen, named, and enough to go on."""

from pathlib import Path
from typing import Any, Final

import pytest
from playwright.async_api import Browser, Page

from tests.e2e.phone import DESKTOP, phone
from tests.home_processes import gateway

pytestmark = [pytest.mark.asyncio(loop_scope="module")]

STOPS: Final = 40
"""More than any page has."""
FOCUS: Final = """() => {
  const here = document.activeElement, style = getComputedStyle(here), box = here.getBoundingClientRect();
  return {
    name: (here.labels?.[0] ?? here).innerText.trim() || here.getAttribute("aria-label") || "",
    kind: here.tagName,
    ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    seen: box.width > 0 && box.left >= 0 && box.right <= innerWidth
      && box.bottom > 0 && box.top < innerHeight,
  };
}"""


async def tab(page: Page, name: str) -> None:
    """Press Tab until something of this name has the focus; all stops before are looked at."""
    for _ in range(STOPS):
        await page.keyboard.press("Tab")
        focus: dict[str, Any] = await page.evaluate(FOCUS)
        assert focus["kind"] != "BODY", f"no stop is called {name!r}"
        assert focus["name"], focus
        assert (focus["ring"], focus["seen"]) == (True, True), focus
        if focus["name"] == name:
            return
    raise AssertionError(f"no stop is called {name!r}")


async def go(page: Page, name: str) -> None:
    """Follow what is called so."""
    await tab(page, name)
    async with page.expect_navigation(wait_until="load"):
        await page.keyboard.press("Enter")


async def write(page: Page, name: str, text: str) -> None:
    """Fill the field that is called so."""
    await tab(page, name)
    await page.keyboard.press("Control+A")
    await page.keyboard.type(text)


async def test_commissioning_is_begun_by_keyboard_alone(browser: Browser, tmp_path: Path) -> None:
    async with gateway(tmp_path / "gateway") as box, phone(browser, box, tmp_path, DESKTOP) as installer:
        page = installer.page
        await installer.go("/")
        await write(page, "Your name, for the record", "Ida Installer")
        await write(page, "Passphrase, 12 characters at least", "ladder van drill 2026")
        await go(page, "Choose and begin")
        await tab(page, "Skip to content")
        await page.keyboard.press("Enter")
        await tab(page, "Language and time zone\nopen")  # the menu was skipped
        await go(page, "Go on with: Language and time zone")
        await write(page, "Name of this home in Home Assistant", "Lake house")
        await write(page, "Time zone, like America/Chicago", "America/Chicago")
        await go(page, "Check")
        await installer.done()
        await go(page, "Next: Retailer")
        await go(page, "OpenADR 3.1\nAnywhere: a retailer that runs an OpenADR 3.1 server")
        await installer.go("/commission/tariff")
        for name, text in (("Name of the tariff", "Flat 14"), ("Price of a kWh", "0.14")):
            await write(page, name, text)
        await go(page, "Check")
        await installer.done()
        await tab(page, "Do this step again")
        await page.keyboard.press("Enter")
        await tab(page, "Name of the tariff")
        await installer.go("/commission")
        await go(page, "Sign out")
        assert page.url.endswith("/sign-in")
