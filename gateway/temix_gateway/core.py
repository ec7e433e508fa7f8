"""The gateway's core: listens to the retailer and to Home Assistant, plans, trades and settles.

It has no clock, randomness, network or disk of its own: the same code runs live, in tests and in fast replay.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Final

import msgspec
import structlog
from temix_market.calendar import local_date, local_day
from temix_market.deliveries import Delivery
from temix_market.errors import MarketError
from temix_market.instants import FIVE_MINUTES, HOUR, MINUTE, SECOND, Duration, Instant
from temix_market.intervals import Interval, enclosing
from temix_market.ladder import Rung
from temix_market.ports import (
    Answer,
    Booked,
    Clock,
    Heads,
    RetailerLink,
    Seal,
    Terms,
    ToldReadings,
    ToldSubscription,
)
from temix_market.positions import Positions
from temix_market.products import Side
from temix_market.tenders import PriceBounds, Publication
from temix_market.transactions import Leg, Order, Pair, PairKey
from temix_market.units import NO_CURRENCY, Energy, Money, Price, money_text
from temix_market.wire.keys import uuid7

from temix_gateway.accounts import Accounts, Bills, Sums
from temix_gateway.audit_history import AuditHistory
from temix_gateway.books import Books
from temix_gateway.errors import GatewayError, LedgerError
from temix_gateway.exchange import Exchange
from temix_gateway.files import Files
from temix_gateway.forecast import Forecast, forecast, plan_loads, problem_prices
from temix_gateway.guard import Guarded, guard
from temix_gateway.home.account import Account, Found, Query
from temix_gateway.home.devices import Device, Load, PreviewPlan, ReportHome
from temix_gateway.home.errors import CommandRefused
from temix_gateway.home.messages import (
    Preview,
    ReportHistory,
    ReportReadings,
    State,
)
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.lookups import Ledgers, account_message, guard_message
from temix_gateway.market import Market
from temix_gateway.own_limits import Choices
from temix_gateway.owner import Owner
from temix_gateway.planning import Plan, Problem
from temix_gateway.planning.horizon import Prices, tapering
from temix_gateway.planning.past import Past
from temix_gateway.question import (
    base_load,
    held_load,
    known_devices,
    loads_beside,
    past_hours,
    past_prices,
    targets,
)
from temix_gateway.replanning import Basis
from temix_gateway.rules import Rules
from temix_gateway.trading.outbox import Outbox
from temix_gateway.trading.trader import Choice, Limits, Policy, Recent, Turn, choose
from temix_gateway.view import Facts, Link, Lock, device_plan, state

HORIZON: Final = Duration(36 * HOUR)
PLAN_EVERY: Final = HOUR
ORDERS_A_TURN: Final = 20
"""Small steps, also in number: the rest comes in the next turn, and a retailer is not overrun."""
RETRY_AFTER: Final = Duration(15 * SECOND)
"""When an order without a definite answer is sent or asked for again."""
ORDER_LIFE: Final = MINUTE
"""How long an order may be on its way before it is only asked for."""
CLOCK_ERROR: Final = Duration(2 * SECOND)
CLOCK_PROOF_LASTS: Final = HOUR
PRICES_ONLY: Final = "the retailer publishes prices and takes no orders"
UNKNOWN_TERMS: Final = Terms(NO_CURRENCY, "UTC", PriceBounds(Price(0), Price(0)))
"""Until a retailer was heard for the first time."""

_LOG: Final = structlog.get_logger(__name__)

type Planner = Callable[[Problem, Plan | None], Plan]


@dataclass(frozen=True, slots=True)
class Outside:
    """What the core does not make itself: clock, randomness, the retailer's link, the signature, the planner.

    ``expected_load`` forecasts from past hours; without it only what Home Assistant expects is planned with.
    ``remember`` keeps the owner's choices over a restart; ``note_plan`` keeps each plan; ``uncommissioned``
    says why trade waits for an installer, or nothing.
    """

    clock: Clock
    random: Random
    link: RetailerLink
    seal: Seal
    planner: Planner
    remember: Callable[[Choices], Awaitable[None]] | None = None
    note_plan: Callable[[Problem, Plan], Awaitable[None]] | None = None
    expected_load: Callable[[Past], Sequence[float]] | None = None
    uncommissioned: Callable[[], str] = str


class Core:
    """One home's gateway; a ``RetailerListener``, and the ``Core`` that the local API serves."""

    def __init__(self, rules: Rules, outside: Outside, ledger: Ledger, chosen: Choices) -> None:
        """Begin with what the owner has chosen; call ``load`` before ``run``."""
        self.owner = Owner(rules, ledger, chosen, outside.remember, self._owner_decided)
        self.market = Market(rules.bounds)
        self.plans_made = 0
        self.plan: Plan | None = None
        self.accounts = Accounts(Bills(rules.zone, rules.extras, rules.tariffs), outside.clock.now)
        self.books = Books(ledger, self.market, self.accounts, outside.clock)
        self._ledger = ledger
        self._outside = outside
        self._clock = outside.clock
        self._exchange = Exchange(self.books, outside.link, outside.clock)
        self._outbox = Outbox(ledger, outside.link, outside.clock)
        self._terms = UNKNOWN_TERMS
        self._link = Link(False, outside.clock.now(), "not connected yet")
        self._clock_proven_at: Duration | None = None
        self.clock_apart: int | None = None
        """How far the retailer's clock was ahead when it was last heard (ms)."""
        self._recall = True
        self._trouble = ""
        self._report: ReportHome | None = None
        self._history: ReportHistory | None = None
        self._basis: Basis | None = None
        self._problem_in_force: Problem | None = None
        self._account: tuple[object, Account] | None = None
        self._unguarded: Plan | None = None
        self._guarded: Guarded | None = None
        self._noted: Plan | None = None
        self._planned_at: Duration | None = None
        self._wake = asyncio.Event()
        self._planning = asyncio.Lock()
        self._ordering = asyncio.Lock()
        self._observers: list[Callable[[], None]] = []

    async def load(self) -> None:
        """Take up what the ledger holds, the owner's mandate first.

        Of a ledger that failed its check as much is taken up as can be read.
        """
        for part in (self.owner.load, lambda: self.books.load(self._midnight())):
            try:
                await part()
            except LedgerError as error:
                if not self.books.fault:
                    raise
                _LOG.error("ledger read in part", reason=str(error))
        await self._add_up()

    async def run(self) -> None:
        """Link up and turn the wheel until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._outside.link.run(self))
            group.create_task(self._wheel())

    @property
    def terms(self) -> Terms:
        """The market's terms, as last heard."""
        return self._terms

    @property
    def link_state(self) -> Link:
        """Whether the retailer is connected, and why not."""
        return self._link

    @property
    def clock_proof_age(self) -> Duration | None:
        """How long ago the clock was last proven right; nothing where it is not."""
        proven = self._clock_proven_at
        return None if proven is None else Duration(self._clock.monotonic() - proven)

    def look_again(self) -> None:
        """What says why trade waits for an installer has changed."""
        self._wake.set()
        self._tell()

    def observe(self, changed: Callable[[], None]) -> None:
        """Call ``changed`` after each change of the state."""
        self._observers.append(changed)

    # What the retailer's link tells.

    def connected(self, up: bool, reason: str, *, refused: bool = False) -> None:
        """Note the state of the link; a new connection looks at once for lost answers."""
        if (up, reason) != (self._link.up, self._link.reason):
            # One line when it goes and one when it returns; why it has not returned yet is for debugging.
            (_LOG.info if up != self._link.up else _LOG.debug)("retailer link", up=up, reason=reason)
            since = self._link.since if up == self._link.up else self._clock.now()
            self._link = Link(up, since, reason, refused)
            self._tell()
        if up:
            self._recall = True
            self._exchange.begin()
            self._wake.set()
        else:
            self._exchange.forget()

    def agreed(self, terms: Terms) -> None:
        """Take the market's terms."""
        self._terms = terms
        self.owner.indicative = terms.indicative

    def heard(self, now: Instant, heads: Heads) -> None:
        """Compare clocks, whose proof lasts an hour, and heads: where they differ the retailer is asked."""
        if heads != self.books.heads or self._exchange.apart:
            self._exchange.begin()
            self._wake.set()
        self.clock_apart = now - self._clock.now()
        apart, before = abs(self.clock_apart), self._clock_proven_at
        if apart <= CLOCK_ERROR:
            if before is None:
                self._recall = True
                self._wake.set()
            self._clock_proven_at = self._clock.monotonic()
        else:
            _LOG.warning("clock differs from the retailer's", milliseconds=apart)
            self._clock_proven_at = None
        if (self._clock_proven_at is None) != (before is None):
            self._tell()

    async def published(self, publication: Publication, signed: str) -> None:
        """Check, record and use a publication.

        Raises:
            MarketError: it is not believed; nothing of it is used.
            MessageReused: its number came before with other content.
        """
        self.market.check(publication)
        await self.books.published(publication, signed)
        self._wake.set()
        self._tell()

    async def told(self, told: ToldSubscription | ToldReadings) -> None:
        """Record what the retailer booked or read by itself; what came out of turn is asked for again."""
        if not await self.books.told(told):
            self._exchange.begin()
            self._wake.set()
        self._tell()

    # What Home Assistant tells and asks.

    def state(self) -> State:
        """Everything as it is now."""
        facts = Facts(
            now=self._clock.now(),
            terms=self._terms,
            mode=self.owner.mode,
            link=self._link,
            paused=self.owner.paused,
            locks=self.locks(),
            head=self.books.head,
            trades=self.books.trades,
            last=self.books.last,
            plan=self.plan,
            import_limit=self.owner.rules.import_power,
            account=self._reckoned(),
            guard=guard_message(self.owner.rules.guard, self._guarded),
            limits=self.owner.limits_message(),
            mandate=self.owner.mandate_message(),
        )
        return state(facts, self.market)

    async def plan_again(self) -> None:
        """Plan at the next turn, which begins now, whatever the last plan was based on."""
        self._basis = self._planned_at = None
        self._wake.set()

    async def report_home(self, report: ReportHome) -> None:
        """Take devices and base load for the next plan; a material change plans anew."""
        self._report = report
        if self._basis is None or self._basis.home_changed(report):
            self._wake.set()

    async def report_history(self, report: ReportHistory) -> None:
        """Take past hours for the forecasts of load and sun, until Home Assistant brings others."""
        self._history = report
        self._wake.set()

    async def preview_plan(self, asked: PreviewPlan) -> Preview:
        """Plan one device beside the plan in force; nothing changes.

        Raises:
            CommandRefused: there is no price, or the device has nothing to do within the horizon.
        """
        now, device = self._clock.now(), asked.device
        rungs = self.market.book.rungs(now)
        if not rungs:
            raise CommandRefused("there is no valid price to plan with")
        if self.plan is not None:
            loads: Sequence[Load] = loads_beside(self.plan, device.id)
        else:
            loads = self._report.base_load if self._report is not None else []
        problem = await self._problem(now, rungs, loads, [device])
        if not problem.devices:
            raise CommandRefused(f"{device.id} has nothing to do now: no car, or no time left")
        with_it = await self._ask_planner(problem, None)
        without = await self._ask_planner(msgspec.structs.replace(problem, devices=()), None)
        drawn = zip(with_it.device(device.id).power, with_it.steps, strict=True)
        return Preview(
            plan=device_plan(with_it, device.id),
            energy=round(sum(power * step.duration / HOUR for power, step in drawn)),
            cost=money_text(Money(with_it.energy_cost - without.energy_cost)),
        )

    async def look_up(self, query: Query) -> Found:
        """Read from the ledger.

        Raises:
            CommandRefused: the period cannot be served, or the ledger not be read.
        """
        ledgers = Ledgers(
            self._ledger.path,
            AuditHistory(Files(self._ledger.path.parent).audit),
            self.accounts.bills,
            self._clock.now,
        )
        try:
            return await self._ledger.read(
                lambda connection: ledgers.look_up(connection, query, self._terms.currency)
            )
        except LedgerError as error:
            raise CommandRefused(str(error)) from error

    async def report_readings(self, report: ReportReadings) -> None:
        """Record meter readings and settle what they complete.

        Raises:
            CommandRefused: an interval off the 5-minute marks or not over yet, or the ledger is locked.
        """
        steps: list[Delivery] = []
        for reading in report.readings:
            try:
                interval = Interval(Instant(reading.start), Duration(reading.end - reading.start))
                steps += Delivery(interval, Energy(reading.energy)).steps()
            except MarketError as error:
                raise CommandRefused(str(error)) from error
            if interval.end > self._clock.now() + CLOCK_ERROR:
                raise CommandRefused(f"the reading of {interval} is of the future: report it when it is over")
        try:
            await self.books.delivered(steps)
        except LedgerError as error:
            raise CommandRefused(str(error)) from error
        if self.accounts.stale:
            self._wake.set()
        self._tell()

    def locked(self) -> list[str]:
        """Why no trade is made, beside the owner's pause and mode; empty where nothing stands in the way."""
        return [lock.reason for lock in self.locks()]

    def locks(self) -> list[Lock]:
        """The same, with the code of each."""
        found = []
        if self.books.fault:
            found.append(Lock("ledger", self.books.fault))
        if self._terms.indicative:
            return [*found, Lock("published", PRICES_ONLY)]
        if not self._link.up:
            found.append(Lock("retailer", "the retailer is not connected"))
        proven = self._clock_proven_at
        if proven is None or self._clock.monotonic() - proven > CLOCK_PROOF_LASTS:
            unproven = "no proof of the clock: the retailer's was not heard, or is more than 2 s apart"
            found.append(Lock("clock", unproven))
        lacking = self.owner.lacking(self._terms.currency)
        if lacking:
            found.append(Lock("mandate", lacking))
        if not any(True for _ in self.market.book.live(self._clock.now())):
            found.append(Lock("price", "there is no valid price"))
        if self._link.up and self._exchange.apart:
            found.append(Lock("apart", self._exchange.apart))
        if self._trouble:
            found.append(Lock("turn", self._trouble))
        if unfinished := self._outside.uncommissioned():
            found.append(Lock("commissioning", unfinished))
        return found

    # The wheel.

    async def _wheel(self) -> None:
        while True:
            await self._until_something_is_due()
            await asyncio.sleep(self._outside.random.uniform(0, self.owner.rules.jitter / SECOND))
            self._wake.clear()
            await self.turn()

    async def turn(self) -> None:
        """One turn: lost answers, plan, trade, reports; a trouble is told and ends with the next turn."""
        try:
            await self._agree()
            await self._chase()
            await self._plan_if_due()
            self._guard_bill()
            await self._note_plan()
            async with self._ordering:
                await self._trade()
            await self.books.report(self._outside.link)
            self.books.forget(self._clock.now())
            if self.accounts.stale:
                await self._add_up()
            trouble = ""
        except (GatewayError, MarketError) as error:
            trouble = str(error)
        if trouble and trouble != self._trouble:
            _LOG.error("turn failed", reason=trouble)
        self._trouble = trouble
        self._tell()

    async def _until_something_is_due(self) -> None:
        now = self._clock.now()
        wait = enclosing(now, FIVE_MINUTES).end - now
        if self._link.up and not self.books.fault and await self._outbox.waiting():
            wait = min(wait, RETRY_AFTER)
        try:
            async with asyncio.timeout(wait / SECOND):
                await self._wake.wait()
        except TimeoutError:
            self._tell()  # the price now is another one

    async def _agree(self) -> None:
        if self._link.up and not self.books.fault:
            await self._exchange.agree()
            await self._exchange.fetch_spots()

    async def _chase(self) -> None:
        if not self._link.up or self.books.fault or self._exchange.apart:
            return
        for answer in await self._outbox.chase():
            await self.books.answered(answer)
        if await self._outbox.waiting():
            self._exchange.begin()  # it may be refused because the records differ

    async def _plan_if_due(self) -> None:
        report, now = self._report, self._clock.now()
        if report is None or self.owner.mode == "monitor":
            return
        rungs = self.market.book.rungs(now)
        basis = Basis.of(report, rungs)
        fresh = self._planned_at is not None and self._clock.monotonic() - self._planned_at < PLAN_EVERY
        if not rungs or (fresh and self._basis is not None and not self._basis.changed(basis, now)):
            return
        problem = await self._problem(now, rungs, report.base_load, report.devices)
        self.plan = self._unguarded = await self._ask_planner(problem, self._unguarded)
        self._problem_in_force = problem
        self.plans_made += 1
        self._basis, self._planned_at = basis, self._clock.monotonic()

    async def _problem(
        self, now: Instant, rungs: Sequence[Rung], loads: Sequence[Load], reported: Sequence[Device]
    ) -> Problem:
        """What to plan: devices beside a load, at the prices of live tenders and what is expected after."""
        intervals = tapering(now, HORIZON)
        others = await self._rest(loads, now, intervals)
        load = [rest + held for rest, held in zip(others, held_load(reported, intervals), strict=True)]
        published = self._terms.indicative
        prices = Prices(rungs, past_prices(self.market), self.owner.rules.zone, unpaid=published)
        return Problem(
            now=now,
            steps=prices.steps(
                intervals,
                Positions() if published else self.market.positions,  # where the kink is: see ``Spot``
                [max(0.0, power) for power in load],
                [max(0.0, -power) for power in load],
            ),
            import_limit=self.owner.rules.import_power,
            export_limit=self.owner.rules.export_power,
            devices=known_devices(reported, intervals, now),
            zone=self._terms.zone,
            currency=self._terms.currency,
        )

    async def _rest(self, loads: Sequence[Load], now: Instant, intervals: Sequence[Interval]) -> list[float]:
        """The load that no device makes (W): as Home Assistant expects it, else by the home's past days."""
        expect = self._outside.expected_load
        if loads or self._history is None or expect is None:
            return base_load(loads, intervals)
        past = past_hours(self._history, self.owner.rules.zone, now, intervals)
        async with self._planning:  # the planner's process answers one question after the other
            return list(await asyncio.to_thread(expect, past))

    async def _ask_planner(self, problem: Problem, previous: Plan | None) -> Plan:
        """Plan, one at a time: the planner's process answers one question after the other."""
        async with self._planning:
            return await asyncio.to_thread(self._outside.planner, problem, previous)

    async def _trade(self) -> None:
        if self.plan is None or not self._may_trade() or await self._outbox.waiting():
            return
        if self._recall:  # by a wrong clock the day's orders may have been forgotten
            await self.books.recall(self._midnight())
            self._recall = False
        now, rules = self._clock.now(), self.owner.in_force
        ordered = self.books.ordered
        devices = self._report.devices if self._report is not None else []
        planned = targets(self.plan, {device.id for device in devices if device.advise})
        held = {start: self.market.positions.at(Interval(start, FIVE_MINUTES)) for start in planned}
        turn = Turn(
            now=now,
            rungs=[rung for rung in self.market.book.rungs(now) if rung.expires_at > now + 2 * SECOND],
            gaps={start: Energy(planned[start] - held[start]) for start in planned},
            positions=held,
            recent=[Recent(pair.interval, pair.energy.side, at) for pair, at in ordered if now - at < HOUR],
        )
        policy = Policy(rules.minimum_gain, rules.certainty, rules.share)
        choices = choose(turn, self.limits_of_today(), policy)
        for choice in choices[:ORDERS_A_TURN]:
            if self.owner.in_force != rules:
                return  # moved amid the turn: what is left was chosen under other limits
            if not self._may_trade() or not await self._take(choice):
                return
        if len(choices) > ORDERS_A_TURN:
            self._wake.set()

    def _may_trade(self) -> bool:
        return self.owner.mode == "automatic" and not self.owner.paused and not self.locked()

    async def _take(self, choice: Choice) -> bool:
        """Order a pair; say whether there was a definite answer: without one the turn ends."""
        answer = await self._order(choice.rung, choice.quantity)
        if answer is None:
            return False
        if not isinstance(answer, Booked):
            _LOG.info("order refused", key=answer.key, answer=answer)
        return True

    async def _order(self, rung: Rung, quantity: Energy) -> Answer | None:
        now = self._clock.now()
        key = PairKey(uuid7(now, self._outside.random.randbytes(10)))
        legs = Leg.taking(rung.energy, quantity), Leg.taking(rung.transport, quantity)
        pair = Pair(key, self.owner.rules.home, *legs)
        self.books.ordered.append((pair, now))
        order = Order(pair, min(rung.expires_at, Instant(now + ORDER_LIFE)))
        answer = await self._outbox.submit(order, self._outside.seal)
        if answer is not None:
            await self.books.answered(answer)
        return answer

    def limits_of_today(self) -> Limits:
        """What trades must keep to now: the limits in force, less what was spent since midnight."""
        rules, midnight = self.owner.in_force, self._midnight()
        bought = (
            pair.cost for pair, at in self.books.ordered if at >= midnight and pair.energy.side is Side.SELL
        )
        return Limits(
            budget=Money(rules.money_a_day - sum(max(0, cost) for cost in bought)),
            highest_price=rules.highest_price,
            import_power=rules.import_power,
            export_power=rules.export_power,
        )

    @asynccontextmanager
    async def ordering(self) -> AsyncIterator[Callable[[Rung, Energy], Awaitable[Answer | None]]]:
        """Keep the wheel from trading, and order by what is given: it returns the answer, none if unknown."""
        async with self._ordering:
            yield self._order
            self._tell()

    async def _add_up(self) -> None:
        """Add the ledger up; one that is locked is not to be relied on, and has no account."""
        if self.books.fault:
            return
        since = self.accounts.oldest()
        path = self._ledger.path
        self.accounts.load(await self._ledger.read(lambda connection: Sums.of(connection, path, since)))

    def _reckoned(self) -> Account | None:
        """What is owed and what is to come; made anew only where something it is made of has changed."""
        if self.accounts.stale:  # added up anew in this turn: until then the last figures stand
            return None if self._account is None else self._account[1]
        now, positions = self._clock.now(), self.market.positions
        made_of = enclosing(now, FIVE_MINUTES), self.books.head, id(self.plan)
        if self._account is None or self._account[0] != made_of:
            ahead = self._look_ahead(self.plan)
            self._account = made_of, account_message(now, self.accounts, ahead, positions)
        return self._account[1]

    def _look_ahead(self, plan: Plan | None) -> Forecast:
        """What is expected to be owed with a plan."""
        prices = problem_prices(self._problem_in_force)
        return forecast(self._clock.now(), self.accounts, self.market.positions, plan_loads(plan), prices)

    async def _note_plan(self) -> None:
        """Keep what was planned for the audit, once for each plan in force."""
        note, plan, problem = self._outside.note_plan, self.plan, self._problem_in_force
        if note is None or plan is None or problem is None or plan is self._noted:
            return
        self._noted = plan
        await note(problem, plan)

    def _guard_bill(self) -> None:
        """Shed what the owner allowed where use would cost too much; say so once."""
        if self._unguarded is None or not self.owner.rules.guard.watches or self.accounts.stale:
            return
        zone = self.owner.rules.zone
        midnight = local_day(zone, local_date(zone, self._clock.now())).end
        already = [] if self._guarded is None else [shed.device for shed in self._guarded.shed]
        self._guarded = guard(self.owner.rules.guard, self._unguarded, midnight, self._look_ahead, already)
        if self._guarded.plan != self.plan:
            self.plan = self._guarded.plan
        if [shed.device for shed in self._guarded.shed] != already:
            _LOG.warning("bill guard", reason=self._guarded.warning or "within the limits again")

    def _midnight(self) -> Instant:
        zone = self.owner.rules.zone
        return local_day(zone, local_date(zone, self._clock.now())).start

    def _owner_decided(self) -> None:
        self._wake.set()
        self._tell()

    def _tell(self) -> None:
        for changed in self._observers:
            changed()
