"""Durable transactions over TLS: `benchmarks/transactions.py [--orders 500] [--homes 20] [--seconds 20]`.

First one gateway's own code (ledger, outbox, link) trades with a real `temix-retailer` process, one order
after the other: from the order's commit in the ledger to the commit of its answer. Then many homes send
signed orders at once, as many as the retailer lets them, and the processor time of its process is read:
that of orders alone, not of tenders. Every accepted order is durable; at the end as many must be in the
retailer's book.
"""

import argparse
import asyncio
import json
import platform
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import SystemRandom
from statistics import quantiles

import psutil
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from temix_gateway.clock import SystemClock
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.retailer.service import Account
from temix_gateway.retailer.temix import TemixLink
from temix_gateway.trading.outbox import Outbox
from temix_market.errors import MarketError
from temix_market.instants import HOUR, Instant
from temix_market.ladder import Rung, TenderBook
from temix_market.ports import Booked, Heads, OutcomeUnknown, Terms, ToldSubscription
from temix_market.products import Side
from temix_market.tenders import PartyId, Publication
from temix_market.transactions import Leg, Order, Pair, PairKey
from temix_market.units import Energy
from temix_market.wire.keys import SigningKey, uuid7
from temix_market.wire.seal import digest

BIN = Path(sys.executable).parent
LOT_WH = Energy(12)
NO_ORDER = bytes(32).hex()


