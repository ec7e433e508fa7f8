"""Health and metrics: told on loopback, under its own name, and failing for its own faults alone."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from temix_gateway.app import own_faults
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.metrics import Sources, exposition
from temix_gateway.operations import Operations
from temix_gateway.planning.worker import PlannerProcess
from temix_gateway.pulse import ANSWERS_WITHIN_S, Pulse
from temix_market.ports import Booked
from temix_market.transactions import PairKey

from tests.gateway.bench import Bench
from tests.gateway.market import FakeClock, order


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Bench]:
    opened = Bench(tmp_path / "ledger.db")
    yield opened
    opened.ledger.close()


class Page:
    """The page of a gateway, and what its health is."""

    def __init__(self, home: Bench) -> None:
        self.faults: list[str] = []
        self.time = 0.0
        self.pulse = Pulse(home.ledger.alive, lambda: self.time)
        sources = Sources(home.core, home.ledger, PlannerProcess(), self.pulse, "1.2.3")
        self.served = Operations(lambda: self.faults, lambda: exposition(sources))
        self.url = ""

    async def get(self, path: str, host: str | None = None) -> tuple[int, str]:
        """Status and text."""
        headers = {} if host is None else {"Host": host}
        async with (
            aiohttp.ClientSession() as session,
            session.get(self.url + path, headers=headers) as answer,
        ):
            return answer.status, await answer.text()


@pytest.fixture
async def page(home: Bench) -> AsyncIterator[Page]:
    page = Page(home)
    port = await page.served.start(0)
    page.url = f"http://127.0.0.1:{port}"
    yield page
    await page.served.stop()


def value(text: str, name: str) -> float:
    """The value of a series."""
    found = re.search(rf"^{re.escape(name)} (.*)$", text, re.MULTILINE)
    assert found, f"no {name} in\n{text}"
    return float(found[1])


async def test_health_fails_for_its_own_faults_alone(page: Page) -> None:
    assert await page.get("/health") == (200, '{"status": "ok", "faults": []}')
    page.faults = ["the disk is full"]
    assert await page.get("/health") == (503, '{"status": "failed", "faults": ["the disk is full"]}')


async def test_nothing_else_is_served(page: Page) -> None:
    assert (await page.get("/"))[0] == 404
    assert (await page.get("/api"))[0] == 404


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8742", "127.0.0.1.evil.example", "192.0.2.1"])
async def test_a_name_that_was_pointed_here_is_refused(page: Page, host: str) -> None:
    assert (await page.get("/metrics", host))[0] == 421
    assert (await page.get("/health", host))[0] == 421
    assert (await page.get("/health", "localhost:99"))[0] == 200


async def test_the_figures_are_those_of_the_gateway(home: Bench, page: Page) -> None:
    _, text = await page.get("/metrics")
    assert value(text, "temix_retailer_up") == 0
    assert value(text, "temix_trading_locked") == len(home.core.locked())
    assert 'temix_trading_lock{reason="the retailer is not connected"} 1.0' in text
    assert "temix_clock_proof_age_seconds" not in text
    await home.ledger.place(order("a"), home.retailer.seal)
    await home.ledger.place(order("b"), home.retailer.seal)
    await home.ledger.resolve(Booked(PairKey("a"), ("energy", "transport")))
    home.core.heard(home.clock.now(), home.core.books.heads)
    _, text = await page.get("/metrics")
    assert value(text, "temix_orders_pending") == 1
    assert value(text, 'temix_orders_total{outcome="booked"}') == 1
    assert value(text, 'temix_orders_total{outcome="refused"}') == 0
    assert value(text, "temix_clock_proof_age_seconds") == 0
    assert value(text, "temix_ledger_records_total") == home.ledger.head.sequence
    assert f'temix_ledger_head_info{{head="{home.ledger.head.head}"}} 1.0' in text
    assert value(text, "temix_ledger_bytes") > 4096
    assert 'temix_gateway_info{version="1.2.3"} 1.0' in text


async def test_the_writers_latency_is_counted(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.db", FakeClock())
    for _ in range(3):
        await ledger.alive()
    counts = dict(ledger.latency.cumulative())
    assert counts["+Inf"] == 3
    assert list(counts.values()) == sorted(counts.values())
    assert ledger.latency.waiting == 0
    assert ledger.latency.total_s > 0
    ledger.close()


async def test_a_locked_ledger_is_a_fault_and_a_retailer_that_is_away_is_none(home: Bench) -> None:
    time = 0.0
    pulse = Pulse(home.ledger.alive, lambda: time)
    assert own_faults(pulse, home.ledger) == []
    time = ANSWERS_WITHIN_S + 1
    assert len(own_faults(pulse, home.ledger)) == 2
    time = 0.0
    home.ledger.fault = "the disk is full"
    assert own_faults(pulse, home.ledger) == ["the disk is full"]
