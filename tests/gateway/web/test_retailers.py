"""The choice of a retailer: one that trades, or one whose prices are asked for."""

import pytest
from temix_gateway.home.roles import Role

from tests.gateway.commissioning.fake_site import NOW, hourly
from tests.gateway.web.conftest import Browser, PagedGateway

MIDAS = {"service": "midas", "rin": "RIN: usca-pgpg-etou-0000"}


@pytest.fixture
def installer(browser: Browser) -> Browser:
    browser.signed_in(Role.INSTALLER, "Ida")
    return browser


async def test_the_choice_comes_first(installer: Browser) -> None:
    status, page, _ = await installer.ask("GET", "/commission/retailer")
    assert status == 200
    for link in (
        "service=temix",
        "service=gridx&amp;utility=SCE",
        "service=gridx&amp;utility=PGE",
        "service=midas",
    ):
        assert f"/commission/retailer?{link}" in page
    assert page.count("service=home_assistant") == 1


async def test_a_service_asks_what_it_needs(installer: Browser) -> None:
    _, page, _ = await installer.ask("GET", "/commission/retailer?service=gridx&utility=SCE")
    for part in ('name="service" value="gridx"', 'name="utility" value="SCE"', '<option value="Eagle Rock">'):
        assert part in page
    assert 'name="code"' not in page
    _, page, _ = await installer.ask("GET", "/commission/retailer?service=midas")
    assert page.count("data-photo-for=") == 2
    assert "client_secret_file" not in (await installer.ask("GET", "/commission/retailer?service=openadr"))[1]


async def test_a_service_that_a_file_configures_is_taken_over(
    installer: Browser, gateway: PagedGateway
) -> None:
    gateway.site.by_file = MIDAS
    gateway.site.prices = hourly(300_000, first=NOW)
    _, page, _ = await installer.ask("GET", "/commission/retailer")
    assert 'name="service" value="midas"' in page
    assert f'value="{MIDAS["rin"]}"' in page
    _, page, _ = await installer.ask("GET", "/commission/retailer?another")
    assert "/commission/retailer?service=gridx" in page
    form = {"csrf": installer.csrf, "url": "https://midas.test", **MIDAS}
    await installer.ask("POST", "/commission/retailer", form)
    gateway.site.by_file = {"service": "openadr"}  # what the step was done with is shown from then on
    _, page, _ = await installer.ask("GET", "/commission/retailer")
    assert "0.3 USD" in page


async def test_prices_are_shown_and_the_steps_of_trade_left_out(
    installer: Browser, gateway: PagedGateway
) -> None:
    gateway.site.prices = hourly(300_000, 100_000, first=NOW)
    form = {"csrf": installer.csrf, "export_rin": "", "url": "https://midas.test", **MIDAS}
    status, _, headers = await installer.ask("POST", "/commission/retailer", form)
    assert (status, headers["Location"]) == (303, "/commission/retailer")
    _, page, _ = await installer.ask("GET", "/commission/retailer")
    assert "0.3 USD" in page
    assert 'href="/commission/retailer?another"' in page
    _, page, _ = await installer.ask("GET", "/commission")
    assert page.count("not needed") == 3
    assert "Nothing is traded until" not in page
    _, page, _ = await installer.ask("GET", "/commission/mandate")
    assert "takes no orders" in page
    assert "<form" not in page.partition("<main")[2]
    _, page, _ = await installer.ask("GET", "/commission/limits")
    assert 'name="import_power"' in page
    assert 'name="money_a_day"' not in page
    _, page, _ = await installer.ask("GET", "/commission/retailer?service=temix")
    assert 'name="code"' in page
    assert "0.3 USD" not in page


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_there_is_no_other_service(installer: Browser, method: str) -> None:
    form = {"csrf": installer.csrf, "service": "<b>"} if method == "POST" else None
    path = "/commission/retailer" + ("?service=<b>" if method == "GET" else "")
    status, page, _ = await installer.ask(method, path, form)
    assert status == 404
    assert "<b>&lt;" not in page
    assert "&lt;b&gt;" in page


async def test_what_is_missing_is_named_with_what_was_typed(installer: Browser) -> None:
    form = {"csrf": installer.csrf, "service": "gridx", "utility": "SCE", "rate": "TOU-D-49", "circuit": ""}
    status, page, _ = await installer.ask("POST", "/commission/retailer", form)
    assert status == 422
    assert "nine digits (PG&amp;E): this cannot be used (it is missing)." in page
    assert "retailer.circuit" not in page
    assert 'value="TOU-D-49"' in page
