"""The gateway's pages: who may see which is asked of the table of roles, and of nothing else."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

import structlog
from aiohttp import hdrs, web
from temix_market.errors import MarketError

from temix_gateway.commissioning.answers import ASKS, RETAILERS, StepName
from temix_gateway.commissioning.commissioning import STEPS
from temix_gateway.home.codes import new_code
from temix_gateway.home.errors import CommandRefused, HomeError
from temix_gateway.home.passphrases import PassphraseRefused, Patience, WrongPassphrase
from temix_gateway.home.roles import OPEN_PAGES, PAGES, Role
from temix_gateway.texts import LANGUAGES
from temix_gateway.web import papers, retailers, views
from temix_gateway.web.guards import HEADERS, form_of, host_fits, write_fits
from temix_gateway.web.house import House
from temix_gateway.web.html import CHOSEN
from temix_gateway.web.sessions import HandOver, Session, Sessions, hand_over
from temix_gateway.web.view import View

API: Final = "/api"
HAND_OVER_S: Final = 24 * 3600.0
CLAIM_S: Final = 3600.0
"""So long after the start the first installer may choose a passphrase over the network."""

_LOG: Final = structlog.get_logger(__name__)
_INLINE: Final = HEADERS["Content-Security-Policy"].replace("style-src 'self'", "style-src 'unsafe-inline'")
"""For the statement, a page that can also be kept as one file: it has no script at all."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for a page: from whom, in which language, and with which form."""

    request: web.Request
    session: Session | None
    view: View
    form: Mapping[str, str]

    @property
    def signed_in(self) -> Session:
        """The session of a page that needs one."""
        assert self.session is not None, "the table of roles was asked"
        return self.session


type Page = Callable[[Asked], Awaitable[web.Response]]


