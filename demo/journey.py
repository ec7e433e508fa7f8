"""The way of a homeowner through Home Assistant, with a real browser: from the gateway found to the card."""

import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, Literal, Self

from playwright.async_api import Browser, Locator, Page
from playwright.async_api import TimeoutError as PlaywrightTimeout

from demo.folders import ZONE
from demo.home_assistant import HomeAssistant

WITHIN_MS: Final = 60_000
DRAWN_MS: Final = 1_200
"""A dialog has slid in, a chart is drawn."""

ENERGY_PRICES: Final = (("importCostType", "Buy price"), ("exportCostType", "Sell price"))
"""The dialog's groups of choices, and the sensor whose current price shall be used for each."""

AUTOMATION: Final = "Tell me of trades"
DASHBOARD: Final = "my-home"

type Scheme = Literal["light", "dark"]


class Journey:
    """A homeowner at one browser; ``pictures`` is where the screenshots go."""

    def __init__(self, page: Page, url: str, pictures: Path) -> None:
        """``url`` is Home Assistant's."""
        self.page = page
        self._url = url
        self._pictures = pictures

    @classmethod
    @asynccontextmanager
    async def begun(
        cls,
        browser: Browser,
        url: str,
        pictures: Path,
        *,
        scheme: Scheme = "light",
        size: tuple[int, int] = (1200, 900),
    ) -> AsyncIterator[Self]:
        """Open a browser's window; nobody logs in."""
        width, height = size
        context = await browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, timezone_id=ZONE
        )
        context.set_default_timeout(WITHIN_MS)
        page = await context.new_page()
        try:
            yield cls(page, url, pictures)
        except PlaywrightTimeout:
            await page.screenshot(path=pictures / "lost.png")  # where it did not go on
            raise
        finally:
            await context.close()

    async def take(self, name: str, part: Locator | None = None) -> None:
        """Take a picture of the page, or of a part."""
        await self.page.wait_for_timeout(DRAWN_MS)
        await (part or self.page).screenshot(path=self._pictures / f"{name}.png")

    async def add_found(self, name: str, code: str) -> None:
        """Add the gateway that was found, with its pairing code."""
        await self._open("/config/integrations/dashboard")
        found = self.page.locator("ha-config-flow-card").filter(has_text=name)
        await found.wait_for()
        await self.take("journey-found")
        await found.get_by_role("button", name="Add").click()
        await self.page.locator("step-flow-form input").last.fill(code)
        await self.take("journey-pair")
        await self.page.get_by_role("button", name="Submit").click()
        await self.page.locator("step-flow-create-entry").wait_for()
        await self.take("journey-paired")

    async def see_entities(self, device_id: str) -> None:
        """Look at a device's page."""
        await self._open(f"/config/devices/device/{device_id}")
        await self.page.get_by_text("Buy price").first.wait_for()
        await self.take("journey-entities")

    async def choose_prices(self) -> None:
        """Choose our prices for the Energy dashboard's grid connection."""
        await self._open("/config/energy/electricity")
        await self.page.locator("ha-energy-grid-settings").get_by_role("button").first.click()
        dialog = self.page.locator("dialog-energy-grid-settings")
        for number, (kind, price) in enumerate(ENERGY_PRICES):
            current = f'ha-radio-group[name="{kind}"] ha-radio-option[value="entity"]'
            await dialog.locator(current).click()
            await dialog.locator("ha-entity-picker").nth(number).click()
            found = self.page.locator("ha-picker-combo-box")
            await found.locator("input").first.fill(price)
            await found.locator("ha-combo-box-item").filter(has_text=price).first.click()
            await found.wait_for(state="detached")
        await dialog.locator("ha-entity-picker").first.scroll_into_view_if_needed()
        await self.take("journey-energy")
        await dialog.get_by_role("button", name="Save").click()
        await dialog.get_by_role("button", name="Save").wait_for(state="hidden")

    async def automate(self) -> None:
        """Make an automation: when a transaction is made, notify."""
        await self._open("/config/automation/edit/new")
        await self._add("Add trigger", "transaction", "Electricity transaction made")
        await self._add("Add action", "persistent", "Create persistent notification")
        await self.page.locator("ha-service-control textarea, ha-service-control input").first.fill(
            "The gateway has traded."
        )
        await self.take("journey-automation")
        await self.page.get_by_role("button", name="Save").last.click()
        dialog = self.page.locator("ha-dialog-automation-save")
        await dialog.locator("input").first.fill(AUTOMATION)
        await dialog.get_by_role("button", name="Save").click()
        await self.page.get_by_text(AUTOMATION).first.wait_for()

    async def add_card(self, home_assistant: HomeAssistant) -> None:
        """Put the card on an empty dashboard with the visual editor."""
        await home_assistant.command(
            "lovelace/dashboards/create",
            url_path=DASHBOARD,
            title="My home",
            require_admin=False,
            show_in_sidebar=True,
            mode="storage",
        )
        view = {
            "title": "Home",
            "path": "home",
            "type": "sections",
            "sections": [{"type": "grid", "cards": []}],
        }
        await home_assistant.command("lovelace/config/save", url_path=DASHBOARD, config={"views": [view]})
        await self._open(f"/{DASHBOARD}/home?edit=1")
        await self.page.locator("hui-grid-section .add").first.click()
        await self.page.get_by_text("By card", exact=True).first.click()
        picker = self.page.locator("hui-card-picker")
        await picker.locator("input").first.fill("TeMIX")
        await picker.locator(".card").filter(has_text="TeMIX").first.click()
        await self.chart().wait_for()
        await self.take("card-editor")
        await self.page.get_by_role("button", name="Save").last.click()

    async def see(self, path: str) -> Locator:
        """Open a dashboard that has the card, and return the card.

        A busy machine may load the module later than Home Assistant waits for a strategy: then the page is
        loaded again, as a person would.
        """
        for _ in range(3):
            await self._open(path)
            with contextlib.suppress(PlaywrightTimeout):
                await self.chart().wait_for(timeout=WITHIN_MS / 2)
                break
        return self.page.locator("temix-card").first

    def chart(self) -> Locator:
        """The card's chart."""
        return self.page.get_by_role("slider", name="Prices by interval").last

    async def _open(self, path: str) -> None:
        await self.page.goto(f"{self._url}{path}", wait_until="domcontentloaded")

    async def _add(self, button: str, search: str, wanted: str) -> None:
        """Search something in the automation editor, and add it."""
        await self.page.get_by_role("button", name=button).first.click()
        dialog = self.page.locator("add-automation-element-dialog")
        await dialog.locator("ha-input-search input").first.fill(search)
        await dialog.get_by_text(wanted).first.click()
        await dialog.wait_for(state="hidden")
