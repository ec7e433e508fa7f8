"""The live gateway: a core with the machine's clock, a ledger, a retailer's link and the local API."""

import asyncio
import os
import secrets
import signal
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Final

import msgspec
import structlog
from temix_market.calendar import day_at
from temix_market.ports import Terms
from temix_market.units import Power

from temix_gateway import keys
from temix_gateway.audit.auditor import audit_daily
from temix_gateway.audit.history import AuditHistory
from temix_gateway.clock import SystemClock
from temix_gateway.commission_desk import CommissionDesk, GatewaySite
from temix_gateway.commissioning.commissioning import Commissioning
from temix_gateway.commissioning.site import Identity
from temix_gateway.config import Config, money, price
from temix_gateway.contact import UNKNOWN_TERMS
from temix_gateway.core import Core
from temix_gateway.errors import LedgerLocked
from temix_gateway.files import Files, Listening
from temix_gateway.guard import Guard
from temix_gateway.home import certificate
from temix_gateway.home.account import GetStatement, Statement
from temix_gateway.home.door import Door
from temix_gateway.home.journal import Journal
from temix_gateway.home.messages import Hello
from temix_gateway.home.pairing import Bootstrap
from temix_gateway.home.passphrases import Passphrases
from temix_gateway.home.server import LocalApi
from temix_gateway.home.tokens import TokenStore, private_file
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.notify import Notifier
from temix_gateway.operations import Operations
from temix_gateway.planning import Plan, Problem
from temix_gateway.planning.worker import PlannerProcess
from temix_gateway.pulse import Pulse
from temix_gateway.reset import watch_for_reset
from temix_gateway.resync import Fetched, resynchronise
from temix_gateway.retailer_config import Retailer
from temix_gateway.rules import Rules
from temix_gateway.running import Lasting, Running, Unusable, make, temix_link
from temix_gateway.statement import page as statement_page
from temix_gateway.supervisor import Supervisor, from_environment
from temix_gateway.upkeep import keep_up, show_life
from temix_gateway.web.house import House
from temix_gateway.web.ingress import ingress
from temix_gateway.web.pages import Pages

_LOG: Final = structlog.get_logger(__name__)


class Heard(msgspec.Struct, frozen=True):
    """The terms of the retailer's market that files are read with when no gateway runs."""

    currency: str
    zone: str


def gateway_id(files: Files) -> str:
    """The gateway's name for life, made of the key that signs its orders."""
    return f"temix-{sha256(keys.load_or_make(files.key).kid.encode()).hexdigest()[:12]}"


async def serve(config: Config, reload: Callable[[], Config] | None = None) -> None:
    """Run until SIGINT or SIGTERM; ``reload`` reads the configuration again after commissioning.

    Raises:
        GatewayError, HomeError: what keeps it from starting, in words.
    """
    task = asyncio.current_task()
    assert task is not None
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    try:
        await _serve(config, reload or (lambda: config))
    except asyncio.CancelledError:
        _LOG.info("ended")


async def _serve(config: Config, reload: Callable[[], Config]) -> None:
    clock, files = SystemClock(), Files(Path(config.gateway.data))
    async with AsyncExitStack() as stack:
        ledger = await asyncio.to_thread(Ledger, files.ledger, clock)
        stack.push_async_callback(asyncio.to_thread, ledger.close)
        if ledger.fault:
            _LOG.error("ledger locked", reason=ledger.fault)
        identity = await asyncio.to_thread(gateway_id, files)
        planner = PlannerProcess()
        stack.push_async_callback(asyncio.to_thread, planner.close)
        tls = await asyncio.to_thread(certificate.load_or_make, files.certificate, identity)
        journal = await asyncio.to_thread(Journal, files.security_log, clock.now)
        key = await asyncio.to_thread(keys.load_or_make, files.key)
        lock = Unfinished()
        lasting = Lasting(files, clock, ledger, planner, _keeping(AuditHistory(files.audit)), lock)
        running = Running(await make(config, lasting, rules), lasting, rules)
        supervisor = from_environment(os.environ)
        door = _door(files, tls, clock, supervisor, journal)
        api = LocalApi(running.now.core, door, _hello(config, identity), _seconds(clock))

        def changed(core: Core) -> None:
            core.observe(api.changed)
            core.observe(_Noting(core, files.terms).note)
            api.hello = _hello(running.now.config, identity)
            api.serve(core)

        site = GatewaySite(
            running,
            lasting,
            partial(_identity, running, identity, tls.fingerprint.hex(), key.kid),
            _Anew(running, reload, changed),
        )
        lock.commissioning = commissioning = await asyncio.to_thread(
            Commissioning, files.commissioning, site, key, secrets.token_bytes, private_file
        )
        api.commissioning = desk = CommissionDesk(commissioning, site, files)
        house = _house(running, api, desk, files, Names(identity, tls.fingerprint.hex()), clock)
        api.pages = pages = Pages(house)
        changed(running.now.core)
        port = await api.start(config.gateway.host, config.gateway.port, await asyncio.to_thread(tls.context))
        stack.push_async_callback(api.stop)
        await stack.enter_async_context(_behind_ingress(supervisor, house, pages))
        pulse = Pulse(ledger.alive, _seconds(clock))
        operations = await stack.enter_async_context(
            _operations(config, pulse, ledger, _metrics(running, ledger, planner, pulse))
        )
        here = msgspec.json.encode(Listening(port, tls.fingerprint.hex(), operations, config.gateway.host))
        await asyncio.to_thread(private_file, files.listening, here)
        await stack.enter_async_context(_announced(config, identity, port))
        manager = Notifier()
        manager.tell(ready=1)
        stack.callback(manager.tell, stopping=1)
        async with asyncio.TaskGroup() as group:
            aside = (
                keep_up(ledger, lambda: running.now.config.zone),
                audit_daily(files, config.zone, clock.now),
                show_life(pulse, manager, running.locked),
                watch_for_reset(files, commissioning, journal, partial(_after_reset, pages, running)),
            )
            if supervisor is not None:
                about = {"port": port, "id": identity, "fingerprint": tls.fingerprint.hex()}
                group.create_task(supervisor.announce(about, door.has_controller))
            for work in aside:
                group.create_task(work)
            await running.run()


