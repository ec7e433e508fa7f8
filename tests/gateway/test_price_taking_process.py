"""The gateway as a process, with a service that only publishes prices: shown, kept, never ordered from."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from temix_market.instants import FIVE_MINUTES, HOUR, Instant

from tests.gateway.retailer.published.services import GridXServer, gridx_server, true_price
from tests.gateway.test_cli import process, running

pytestmark = pytest.mark.timeout(120)

CONFIG = """
[retailer]
service = "gridx"
url = "{url}"
utility = "SCE"
rate = "TOU-D-49"
circuit = "Moorpark"
[gateway]
host = "127.0.0.1"
port = 0
announce = false
time_zone = "America/Los_Angeles"
[trading]
mode = "automatic"
"""


@pytest.fixture
def service() -> Iterator[GridXServer]:
    with gridx_server() as server:
        yield server


def test_prices_are_asked_for_once_shown_and_kept_over_a_restart(
    tmp_path: Path, service: GridXServer
) -> None:
    (tmp_path / "temix-gateway.toml").write_text(CONFIG.format(url=service.url))
    kept = tmp_path / "data" / "prices.json"
    for _ in range(2):
        with running(tmp_path):
            until = time.monotonic() + 60
            while not kept.exists() and time.monotonic() < until:
                time.sleep(0.2)
            state = json.loads(process(tmp_path, "status", "--json").stdout)
            assert state["mode"] == "automatic"
            assert state["shadow"]
            assert state["trading"]["codes"] == ["published"]
            assert state["currency"] == "USD"
            start = Instant(state["spot"]["start"])
            assert start % FIVE_MINUTES == 0
            assert state["spot"]["buy"] == true_price(Instant(start - start % HOUR))
            assert state["spot"]["sell"] is None
            assert state["transactions"]["count"] == 0
    assert service.asked == 1
