"""The gateway as a process, with a service that only publishes prices: shown, kept, never ordered from."""

import json
import time
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from temix_market.instants import FIVE_MINUTES, HOUR, Instant

from tests.gateway.retailer.published.services import PACIFIC, gridx_answer, gridx_curve, true_price
from tests.gateway.test_cli import process, running

pytestmark = pytest.mark.timeout(120)

CONFIG = """
[retailer]
service = "gridx"
url = "{url}"
utility = "SCE"
rate = "TOU-D-49"
circuit = "Moorpark"
[home]
party = "home-1"
[gateway]
host = "127.0.0.1"
port = 0
announce = false
time_zone = "America/Los_Angeles"
[trading]
mode = "automatic"
"""


class _Service(BaseHTTPRequestHandler):
    asked = 0

    def do_GET(self) -> None:
        type(self).asked += 1
        answer = json.dumps(gridx_answer(gridx_curve(datetime.now(PACIFIC).date()))).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def service() -> Iterator[type[_Service]]:
    kind = type("Service", (_Service,), {"asked": 0})
    server = HTTPServer(("127.0.0.1", 0), kind)
    thread = Thread(target=server.serve_forever)
    thread.start()
    kind.url = f"http://127.0.0.1:{server.server_address[1]}"  # type: ignore[attr-defined]
    yield kind
    server.shutdown()
    thread.join()
    server.server_close()


def test_prices_are_asked_for_once_shown_and_kept_over_a_restart(
    tmp_path: Path, service: type[_Service]
) -> None:
    (tmp_path / "temix-gateway.toml").write_text(CONFIG.format(url=service.url))  # type: ignore[attr-defined]
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
