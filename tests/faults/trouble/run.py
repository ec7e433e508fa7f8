"""A run: both machines, what is observed of them, and their lives."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from contextvars import copy_context
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from random import Random
from typing import Any, Final, override

from temix_gateway.home.messages import Reading
from temix_gateway.rules import Rules
from temix_market.instants import HOUR, SECOND, Duration, Instant, parse_instant
from temix_market.subscription import Profile
from temix_market.tenders import DEMO_BOUNDS
from temix_market.transactions import Order, PairKey
from temix_market.units import Energy, Money, Power, Price
from temix_retailer.access import Enrollment
from temix_retailer.book import Book, Issued
from temix_retailer.retailer import Retailer
from temix_retailer.subscriptions import Plan as Subscription
from temix_retailer.terms import Terms

from tests.faults.recording import Recording
from tests.faults.trouble.invariants import AT_EVERY_STEP, Faults
from tests.faults.trouble.life import Life
from tests.faults.trouble.machines import Gateway, GatewaySettings, Machine, RetailerProcess, WallClock
from tests.faults.trouble.network import TroubleLoop
from tests.faults.trouble.owner import PutBack, put_back
from tests.faults.trouble.parties import DO_KEY, HOME, HOME_KEY, LSE_KEY, ZONE, circuit
from tests.faults.trouble.planner import Planner
from tests.faults.trouble.seen import Sealed, Seen, missing
from tests.faults.trouble.troubles import Climate
from tests.faults.trouble.watching import WatchedLink

CLOCK_ERROR: Final = 2 * SECOND
PROOF_LASTS: Final = HOUR
TENDERING: Final = 0.5
"""The share of seeds whose home makes tenders of its own."""


@dataclass(frozen=True, slots=True)
class Violation:
    """The first invariant that did not hold in a run, by its name, and how."""

    seed: int
    invariant: str
    what: str

    @override
    def __str__(self) -> str:
        return (
            f"seed {self.seed}, {self.invariant}: {self.what}\n"
            f"to repeat it: .venv/bin/python -m tests.faults.trouble {self.seed}"
        )


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
        self.violation: Violation | None = None
        day = self.chance.randrange(365 * 24)
        self.start = parse_instant("2026-01-01T00:00:00Z") + day * HOUR + self.chance.randrange(HOUR)
        self.gateway_machine = self._machine("gateway", gateway)
        self.retailer_machine = self._machine("retailer", retailer)
        self.tender_chance = Random(f"tenders {seed}")
        self.tenders = self.tender_chance.random() < TENDERING
        self.rules = self.draw_rules()
        self.terms = Terms("market", "USD", circuit(seed), LSE_KEY, DO_KEY, home_tenders=True)
        self.enrolling: asyncio.Future[Enrollment] = loop.create_future()
        self.planner = Planner(Random(f"planner {seed}"), Random(f"curves {seed}"))
        self.meter: dict[int, int] = {}
        self.unread: list[Reading] = []
        self.proven_at: float | None = None
        self.connected_at: float | None = None
        self.acknowledged: dict[str, int] = {"gateway": 0, "retailer": 0}
        self.quiet = False
        self.decided: dict[PairKey, Sealed] = {}
        self.backup = b""
        """The gateway's last backup, to be put back."""
        self.orders_in_backup: set[str] = set()
        self.puts_back: PutBack = ""
        """How, before the gateway's next start."""
        self.by_hand = False
        """Whether the last one put back was a mere copy of the file."""
        self.resynchronises = False
        """Whether the gateway's next life is the command ``resync``."""
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
        tenders = self.tenders and self.tender_chance.random() < 0.9
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
            curve_hours=2 * tenders,
            own_tenders=tenders,
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
        self.counts["orders" if order.tender is None else "tenders"] += 1

    def deciding(self, order: Order) -> None:
        """The home has decided to order, and gives it to the ledger."""
        proven = self.proven_at is not None and self.now_s - self.proven_at <= PROOF_LASTS / SECOND
        now, connected = self.gateway_machine.clock.now(), self.connected_at is not None
        self.decided[order.pair.key] = Sealed(order, now, self.rules, proven, connected, "")

    def issued(self, book: Book, issued: Issued | None) -> None:
        """The retailer has published."""
        if issued is not None:
            after = book.chain.last(HOME).sequence
            for publication in issued.publications:
                self.seen.published(publication, after)

    def worked(self, life: Life) -> None:
        """A piece of work is done, and acknowledged: read what it wrote, and check everything."""
        machine = self.gateway_machine if life.side == "gateway" else self.retailer_machine
        events = len(machine.record.events)
        if life is not machine.life or events == self._events[life.side] or self.violation:
            return
        self._events[life.side] = events
        if life.side == "gateway":
            if self.gateway.ledger is None:
                return
            self.seen.read_ledger(self.gateway.ledger)
            self.acknowledged["gateway"] = self.seen.ledger.number
            self.trace.update(self.seen.ledger.heads.get(self.seen.ledger.number, b""))
        else:
            if self.retailer.retailer is None:
                return
            self.seen.read_book(self.retailer.retailer._book)
            self.acknowledged["retailer"] = len(self.seen.book.messages)
            if self.seen.book.messages:
                self.trace.update(self.seen.book.messages[-1][0].encode())
        self.counts["steps"] += 1
        self.check(AT_EVERY_STEP)

    def check(self, invariants: Sequence[Callable[[Seen], Faults]]) -> None:
        """Note where an invariant does not hold."""
        for invariant in invariants:
            for wrong in invariant(self.seen):
                self.violate(invariant.__name__, wrong)
                return

    def violate(self, invariant: str, what: str) -> None:
        """Note the first thing that is wrong."""
        if self.violation is None:
            after = timedelta(seconds=round(self.now_s))
            self.violation = Violation(self.seed, invariant, f"after {after}: {what}")

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
        if machine.side == "gateway" and self.puts_back:
            put_back(self, self.puts_back)
        life = machine.next_life()
        self._events[machine.side] = -1
        if machine.side == "gateway":
            settings = GatewaySettings(
                self.rules,
                HOME_KEY,
                self.enrolling.result(),
                self.planner,
                opened=lambda: self.came_back("gateway"),
                alike=self.alike,
                watch=lambda link: WatchedLink(link, self),
            )
            self.gateway = Gateway(machine, settings)
            work = self.gateway.resync(life) if self.resynchronises else self.gateway.live(life)
            self.resynchronises = False
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
                self.violate("no_process_ends_by_itself", f"the {life.side} ended: {error!r}")
                raise

    async def _prepare(self, retailer: Retailer) -> None:
        if not self._prepared:
            self._prepared = True
            enrolled = await retailer.homes.enroll(HOME, Duration(24 * 365 * 10 * HOUR))
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
            assert self.gateway.ledger is not None
            before = self.seen.ledger_again(self.gateway.ledger)
            lost = missing(before.heads, self.seen.ledger.heads, self.acknowledged[side])
        else:
            assert self.retailer.retailer is not None
            known = self.seen.book_again(self.retailer.retailer._book)
            lost = [
                number + 1
                for number in range(self.acknowledged[side])
                if self.seen.book.messages[number : number + 1] != known.messages[number : number + 1]
            ]
        if side == "gateway" and (self.seen.behind is None or (self.by_hand and self.seen.behind)):
            # Put there by hand: is anything missing? Not after a `resync` that died just before it said so.
            self.seen.behind = bool(self.seen.lacking())
        if lost:
            what = f"the {side} lost acknowledged records {lost[:5]} of {self.acknowledged[side]}"
            self.violate("nothing_acknowledged_is_lost", what)
        self.check(AT_EVERY_STEP)

    def alike(self) -> None:
        """``resync`` says that the ledger has again what the retailer has."""
        self.seen.behind = False
        self.counts["resynchronised"] += 1
