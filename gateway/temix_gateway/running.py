"""The core in force: it is made anew when what it was made of has changed, beside everything that stays."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom
from typing import Final

import msgspec
import structlog
from temix_market.instants import Instant
from temix_market.ports import Clock
from temix_market.tenders import PartyId
from temix_market.units import Energy

from temix_gateway import keys
from temix_gateway.cars import Car, Cars
from temix_gateway.config import Config
from temix_gateway.core import Core
from temix_gateway.errors import GatewayError
from temix_gateway.files import Files
from temix_gateway.home.tokens import private_file
from temix_gateway.learned import Kept
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.logs import redaction
from temix_gateway.outside import Outside
from temix_gateway.own_limits import Choices
from temix_gateway.planning import Plan, Problem
from temix_gateway.planning.past import Building
from temix_gateway.planning.worker import PlannerProcess
from temix_gateway.question import targets
from temix_gateway.retailer.published.link import Feed, PublishedLink
from temix_gateway.retailer.published.openadr import OpenAdr
from temix_gateway.retailer.published.openadr_notices import OpenAdrNotices
from temix_gateway.retailer.published.openadr_reports import Home, Reports
from temix_gateway.retailer.published.report_log import ReportLog
from temix_gateway.retailer.published.reported import ReportedLink
from temix_gateway.retailer.published.services import feed
from temix_gateway.retailer.published.store import Store
from temix_gateway.retailer.service import Account
from temix_gateway.retailer.temix import TemixLink
from temix_gateway.retailer_config import Asked, HomeAssistantSection, OpenAdrSection, Retailer
from temix_gateway.rules import Rules
from temix_gateway.subscription import Profile, Subscription, from_file, own_use

_LOG: Final = structlog.get_logger(__name__)

type Link = TemixLink | PublishedLink | ReportedLink


class Unusable(GatewayError):
    """A file that the configuration names cannot be used."""


@dataclass(frozen=True, slots=True)
class Lasting:
    """What stays when the core is made anew."""

    files: Files
    clock: Clock
    ledger: Ledger
    planner: PlannerProcess
    note_plan: Callable[[Problem, Plan], Awaitable[None]]
    uncommissioned: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Made:
    """A core, and what it was made of."""

    config: Config
    core: Core
    link: Link


class Running:
    """Runs one core after the other; ``now`` is the one in force."""

    def __init__(self, first: Made, lasting: Lasting, rules: Callable[[Config], Rules]) -> None:
        """Begin with ``first``."""
        self.now = first
        self._lasting, self._rules = lasting, rules
        self._next = asyncio.Event()

    def locked(self) -> list[str]:
        """Why the core in force makes no trade."""
        return self.now.core.locked()

    async def renew(self, config: Config, changed: Callable[[Core], None]) -> None:
        """Make a core of another configuration, and run it in place of the one before.

        Orders under way are not lost by it: as after a restart they are asked for until they are answered.
        """
        made = await make(config, self._lasting, self._rules)
        self.now = made
        self._next.set()
        changed(made.core)

    async def run(self) -> None:
        """Run until cancelled."""
        while True:
            self._next.clear()
            running = asyncio.create_task(self.now.core.run())
            waiting = asyncio.create_task(self._next.wait())
            try:
                await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (running, waiting):
                    task.cancel()
                outcomes = await asyncio.gather(running, waiting, return_exceptions=True)
            for outcome in outcomes:
                if isinstance(outcome, Exception):
                    raise outcome


async def make(config: Config, lasting: Lasting, rules: Callable[[Config], Rules]) -> Made:
    """Make a core and load it.

    Raises:
        GatewayError: a file cannot be used.
    """
    files = lasting.files

    def expected() -> Mapping[Instant, Energy]:
        plan = core.plans.in_force
        return {} if plan is None else targets(plan)

    told = Home(lasting.ledger.deliveries, expected)
    link = await asyncio.to_thread(link_of, config, files, lasting.clock, told)
    choices = await asyncio.to_thread(choices_of, files, config)

    async def remember(chosen: Choices) -> None:
        await asyncio.to_thread(private_file, files.choices, msgspec.json.encode(chosen))

    outside = Outside(
        lasting.clock,
        SystemRandom(),
        link,
        link.seal,
        lasting.planner,
        remember,
        lasting.note_plan,
        lasting.planner.foresee,
        lasting.uncommissioned,
        link.take if isinstance(link, ReportedLink) else None,
        lasting.planner.learn,
        await asyncio.to_thread(cars_of, files),
        await asyncio.to_thread(_subscription, config, link),
        await asyncio.to_thread(buildings_of, files),
    )
    core = Core(rules(config), outside, lasting.ledger, choices)
    await core.load()
    return Made(config, core, link)


def _subscription(config: Config, link: Link) -> Subscription | None:
    if isinstance(link, TemixLink):
        return None
    profile = _profile(config)
    return None if profile is None else Subscription(config.party, link.name, profile)


def _profile(config: Config) -> Profile | None:
    section, tariff = config.subscription, next(iter(config.tariffs), None)
    if section.file:
        return from_file(Path(section.file), tariff, config.zone)
    if section.own_use and tariff is not None:
        return own_use(tariff, config.zone)
    return None


def check(config: Config) -> None:
    """Read the files that a configuration names, as for a core; nothing is written or asked (blocking).

    Raises:
        Unusable: a file of the account.
        SubscriptionUnusable: that of the subscription.
    """
    if isinstance(config.retailer, Retailer):
        if config.enrolled:
            _account(config.retailer)
    elif not isinstance(config.retailer, HomeAssistantSection):
        published_feed(config, config.retailer)
    _profile(config)


def link_of(config: Config, files: Files, clock: Clock, home: Home) -> Link:
    """The link to the retailer; of a home that is not enrolled, one that never connects.

    ``home`` is what a service of prices may be told of, where the owner wants that.

    Raises:
        Unusable: a file of the account.
    """
    if isinstance(config.retailer, Retailer):
        return temix_link(config, config.retailer, files, clock)
    bounds, store = config.trading.bounds, Store(files.prices)
    if isinstance(config.retailer, HomeAssistantSection):
        return ReportedLink(config.retailer.currency, config.zone, bounds, store, clock)
    reports = None
    if isinstance(config.retailer, OpenAdrSection) and config.retailer.reports:
        reports = Reports(config.retailer.client_id or "", home, ReportLog(files.reports), clock)
    asked = published_feed(config, config.retailer, reports)
    random, notices = SystemRandom(), None
    if isinstance(asked, OpenAdr) and isinstance(config.retailer, OpenAdrSection):
        notices = OpenAdrNotices(asked, random) if config.retailer.notifications else None
    return PublishedLink(asked, bounds, store, clock, random, notices=notices)


def published_feed(config: Config, retailer: Asked, reports: Reports | None = None) -> Feed:
    """The service of prices that the configuration names, with its secret where it has one.

    Raises:
        Unusable: the secret cannot be read.
    """
    secret = _secret_of(retailer) if isinstance(retailer, OpenAdrSection) and retailer.client_id else ""
    return feed(retailer, config.zone, secret, reports)


def _secret_of(retailer: Retailer | OpenAdrSection) -> str:
    secret = retailer.client_secret or _secret(retailer.client_secret_file or "")
    redaction.learn([secret])
    return secret


def temix_link(config: Config, retailer: Retailer, files: Files, clock: Clock) -> TemixLink:
    """The link to a TeMIX service.

    Raises:
        Unusable: a file of the account.
    """
    account = _account(retailer) if config.enrolled else None
    return TemixLink(
        PartyId(config.home.party), keys.load_or_make(files.key), account, clock=clock, random=SystemRandom()
    )


def context_of(ca: str | None, certificate: str | None = None) -> ssl.SSLContext:
    """How the retailer's certificate is checked, and which one it is shown; both are files.

    Raises:
        Unusable: one of them.
    """
    try:
        context = ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError) as error:
        raise Unusable(f"retailer.ca_file: {ca} holds no certificate ({error})") from error
    try:
        if certificate is not None:
            context.load_cert_chain(certificate)
    except (OSError, ssl.SSLError) as error:
        raise Unusable(f"retailer.client_certificate: {certificate} cannot be used ({error})") from error
    return context


def _account(retailer: Retailer) -> Account:
    secret = _secret_of(retailer)
    context = context_of(retailer.ca_file, retailer.client_certificate)
    return Account(retailer.url.rstrip("/"), retailer.client_id, secret, context)


def _secret(path: str) -> str:
    try:
        secret = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Unusable(f"retailer.client_secret_file: {error}") from error
    if not secret:
        raise Unusable(f"retailer.client_secret_file: {path} is empty")
    return secret


def cars_of(files: Files) -> Cars:
    """The cars as they were seen before; what cannot be read begins anew, what cannot be kept is told."""
    return Cars(*_kept(files.cars, dict[str, Car], "habits of cars"))


def buildings_of(files: Files) -> Kept:
    """What was learned of buildings; what cannot be read begins anew, what cannot be kept is told."""
    return Kept(*_kept(files.buildings, dict[str, Building], "constants of buildings"))


def _kept[T](
    path: Path, kind: type[dict[str, T]], what: str
) -> tuple[dict[str, T], Callable[[Mapping[str, T]], Awaitable[None]]]:
    async def keep(known: Mapping[str, T]) -> None:
        try:
            await asyncio.to_thread(private_file, path, msgspec.json.encode(known))
        except OSError as error:
            _LOG.warning(f"{what} not kept", reason=str(error))

    try:
        return msgspec.json.decode(path.read_bytes(), type=kind), keep
    except FileNotFoundError:
        return {}, keep
    except (OSError, msgspec.DecodeError) as error:
        _LOG.warning(f"{what} cannot be read, and begin anew", reason=str(error))
        return {}, keep


def choices_of(files: Files, config: Config) -> Choices:
    """What the owner chose before, or what is configured.

    Raises:
        Unusable: the file of it.
    """
    try:
        return msgspec.json.decode(files.choices.read_bytes(), type=Choices)
    except FileNotFoundError:
        return Choices(config.trading.mode)
    except (OSError, ValueError) as error:
        raise Unusable(f"{files.choices} cannot be read ({error}): remove it, and choose anew") from error
