"""The pages in Home Assistant's sidebar: all ways stay under the path of its ingress."""

import re
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from temix_gateway.home.roles import Role
from temix_gateway.web.ingress import ingress
from temix_gateway.web.pages import Pages

from tests.gateway.web.conftest import INSTALLER, PagedGateway

PREFIX = "/api/hassio_ingress/4Zf"


class Sidebar:
    """What the Supervisor passes on of a browser that shows Home Assistant's sidebar."""

    def __init__(self, gateway: PagedGateway, port: int, http: aiohttp.ClientSession) -> None:
        """Call the port that only the Supervisor may call."""
        self.gateway, self._http, self._url = gateway, http, f"http://127.0.0.1:{port}"
        self.cookie = ""

    async def ask(self, method: str, path: str, form: Any = None, **headers: str) -> tuple[int, str, Any]:
        """Status, body and headers."""
        given = {"X-Ingress-Path": PREFIX, "Sec-Fetch-Site": "same-origin", "Cookie": self.cookie} | headers
        async with self._http.request(
            method, self._url + path, data=form, headers=given, allow_redirects=False
        ) as answer:
            return answer.status, await answer.text(), answer.headers

    def signed_in(self, role: Role) -> str:
        """Have a session of this role; what its forms carry."""
        assert self.gateway.pages is not None
        token = self.gateway.pages.sessions.begin(role, "Ida")
        self.cookie = f"temix-sid={token}"
        session = self.gateway.pages.sessions.of(token)
        assert session is not None
        return session.csrf


@pytest.fixture
async def sidebar(gateway: PagedGateway) -> AsyncIterator[Sidebar]:
    """The Supervisor, which is at this machine here."""
    assert gateway.pages is not None
    pages = Pages(gateway.pages._house, ingress=True, sessions=gateway.pages.sessions)
    async with (
        ingress(pages, 0, "127.0.0.1") as port,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http,
    ):
        yield Sidebar(gateway, port, http)


async def test_every_way_stays_under_the_path_of_the_ingress(sidebar: Sidebar) -> None:
    """Links, forms, style, script and redirects: else the browser would ask Home Assistant itself."""
    sidebar.signed_in(Role.INSTALLER)
    for page in (
        "/commission",
        "/commission/retailer",
        "/commission/limits",
        "/pairing",
        "/hand-over",
        "/log",
    ):
        status, body, _ = await sidebar.ask("GET", page)
        ways = re.findall(r'(?:href|src|action)="([^"#]+)"', body)
        assert status == 200
        assert [way for way in ways if not way.startswith((f"{PREFIX}/", "data:"))] == []
    sidebar.cookie = ""
    for page in ("/", "/commission"):
        assert (await sidebar.ask("GET", page))[2]["Location"] == f"{PREFIX}/sign-in"


@pytest.mark.parametrize("scheme, secure", [("https", True), ("http", False)])
async def test_the_session_is_good_under_that_path_alone(sidebar: Sidebar, scheme: str, secure: bool) -> None:
    form = {"name": "Ida", "passphrase": INSTALLER}
    _, _, headers = await sidebar.ask("POST", "/sign-in", form, **{"X-Forwarded-Proto": scheme})
    assert headers["Location"] == f"{PREFIX}/commission"
    cookie = headers["Set-Cookie"]
    assert cookie.startswith("temix-sid=")
    assert {f"Path={PREFIX}", "HttpOnly", "SameSite=Strict"} <= set(cookie.split("; "))
    assert ("Secure" in cookie) is secure


async def test_a_form_of_another_page_is_refused(sidebar: Sidebar) -> None:
    form = {"csrf": sidebar.signed_in(Role.INSTALLER)}
    for sent, site in ((form, "cross-site"), ({"csrf": "guess"}, "same-origin")):
        assert (await sidebar.ask("POST", "/hand-over", sent, **{"Sec-Fetch-Site": site}))[0] == 403


async def test_the_local_api_is_not_there(sidebar: Sidebar) -> None:
    assert (await sidebar.ask("GET", "/api"))[0] == 404


async def test_the_owner_is_led_to_the_sidebar_and_not_to_an_address(sidebar: Sidebar) -> None:
    """A link of the ingress opens nothing outside of Home Assistant."""
    form = {"csrf": sidebar.signed_in(Role.INSTALLER)}
    _, body, _ = await sidebar.ask("POST", "/hand-over", form)
    assert "opens TeMIX gateway in the sidebar" in body
    assert 'class="qr"' not in body
    assert "://" not in body.partition("<main")[2]
