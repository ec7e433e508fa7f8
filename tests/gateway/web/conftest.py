"""The real pages over a fake core, beside the local API on one port."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, override

import aiohttp
import pytest
from temix_gateway.commission_desk import CommissionDesk
from temix_gateway.commissioning.commissioning import Commissioning
from temix_gateway.files import Files
from temix_gateway.home.journal import Journal
from temix_gateway.home.passphrases import Passphrases
from temix_gateway.home.roles import Role
from temix_gateway.home.tokens import private_file
from temix_gateway.web.house import House
from temix_gateway.web.pages import Pages
from temix_market.wire.keys import SigningKey

from tests.gateway.commissioning.fake_site import FakeSite
from tests.gateway.home.conftest import Connect, connect, http
from tests.gateway.home.fake_core import NOON, Gateway

__all__ = ["Connect", "connect", "http"]

INSTALLER = "ladder van drill 2026"
OWNER = "kettle garden window"


class Site(FakeSite):
    """A fake site, whose record needs no trade to begin."""

    async def begin(self) -> None:
        self.calls.append("begin")

    def tell(self) -> None:
        pass


@dataclass
class PagedGateway(Gateway):
    """A gateway with its pages; ``time`` is what its monotonic clock says."""

    site: Site = field(default_factory=Site)
    time: float = 0.0
    enrolled: bool = False

    @override
    def __post_init__(self) -> None:
        super().__post_init__()
        self.monotonic = lambda: self.time
        files = Files(self.folder)
        self.people = Passphrases(files.passphrases)
        key = SigningKey.from_seed(bytes(32))
        self.commissioning = Commissioning(files.commissioning, self.site, key, bytes, private_file)
        self.desk = CommissionDesk(self.commissioning, self.site, files)  # type: ignore[arg-type]
        self.pages: Pages | None = None

    @override
    def prepare(self) -> None:
        async def statement() -> str:
            return "<!doctype html><title>statement</title>"

        assert self.api is not None
        self.door.journal = Journal(None, lambda: NOON)
        house = House(
            api=self.api,
            desk=self.desk,
            passphrases=self.people,
            gateway_id=self.gateway_id,
            fingerprint=self.certificate.fingerprint.hex(),
            names=frozenset({"localhost", f"{self.gateway_id}.local"}),
            enrolled=lambda: self.enrolled,
            zone=lambda: "America/Chicago",
            statement=statement,
            monotonic=lambda: self.time,
        )
        self.api.commissioning = self.desk
        self.api.pages = self.pages = Pages(house)


class Browser:
    """A client of the pages that behaves as a browser does, unless a test changes its headers."""

    def __init__(self, gateway: PagedGateway, http: aiohttp.ClientSession) -> None:
        """Call the gateway by its address."""
        self.gateway, self._http = gateway, http
        self.cookie = ""

    async def ask(
        self, method: str, path: str, form: Any = None, headers: dict[str, str | None] | None = None
    ) -> tuple[int, str, dict[str, str]]:
        """Status, body and headers; a header of ``None`` is left out."""
        origin = f"https://127.0.0.1:{self.gateway.port}"
        given: dict[str, str | None] = {"Sec-Fetch-Site": "same-origin"}
        given |= {"Origin": origin} if method == "POST" else {}
        given |= {"Cookie": f"__Host-sid={self.cookie}"} if self.cookie else {}
        given |= headers or {}
        sent = {name: value for name, value in given.items() if value is not None}
        tls = aiohttp.Fingerprint(self.gateway.certificate.fingerprint)
        async with self._http.request(
            method, origin + path, data=form, headers=sent, ssl=tls, allow_redirects=False
        ) as answer:
            return answer.status, await answer.text(), dict(answer.headers)

    def signed_in(self, role: Role, who: str = "Somebody") -> None:
        """Have a session of this role."""
        assert self.gateway.pages is not None
        self.cookie = self.gateway.pages.sessions.begin(role, who)

    @property
    def csrf(self) -> str:
        """What the session's forms carry."""
        assert self.gateway.pages is not None
        session = self.gateway.pages.sessions.of(self.cookie)
        return "" if session is None else session.csrf


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[PagedGateway]:
    """A gateway with pages, which nobody has commissioned."""
    gateway = PagedGateway(tmp_path)
    await gateway.start()
    yield gateway
    await gateway.stop()


@pytest.fixture
async def browser(gateway: PagedGateway) -> AsyncIterator[Browser]:
    """Somebody's browser."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield Browser(gateway, session)
