"""The two machines of the simulation, each with a clock, a disk and a process that dies and comes back."""

import ssl
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Final, override

from aiohttp import web
from temix_gateway.core import Core
from temix_gateway.errors import GatewayError
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.outside import Outside
from temix_gateway.own_limits import Choices
from temix_gateway.resync import resynchronise
from temix_gateway.retailer.service import Account
from temix_gateway.retailer.temix import TemixLink
from temix_gateway.rules import Rules
from temix_market.instants import Duration, Instant
from temix_market.ports import RetailerLink
from temix_market.units import Price
from temix_market.wire.keys import SigningKey
from temix_reception.reception import Visitor
from temix_retailer.access import Enrollment
from temix_retailer.news import Hear, MeterRead, News, Published
from temix_retailer.retailer import Retailer
from temix_retailer.server import Service
from temix_retailer.service import RECEPTION
from temix_retailer.store import open_store
from temix_retailer.terms import Terms

from tests.faults.platter import KEPT, Platter
from tests.faults.recording import Recording
from tests.faults.trouble.life import LIFE, Life
from tests.faults.trouble.network import TroubleLoop
from tests.gateway.mandate import mandated

LEDGER: Final = "ledger.db"
BOOK: Final = "book.db"
TRUST: Final = ssl.create_default_context()


@dataclass
class WallClock:
    """A machine's clock: it can be set, and its monotonic time begins anew with the machine."""

    loop: TroubleLoop
    start: Instant
    offset: int = 0
    """How far it is ahead of the true time (ms)."""
    booted: float = 0.0

    def now(self) -> Instant:
        """What it shows."""
        return Instant(self.start + round(self.loop.time() * 1000) + self.offset)

    def monotonic(self) -> Duration:
        """Time since the machine was started."""
        return Duration(round((self.loop.time() - self.booted) * 1000))


@dataclass(eq=False)
class Machine:
    """What survives a process: its disk and its clock."""

    side: str
    loop: TroubleLoop
    clock: WallClock
    record: Recording
    chance: Random
    life: Life | None = None
    lives: int = 0
    armed: str = ""
    """The labelled point at which the process is to die next."""
    by_power_cut: bool = False
    fell: Callable[[Machine], None] = lambda _machine: None
    """Called when it has died, at once."""
    seen: Counter[str] = field(default_factory=Counter)
    _left: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return self.life is not None and self.life.alive

    def reached(self, label: str) -> None:
        """Die here, where that was planned."""
        life = LIFE.get()
        if self.armed == label and life is self.life and self.running:
            self.seen[f"died {label}"] += 1
            self.die(power=not self.by_power_cut)

    def die(self, *, power: bool) -> None:
        """Kill the process, or cut the power: what is on the disk now is all that remains."""
        assert self.life is not None
        self.armed = ""
        self.life.alive, self.life.powered = False, power
        if power:  # the page cache outlives the process
            files = [path for path in self.record.folder.iterdir() if self.record.watches(path)]
            self._left = {path.name: path.read_bytes() for path in files}
        else:
            platter = Platter(self.record)
            for event in self.record.events:
                platter.take(event)
            self._left = platter.image(self.chance, self.chance.choice(KEPT))
        self.seen[f"{self.side} killed" if power else f"{self.side} without power"] += 1
        self.loop.network.died(self.life)
        self.fell(self)

    async def clear(self) -> None:
        """Take away the dead process, and put on the disk what remains."""
        assert self.life is not None
        await self.life.reap()
        for old in self.record.folder.iterdir():
            old.unlink()
        for name, content in self._left.items():
            (self.record.folder / name).write_bytes(content)
        self.record.begin()

    def next_life(self) -> Life:
        """Begin a life; the machine may have been off meanwhile."""
        if self.life is not None and not self.life.powered:
            self.clock.booted = self.loop.time() - self.chance.uniform(1, 60)
        self.lives += 1
        self.life = Life(self.side, self.lives)
        return self.life


@dataclass(frozen=True)
class GatewaySettings:
    """What the gateway is started with."""

    rules: Rules
    key: SigningKey
    enrolled: Enrollment
    planner: Any
    opened: Callable[[], None]
    """Called when the ledger is open."""
    alike: Callable[[], None]
    """Called when the ledger has again what the retailer has."""
    watch: Callable[[TemixLink], RetailerLink]


