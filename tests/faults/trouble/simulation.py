"""One run: a home trades for an hour in trouble, then all is mended, and everything must settle."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any, Final

import structlog
from temix_gateway.core import Core, Rules
from temix_gateway.home.messages import Reading
from temix_gateway.ledger.verify import verify
from temix_market.instants import HOUR, MINUTE, SECOND, Duration, Instant, parse_instant
from temix_market.subscription import Profile
from temix_market.tenders import DEMO_BOUNDS
from temix_market.transactions import Order, PairKey
from temix_market.units import Energy, Money, Power, Price
from temix_retailer.access import Enrollment
from temix_retailer.book import Book, Issued
from temix_retailer.retailer import Retailer, Terms
from temix_retailer.subscriptions import Plan as Subscription

from tests.faults.recording import Recording, recording
from tests.faults.trouble.household import household
from tests.faults.trouble.invariants import AT_EVERY_STEP, WHEN_QUIET, Faults
from tests.faults.trouble.life import Life
from tests.faults.trouble.machines import (
    LEDGER,
    Gateway,
    GatewaySettings,
    Machine,
    RetailerProcess,
    WallClock,
)
from tests.faults.trouble.network import TroubleLoop
from tests.faults.trouble.parties import DO_KEY, HOME, HOME_KEY, KEYS, LSE_KEY, ZONE, circuit
from tests.faults.trouble.planner import Planner
from tests.faults.trouble.seen import Sealed, Seen
from tests.faults.trouble.troubles import TROUBLES, Climate
from tests.faults.trouble.watching import WatchedLink, watched

TROUBLED: Final = Duration(30 * MINUTE)
SETTLES_WITHIN: Final = Duration(5 * MINUTE)
"""After the link is up again for good."""
LINK_IS_BACK_WITHIN: Final = Duration(75 * MINUTE)
"""At most 12 connects an hour, and between them at most 15 minutes (``backoff.py``)."""
CLOCK_ERROR: Final = 2 * SECOND
PROOF_LASTS: Final = HOUR


class Violated(AssertionError):
    """An invariant does not hold."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a run came to; the same seed gives the same ``trace``."""

    seed: int
    trace: str
    counts: Counter[str]