@dataclass
class Home:
    """A home's link, and the market as it hears of it (a ``RetailerListener``)."""

    party: PartyId
    link: TemixLink
    book: TenderBook = field(default_factory=TenderBook)
    authors: set[PartyId] = field(default_factory=set)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    sequence: int = 0
    up: bool = False

    def connected(self, up: bool, reason: str, *, refused: bool = False) -> None:  # noqa: ARG002
        """Orders can be sent only while it is up, which comes after the first tenders."""
        self.up = up
        self._look()

    def agreed(self, terms: Terms) -> None:
        """Nothing depends on it."""

    def heard(self, now: Instant, heads: Heads) -> None:
        """Nothing depends on it."""

    async def published(self, publication: Publication, signed: str) -> None:  # noqa: ARG002
        """Take tenders."""
        self.book.publish(publication)
        self.authors.add(publication.author)
        self._look()

    def _look(self) -> None:
        if self.up and len(self.authors) > 1:
            self.ready.set()

    async def told(self, told: ToldSubscription) -> None:
        """Nothing depends on it."""

    def order(self, number: int) -> Order:
        """The next order: a lot of some hour that begins later than the next one."""
        now = SystemClock().now()
        rungs = [rung for rung in self.book.rungs(now) if _buys_later(rung, now)]
        rung = rungs[number % len(rungs)]
        quantity = Energy(LOT_WH * (rung.interval.duration * 12 // HOUR) // 12)
        legs = Leg.taking(rung.energy, quantity), Leg.taking(rung.transport, quantity)
        key = PairKey(uuid7(now, SystemRandom().randbytes(10)))
        return Order(Pair(key, self.party, *legs), Instant(min(rung.expires_at, now + 60_000)))


def _buys_later(rung: Rung, now: Instant) -> bool:
    tender = rung.energy
    return tender.side is Side.SELL and rung.interval.duration == HOUR and rung.interval.start > now + HOUR


class Retailer:
    """A real ``temix-retailer`` process with so many homes."""

    def __init__(self, folder: Path, homes: int) -> None:
        """Enroll the homes, and start it."""
        self.folder = folder
        self._accounts = [self._enroll(f"home-{number}") for number in range(homes)]
        command = [str(BIN / "temix-retailer"), "run", "--data", str(folder), "--port", "0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        self._url = self.process.stdout.readline().split(" at ")[1].strip()
        certificate = self.process.stdout.readline().split(" trust ")[1].strip()
        self._tls = ssl.create_default_context(cafile=certificate)

    def _enroll(self, home: str) -> dict[str, str]:
        command = [str(BIN / "temix-retailer"), "enroll", home, "--data", str(self.folder), "--json"]
        told: dict[str, str] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        return told

    @property
    def cpu_s(self) -> float:
        """Processor time that it has used."""
        times = psutil.Process(self.process.pid).cpu_times()
        return float(times.user + times.system)

    @property
    def trades(self) -> int:
        """How many pairs are in its book."""
        with closing(sqlite3.connect(f"file:{self.folder / 'book.db'}?mode=ro", uri=True)) as book:
            return int(book.execute("SELECT count(*) FROM pairs WHERE kind = 'trade'").fetchone()[0])

    @asynccontextmanager
    async def homes(self) -> AsyncIterator[list[Home]]:
        """Every home, linked and with tenders."""
        homes = []
        for number, told in enumerate(self._accounts):
            account = Account(self._url, told["client_id"], told["client_secret"], self._tls)
            key = SigningKey.from_seed(number.to_bytes(32))
            link = TemixLink(PartyId(told["home"]), key, account, clock=SystemClock(), random=SystemRandom())
            homes.append(Home(PartyId(told["home"]), link))
        tasks = [asyncio.create_task(home.link.run(home)) for home in homes]
        try:
            async with asyncio.timeout(60):
                await asyncio.gather(*(home.ready.wait() for home in homes))
            yield homes
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(10)
        assert self.process.stdout
        self.process.stdout.close()


async def one_gateway(home: Home, folder: Path, orders: int, progress: Progress) -> tuple[list[float], float]:
    """How long each of so many orders took (s), one after the other, and all of them."""
    ledger = Ledger(folder / "ledger.db", SystemClock())
    outbox, took = Outbox(ledger, home.link, SystemClock()), []
    task = progress.add_task("one gateway", total=orders)
    began = time.perf_counter()
    for number in range(orders):
        at = time.perf_counter()
        answer = await outbox.submit(home.order(number), home.link.seal)
        assert isinstance(answer, Booked), answer
        took.append(time.perf_counter() - at)
        progress.update(task, advance=1)
        pause = number / 45 - (time.perf_counter() - began)  # the retailer takes 50 requests a second
        if pause > 0:
            await asyncio.sleep(pause)
    ledger.close()
    return took, sum(took)


async def many_homes(homes: list[Home], seconds: float, progress: Progress) -> tuple[int, list[float], float]:
    """How many orders were booked, how long each took, and the time for all."""
    took: list[float] = []
    task, began = progress.add_task(f"{len(homes)} homes", total=seconds), time.perf_counter()

    async def trade(home: Home) -> None:
        before, number = NO_ORDER, 0
        while (elapsed := time.perf_counter() - began) < seconds:
            order = home.order(number)
            signed = home.link.seal(order, number + 1, before)
            at = time.perf_counter()
            try:
                answer = await home.link.order(order.pair.key, signed)
            except OutcomeUnknown, MarketError:
                await asyncio.sleep(0.2)
                continue
            assert isinstance(answer, Booked), answer
            took.append(time.perf_counter() - at)
            number, before = number + 1, digest(signed)
            progress.update(task, completed=elapsed)
            await asyncio.sleep(max(0.0, number / 45 - elapsed))  # within the retailer's 50 a second

    await asyncio.gather(*(trade(home) for home in homes))
    return len(took), took, time.perf_counter() - began


def percentiles(took: list[float]) -> str:
    """p50 / p95 / p99 in ms."""
    cuts = quantiles(took, n=100)
    return " / ".join(f"{cuts[at - 1] * 1000:.1f}" for at in (50, 95, 99))


async def measure(folder: Path, orders: int, count: int, seconds: float) -> Table:
    """Everything, with what it ran on."""
    retailer = Retailer(folder / "retailer", count + 1)
    table = Table(title=f"{platform.machine()}, {psutil.cpu_count()} CPUs, {datetime.now(tz=UTC):%Y-%m-%d}")
    table.add_column("what")
    table.add_column("figure", justify="right")
    try:
        with Progress(console=Console(stderr=True)) as progress:
            async with retailer.homes() as homes:
                took, spent = await one_gateway(homes[0], folder, orders, progress)
                cpu = retailer.cpu_s
                booked, waits, wall = await many_homes(homes[1:], seconds, progress)
                cpu = retailer.cpu_s - cpu
        assert retailer.trades == orders + booked, (retailer.trades, orders, booked)
    finally:
        retailer.stop()
    for name, figure in (
        ("one gateway: durable transactions a second, one after the other", f"{orders / spent:.0f}"),
        ("one gateway: accept latency p50 / p95 / p99, ms", percentiles(took)),
        (f"retailer, {count} homes at once: durable transactions a second", f"{booked / wall:.0f}"),
        ("retailer: accept latency p50 / p95 / p99, ms", percentiles(waits)),
        ("retailer: processor time an order, ms", f"{1000 * cpu / booked:.2f}"),
        ("retailer: homes a core at 80 transactions a day", f"{86_400 / (80 * cpu / booked):,.0f}"),
        ("retailer: homes a core that each take 20 in 5 minutes", f"{300 / (20 * cpu / booked):,.0f}"),
        ("load of the machine meanwhile", f"{psutil.getloadavg()[0]:.1f}"),
    ):
        table.add_row(name, figure)
    return table


def main() -> None:
    """Run it."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--orders", type=int, default=500)
    parser.add_argument("--homes", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=20.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        Console().print(asyncio.run(measure(Path(folder), asked.orders, asked.homes, asked.seconds)))


if __name__ == "__main__":
    main()