class Gateway:
    """A life of the gateway: ledger, link and core, as ``app.py`` wires them."""

    core: Core | None = None
    ledger: Ledger | None = None
    link: TemixLink | None = None

    def __init__(self, machine: Machine, settings: GatewaySettings) -> None:
        self.machine = machine
        self.settings = settings

    async def live(self, life: Life) -> None:
        """Run until it dies."""
        machine, settings, chance = self.machine, self.settings, self._chance()
        ledger, link = await self._open(life), self._linked(chance)
        outside = Outside(machine.clock, chance, settings.watch(link), link.seal, settings.planner)
        core = Core(settings.rules, outside, ledger, Choices("automatic"))
        await mandated(ledger, settings.rules.home)
        await core.load()
        self.core, self.link = core, link
        await core.run()

    async def resync(self, life: Life) -> None:
        """Run the command ``resync``, as ``app.py`` does, and end."""
        ledger, link = await self._open(life), self._linked(self._chance())
        try:
            async with link.session():
                await resynchronise(ledger, self.settings.watch(link), self.machine.clock)
        except GatewayError:
            self.machine.seen["not resynchronised"] += 1
        else:
            self.settings.alike()
        self.machine.die(power=True)

    def _chance(self) -> Random:
        return Random(self.machine.chance.random())

    async def _open(self, life: Life) -> Ledger:
        machine = self.machine

        def opened() -> Ledger:
            made = Ledger(machine.record.folder / LEDGER, machine.clock)
            life.ends += [made._file.close, made._history.close]
            return made

        self.ledger = await machine.loop.run_in_executor(None, opened)
        self.settings.opened()
        return self.ledger

    def _linked(self, chance: Random) -> TemixLink:
        enrolled = self.settings.enrolled
        account = Account("https://127.0.0.1", enrolled.client_id, enrolled.client_secret, TRUST)
        home, clock = self.settings.rules.home, self.machine.clock
        return TemixLink(home, self.settings.key, account, clock=clock, random=chance)


class TroubledRetailer(Retailer):
    """The retailer, whose news may be late, missing, or contradict what it said before."""

    machine: Machine
    missing: float = 0.0
    held: list[MeterRead]
    """Readings that come after later ones."""

    @override
    def _tell(self, news: News, homes: Any) -> None:
        if isinstance(news, Published) and self.machine.chance.random() < self.missing:
            self.machine.seen["publication missing"] += 1
            return
        if isinstance(news, MeterRead) and self.missing:
            for each in self._as_it_comes(news):
                super()._tell(each, homes)
            return
        super()._tell(news, homes)

    def _as_it_comes(self, news: MeterRead) -> list[MeterRead]:
        """Readings as they get through: in order, twice, after later ones, or not at all."""
        chance = self.machine.chance.random()
        held, self.held = self.held, []
        if chance < 0.2:
            self.machine.seen["readings lost"] += 1
            return held
        if chance < 0.4:
            self.machine.seen["readings late"] += 1
            self.held = [*held, news]
            return []
        if chance < 0.6:
            self.machine.seen["readings doubled"] += 1
            return [news, *held, news]
        return [news, *held]

    def contradict(self) -> None:
        """Publish the last word again with other prices, signed as well."""
        for told in self._latest[: self.machine.chance.randrange(1, 3)]:
            old = told.publication
            tenders = tuple(replace(t, price=Price(t.price // 2), components=()) for t in old.tenders)
            changed = Published(replace(old, tenders=tenders), self._voice.publication)
            hearing: dict[Any, list[Hear]] = self._hearing
            super()._tell(changed, hearing)
            self.machine.seen["contradiction"] += 1


class RetailerProcess:
    """A life of the retailer: book, market and server, as ``service.py`` wires them."""

    retailer: TroubledRetailer | None = None
    missing = 0.0
    refusing = 0.0
    """Chance that a proxy answers a request with an error, before or after it was served."""

    def __init__(
        self, machine: Machine, terms: Terms, opened: Callable[[], None], prepare: Callable[[Retailer], Any]
    ) -> None:
        self.machine = machine
        self.terms = terms
        self._opened = opened
        self._prepare = prepare

    async def live(self, life: Life) -> None:
        """Run until it dies."""
        machine, loop = self.machine, self.machine.loop
        chance = Random(machine.chance.random())
        executor = ThreadPoolExecutor(1)
        store = await loop.run_in_executor(executor, lambda: open_store(machine.record.folder / BOOK))
        life.ends.append(store.close)
        retailer = await loop.run_in_executor(
            executor,
            lambda: TroubledRetailer(
                machine.clock, store, self.terms, executor=executor, randomness=chance.randbytes
            ),
        )
        retailer.machine, retailer.missing, retailer.held = machine, self.missing, []
        self.retailer = retailer
        self._opened()
        await self._prepare(retailer)
        await retailer.turn()
        application = Service(retailer, chance.randbytes).application()
        application.middlewares.insert(0, self._proxy)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        server = runner.server
        assert server is not None
        loop.network.listen(lambda: Visitor(server, "gateway", RECEPTION), life)
        await retailer.run()

    @web.middleware
    async def _proxy(self, request: web.Request, handler: Any) -> web.StreamResponse:
        chance = self.machine.chance
        if request.path == "/stream" or chance.random() >= self.refusing:
            return await handler(request)  # type: ignore[no-any-return]
        status = chance.choice((400, 401, 403, 404, 408, 409, 422, 429, 500, 502, 503, 504))
        headers = {"Retry-After": str(chance.randrange(1, 30))} if status in {429, 503} else {}
        if status >= 500 and chance.random() < 0.5:
            self.machine.seen["answer replaced by a 5xx"] += 1
            await handler(request)
        else:
            self.machine.seen[f"request refused by a {status // 100}xx"] += 1
        return web.Response(status=status, headers=headers, text="trouble")