class Run:
    """Everything of one run."""

    def __init__(self, seed: int, loop: TroubleLoop, gateway: Recording, retailer: Recording) -> None:
        self.seed = seed
        self.loop = loop
        self.context = copy_context()
        self.chance = Random(f"director {seed}")
        self.climate = Climate.of(self.chance)
        self.seen = Seen()
        self.counts: Counter[str] = Counter()
        self.trace = hashlib.sha256()
        self.fault = ""
        day = self.chance.randrange(365 * 24)
        self.start = parse_instant("2026-01-01T00:00:00Z") + day * HOUR + self.chance.randrange(HOUR)
        self.gateway_machine = self._machine("gateway", gateway)
        self.retailer_machine = self._machine("retailer", retailer)
        self.rules = self.draw_rules()
        self.terms = Terms("market", "USD", circuit(seed), LSE_KEY, DO_KEY)
        self.enrolling: asyncio.Future[Enrollment] = loop.create_future()
        self.planner = Planner(Random(f"planner {seed}"))
        self.meter: dict[int, int] = {}
        self.unread: list[Reading] = []
        self.proven_at: float | None = None
        self.connected_at: float | None = None
        self.acknowledged: dict[str, int] = {"gateway": 0, "retailer": 0}
        self.limits: list[Rules] = [self.rules]
        self.quiet = False
        self.decided: dict[PairKey, Sealed] = {}
        self._checked: set[PairKey] = set()
        self._events = {"gateway": -1, "retailer": -1}
        self._prepared = False
        loop.worked = self.worked
        self.gateway: Gateway
        self.retailer: RetailerProcess

    def _machine(self, side: str, record: Any) -> Machine:
        clock = WallClock(self.loop, Instant(self.start))
        machine = Machine(side, self.loop, clock, record, Random(f"{side} {self.seed}"))
        machine.seen = self.counts
        machine.fell = self.fell
        return machine

    def draw_rules(self) -> Rules:
        chance = self.chance
        return Rules(
            home=HOME,
            zone=ZONE,
            bounds=DEMO_BOUNDS,
            money_a_day=Money(chance.choice((20_000_000, 300_000_000, 20_000_000_000))),
            highest_price=Price(chance.choice((60_000, 120_000, 2_000_000))),
            import_power=Power(chance.choice((3_000, 6_000, 12_000))),
            export_power=Power(chance.choice((0, 3_000, 12_000))),
            minimum_gain=Money(0),
            certainty=Price(chance.choice((2_000, 200_000))),
            share=Fraction(chance.choice((1, 2)), 2),
        )

    # What is observed.

    @property
    def now_s(self) -> float:
        """True time since the start."""
        return self.loop.time()

    def link_is_up(self, up: bool) -> None:
        """The link says that it is up or down."""
        if up and self.connected_at is None:
            self.connected_at = self.now_s
            self.counts["connected"] += 1
        elif not up:
            self.connected_at = None

    def heard(self, now: Instant) -> None:
        """A heartbeat: are the clocks together?"""
        apart = abs(now - self.gateway_machine.clock.now())
        self.proven_at = self.now_s if apart <= CLOCK_ERROR else None
        self.counts["clock apart" if apart > CLOCK_ERROR else "clock proven"] += 1

    def sealed(self, order: Order, signed: str) -> None:
        """The home has signed an order."""
        key = order.pair.key
        if key in self.seen.sealed or key not in self.decided:
            self.seen.sealed_twice.append(key)
        self.seen.sealed[key] = replace(self.decided[key], signed=signed)
        self.counts["orders"] += 1

    def deciding(self, order: Order) -> None:
        """The home has decided to order, and gives it to the ledger."""
        proven = self.proven_at is not None and self.now_s - self.proven_at <= PROOF_LASTS / SECOND
        now, connected = self.gateway_machine.clock.now(), self.connected_at is not None
        self.decided[order.pair.key] = Sealed(order, now, self.rules, proven, connected, "")

    def issued(self, book: Book, issued: Issued | None) -> None:
        """The retailer has published."""
        if issued is not None:
            after = book.place(HOME).sequence
            for publication in issued.publications:
                self.seen.published(publication, after)

    def worked(self, life: Life) -> None:
        """A piece of work is done, and acknowledged: read what it wrote, and check everything."""
        machine = self.gateway_machine if life.side == "gateway" else self.retailer_machine
        events = len(machine.record.events)
        if life is not machine.life or events == self._events[life.side] or self.fault:
            return
        self._events[life.side] = events
        self.seen.new_orders, self.seen.new_pairs = (), ()
        if life.side == "gateway":
            if self.gateway.ledger is None:
                return
            self._read_ledger()
        else:
            if self.retailer.retailer is None:
                return
            self._read_book()
        self.counts["steps"] += 1
        self._check(AT_EVERY_STEP)

    def _read_ledger(self) -> None:
        assert self.gateway.ledger is not None
        ordered = self.seen.ledger.read(self.gateway.ledger)
        self.seen.new_orders = [key for key in ordered if key not in self._checked]
        self._checked.update(ordered)
        self.acknowledged["gateway"] = self.seen.ledger.number
        self.trace.update(self.seen.ledger.heads.get(self.seen.ledger.number, b""))

    def _read_book(self) -> None:
        assert self.retailer.retailer is not None
        self.seen.new_pairs = self.seen.book.read(self.retailer.retailer._book)
        self.acknowledged["retailer"] = len(self.seen.book.messages)
        if self.seen.book.messages:
            self.trace.update(self.seen.book.messages[-1][0].encode())

    def _check(self, invariants: Sequence[Callable[[Seen], Faults]]) -> None:
        for invariant in invariants:
            for wrong in invariant(self.seen):
                self.violate(f"{invariant.__name__}: {wrong}")
                return

    def violate(self, what: str) -> None:
        """Note the first thing that is wrong."""
        if not self.fault:
            self.fault = f"after {timedelta(seconds=round(self.now_s))}: {what}"

    # Lives.

    def fell(self, machine: Machine) -> None:
        """A process has died: note what is known, and bring it back after a while."""
        if machine.side == "gateway":
            self.proven_at = self.connected_at = None
        if machine.side == "retailer":
            self.retailer.retailer = None
        self._returning = self.loop.create_task(self._bring_back(machine), context=self.context)

    async def _bring_back(self, machine: Machine) -> None:
        await machine.clear()
        await asyncio.sleep(0.5 if self.quiet else self.chance.uniform(0.5, 120))
        await self.begin(machine)

    async def begin(self, machine: Machine) -> None:
        """Start a process; what it finds must hold all that was acknowledged."""
        life = machine.next_life()
        self._events[machine.side] = -1
        if machine.side == "gateway":
            settings = GatewaySettings(
                self.rules,
                HOME_KEY,
                self.enrolling.result(),
                self.planner,
                opened=lambda: self.came_back("gateway"),
                watch=lambda link: WatchedLink(link, self),
            )
            self.gateway = Gateway(machine, settings)
            work = self.gateway.live(life)
        else:
            self.retailer = RetailerProcess(
                machine, self.terms, lambda: self.came_back("retailer"), self._prepare
            )
            if not self.quiet:
                self.retailer.missing, self.retailer.refusing = self.climate.missing, self.climate.refusing
            work = self.retailer.live(life)
        life.begin(self._supervise(life, work))
        self.counts[f"{machine.side} started"] += 1

    async def _supervise(self, life: Life, work: Any) -> None:
        try:
            await work
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # whatever it is, a process must not end by itself
            if life.alive:
                self.violate(f"the {life.side} ended by itself: {error!r}")
                raise

    async def _prepare(self, retailer: Retailer) -> None:
        if not self._prepared:
            self._prepared = True
            enrolled = await retailer.enroll(HOME, Duration(24 * 365 * 10 * HOUR))
            quantities = {
                (weekend, hour): Energy(12 * self.chance.randrange(-20, 80))
                for weekend in (True, False)
                for hour in range(24)
            }
            await retailer.plan(HOME, Subscription(Profile(ZONE, quantities), Price(50_000), Price(20_000)))
            self.enrolling.set_result(enrolled)

    def came_back(self, side: str) -> None:
        """A process has loaded its file: everything acknowledged is in it, as it was."""
        if side == "gateway":
            old = self.seen.ledger
            self.seen.ledger = type(old)()
            assert self.gateway.ledger is not None
            ordered = self.seen.ledger.read(self.gateway.ledger)
            lost = [
                number
                for number in range(1, self.acknowledged[side] + 1)
                if self.seen.ledger.heads.get(number) != old.heads[number]
            ]
            self.seen.new_orders = [key for key in ordered if key not in self._checked]
            self._checked.update(ordered)
        else:
            known = self.seen.book
            self.seen.book = type(known)()
            assert self.retailer.retailer is not None
            new = self.seen.book.read(self.retailer.retailer._book)
            self.seen.new_pairs = [key for key in new if key not in known.booked]
            lost = [
                number + 1
                for number in range(self.acknowledged[side])
                if self.seen.book.messages[number : number + 1] != known.messages[number : number + 1]
            ]
        if lost:
            self.violate(f"the {side} lost acknowledged records {lost[:5]} of {self.acknowledged[side]}")
        self._check(AT_EVERY_STEP)

    # The director.

    async def direct(self) -> None:
        """Let trouble come, mend everything, wait until all is quiet."""
        await self.begin(self.retailer_machine)
        await self.enrolling
        await self.begin(self.gateway_machine)
        live = self.loop.create_task(household(self))
        weather, climate = self.loop.network.weather, self.climate
        await asyncio.sleep(self.chance.uniform(5, 120))
        weather.loss, weather.repeat, weather.delay = climate.loss, climate.repeat, climate.delay
        weather.slow_disk = climate.slow_disk
        ends = self.now_s + TROUBLED / SECOND
        while self.now_s < ends and not self.fault:
            await asyncio.sleep(self.chance.expovariate(1 / climate.pause))
            trouble = self.chance.choice(climate.troubles)
            self.counts[trouble] += 1
            await TROUBLES[trouble](self)
        await self._mend()
        await self._settle()
        live.cancel()

    async def _mend(self) -> None:
        self.quiet = True
        weather = self.loop.network.weather
        weather.loss = weather.repeat = weather.slow_disk = 0.0
        weather.delay, weather.apart = 0.05, frozenset()
        for machine in (self.gateway_machine, self.retailer_machine):
            machine.armed = ""
            machine.clock.offset = 0
        self.retailer.missing = self.retailer.refusing = 0.0
        if self.retailer.retailer is not None:
            self.retailer.retailer.missing = 0.0

    async def _settle(self) -> None:
        """Everything settles within five minutes of the moment from which the link stays up.

        In the last of them the owner pauses trading, so that there is an end.
        """
        longest = self.now_s + LINK_IS_BACK_WITHIN / SECOND
        since = self.now_s
        while self.now_s - since < (SETTLES_WITHIN - MINUTE) / SECOND:
            await asyncio.sleep(10)
            since = self.now_s if self.connected_at is None else max(since, self.connected_at)
            if self.now_s > longest or self.fault:
                self.violate(f"the link is not up again: {self._why()}")
                return
        core, life = self.gateway.core, self.gateway_machine.life
        assert core is not None
        assert life is not None
        life.begin(core.pause_trading(True))
        await asyncio.sleep(MINUTE / SECOND)
        if self.fault:
            return
        self._check(WHEN_QUIET)
        reasons = [reason for reason in core.locked() if "valid price" not in reason]
        if reasons:
            self.violate(f"trading is locked when all is quiet: {reasons}")
        if self.unread:
            self.violate(f"{len(self.unread)} readings are not taken when all is quiet")
        self._compare_positions(core)

    def _why(self) -> str:
        core = self.gateway.core
        return "no core" if core is None else f"{core._link.reason}"

    def _compare_positions(self, core: Core) -> None:
        held: Counter[int] = Counter()
        for booked in self.seen.book.booked.values():
            for step, quantity in booked.pair.steps():
                held[step.start] += quantity
        for start, quantity in held.items():
            mine = core.market.positions._sums.get(Instant(start), 0)
            if mine != quantity:
                self.violate(f"the position at {start} is {mine} in the gateway and {quantity} in the book")
                return

    # Files, at the end.

    def check_files(self) -> None:
        """The ledger verifies with all signatures."""
        verdict = verify(self.gateway_machine.record.folder / LEDGER, KEYS)
        if verdict.fault:
            self.violate(f"the ledger does not verify: {verdict.fault}")
        self.counts["settlements"] += verdict.settlements


