"""A month's statement on paper: every column is on the sheet, and the sheets are few."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser
from temix_gateway import config as configuration
from temix_gateway.commands.statement import find_period, read_message
from temix_gateway.statement.page import page

from benchmarks.statement import CONFIG, make_ledger

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture
def statement(tmp_path: Path) -> Path:
    """The page of October, with charges and two tariffs beside it."""
    (tmp_path / "data").mkdir()
    make_ledger(tmp_path / "data" / "ledger.db")
    (tmp_path / "data" / "terms.json").write_text('{"currency": "USD", "zone": "America/Chicago"}')
    (tmp_path / "temix-gateway.toml").write_text(CONFIG)
    loaded = configuration.load(tmp_path / "temix-gateway.toml")
    message = read_message(loaded, find_period(loaded, "2026-10", "", "", ""), "day")
    shown = tmp_path / "october.html"
    shown.write_text(page(message, "Home"), encoding="utf-8")
    return shown


@pytest.mark.parametrize("sheet,width", [("A4", 210.0), ("Letter", 215.9)])
async def test_a_month_prints_whole(browser: Browser, statement: Path, sheet: str, width: float) -> None:
    inside = int((width - 2 * 14) / 25.4 * 96)  # its margins off, in CSS pixels
    shown = await browser.new_page(viewport={"width": inside, "height": 1_000})
    await shown.emulate_media(media="print")
    await shown.goto(statement.as_uri())
    assert await shown.locator("tbody tr").count() == 31
    cut = (
        "document.querySelectorAll('table, svg').values().map(e => e.getBoundingClientRect().right).toArray()"
    )
    assert all(right <= inside for right in await shown.evaluate(cut))
    printed = await shown.pdf(format=sheet)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 2
