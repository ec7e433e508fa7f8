"""The real retailer's service over TLS, in the same process, and a gateway's link to it."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest
import trustme
from aiohttp import web
from temix_gateway.retailer.service import Account
from temix_gateway.retailer.temix import TemixLink
from temix_market.instants import HOUR, Duration, Instant
from temix_market.ports import Heads, ToldSubscription
from temix_market.ports import Terms as MarketTerms
from temix_market.tenders import PartyId, Publication
from temix_market.transactions import Pair
from temix_market.wire.keys import SigningKey
from temix_retailer.prices import load_wholesale
from temix_retailer.publications import Circuit
from temix_retailer.retailer import Retailer
from temix_retailer.server import Service
from temix_retailer.store import open_store

from tests.gateway.market import HOME, FakeClock
from tests.retailer.homes import randomness, terms

HOME_KEY = SigningKey.from_seed(b"h" * 32)


@pytest.fixture(scope="session")
def circuit() -> Circuit:
    return Circuit(PartyId("lse"), PartyId("do"), load_wholesale(ZoneInfo("America/Chicago")), seed=7)


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trust(authority: trustme.CA) -> ssl.SSLContext:
    """A client's context that trusts the test authority alone."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@asynccontextmanager
async def served(application: web.Application, certificate: trustme.LeafCert | None) -> AsyncIterator[str]:
    """Serve on a free port; the address."""
    context = None
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        certificate.configure_cert(context)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    try:
        yield f"https://localhost:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@dataclass
class Bench:
    """A running retailer: its address, and an account of the home there."""

    retailer: Retailer
    clock: FakeClock
    url: str
    client_id: str
    secret: str
    trust: ssl.SSLContext

    def account(self, **changes: str) -> Account:
        """The home's account, changed as a mistake would."""
        known = {"url": self.url, "client_id": self.client_id, "secret": self.secret} | changes
        return Account(**known, context=self.trust)

    def link(self, **changes: str) -> TemixLink:
        return TemixLink(HOME, HOME_KEY, self.account(**changes), clock=self.clock, random=Random(1))


@pytest.fixture
async def bench(
    tmp_path: Path,
    circuit: Circuit,
    authority: trustme.CA,
    trust: ssl.SSLContext,
) -> AsyncIterator[Bench]:
    clock = FakeClock()
    with closing(open_store(tmp_path / "book.db")) as store:
        retailer = Retailer(clock, store, terms(circuit), randomness=randomness())
        await retailer.turn()
        enrolled = await retailer.homes.enroll(HOME, Duration(1000 * HOUR))
        application = Service(retailer, randomness(2)).application()
        async with served(application, authority.issue_cert("localhost")) as url:
            yield Bench(retailer, clock, url, enrolled.client_id, enrolled.client_secret, trust)


@dataclass
class Heard:
    """A listener that keeps what it hears."""

    links: list[tuple[bool, str]] = field(default_factory=list)
    refused: bool = False
    terms: list[MarketTerms] = field(default_factory=list)
    clocks: list[Instant] = field(default_factory=list)
    heads: list[Heads] = field(default_factory=list)
    publications: list[Publication] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    def connected(self, up: bool, reason: str, *, refused: bool = False) -> None:
        self.links.append((up, reason))
        self.refused = refused
        asyncio.get_running_loop().create_task(self._notify())

    def agreed(self, agreed: MarketTerms) -> None:
        self.terms.append(agreed)

    def heard(self, now: Instant, heads: Heads) -> None:
        self.clocks.append(now)
        self.heads.append(heads)
        asyncio.get_running_loop().create_task(self._notify())

    async def published(self, publication: Publication, signed: str) -> None:
        assert signed.count(".") == 2
        self.publications.append(publication)
        await self._notify()

    async def told(self, told: ToldSubscription) -> None:
        self.pairs += told.pairs
        await self._notify()

    async def until(self, condition: Callable[[Heard], object]) -> None:
        """Wait for what is to be heard."""
        async with self.news:
            await self.news.wait_for(lambda: condition(self))

    async def _notify(self) -> None:
        async with self.news:
            self.news.notify_all()


@asynccontextmanager
async def linked(link: TemixLink) -> AsyncIterator[Heard]:
    """Run a link."""
    heard = Heard()
    running = asyncio.create_task(link.run(heard))
    try:
        yield heard
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
