"""Each service of prices, through a real gateway to a real Home Assistant and a device that is planned."""

import json
import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web
from temix_market.instants import HOUR, Instant, iso, to_datetime

from demo import folders
from demo.home_assistant import HomeAssistant
from demo.running import SEED, Demo, Ports
from tests.e2e.peers.home import eventually
from tests.gateway.retailer.published.services import (
    PACIFIC,
    PROGRAM,
    RIN,
    gridx_answer,
    gridx_curve,
    midas_rate,
    openadr_event,
    serving,
)

CONFIG = """[gateway]
name = "Price taker"
host = "127.0.0.1"
port = {port}
announce = false
time_zone = "America/Los_Angeles"

[retailer]
{retailer}

[home]
party = "demo-home"

[trading]
mode = "automatic"
"""
FAKES = Path(__file__).parent / "fake_prices"
BUY = "sensor.electricity_prices_buy_price"


@dataclass(frozen=True, slots=True)
class Case:
    """A service: the gateway's configuration for it, what a kWh costs, and when using it is paid for.

    ``usual`` is in millionths; ``wait`` counts hours from the one that runs.
    """

    name: str
    retailer: str
    usual: int
    wait: int

    def price(self, begun: Instant) -> Callable[[Instant], int]:
        """What each hour costs, counted from ``begun``.

        Less than nothing once: at noon the home's own sun is free, for nobody buys what it leaves.
        """
        cheap = Instant(begun + self.wait * HOUR)
        return lambda start: -50_000 if start == cheap else self.usual


CASES = (
    Case("gridx", 'service = "gridx"\nutility = "SCE"\nrate = "TOU-D-49"\ncircuit = "Moorpark"', 210_000, 2),
    Case("midas", f'service = "midas"\nrin = "{RIN}"', 220_000, 3),
    Case("openadr", 'service = "openadr"\nprogram = "TOU"', 230_000, 4),
    Case("home_assistant", 'service = "home_assistant"\ncurrency = "USD"', 240_000, 2),
)


@asynccontextmanager
async def services(begun: Instant) -> AsyncIterator[str]:
    """All fakes at one address."""
    first = to_datetime(begun).astimezone(PACIFIC).date() - timedelta(days=1)
    days = [first + timedelta(days=number) for number in range(4)]
    gridx, midas, openadr = (case.price(begun) for case in CASES[:3])

    def of(request: web.Request) -> object:
        match request.path.rpartition("/")[2]:
            case "getPricing":
                return gridx_answer(*(gridx_curve(day, price=gridx) for day in days))
            case "ValueData":
                rates = [midas_rate(day, price=midas) for day in days]
                values = [value for rate in rates for value in rate["ValueInformation"]]
                return rates[0] | {"ValueInformation": values}
            case "programs":
                return [{"id": PROGRAM, "programName": "TOU"}]
            case _:
                return [openadr_event(day, price=openadr) for day in days]

    async def answer(request: web.Request) -> web.Response:
        return web.json_response(of(request))

    async with serving("/{path}", answer) as url:
        yield url


def market_price(begun: Instant, price: Callable[[Instant], int]) -> str:
    """The fake integration's configuration: today's and tomorrow's hours."""
    hours = [Instant(begun + number * HOUR) for number in range(36)]
    rows = [
        {
            "start_time": iso(start),
            "end_time": iso(Instant(start + HOUR)),
            "price_per_kwh": price(start) / 1e6,
        }
        for start in hours
    ]
    return f"\nsensor:\n  - platform: epex_spot\n    data: {json.dumps(rows)}\n"


async def test_each_service_of_prices_plans_a_device(tmp_path: Path) -> None:
    now = time.time_ns() // 1_000_000
    begun = Instant(now - now % HOUR)
    ports = Ports.chosen(0, 0, 0)
    async with (
        services(begun) as url,
        HomeAssistant(f"http://127.0.0.1:{ports.home_assistant}") as home_assistant,
    ):
        demo = Demo(tmp_path, ports, home_assistant)
        folder = tmp_path / "home-assistant"
        folders.make_home_assistant(folder, ports.home_assistant)
        shutil.copytree(FAKES / "epex_spot", folder / "custom_components" / "epex_spot")
        with (folder / "configuration.yaml").open("a") as configuration:
            configuration.write(market_price(begun, CASES[-1].price(begun)))
        (tmp_path / "gateway").mkdir()
        try:
            await demo.start_home_assistant()
            await home_assistant.add_integration("simulated_home", {"seed": SEED})
            ids: dict[str, object] = {}
            for case in CASES:
                at = "" if case.name == "home_assistant" else f'\nurl = "{url}"'
                text = CONFIG.format(port=ports.gateway, retailer=case.retailer + at)
                (tmp_path / "gateway" / "temix-gateway.toml").write_text(text)
                await demo.start_gateway()
                if not ids:
                    await demo.add_gateway()
                    await add_pump(home_assistant)
                    ids = await unique_ids(home_assistant)
                if case.name == "home_assistant":
                    await choose_prices(home_assistant)
                await planned(home_assistant, case, begun)
                assert await unique_ids(home_assistant) == ids
                await demo.stop("gateway")
        finally:
            for name in reversed(list(demo.services)):
                await demo.stop(name)


async def add_pump(home_assistant: HomeAssistant) -> None:
    """A pump that needs one hour of the next twelve."""
    ready_by = datetime.now(UTC).astimezone() + timedelta(hours=12)
    answers = {"name": "Pump", "switch": "switch.pool_pump", "hours": 1, "power": 1_100}
    await home_assistant.add_response("run_hours", {**answers, "ready_by": f"{ready_by:%H}:00:00"})


async def choose_prices(home_assistant: HomeAssistant) -> None:
    """Choose the price entity, as the owner does."""
    (entry,) = await home_assistant.get("/api/config/config_entries/entry?domain=temix")
    path = "/api/config/config_entries/subentries/flow"

    async def asked() -> bool:
        step = await home_assistant.send("POST", path, json={"handler": [entry["entry_id"], "prices"]})
        if step["type"] != "form":
            return False  # the gateway is not connected yet
        done = await home_assistant.send(
            "POST", f"{path}/{step['flow_id']}", json={"buy": "sensor.market_price"}
        )
        assert done["type"] == "create_entry", done
        return True

    await eventually(asked, wanted=True)


async def unique_ids(home_assistant: HomeAssistant) -> dict[str, object]:
    """The entities of the gateway, by their ids."""
    entities = await home_assistant.command("config/entity_registry/list")
    return {each["entity_id"]: each["unique_id"] for each in entities if each["platform"] == "temix"}


async def planned(home_assistant: HomeAssistant, case: Case, begun: Instant) -> None:
    """The price of this service is shown, nothing can be sold, and the pump waits for its cheap hour."""

    async def shown(entity: str) -> str:
        states = await home_assistant.states()
        return str(states[entity]["state"]) if entity in states else "missing"

    await eventually(lambda: shown(BUY), str(case.usual / 1_000_000), within=60)
    cheap = to_datetime(Instant(begun + case.wait * HOUR))
    await eventually(lambda: shown("sensor.pump_next_start"), cheap.isoformat(), within=60)
    for entity in ("sensor.electricity_prices_sell_price", "sensor.account_position"):
        await eventually(lambda entity=entity: shown(entity), "unavailable")  # type: ignore[misc]
    await eventually(lambda: shown("binary_sensor.gateway_problem"), "off")
    await eventually(lambda: shown("switch.pool_pump"), "off")
