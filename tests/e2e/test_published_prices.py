"""Prices that are only published, from their service through a real gateway to a real Home Assistant."""

import time
from datetime import date
from pathlib import Path

from temix_market.instants import HOUR, Instant

from demo import folders
from demo.home_assistant import HomeAssistant
from demo.running import SEED, Demo, Ports
from tests.e2e.peers.home import eventually
from tests.gateway.retailer.published.services import Document, FakeGridX, gridx_curve, serving, true_price

CONFIG = """[gateway]
name = "Price taker"
host = "127.0.0.1"
port = {port}
announce = false
time_zone = "America/Los_Angeles"

[retailer]
service = "gridx"
url = "{url}"
utility = "SCE"
rate = "TOU-D-49"
circuit = "Moorpark"

[home]
party = "demo-home"

[trading]
mode = "automatic"
"""


def cheap_now(day: date) -> Document:
    """The hours that run and come next are nearly free."""
    now = Instant(time.time_ns() // 1_000_000)
    soon = range(now - now % HOUR, now - now % HOUR + 2 * HOUR)
    return gridx_curve(day, price=lambda start: 1_000 if start in soon else 200_000 + true_price(start))


async def test_a_price_to_buy_is_shown_and_no_trade(tmp_path: Path) -> None:
    service = FakeGridX(cheap_now)
    ports = Ports.chosen(0, 0, 0)
    async with (
        serving("/getPricing", service.get_pricing) as url,
        HomeAssistant(f"http://127.0.0.1:{ports.home_assistant}") as home_assistant,
    ):
        demo = Demo(tmp_path, ports, home_assistant)
        folders.make_home_assistant(tmp_path / "home-assistant", ports.home_assistant)
        (tmp_path / "gateway").mkdir()
        config = CONFIG.format(port=ports.gateway, url=url)
        (tmp_path / "gateway" / "temix-gateway.toml").write_text(config)
        try:
            await demo.start_home_assistant()
            await demo.start_gateway()
            await home_assistant.add_integration("simulated_home", {"seed": SEED})
            await demo.add_gateway()

            async def shown(entity: str) -> str:
                states = await home_assistant.states()
                return str(states[entity]["state"]) if entity in states else "missing"

            await eventually(lambda: shown("sensor.electricity_prices_buy_price"), "0.001", within=60)
            for entity in ("sensor.electricity_prices_sell_price", "sensor.account_position"):
                await eventually(lambda entity=entity: shown(entity), "unavailable")  # type: ignore[misc]
            await eventually(lambda: shown("binary_sensor.gateway_problem"), "off")
        finally:
            for name in reversed(list(demo.services)):
                await demo.stop(name)
