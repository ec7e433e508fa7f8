"""Takes the pictures of the dialog of a new response: a part of ``script/screenshots``."""

import asyncio
import tempfile
from pathlib import Path
from typing import Final, Literal

from playwright.async_api import Browser
from rich.console import Console

from demo import check
from demo.browser import chromium
from demo.dialog import ResponseDialog
from demo.folders import REPOSITORY
from demo.running import Demo, Ports, started

IMAGES: Final = REPOSITORY / "docs" / "images"

DIALOGS: Final[tuple[tuple[str, Literal["light", "dark"], int, int], ...]] = (
    ("light", "light", 1100, 900),
    ("phone", "dark", 390, 900),
)
DRAWN_MS: Final = 1_500
"""A page of a dialog has slid in."""


async def take() -> None:
    """Start everything, wait for prices and trades, and look at the dialog."""
    console = Console()
    with tempfile.TemporaryDirectory(prefix="temix-demo-") as folder:
        async with started(Path(folder), Ports.chosen(0, 0, 0), console) as demo, chromium() as browser:
            await check.values(demo)
            await check.traded(demo)
            await check.past(demo)
            await check.led(demo)
            IMAGES.mkdir(parents=True, exist_ok=True)
            await dialogs(browser, demo, console)


async def dialogs(browser: Browser, demo: Demo, console: Console) -> None:
    """Look at the dialog of a new response for the pump, page by page; nothing is added."""
    await demo.home_assistant.delete_response("Pool pump")
    for name, scheme, width, height in DIALOGS:
        async with ResponseDialog.opened(
            browser, demo.url, scheme=scheme, width=width, height=height
        ) as dialog:
            await _take(dialog, f"response-menu-{name}", console)
            await dialog.choose("Run for some hours a day")
            await dialog.pick("Pool pump")
            await dialog.go_on()
            await dialog.shows("Answers that are known from Pool pump are filled in.")
            await _take(dialog, f"response-questions-{name}", console)
            await dialog.go_on()
            await dialog.shows("At today's prices")
            await _take(dialog, f"response-preview-{name}", console)


async def _take(dialog: ResponseDialog, name: str, console: Console) -> None:
    await dialog.page.wait_for_timeout(DRAWN_MS)
    await dialog.page.screenshot(path=IMAGES / f"{name}.png")
    console.print(f"docs/images/{name}.png")


if __name__ == "__main__":
    asyncio.run(take())
