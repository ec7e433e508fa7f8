"""A gateway as a process reports to an OpenADR server what its ledger has and what its plan expects."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import pytest
from temix_market.instants import HOUR, Instant, iso
from temix_market.intervals import enclosing

from custom_components.temix.client import read_code
from tests.gateway.reporting_home import POWER, used
from tests.gateway.retailer.published.services import PROGRAM, Document
from tests.gateway.test_cli import process, running
from tests.pairing import ROOT, paired

pytestmark = [pytest.mark.timeout(480), pytest.mark.long]

HELD_S: Final = 12.0
"""So long the server lets the gateway wait for prices while a plan is made; it gives up after 15."""
CONFIG = """
[retailer]
service = "openadr"
url = "{url}"
program = "prices"
client_id = "home-1"
client_secret = "hush"
reports = true
[gateway]
host = "127.0.0.1"
port = 0
announce = false
time_zone = "{zone}"
[trading]
mode = "automatic"
"""


@dataclass
class Vtn:
    """A server whose prices end before the day does, so that it is asked after each start."""

    hour: Instant
    may_answer: threading.Event = field(default_factory=threading.Event)
    asked: threading.Event = field(default_factory=threading.Event)
    reports: list[Document] = field(default_factory=list)

    def answer(self, path: str) -> Any:
        """An answer to a GET."""
        if path.startswith("/programs"):
            return [{"id": PROGRAM, "programName": "prices"}]
        if path.startswith("/reports"):
            return []
        self.may_answer.wait(HELD_S)
        self.asked.set()
        return [
            self.event("prices", -2, 8, 0.2),
            self.event("past", -2, 1, 0.2, "USAGE"),
            self.event("coming", 2, 3, 0.2, "USAGE_FORECAST"),
        ]

    def event(self, name: str, first: int, count: int, price: float, report: str = "") -> Document:
        """An event of some hours from the present one."""
        whole = {"start": iso(Instant(self.hour + first * HOUR)), "duration": "PT1H"}
        intervals = [
            {"id": number, "payloads": [{"type": "PRICE", "values": [price]}]} for number in range(count)
        ]
        made = {"id": name, "programID": PROGRAM, "intervalPeriod": whole, "intervals": intervals}
        return made | ({"reportDescriptors": [{"payloadType": report}]} if report else {})


@pytest.fixture
def vtn() -> Iterator[tuple[Vtn, str]]:
    """It, and its address."""
    made = Vtn(enclosing(Instant(time.time_ns() // 1_000_000), HOUR).start)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send(200, made.answer(self.path))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path.startswith("/auth"):
                self._send(200, {"access_token": "t0k"})
                return
            assert self.headers["Authorization"] == "Bearer t0k"
            made.reports.append(json.loads(body))
            self._send(201, {"id": str(len(made.reports)), **made.reports[-1]})

        def _send(self, status: int, answer: Any) -> None:
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            with suppress(BrokenPipeError):  # the gateway ended while it waited
                self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield made, f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        made.may_answer.set()
        server.shutdown()
        thread.join()
        server.server_close()


def forenoon() -> str:
    """A zone in which it is about ten: there the day has more hours than the prices."""
    ahead = 10 - time.gmtime().tm_hour
    return f"Etc/GMT{-ahead:+d}"


def test_what_was_used_and_what_is_planned_reach_the_server(tmp_path: Path, vtn: tuple[Vtn, str]) -> None:
    server, url = vtn
    (tmp_path / "temix-gateway.toml").write_text(CONFIG.format(url=url, zone=forenoon()))
    server.may_answer.set()
    with running(tmp_path):
        window = json.loads(process(tmp_path, "pair", "--json").stdout)
        token = paired(tmp_path / "data", read_code(window["uri"]))
        assert server.asked.wait(60)
    assert server.reports == []  # nothing is known to report
    begin = Instant(server.hour - 2 * HOUR)
    for _ in range(4):  # a slow machine may have no plan while the server holds its answer
        server.may_answer.clear()
        server.asked.clear()
        with running(tmp_path):
            command = [sys.executable, "-m", "tests.gateway.reporting_home"]
            arguments = [tmp_path.absolute() / "data", token, str(begin), "12"]
            subprocess.run([*command, *arguments], cwd=ROOT, check=True, timeout=60)
            server.may_answer.set()
            assert server.asked.wait(60)
            until = time.monotonic() + 10
            while len(server.reports) < 2 and time.monotonic() < until:
                time.sleep(0.1)
        if len(server.reports) == 2:
            break
    shown = {report["eventID"]: values(report) for report in server.reports}
    drawn = sum(used(number) for number in range(12)) / 1000
    assert shown == {"past": [drawn], "coming": [POWER / 1000] * 3}


def values(report: Document) -> list[float]:
    """What a report says, kWh by interval."""
    (resource,) = report["resources"]
    return [each["payloads"][0]["values"][0] for each in resource["intervals"]]
