"""A homeowner's way in a real Home Assistant: gateway found, paired, entities, energy, automation, card.

Each step leaves a picture; ``script/screenshots`` keeps those of docs/images by this very test.
"""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator
from rich.console import Console

from custom_components.temix.client import probe
from demo import check, evidence, folders
from demo.journey import AUTOMATION, DASHBOARD, Journey, Scheme
from demo.log import trouble
from demo.running import HOME, Demo, Ports, started
from tests.e2e.peers.home import eventually

pytestmark = [pytest.mark.asyncio(loop_scope="module")]

KEPT: Final = os.environ.get("TEMIX_PICTURES")
"""Where the pictures are kept, if they are."""

SETTLED_S: Final = 660.0
"""Pictures that are kept wait for costs: two intervals are settled by then."""

SETTLES_MS: Final = 8_000
"""Other cards have drawn their histories."""

type Page = tuple[str, Scheme, tuple[int, int], str]

PAGES: Final[tuple[Page, ...]] = (
    ("card-dark", "dark", (1200, 1150), f"/{DASHBOARD}/home"),
    ("card-phone", "dark", (360, 1150), f"/{DASHBOARD}/home"),
    ("ready-dashboard", "light", (1440, 1100), "/temix-home/electricity"),
)
KEPT_PAGES: Final[tuple[Page, ...]] = (
    ("dashboard-light", "light", (1440, 1340), "/transactive-home/home"),
    ("dashboard-dark", "dark", (1440, 1340), "/transactive-home/home"),
    ("dashboard-phone", "light", (390, 1500), "/transactive-home/home"),
)
"""Each is seen with the card on it, which fits into its width."""

if KEPT:
    pytestmark.append(pytest.mark.timeout(1_500))

FOUND: Final = Path(__file__).with_name("found_gateway")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where the pictures go."""
    folder = Path(KEPT) if KEPT else tmp_path
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest_asyncio.fixture(loop_scope="module")
async def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Demo]:
    """Everything running; Home Assistant knows of no gateway yet, and the Energy dashboard of no price.

    A component tells Home Assistant that a gateway was found, in place of zeroconf: that leaves loopback out.
    Another interface without traffic that leaves the machine: a dummy one in a network namespace. To make it
    takes rights (CAP_NET_ADMIN) and a module of the kernel that many a container or CI job lacks.
    """
    make = folders.make_home_assistant

    def prepared(folder: Path, port: int) -> None:
        make(folder, port)
        shutil.copytree(FOUND, folder / "custom_components" / FOUND.name)
        with (folder / "configuration.yaml").open("a") as configuration:
            configuration.write(f"\n{FOUND.name}:\n")
        energy = folder / ".storage" / "energy"
        stored = json.loads(energy.read_text())
        for source in stored["data"]["energy_sources"]:
            if source["type"] == "grid":
                source |= {"entity_energy_price": None, "entity_energy_price_export": None}
        energy.write_text(json.dumps(stored))

    monkeypatch.setattr(folders, "make_home_assistant", prepared)
    async with started(tmp_path / "demo", Ports.chosen(0, 0, 0), Console(), added=False) as demo:
        yield demo
    assert trouble(demo.log("home-assistant")) == []


async def test_from_the_gateway_found_to_the_card(fresh: Demo, browser: Browser, pictures: Path) -> None:
    demo, home = fresh, fresh.home_assistant
    async with Journey.begun(browser, demo.url, pictures) as journey:
        async with aiohttp.ClientSession() as session:
            hello, _ = await probe(session, "127.0.0.1", demo.ports.gateway)
        await home.action("found_gateway.tell", name=hello.name, id=hello.gateway_id, port=demo.ports.gateway)
        await journey.add_found(hello.name, await demo.pairing_code())

        [entry] = await entries(demo)
        assert entry["state"] == "loaded"
        await home.enable(entry, "sensor.account_position")
        await demo.add_responses()
        findings = await check.values(demo)
        assert all(finding.ok for finding in findings), findings
        await journey.see_entities(await device_of(demo, "sensor.electricity_prices_buy_price"))

        assert await energy_prices(demo) == (None, None)
        await journey.choose_prices()
        assert await energy_prices(demo) == (
            "sensor.electricity_prices_buy_price",
            "sensor.electricity_prices_sell_price",
        )
        assert await energy_issues(demo) == []

        await journey.automate()
        await check.traded(demo, least=await trades(demo) + 1)
        await eventually(lambda: fired(demo), True)

        await journey.add_card(home)
        if KEPT:
            await check.until(lambda: spent(demo), bool, SETTLED_S)

    async with Journey.begun(browser, demo.url, pictures, size=(1200, 1150)) as journey:
        card = await journey.see(f"/{DASHBOARD}/home")
        heading = card.locator("h3").first
        assert await heading.inner_text() == "Now"
        await journey.chart().focus()
        await journey.page.keyboard.press("PageUp")
        assert await heading.inner_text() != "Now"
        await journey.page.keyboard.press("Escape")
        assert await heading.inner_text() == "Now"
        lane = card.get_by_role("button", name="Battery")
        await lane.click()
        await card.locator(".why").filter(has_text="Battery:").wait_for()
        await journey.take("card-light", card)

    for name, scheme, size, path in (*PAGES, *(KEPT_PAGES if KEPT else ())):
        async with Journey.begun(browser, demo.url, pictures, scheme=scheme, size=size) as journey:
            card = await journey.see(path)
            assert await overflowing(card) == 0
            if (name, scheme, size, path) in KEPT_PAGES:
                await journey.page.wait_for_timeout(SETTLES_MS)
            await journey.take(name, card if name.startswith("card") else None)


async def entries(demo: Demo) -> list[dict[str, Any]]:
    """The entries of our integration."""
    path = "/api/config/config_entries/entry?domain=temix"
    found: list[dict[str, Any]] = await demo.home_assistant.get(path)
    return found


async def device_of(demo: Demo, entity_id: str) -> str:
    """The device that an entity belongs to."""
    entry = await demo.home_assistant.command("config/entity_registry/get", entity_id=entity_id)
    return str(entry["device_id"])


async def energy_prices(demo: Demo) -> tuple[str | None, str | None]:
    """The entities whose price the Energy dashboard's grid connection has, to buy and to sell."""
    energy = await demo.home_assistant.command("energy/get_prefs")
    [grid] = [source for source in energy["energy_sources"] if source["type"] == "grid"]
    return grid["entity_energy_price"], grid["entity_energy_price_export"]


async def energy_issues(demo: Demo) -> list[str]:
    """What Home Assistant's energy validation has against our prices."""
    found = await demo.home_assistant.command("energy/validate")
    return [issue for source in found["energy_sources"] for issue in source if "price" in json.dumps(issue)]


async def trades(demo: Demo) -> int:
    """How many pairs the retailer has booked."""
    return (await asyncio.to_thread(evidence.book, demo.book, HOME)).trades


async def fired(demo: Demo) -> bool:
    """Whether the automation has run."""
    states = await demo.home_assistant.states()
    return any(
        state["attributes"].get("friendly_name") == AUTOMATION and state["attributes"]["last_triggered"]
        for entity_id, state in states.items()
        if entity_id.startswith("automation.")
    )


async def spent(demo: Demo) -> bool:
    """Whether something is settled and owed today."""
    states = await demo.home_assistant.states()
    return states["sensor.account_cost_today"]["state"] not in {"0.0", "unknown"}


async def overflowing(card: Locator) -> int:
    """How many pixels of the card do not fit into its width."""
    return int(await card.evaluate("card => card.scrollWidth - card.clientWidth"))