def _keeping(history: AuditHistory) -> Callable[[Problem, Plan], Awaitable[None]]:
    async def note_plan(problem: Problem, plan: Plan) -> None:
        try:
            await asyncio.to_thread(history.keep, problem, plan)
        except sqlite3.Error as error:
            _LOG.warning("plan not kept for the audit", reason=str(error))

    return note_plan


@asynccontextmanager
async def _operations(
    config: Config, pulse: Pulse, ledger: Ledger, figures: Callable[[], Awaitable[bytes]]
) -> AsyncIterator[int]:
    """Health and metrics while the context lasts, where they are wanted; gives their port, else 0."""
    if not config.operations.listen:
        yield 0
        return
    page = Operations(lambda: own_faults(pulse, ledger), figures)
    port = await page.start(config.operations.port)
    try:
        yield port
    finally:
        await page.stop()


def _after_reset(pages: Pages, running: Running) -> None:
    pages.after_reset()
    running.now.core.look_again()


class _Anew:
    """Takes up what commissioning has changed in the configuration."""

    def __init__(
        self, running: Running, reload: Callable[[], Config], changed: Callable[[Core], None]
    ) -> None:
        self._running, self._reload, self._changed = running, reload, changed

    async def core(self) -> None:
        """Make the core anew."""
        await self._running.renew(await asyncio.to_thread(self._reload), self._changed)

    async def ceilings(self) -> None:
        """Take new ceilings alone."""
        config = await asyncio.to_thread(self._reload)
        self._running.now = replace(self._running.now, config=config)
        await self._running.now.core.owner.adopt(rules(config))


def _behind_ingress(
    supervisor: Supervisor | None, house: House, pages: Pages
) -> AbstractAsyncContextManager[int]:
    if supervisor is None:
        return nullcontext(0)
    return ingress(Pages(house, ingress=True, sessions=pages.sessions))


@dataclass(frozen=True, slots=True)
class Names:
    """The gateway's id and its certificate's SHA-256 (hex)."""

    gateway: str
    fingerprint: str


def _house(  # noqa: PLR0913, PLR0917 (the pages show all of these)
    running: Running, api: LocalApi, desk: CommissionDesk, files: Files, names: Names, clock: SystemClock
) -> House:
    async def statement() -> str:
        """Today's, by the hour."""
        config = running.now.config
        day = day_at(config.zone, clock.now())
        asked = GetStatement(id=0, start=day.start, end=day.end)
        found = await running.now.core.look_up(asked)
        parts = await running.now.core.look_up(msgspec.structs.replace(asked, level="interval"))
        assert isinstance(found, Statement) and isinstance(parts, Statement)  # noqa: PT018 (what was asked for)
        return statement_page.page(found, config.gateway.name, parts)

    return House(
        api=api,
        desk=desk,
        passphrases=Passphrases(files.passphrases),
        gateway_id=names.gateway,
        fingerprint=names.fingerprint,
        names=frozenset({"localhost", f"{names.gateway}.local", *running.now.config.gateway.names}),
        enrolled=lambda: running.now.config.enrolled,
        zone=lambda: running.now.config.gateway.time_zone,
        statement=statement,
        monotonic=_seconds(clock),
    )


