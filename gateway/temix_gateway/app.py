"""The live gateway: a core with the machine's clock, a ledger, a retailer's link and the local API."""

import asyncio
import os
import signal
import sqlite3
import ssl
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, nullcontext
from fractions import Fraction
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from random import SystemRandom
from typing import Final

import msgspec
import structlog
from temix_market.ports import Clock, Terms
from temix_market.tenders import PartyId
from temix_market.units import Power

from temix_gateway import keys
from temix_gateway.audit_history import AuditHistory
from temix_gateway.auditing import audit_daily
from temix_gateway.clock import SystemClock
from temix_gateway.config import Config, money, price
from temix_gateway.core import UNKNOWN_TERMS, Core, Outside
from temix_gateway.errors import GatewayError, LedgerLocked
from temix_gateway.files import Files, Listening
from temix_gateway.guard import Guard
from temix_gateway.home import certificate
from temix_gateway.home.door import Door
from temix_gateway.home.messages import Hello
from temix_gateway.home.pairing import Bootstrap
from temix_gateway.home.server import LocalApi
from temix_gateway.home.tokens import TokenStore, private_file
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.logs import redaction
from temix_gateway.notify import Notifier
from temix_gateway.operations import Operations
from temix_gateway.own_limits import Choices
from temix_gateway.planning import Plan, Problem
from temix_gateway.planning.worker import PlannerProcess
from temix_gateway.pulse import Pulse
from temix_gateway.resync import Fetched, resynchronise
from temix_gateway.retailer.published.link import Feed, PublishedLink
from temix_gateway.retailer.published.services import feed
from temix_gateway.retailer.published.store import Store
from temix_gateway.retailer.service import Account
from temix_gateway.retailer.temix import TemixLink
from temix_gateway.retailer_config import OpenAdrSection, Retailer
from temix_gateway.rules import Rules
from temix_gateway.supervisor import Supervisor, from_environment
from temix_gateway.upkeep import keep_up, show_life

_LOG: Final = structlog.get_logger(__name__)


class Unusable(GatewayError):
    """A file that the configuration names cannot be used."""


class Heard(msgspec.Struct, frozen=True):
    """The terms of the retailer's market that files are read with when no gateway runs."""

    currency: str
    zone: str


def gateway_id(files: Files) -> str:
    """The gateway's name for life, made of the key that signs its orders."""
    return f"temix-{sha256(keys.load_or_make(files.key).kid.encode()).hexdigest()[:12]}"


async def serve(config: Config) -> None:
    """Run until SIGINT or SIGTERM.

    Raises:
        GatewayError, HomeError: what keeps it from starting, in words.
    """
    task = asyncio.current_task()
    assert task is not None
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    try:
        await _serve(config)
    except asyncio.CancelledError:
        _LOG.info("ended")


async def _serve(config: Config) -> None:
    clock, files = SystemClock(), Files(Path(config.gateway.data))
    async with AsyncExitStack() as stack:
        ledger = await asyncio.to_thread(Ledger, files.ledger, clock)
        stack.push_async_callback(asyncio.to_thread, ledger.close)
        if ledger.fault:
            _LOG.error("ledger locked", reason=ledger.fault)
        identity = await asyncio.to_thread(gateway_id, files)
        link = await asyncio.to_thread(_link, config, files, clock)
        choices = await asyncio.to_thread(_choices, files, config)

        async def remember(chosen: Choices) -> None:
            await asyncio.to_thread(private_file, files.choices, msgspec.json.encode(chosen))

        history = AuditHistory(files.audit)

        async def note_plan(problem: Problem, plan: Plan) -> None:
            try:
                await asyncio.to_thread(history.keep, problem, plan)
            except sqlite3.Error as error:
                _LOG.warning("plan not kept for the audit", reason=str(error))

        planner = PlannerProcess()
        stack.push_async_callback(asyncio.to_thread, planner.close)
        outside = Outside(
            clock, SystemRandom(), link, link.seal, planner, remember, note_plan, planner.expected_load
        )
        core = Core(rules(config), outside, ledger, choices)
        await core.load()
        tls = await asyncio.to_thread(certificate.load_or_make, files.certificate, identity)
        supervisor = from_environment(os.environ)
        door = _door(files, tls, clock, supervisor)
        api = LocalApi(core, door, _hello(config, identity), _seconds(clock))
        core.observe(api.changed)
        core.observe(_Noting(core, files.terms).note)
        context = await asyncio.to_thread(tls.context)
        port = await api.start(config.gateway.host, config.gateway.port, context)
        stack.push_async_callback(api.stop)
        pulse = Pulse(ledger.alive, _seconds(clock))
        operations = 0
        if config.operations.listen:
            page = Operations(lambda: own_faults(pulse, ledger), _metrics(core, ledger, planner, pulse))
            operations = await page.start(config.operations.port)
            stack.push_async_callback(page.stop)
        here = msgspec.json.encode(Listening(port, tls.fingerprint.hex(), operations))
        await asyncio.to_thread(private_file, files.listening, here)
        await stack.enter_async_context(_announced(config, identity, port))
        manager = Notifier()
        manager.tell(ready=1)
        stack.callback(manager.tell, stopping=1)
        async with asyncio.TaskGroup() as group:
            aside = keep_up(ledger, config.zone), audit_daily(files, config.zone, clock.now)
            if supervisor is not None:
                about = {"port": port, "id": identity, "fingerprint": tls.fingerprint.hex()}
                group.create_task(supervisor.announce(about, door.has_controller))
            for work in (*aside, show_life(pulse, manager, core.locked)):
                group.create_task(work)
            await core.run()


