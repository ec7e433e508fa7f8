"""Who may open which page: identities × pages from one table, and requests that are not what they seem."""

import asyncio
import json

import aiohttp
import pytest
from temix_gateway.home import limits, roles
from temix_gateway.home.journal import Entry
from temix_gateway.home.passphrases import COOL_S, FAILURES
from temix_gateway.home.roles import OPEN_PAGES, PAGES, Role
from temix_gateway.web import guards
from temix_gateway.web.guards import HEADERS, host_fits

from tests.gateway.commissioning.fake_site import ANSWERS
from tests.gateway.web.conftest import INSTALLER, OWNER, Browser, PagedGateway

IDENTITIES = ("nobody", "made up", "a client's token", "over", "signed out", "owner", "installer")
FORMS = {"POST /commission/{step}": {"time_zone": "UTC"}, "POST /trading": {"paused": "true"}}


def known(browser: Browser, identity: str) -> Role | None:
    """Become one of the identities; the role that it then has."""
    gateway = browser.gateway
    match identity:
        case "made up":
            browser.cookie = "x" * 43
        case "a client's token":
            browser.cookie = gateway.token
        case "over":
            browser.signed_in(Role.INSTALLER)
            gateway.time += roles.INSTALLER_LASTS_S
        case "signed out":
            browser.signed_in(Role.OWNER)
            assert gateway.pages is not None
            gateway.pages.sessions.end(browser.cookie)
        case "owner" | "installer":
            browser.signed_in(Role(identity))
            return Role(identity)
    return None


@pytest.mark.parametrize("identity", IDENTITIES)
@pytest.mark.parametrize("page", PAGES)
async def test_each_may_what_the_table_says(browser: Browser, identity: str, page: str) -> None:
    role = known(browser, identity)
    method, path = page.replace("{step}", "basics").split()
    form = {"csrf": browser.csrf, **FORMS.get(page, {})} if method == "POST" else None
    status, _, headers = await browser.ask(method, path, form)
    if role is None:
        assert (status, headers["Location"]) == (303, "/sign-in")
    elif role in PAGES[page]:
        assert status in {200, 303, 404}  # there is no record yet
        assert headers.get("Location") != "/sign-in" or page == "POST /sign-out"
    else:
        assert status == 403
        assert browser.gateway.door.journal.entries()[0] == Entry(
            browser.gateway.door.journal.entries()[0].at, "refused", "Somebody", {"command": page}
        )
    if role not in PAGES[page]:
        assert browser.gateway.site.calls == []
        assert browser.gateway.core.commands == []


@pytest.mark.parametrize("page", sorted(OPEN_PAGES))
async def test_open_pages_tell_nothing_of_the_home(browser: Browser, page: str) -> None:
    method, path = page.split()
    status, body, _ = await browser.ask(method, path, {} if method == "POST" else None)
    assert status in {200, 303, 403}
    for secret in (browser.gateway.gateway_id, "USD", "Chicago", browser.gateway.token):
        assert secret not in body


async def test_pages_beyond_the_table_are_not_there(browser: Browser) -> None:
    browser.signed_in(Role.INSTALLER)
    for path in ("/nothing", "/commission/nothing", "/..%2fpasswd", "/commission/basics/x"):
        assert (await browser.ask("GET", path))[0] == 404
    for method in ("PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"):
        status, _, headers = await browser.ask(method, "/commission")
        assert (status, headers["Allow"]) == (405, "GET")


# --- headers


@pytest.mark.parametrize("path", ["/", "/sign-in", "/owner", "/page.css", "/nothing", "/record.json"])
async def test_every_answer_carries_the_headers(browser: Browser, path: str) -> None:
    _, _, headers = await browser.ask("GET", path)
    assert HEADERS.items() <= headers.items()
    assert not [name for name in headers if name.lower().startswith("access-control-")]