class Unfinished:
    """Why trade waits for an installer, once there is a commissioning to ask."""

    def __init__(self) -> None:
        """There is none yet."""
        self.commissioning: Commissioning | None = None

    def __call__(self) -> str:
        """The reason, or nothing."""
        why = "" if self.commissioning is None else self.commissioning.lock
        return _WAITS[why] if why else ""


_WAITS: Final = {
    "unfinished": "commissioning is not finished: an installer has to make the record",
    "reset": "the gateway was reset: an installer has to commission it anew",
    "closed": "the home's account was closed",
}


def _identity(running: Running, gateway: str, fingerprint: str, kid: str, config: Config) -> Identity:
    return Identity(
        gateway=gateway,
        version=version("temix-gateway"),
        fingerprint=fingerprint,
        key=kid,
        home=config.home.party,
        market=config.retailer.url,
        currency=running.now.core.contact.terms.currency,
    )


def _door(
    files: Files,
    tls: certificate.Certificate,
    clock: SystemClock,
    supervisor: Supervisor | None,
    journal: Journal,
) -> Door:
    tokens = TokenStore(files.clients, clock.now)
    bootstrap = Bootstrap(None if supervisor is None else supervisor.secret)
    return Door(tokens, gateway_id(files), tls.fingerprint, _seconds(clock), bootstrap, journal)


def _announced(config: Config, identity: str, port: int) -> AbstractAsyncContextManager[None]:
    if not config.gateway.announce:
        return nullcontext()
    from temix_gateway.announce import announced  # noqa: PLC0415 - zeroconf is 3 MB

    return announced(config.gateway.name, identity, config.gateway.host, port)


def _hello(config: Config, identity: str) -> Hello:
    return Hello(gateway_id=identity, name=config.gateway.name, version=version("temix-gateway"))


class _Noting:
    """Writes the market's terms down when they are new."""

    def __init__(self, core: Core, path: Path) -> None:
        self._core, self._path = core, path
        self._noted: Terms | None = None
        self._writing: asyncio.Future[None] | None = None

    def note(self) -> None:
        terms = self._core.contact.terms
        if terms not in (self._noted, UNKNOWN_TERMS):
            self._noted = terms
            content = msgspec.json.encode(Heard(terms.currency, terms.zone))
            self._writing = asyncio.ensure_future(asyncio.to_thread(private_file, self._path, content))


def own_faults(pulse: Pulse, ledger: Ledger) -> list[str]:
    """What is wrong with this gateway itself; a peer that is away is no fault."""
    return pulse.faults + ([ledger.fault] if ledger.fault else [])


def _metrics(
    running: Running, ledger: Ledger, planner: PlannerProcess, pulse: Pulse
) -> Callable[[], Awaitable[bytes]]:
    own = version("temix-gateway")

    async def tell() -> bytes:
        from temix_gateway.metrics import Sources, exposition  # noqa: PLC0415 - most homes never ask

        return await exposition(Sources(running.now.core, ledger, planner, pulse, own))

    return tell


async def resync(config: Config) -> Fetched:
    """Fetch from the retailer what the ledger lacks, while no gateway runs on it.

    Raises:
        GatewayError: what keeps it from that, in words; it can be run again.
    """
    clock, files = SystemClock(), Files(Path(config.gateway.data))
    ledger = await asyncio.to_thread(Ledger, files.ledger, clock)
    try:
        if ledger.fault:
            raise LedgerLocked(ledger.fault)
        if not isinstance(config.retailer, Retailer):
            raise Unusable("retailer.service: a service that only publishes prices has no records to fetch")
        link = await asyncio.to_thread(temix_link, config, config.retailer, files, clock)
        async with link.session():
            return await resynchronise(ledger, link, clock)
    finally:
        await asyncio.to_thread(ledger.close)


def rules(config: Config) -> Rules:
    """What the configuration lets the core do."""
    trading, home, bill = config.trading, config.home, config.bill_guard
    return Rules(
        home=config.party,
        zone=config.zone,
        bounds=trading.bounds,
        money_a_day=money(trading.money_a_day),
        highest_price=price(trading.highest_price),
        import_power=Power(home.import_limit),
        export_power=Power(home.export_limit),
        minimum_gain=money(trading.minimum_gain),
        certainty=price(trading.certainty),
        extras=config.extras,
        tariffs=config.tariffs,
        guard=Guard(
            None if bill.money_a_day is None else money(bill.money_a_day),
            None if bill.money_a_month is None else money(bill.money_a_month),
            tuple(bill.sheddable),
        ),
        share=Fraction(trading.share, 100),
        cautious=trading.cover == "cautious",
        curve_hours=trading.curve_hours,
        own_tenders=trading.own_tenders,
    )


def _seconds(clock: SystemClock) -> Callable[[], float]:
    return lambda: clock.monotonic() / 1000