def _door(
    files: Files, tls: certificate.Certificate, clock: SystemClock, supervisor: Supervisor | None
) -> Door:
    tokens = TokenStore(files.clients, clock.now)
    bootstrap = Bootstrap(None if supervisor is None else supervisor.secret)
    return Door(tokens, gateway_id(files), tls.fingerprint, _seconds(clock), bootstrap)


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
        terms = self._core.terms
        if terms not in (self._noted, UNKNOWN_TERMS):
            self._noted = terms
            content = msgspec.json.encode(Heard(terms.currency, terms.zone))
            self._writing = asyncio.ensure_future(asyncio.to_thread(private_file, self._path, content))


def own_faults(pulse: Pulse, ledger: Ledger) -> list[str]:
    """What is wrong with this gateway itself; a peer that is away is no fault."""
    return pulse.faults + ([ledger.fault] if ledger.fault else [])


def _metrics(
    core: Core, ledger: Ledger, planner: PlannerProcess, pulse: Pulse
) -> Callable[[], Awaitable[bytes]]:
    from temix_gateway.metrics import Sources, exposition  # noqa: PLC0415 - most homes do without

    sources = Sources(core, ledger, planner, pulse, version("temix-gateway"))
    return lambda: exposition(sources)


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
        link = await asyncio.to_thread(_temix, config, config.retailer, files, clock)
        async with link.session():
            return await resynchronise(ledger, link, clock)
    finally:
        await asyncio.to_thread(ledger.close)


def rules(config: Config) -> Rules:
    """What the configuration lets the core do."""
    trading, home, bill = config.trading, config.home, config.bill_guard
    return Rules(
        home=PartyId(home.party),
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
    )


type _Link = TemixLink | PublishedLink


def _link(config: Config, files: Files, clock: Clock) -> _Link:
    if isinstance(config.retailer, Retailer):
        return _temix(config, config.retailer, files, clock)
    return PublishedLink(
        published_feed(config), config.trading.bounds, Store(files.prices), clock, SystemRandom()
    )


def published_feed(config: Config) -> Feed:
    """The service of prices that the configuration names, with its secret where it has one.

    Raises:
        Unusable: the secret cannot be read.
    """
    retailer = config.retailer
    assert not isinstance(retailer, Retailer), "a retailer that trades is no feed of prices"
    secret = _secret_of(retailer) if isinstance(retailer, OpenAdrSection) and retailer.client_id else ""
    return feed(retailer, config.zone, secret)


def _secret_of(retailer: Retailer | OpenAdrSection) -> str:
    secret = retailer.client_secret or _secret(retailer.client_secret_file or "")
    redaction.learn([secret])
    return secret


def _temix(config: Config, retailer: Retailer, files: Files, clock: Clock) -> TemixLink:
    return TemixLink(
        PartyId(config.home.party),
        keys.load_or_make(files.key),
        _account(retailer),
        clock=clock,
        random=SystemRandom(),
    )


def _account(retailer: Retailer) -> Account:
    secret = _secret_of(retailer)
    try:
        context = ssl.create_default_context(cafile=retailer.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise Unusable(f"retailer.ca_file: {retailer.ca_file} holds no certificate ({error})") from error
    return Account(retailer.url.rstrip("/"), retailer.client_id, secret, context)


def _secret(path: str) -> str:
    try:
        secret = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Unusable(f"retailer.client_secret_file: {error}") from error
    if not secret:
        raise Unusable(f"retailer.client_secret_file: {path} is empty")
    return secret


def _choices(files: Files, config: Config) -> Choices:
    try:
        return msgspec.json.decode(files.choices.read_bytes(), type=Choices)
    except FileNotFoundError:
        return Choices(config.trading.mode)
    except (OSError, msgspec.DecodeError) as error:
        raise Unusable(f"{files.choices} cannot be read ({error}): remove it, and choose anew") from error


def _seconds(clock: SystemClock) -> Callable[[], float]:
    return lambda: clock.monotonic() / 1000