def test_the_policy_lets_nothing_in_from_elsewhere() -> None:
    policy = HEADERS["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "*" not in policy


async def test_the_cookie_is_for_this_host_alone(browser: Browser) -> None:
    browser.gateway.people.choose(Role.OWNER, "Otto", OWNER)
    status, _, headers = await browser.ask("POST", "/sign-in", {"passphrase": OWNER})
    assert (status, headers["Location"]) == (303, "/owner")
    cookie = headers["Set-Cookie"]
    assert cookie.startswith("__Host-sid=")
    assert {"Secure", "HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


# --- Host: a name that somebody else pointed here

GOOD_HOSTS = [
    "127.0.0.1", "127.0.0.1:8741", "192.168.1.20:8741", "[::1]", "[::1]:8741", "[fe80::1]:8741",
    "localhost", "localhost:8741", "LOCALHOST:8741", "localhost.:8741", "gw-5f2c.local", "gw-5f2c.local:8741",
]  # fmt: skip
BAD_HOSTS = [
    "", "evil.example", "evil.example:8741", "127.0.0.1.evil.example", "localhost.evil.example",
    "evil.localhost", "gw-5f2c.local.evil.example", "gw-5f2c", "xgw-5f2c.local", "127.0.0.1@evil.example",
    "evil.example@127.0.0.1", "127.0.0.1:8741:8741", "127.0.0.1:x", "[::1", "[::1]x", "[evil.example]:1",
    "0x7f.1", "2130706433", "127.1", "localhost:8741/", " localhost", "local host", "localhost\t", "null",
]  # fmt: skip


@pytest.mark.parametrize("host", GOOD_HOSTS)
def test_own_names_and_addresses_fit(host: str) -> None:
    assert host_fits(host, {"localhost", "gw-5f2c.local"})


@pytest.mark.parametrize("host", BAD_HOSTS)
def test_other_names_do_not(host: str) -> None:
    assert not host_fits(host, {"localhost", "gw-5f2c.local"})


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8741", "127.0.0.1.nip.io"])
@pytest.mark.parametrize(
    "page", ["GET /", "GET /sign-in", "GET /page.css", "GET /owner", "POST /sign-in", "GET /x"]
)
async def test_a_rebound_name_is_misdirected(browser: Browser, host: str, page: str) -> None:
    browser.signed_in(Role.OWNER)
    method, path = page.split()
    headers: dict[str, str | None] = {"Host": host, "Origin": f"https://{host}"}
    status, body, _ = await browser.ask(
        method, path, {"passphrase": OWNER} if method == "POST" else None, headers
    )
    assert status == 421
    assert browser.gateway.gateway_id not in body


async def test_a_rebound_name_reaches_no_socket(gateway: PagedGateway, http: aiohttp.ClientSession) -> None:
    pinned = aiohttp.Fingerprint(gateway.certificate.fingerprint)
    url = f"wss://127.0.0.1:{gateway.port}/api"
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await http.ws_connect(
            url, ssl=pinned, headers={"Host": "evil.example", "Origin": "https://evil.example"}
        )
    assert refused.value.status == 403


# --- Origin, Sec-Fetch-Site and the form's token: writes come from our own pages

BAD_WRITES: dict[str, dict[str, str | None]] = {
    "no origin": {"Origin": None},
    "null": {"Origin": "null"},
    "elsewhere": {"Origin": "https://evil.example"},
    "plain http": {"Origin": "http://127.0.0.1:{port}"},
    "another port": {"Origin": "https://127.0.0.1:1"},
    "no port": {"Origin": "https://127.0.0.1"},
    "as a name": {"Origin": "https://localhost:{port}"},
    "ours within": {"Origin": "https://127.0.0.1:{port}.evil.example"},
    "with a path": {"Origin": "https://127.0.0.1:{port}/"},
    "cross-site": {"Sec-Fetch-Site": "cross-site"},
    "same-site": {"Sec-Fetch-Site": "same-site"},
    "by nobody": {"Sec-Fetch-Site": "none"},
}
WRITES = [name for name in PAGES if name.startswith("POST")]


@pytest.mark.parametrize("case", BAD_WRITES)
@pytest.mark.parametrize(
    "page", ["POST /trading", "POST /commission/basics", "POST /sign-in", "POST /welcome"]
)
async def test_a_write_from_elsewhere_is_refused(browser: Browser, page: str, case: str) -> None:
    browser.signed_in(Role.OWNER if page == "POST /trading" else Role.INSTALLER)
    headers = {
        name: value and value.replace("{port}", str(browser.gateway.port))
        for name, value in BAD_WRITES[case].items()
    }
    form = {"csrf": browser.csrf, "paused": "true", "time_zone": "UTC"}
    status, _, _ = await browser.ask("POST", page.split()[1], form, headers)
    assert status == 403
    assert browser.gateway.core.commands == []
    assert browser.gateway.site.calls == []


@pytest.mark.parametrize("page", WRITES)
@pytest.mark.parametrize("token", [None, "", "wrong", "another session's"])
async def test_a_write_without_its_token_is_refused(browser: Browser, page: str, token: str | None) -> None:
    role = next(iter(PAGES[page]))
    browser.signed_in(role)
    other = browser.csrf
    browser.signed_in(role)
    form = {} if token is None else {"csrf": other if token == "another session's" else token}
    path = page.split()[1].replace("{step}", "basics")
    status, _, _ = await browser.ask("POST", path, form)
    assert status == 403
    assert browser.gateway.core.commands == []


@pytest.mark.parametrize(
    "sent, kind, status",
    [
        (b'{"csrf": "x"}', "application/json", 415),
        (b"csrf=x", "text/plain", 415),
        (b"csrf=x", "multipart/form-data; boundary=x", 415),
        (b"a=1&a=2", "application/x-www-form-urlencoded", 400),
        (b"a=%ff", "application/x-www-form-urlencoded; charset=nonsense", 400),
        (b"a=" + b"x" * limits.MESSAGE_BYTES, "application/x-www-form-urlencoded", 413),
    ],
)
async def test_what_is_no_small_form_is_refused(
    browser: Browser, sent: bytes, kind: str, status: int
) -> None:
    browser.signed_in(Role.OWNER)
    assert (await browser.ask("POST", "/trading", sent, {"Content-Type": kind}))[0] == status
    assert browser.gateway.core.commands == []


@pytest.mark.parametrize("expected_lingering_tasks", [True])  # the server reads a rest for some seconds more
async def test_a_form_that_takes_too_long_is_not_waited_for(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guards, "FORM_WITHIN_S", 0.05)
    browser.signed_in(Role.OWNER)
    never = asyncio.Event()

    async def slow():  # type: ignore[no-untyped-def] # a body
        yield b"paused="
        await never.wait()

    headers: dict[str, str | None] = {"Content-Type": "application/x-www-form-urlencoded"}
    async with asyncio.timeout(4):
        asking = asyncio.create_task(browser.ask("POST", "/trading", slow(), headers))
        status, _, _ = await asking
    never.set()
    assert status == 408


# --- the local API keeps pages out, whatever they say they are


@pytest.mark.parametrize(
    "origin", ["https://127.0.0.1", "null", "https://evil.example", "https://127.0.0.1:{port}"]
)
async def test_no_page_opens_the_socket(
    gateway: PagedGateway, http: aiohttp.ClientSession, browser: Browser, origin: str
) -> None:
    browser.signed_in(Role.OWNER)
    headers = {
        "Origin": origin.replace("{port}", str(gateway.port)),
        "Cookie": f"__Host-sid={browser.cookie}",
    }
    pinned = aiohttp.Fingerprint(gateway.certificate.fingerprint)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await http.ws_connect(f"wss://127.0.0.1:{gateway.port}/api", ssl=pinned, headers=headers)
    assert refused.value.status == 403


# --- signing in


async def test_the_first_to_come_becomes_the_installer_once(browser: Browser) -> None:
    form = {"name": "Ida", "passphrase": INSTALLER}
    assert (await browser.ask("POST", "/sign-in", form))[0] == 303
    again = {"name": "Mallory", "passphrase": "another passphrase"}
    assert (await browser.ask("POST", "/sign-in", again))[0] == 403
    person = browser.gateway.people.person(Role.INSTALLER)
    assert person is not None
    assert person.name == "Ida"
    assert INSTALLER not in browser.gateway.folder.joinpath("passphrases.json").read_text()
    assert "$argon2id$" in person.hash


@pytest.mark.parametrize("why", ["it trades already", "an hour has passed"])
async def test_nobody_claims_a_gateway_that_is_somebodys(browser: Browser, why: str) -> None:
    browser.gateway.enrolled = why == "it trades already"
    browser.gateway.time = 3_600.0 if why == "an hour has passed" else 0.0
    _, body, _ = await browser.ask("GET", "/sign-in")
    assert 'name="name"' not in body
    status, _, _ = await browser.ask("POST", "/sign-in", {"name": "Mallory", "passphrase": INSTALLER})
    assert status == 403
    assert browser.gateway.people.person(Role.INSTALLER) is None


async def test_after_a_reset_the_next_installer_chooses(browser: Browser) -> None:
    gateway = browser.gateway
    gateway.people.choose(Role.INSTALLER, "Ida", INSTALLER)
    gateway.people.choose(Role.OWNER, "Otto", OWNER)
    browser.signed_in(Role.INSTALLER)
    gateway.enrolled, gateway.time = True, 1_000_000.0
    gateway.people.forget(Role.INSTALLER)
    await gateway.commissioning.reset()
    assert gateway.pages is not None
    gateway.pages.after_reset()
    assert (await browser.ask("GET", "/commission"))[2]["Location"] == "/sign-in"
    assert (await browser.ask("POST", "/sign-in", {"passphrase": INSTALLER}))[0] == 403
    assert (await browser.ask("POST", "/sign-in", {"passphrase": OWNER}))[2]["Location"] == "/owner"
    form = {"name": "Iris", "passphrase": "another passphrase"}
    assert (await browser.ask("POST", "/sign-in", form))[2]["Location"] == "/commission"


async def test_guesses_wait_and_others_do_not_notice(browser: Browser) -> None:
    gateway = browser.gateway
    gateway.people.choose(Role.OWNER, "Otto", OWNER)
    gateway.enrolled = True
    wrong = [await browser.ask("POST", "/sign-in", {"passphrase": f"guess {n}"}) for n in range(FAILURES)]
    assert {status for status, _, _ in wrong} == {403}
    status, body, _ = await browser.ask("POST", "/sign-in", {"passphrase": OWNER})
    assert (status, "wait" in body) == (403, True)
    browser.signed_in(Role.OWNER)
    assert (await browser.ask("GET", "/owner"))[0] == 200
    browser.cookie = ""
    gateway.time += COOL_S
    assert (await browser.ask("POST", "/sign-in", {"passphrase": OWNER}))[0] == 303


async def test_a_hand_over_code_works_once(browser: Browser) -> None:
    browser.signed_in(Role.INSTALLER, "Ida")
    _, body, _ = await browser.ask("POST", "/hand-over", {"csrf": browser.csrf})
    code = body.split('class="code">')[1].split("<")[0].replace(" ", "")
    browser.cookie = ""
    form = {"code": code, "name": "Otto", "passphrase": OWNER}
    assert (await browser.ask("POST", "/welcome", form | {"code": "0" * 9}))[0] == 403
    assert (await browser.ask("POST", "/welcome", form | {"passphrase": "short"}))[0] == 403
    assert (await browser.ask("POST", "/welcome", form))[2]["Location"] == "/owner"
    assert (await browser.ask("POST", "/welcome", form | {"name": "Mallory"}))[0] == 403
    noted = [entry.what for entry in browser.gateway.door.journal.entries()]
    assert code not in str(browser.gateway.door.journal.entries())
    assert {"hand_over", "passphrase_chosen", "signed_in", "sign_in_refused"} <= set(noted)


# --- what the pages show


async def test_what_comes_from_outside_is_escaped(browser: Browser) -> None:
    evil = "<script>alert(1)</script>\"'"
    gateway = browser.gateway
    gateway.tokens.create(evil, Role.VIEWER)
    gateway.site.paired = [evil]
    gateway.door.journal.note("revoked", evil)
    await gateway.commissioning.carry_out("home_assistant", {}, evil)
    browser.signed_in(Role.INSTALLER, evil)
    for path in ("/log", "/pairing", "/commission/home_assistant", "/commission"):
        status, body, _ = await browser.ask("GET", path)
        assert status == 200
        assert "<script>alert" not in body
    _, body, _ = await browser.ask("GET", f"/welcome?code={evil}")
    assert "<script>alert" not in body


async def test_stopping_always_works(browser: Browser) -> None:
    """Whatever the form says, and while nothing else does: trade is stopped unless it says to go on."""
    browser.signed_in(Role.OWNER, "Otto")
    for sent in ({"paused": "true"}, {"paused": "1"}, {}):
        browser.gateway.core.commands.clear()
        assert (await browser.ask("POST", "/trading", {"csrf": browser.csrf, **sent}))[0] == 303
        assert browser.gateway.core.commands == [("pause_trading", True)]
    await browser.ask("POST", "/trading", {"csrf": browser.csrf, "paused": "false"})
    noted = [entry.what for entry in browser.gateway.door.journal.entries()]
    assert noted == ["resumed", "stopped", "stopped", "stopped"]


async def test_the_log_has_words_for_roles_and_commands(browser: Browser) -> None:
    journal = browser.gateway.door.journal
    journal.note("signed_in", "Otto", role="owner")
    journal.note("refused", "Vera", command="sign_mandate")
    journal.note("stopped", "Otto")
    browser.signed_in(Role.OWNER, "Otto")
    _, body, _ = await browser.ask("GET", "/log?language=de")
    for words in ("Angemeldet als Eigentümer", "Verweigert: Mandat unterschrieben", "Handel angehalten"):
        assert words in body


async def test_a_decimal_may_have_a_comma(browser: Browser) -> None:
    browser.signed_in(Role.INSTALLER, "Ida")
    form = {
        "csrf": browser.csrf,
        "name": "Alt",
        "price": "0,32",
        "export_credit": "0",
        "fixed_a_month": "9,95",
    }
    assert (await browser.ask("POST", "/commission/tariff", form))[0] == 303
    kept = browser.gateway.commissioning.progress.steps["tariff"].answers
    assert (kept["price"], kept["fixed_a_month"]) == ("0.32", "9.95")


@pytest.mark.parametrize("language", ["en", "es", "de", "fr"])
async def test_pages_are_there_in_every_language(browser: Browser, language: str) -> None:
    for role, paths in (
        (Role.INSTALLER, ("/commission", "/commission/mandate", "/log")),
        (Role.OWNER, ("/owner",)),
    ):
        browser.signed_in(role)
        for path in paths:
            status, body, _ = await browser.ask("GET", f"{path}?language={language}")
            assert status == 200
            assert f'<html lang="{language}">' in body


@pytest.mark.parametrize("language", ["en", "es", "de", "fr"])
async def test_the_record_shows_what_was_set_and_found(browser: Browser, language: str) -> None:
    gateway = browser.gateway
    for step, answers in ANSWERS.items():
        await gateway.desk.carry_out(step, answers, "Ida")  # type: ignore[arg-type]
    assert gateway.site.calls[-1] == "begin"
    browser.signed_in(Role.OWNER)
    _, body, _ = await browser.ask("GET", f"/record?language={language}")
    for shown in ("Ida", "Lake Solar", "4711", "America/Chicago", "0.000049684", "12000"):
        assert shown in body
    assert "paper boat" not in body
    assert "English" in body  # as which it was commissioned
    for raw in ("<dd>en</dd>", "<dd>True</dd>", "<dd>False</dd>"):
        assert raw not in body
    _, signed, headers = await browser.ask("GET", "/record.json")
    assert headers["Content-Disposition"].startswith("attachment")
    assert json.loads(signed)["record"] == gateway.commissioning.signed()
