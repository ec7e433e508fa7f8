"""A homeowner adds a price response in a real browser, from the menu to its entities."""

from functools import partial

import pytest
from playwright.async_api import Browser

from demo import check
from demo.dialog import ResponseDialog
from demo.running import Demo
from tests.e2e.peers.home import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_pump_is_added_through_the_dialog(demo: Demo, browser: Browser) -> None:
    await check.values(demo)
    await demo.home_assistant.delete_response("Pool pump")
    await eventually(partial(mode, demo), "")
    async with ResponseDialog.opened(browser, demo.url) as dialog:
        await dialog.choose("Run for some hours a day")
        await dialog.pick("Pool pump")
        await dialog.go_on()
        await dialog.shows("Answers that are known from Pool pump are filled in.")
        await dialog.go_on()
        await dialog.shows("At today's prices")
        told = await dialog.shows(" kWh, about $")
        text = await told.inner_text()
        assert "ready 20:00" in text
        assert "estimated" not in text, "the gateway's planner did not answer"
        await dialog.go_on()
        await dialog.shows("Success")
    await eventually(partial(mode, demo), "automatic")


async def mode(demo: Demo) -> str:
    """How the pump's response is set; empty where there is none."""
    states = await demo.home_assistant.states()
    found = (state for entity, state in states.items() if entity.startswith("select.pool_pump"))
    return next((str(state["state"]) for state in found), "")
