"""Takes the pictures of the documentation: ``script/screenshots``."""

import asyncio
import tempfile
from pathlib import Path
from typing import Final, Literal

from rich.console import Console

from demo import check
from demo.browser import Dashboard, chromium
from demo.folders import REPOSITORY
from demo.running import Ports, started

IMAGES: Final = REPOSITORY / "docs" / "images"

PICTURES: Final[tuple[tuple[str, Literal["light", "dark"], int, int], ...]] = (
    ("dashboard-light", "light", 1440, 1340),
    ("dashboard-dark", "dark", 1440, 1340),
    ("dashboard-phone", "light", 390, 1500),
)

DEVICES_FOLLOW_S: Final = 65
"""The home moves on every minute, and then does what the plan wants."""

SETTLES_MS: Final = 8_000
"""Charts are drawn, and Home Assistant's word that it has started is gone."""


async def take() -> None:
    """Start everything, wait for prices and trades, and look at it."""
    console = Console()
    with tempfile.TemporaryDirectory(prefix="temix-demo-") as folder:
        async with started(Path(folder), Ports.chosen(0, 0, 0), console) as demo, chromium() as browser:
            await check.values(demo)
            await check.traded(demo)
            await check.past(demo)
            await asyncio.sleep(DEVICES_FOLLOW_S)
            IMAGES.mkdir(parents=True, exist_ok=True)
            for name, scheme, width, height in PICTURES:
                async with Dashboard.opened(
                    browser, demo.url, scheme=scheme, width=width, height=height
                ) as dashboard:
                    await dashboard.page.wait_for_timeout(SETTLES_MS)
                    await dashboard.page.screenshot(path=IMAGES / f"{name}.png")
                console.print(f"docs/images/{name}.png")


if __name__ == "__main__":
    asyncio.run(take())