def simulate(seed: int, folder: Path) -> Result:
    """Go through one run.

    Raises:
        Violated: an invariant does not hold; with the seed and how to repeat it.
    """
    chance = Random(f"loop {seed}")
    checkpoint = chance.choice((6, 20, 100, 1000))
    folders = [folder / side for side in ("gateway", "retailer")]
    for each in folders:
        each.mkdir()
    loop = TroubleLoop(chance)
    with (
        _silence(),
        recording(folders[0], checkpoint=checkpoint) as gateway,
        recording(folders[1], checkpoint=checkpoint) as retailer,
    ):
        run = Run(seed, loop, gateway, retailer)
        with watched(run), asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(_finish(run))
        if not run.fault:
            run.check_files()
    if run.fault:
        raise Violated(
            f"seed {seed}: {run.fault}\nto repeat it: .venv/bin/python -m tests.faults.trouble {seed}"
        )
    run.counts.update(loop.network.seen)
    run.counts.update(_outcomes(run.seen))
    run.trace.update(repr(sorted(run.counts.items())).encode())
    return Result(seed, run.trace.hexdigest(), run.counts)


@contextmanager
def _silence() -> Iterator[None]:
    """Log nothing."""
    usual = structlog.get_config()
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    try:
        yield
    finally:
        structlog.configure(**usual)


async def _finish(run: Run) -> None:
    await run.direct()
    for machine in (run.gateway_machine, run.retailer_machine):
        if machine.running:
            assert machine.life is not None
            machine.life.alive = False
            await machine.life.reap()


def _outcomes(seen: Seen) -> Counter[str]:
    counts = Counter(told.outcome for told in seen.ledger.answers.values())
    counts["trades"] = sum(key in seen.ledger.orders for key in seen.ledger.pairs)
    counts["subscribed"] = len(seen.ledger.pairs) - counts["trades"]
    counts["superseded"] = sum(decided.code == 409 for decided in seen.book.decided.values())
    counts["expired"] = sum(decided.code == 410 for decided in seen.book.decided.values())
    counts["key reused"] = seen.book.alarms
    counts["messages"] = len(seen.book.messages)
    return counts