class Pages:
    """Adds the pages to an application; ``ingress`` are those that Home Assistant's Supervisor brings."""

    def __init__(self, house: House, *, ingress: bool = False, sessions: Sessions | None = None) -> None:
        """Show ``house``; sessions are shared between direct pages and those behind the ingress."""
        self._house, self._ingress = house, ingress
        self.sessions = sessions or Sessions(house.monotonic)
        self._patience = Patience(house.monotonic)
        self._hand_over: HandOver | None = None
        self._claim_until = house.monotonic() + CLAIM_S

    def __call__(self, application: web.Application) -> None:
        """Add routes, and the guard before all of them."""
        application.middlewares.append(self._guard)
        handlers: dict[str, Page] = {
            "GET /": self._start,
            "GET /sign-in": self._sign_in_page,
            "POST /sign-in": self._sign_in,
            "GET /welcome": self._welcome_page,
            "POST /welcome": self._welcome,
            "GET /page.css": self._asset,
            "GET /page.js": self._asset,
            "POST /sign-out": self._sign_out,
            "GET /commission": self._overview,
            "GET /commission/{step}": self._step_page,
            "POST /commission/{step}": self._step,
            "GET /hand-over": self._hand_over_page,
            "POST /hand-over": self._make_hand_over,
            "GET /pairing": self._pairing_page,
            "POST /pairing": self._pairing,
            "GET /record": self._record,
            "GET /record.json": self._record_json,
            "GET /owner": self._owner,
            "POST /trading": self._trading,
            "GET /statement": self._statement,
            "GET /log": self._log,
        }
        assert handlers.keys() == PAGES.keys() | OPEN_PAGES, "the table of roles has every page"
        for name, handler in handlers.items():
            method, path = name.split()
            application.router.add_route(method, path, self._admit(name, handler))

    def after_reset(self) -> None:
        """The installer was reset at the box: sign them out, and let the next one choose a passphrase."""
        self.sessions.end_all(Role.INSTALLER)
        self._claim_until = self._house.monotonic() + CLAIM_S

    # Before every page.

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if request.path == API and not self._ingress:
            return await handler(request)
        try:
            if not self._ingress and not host_fits(request.host, self._house.names):
                raise web.HTTPMisdirectedRequest(text=self._view(request, None).say("error.address"))
            response = await handler(request)
        except web.HTTPException as error:
            response = self._failed(request, error)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    def _admit(self, name: str, page: Page) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def admitted(request: web.Request) -> web.StreamResponse:
            session = self.sessions.of(request.cookies.get(self._cookie, ""))
            view = self._view(request, session)
            form: Mapping[str, str] = {}
            if request.method == hdrs.METH_POST:
                form = await self._form(request, session, view)
            if name in PAGES:
                if session is None:
                    raise web.HTTPSeeOther(view.url("/sign-in"))
                if session.role not in PAGES[name]:
                    self._house.api.door.journal.note("refused", session.who, command=name)
                    raise web.HTTPForbidden(text=view.say("error.forbidden"))
            return await page(Asked(request, session, view, form))

        return admitted

    async def _form(self, request: web.Request, session: Session | None, view: View) -> Mapping[str, str]:
        """The form, if it was sent from a page of the gateway's."""
        if not self._ingress and not write_fits(request):
            raise web.HTTPForbidden(text=view.say("error.form"))
        if self._ingress and request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            raise web.HTTPForbidden(text=view.say("error.form"))
        form = await form_of(request)
        if session is not None and form.get("csrf") != session.csrf:
            raise web.HTTPForbidden(text=view.say("error.form"))
        return form

    def _guesser(self, request: web.Request) -> str:
        """Who has to wait after wrong guesses: an address, or where the ingress brings all, a person."""
        person = request.headers.get("X-Remote-User-Id") if self._ingress else None
        return person or (request.remote or "").removeprefix("::ffff:")

    def _failed(self, request: web.Request, error: web.HTTPException) -> web.Response:
        if 300 <= error.status < 400:
            return web.Response(status=error.status, headers={hdrs.LOCATION: error.headers[hdrs.LOCATION]})
        view = self._view(request, None)
        reason = error.text or error.reason
        allow = {str(hdrs.ALLOW): error.headers[hdrs.ALLOW]} if hdrs.ALLOW in error.headers else {}
        return self._html(views.failed(view, reason), error.status, allow)

    # Signing in.

    async def _start(self, asked: Asked) -> web.Response:
        to = "/sign-in"
        if asked.session is not None:
            to = "/owner" if asked.session.role is Role.OWNER else "/commission"
        raise web.HTTPSeeOther(asked.view.url(to))

    async def _sign_in_page(self, asked: Asked) -> web.Response:
        return self._html(views.sign_in(asked.view, first=await self._may_claim()))

    async def _sign_in(self, asked: Asked) -> web.Response:
        first = await self._may_claim()
        address, form = self._guesser(asked.request), asked.form
        people, journal = self._house.passphrases, self._house.api.door.journal
        try:
            self._patience.check(address)
            if first and "name" in form:
                name = form["name"]
                await asyncio.to_thread(people.choose, Role.INSTALLER, name, form.get("passphrase", ""))
                journal.note("passphrase_chosen", name, role=Role.INSTALLER.value)
        except (WrongPassphrase, PassphraseRefused) as error:
            return self._html(views.sign_in(asked.view, first=first, alarm=str(error)), 403)
        found = await asyncio.to_thread(people.whose, form.get("passphrase", ""))
        if found is None:
            self._patience.wrong(address)
            journal.note("sign_in_refused", address)
            alarm = asked.view.say("sign-in.wrong")
            return self._html(views.sign_in(asked.view, first=first, alarm=alarm), 403)
        self._patience.right(address)
        role, person = found
        return self._signed_in(asked, role, person.name)

    async def _may_claim(self) -> bool:
        """Whether the first to come may become the installer: of a gateway that has nothing to lose yet."""
        if await asyncio.to_thread(self._house.passphrases.person, Role.INSTALLER) is not None:
            return False
        fresh = not self._house.enrolled() or self._house.desk.commissioning.progress.locked == "reset"
        return fresh and self._house.monotonic() < self._claim_until

    def _signed_in(self, asked: Asked, role: Role, who: str) -> web.Response:
        self._house.api.door.journal.note("signed_in", who, role=role.value)
        to = "/owner" if role is Role.OWNER else "/commission"
        response = web.Response(status=303, headers={hdrs.LOCATION: asked.view.url(to)})
        response.set_cookie(
            self._cookie,
            self.sessions.begin(role, who),
            path=asked.view.prefix or "/",
            secure=not self._ingress or asked.request.headers.get("X-Forwarded-Proto") == "https",
            httponly=True,
            samesite="Strict",
        )
        return response

    async def _sign_out(self, asked: Asked) -> web.Response:
        self.sessions.end(asked.request.cookies.get(self._cookie, ""))
        self._house.api.door.journal.note("signed_out", asked.signed_in.who)
        raise web.HTTPSeeOther(asked.view.url("/sign-in"))

    async def _welcome_page(self, asked: Asked) -> web.Response:
        code = asked.request.query.get("code", "")[:20]
        return self._html(views.welcome(asked.view, code))

    async def _welcome(self, asked: Asked) -> web.Response:
        address, form = self._guesser(asked.request), asked.form
        held, code = self._hand_over, form.get("code", "").upper().replace(" ", "")
        name = form.get("name", "")
        try:
            self._patience.check(address)
            if held is not None and held.fits(code, self._house.monotonic()):
                passphrase = form.get("passphrase", "")
                await asyncio.to_thread(self._house.passphrases.choose, Role.OWNER, name, passphrase)
            else:
                held = None
        except (WrongPassphrase, PassphraseRefused) as error:
            return self._html(views.welcome(asked.view, code[:20], str(error)), 403)
        if held is None:
            self._patience.wrong(address)
            self._house.api.door.journal.note("sign_in_refused", address)
            return self._html(views.welcome(asked.view, code[:20], asked.view.say("welcome.wrong")), 403)
        self._hand_over = None
        self._patience.right(address)
        self._house.api.door.journal.note("passphrase_chosen", name, role=Role.OWNER.value)
        self.sessions.end_all(Role.OWNER)
        return self._signed_in(asked, Role.OWNER, name.strip())

    # Commissioning.

    async def _overview(self, asked: Asked) -> web.Response:
        return self._html(views.overview(asked.view, self._house.desk.commissioning))

    async def _step_page(self, asked: Asked) -> web.Response:
        step, commissioning = _step_of(asked), self._house.desk.commissioning
        chosen = _chosen(asked.request.query)
        if step == "retailer" and not chosen:
            chosen = commissioning.configured
        if step == "retailer" and (
            "another" in asked.request.query or not (chosen or step in commissioning.progress.steps)
        ):
            return self._html(retailers.choice(asked.view))
        return self._html(self._step_view(asked.view, step, chosen))

    async def _step(self, asked: Asked) -> web.Response:
        step, desk = _step_of(asked), self._house.desk
        _chosen(asked.form)
        answers = views.answers(step, asked.form)
        try:
            await desk.carry_out(step, answers, asked.signed_in.who)
        except (CommandRefused, MarketError) as error:
            alarm = asked.view.refusal(error)
            return self._html(self._step_view(asked.view, step, asked.form, alarm), 422)
        self._house.api.door.journal.note("commission", asked.signed_in.who, step=step)
        raise web.HTTPSeeOther(asked.view.url(f"/commission/{step}"))

    def _step_view(self, view: View, step: StepName, held: Mapping[str, str], alarm: str = "") -> str:
        state = self._house.api.core.state()
        chart = views.chart(view, state) if step == "retailer" and state.shadow else ""
        return views.step(view, self._house.desk.commissioning, step, held=held, alarm=alarm, chart=chart)

    async def _hand_over_page(self, asked: Asked) -> web.Response:
        return self._html(papers.hand_over(asked.view, self._house.fingerprint, None, self._address(asked)))

    async def _make_hand_over(self, asked: Asked) -> web.Response:
        code = new_code()
        self._hand_over = hand_over(code, self._house.monotonic() + HAND_OVER_S)
        self._house.api.door.journal.note("hand_over", asked.signed_in.who)
        page = papers.hand_over(asked.view, self._house.fingerprint, code, self._address(asked))
        return self._html(page)

    def _address(self, asked: Asked) -> str | None:
        """Where the owner's browser finds the pages; behind the ingress only Home Assistant leads to them."""
        return None if self._ingress else f"https://{asked.request.host}"

    async def _pairing_page(self, asked: Asked) -> web.Response:
        return self._html(views.pairing(asked.view, await self._house.api.access(), None))

    async def _pairing(self, asked: Asked) -> web.Response:
        try:
            window = self._house.api.door.open_pairing(Role.CONTROLLER)
        except HomeError as error:
            raise web.HTTPConflict(text=str(error)) from error
        page = views.pairing(asked.view, await self._house.api.access(), window)
        return self._html(page)

    async def _record(self, asked: Asked) -> web.Response:
        return self._html(papers.record(asked.view, self._house.desk.commissioning))

    async def _record_json(self, asked: Asked) -> web.Response:
        commissioning = self._house.desk.commissioning
        if commissioning.record() is None:
            raise web.HTTPNotFound(text=asked.view.say("record.none"))
        body = json.dumps({"record": commissioning.signed()}).encode()
        name = f'attachment; filename="{self._house.gateway_id}-commissioning.json"'
        headers = {hdrs.CONTENT_DISPOSITION: name}
        return web.Response(body=body, content_type="application/json", headers=headers)

    # The owner's.

    async def _owner(self, asked: Asked) -> web.Response:
        return self._html(views.owner(asked.view, self._house.api.core.state()))

    async def _trading(self, asked: Asked) -> web.Response:
        paused = asked.form.get("paused") != "false"  # whatever else is sent, it stops
        await self._house.api.core.owner.pause_trading(paused)
        self._house.api.door.traded(asked.signed_in.who, paused=paused)
        raise web.HTTPSeeOther(asked.view.url("/"))

    async def _statement(self, _: Asked) -> web.Response:
        try:
            page = await self._house.statement()
        except CommandRefused as error:
            raise web.HTTPConflict(text=str(error)) from error
        page = page.replace("<head>", '<head><link rel="icon" href="data:,">', 1)  # else browsers ask for one
        return web.Response(text=page, content_type="text/html", headers={"Content-Security-Policy": _INLINE})

    async def _log(self, asked: Asked) -> web.Response:
        return self._html(views.log(asked.view, self._house.api.door.journal.entries()))

    # Pieces.

    async def _asset(self, asked: Asked) -> web.Response:
        name = asked.request.path.rpartition("/")[2]
        kind = "text/css" if name.endswith(".css") else "text/javascript"
        content = await asyncio.to_thread(files("temix_gateway.web").joinpath(name).read_text, "utf-8")
        return web.Response(text=content, content_type=kind)

    def _view(self, request: web.Request, session: Session | None) -> View:
        prefix = request.headers.get("X-Ingress-Path", "") if self._ingress else ""
        wanted = request.query.get("language", self._house.desk.language)
        language = wanted if wanted in LANGUAGES else "en"
        return View(language, prefix.rstrip("/"), request.path, session, self._house.zone())

    @property
    def _cookie(self) -> str:
        return "temix-sid" if self._ingress else "__Host-sid"

    @staticmethod
    def _html(page: str, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
        return web.Response(text=page, status=status, content_type="text/html", headers=headers)


def _chosen(source: Mapping[str, str]) -> Mapping[str, str]:
    """Which retailer's service somebody has chosen, if they have."""
    chosen = {name: source[name] for name in CHOSEN if name in source}
    if chosen.get("service", "temix") not in RETAILERS:
        raise web.HTTPNotFound(text=chosen["service"][:60])
    return chosen


def _step_of(asked: Asked) -> StepName:
    step = asked.request.match_info["step"]
    found = next((known for known in STEPS if known == step), None)
    if found is None:
        raise web.HTTPNotFound(text=step)
    assert found in ASKS
    return found
