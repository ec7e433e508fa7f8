"""The gateway's core: listens to the retailer and to Home Assistant, plans, trades and settles.

It has no clock, randomness, network or disk of its own: the same code runs live, in tests and in fast replay.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

import structlog
from temix_market.calendar import day_at
from temix_market.deliveries import Delivery
from temix_market.errors import MarketError
from temix_market.instants import FIVE_MINUTES, SECOND, Duration, Instant
from temix_market.intervals import Interval, enclosing
from temix_market.ladder import Rung
from temix_market.ports import Answer, Heads, News, Terms
from temix_market.tenders import Publication
from temix_market.units import Energy

from temix_gateway.accounts import Accounts, Bills
from temix_gateway.asking import Asking
from temix_gateway.audit.history import AuditHistory
from temix_gateway.books import Books
from temix_gateway.contact import CLOCK_ERROR, Contact
from temix_gateway.errors import GatewayError, LedgerError
from temix_gateway.exchange import Exchange
from temix_gateway.files import Files
from temix_gateway.home.account import Found, Query
from temix_gateway.home.devices import PreviewPlan, ReportHome
from temix_gateway.home.errors import CommandRefused
from temix_gateway.home.messages import Preview, ReportHistory, ReportReadings, State
from temix_gateway.home.prices import ReportPrices
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.lookups import Ledgers, guard_message, period_of
from temix_gateway.market import Market
from temix_gateway.orders import Orders
from temix_gateway.outside import Outside
from temix_gateway.own_limits import Choices
from temix_gateway.owner import Owner
from temix_gateway.plans import Plans
from temix_gateway.reckoning import Reckoning
from temix_gateway.reported_prices import reported
from temix_gateway.rules import Rules
from temix_gateway.view import Facts, Lock, state

RETRY_AFTER: Final = Duration(15 * SECOND)
"""When an order without a definite answer is sent or asked for again."""
PRICES_ONLY: Final = "the retailer publishes prices and takes no orders"
UNPROVEN: Final = "no proof of the clock: the retailer's was not heard, or is more than 2 s apart"

_LOG: Final = structlog.get_logger(__name__)


class Core:
    """One home's gateway; a ``RetailerListener``, and the ``Core`` that the local API serves."""

    def __init__(self, rules: Rules, outside: Outside, ledger: Ledger, chosen: Choices) -> None:
        """Begin with what the owner has chosen; call ``load`` before ``run``."""
        self._clock = clock = outside.clock
        self._ledger = ledger
        self._outside = outside
        self.contact = Contact(clock)
        self.owner = Owner(rules, ledger, chosen, outside.remember, self._owner_decided)
        self.market = Market(rules.bounds)
        self.accounts = Accounts(Bills(rules.zone, rules.extras, rules.tariffs), clock.now)
        self.books = Books(ledger, self.market, self.accounts, clock)
        self._exchange = Exchange(self.books, outside.link, clock)
        self._reckoning = Reckoning(ledger, self.accounts, self.market, clock)
        self._asking = Asking(outside, self.owner, self.market, self.contact)
        self.plans = Plans(outside, self.owner, self.market, self._reckoning, self._asking)
        self.orders = Orders(outside, ledger, self.owner, self.market, self.books, may_trade=self._may_trade)
        self._trouble = ""
        self._wake = asyncio.Event()
        self._observers: list[Callable[[], None]] = []

    async def load(self) -> None:
        """Take up what the ledger holds, the owner's mandate first.

        Of a ledger that failed its check as much is taken up as can be read.
        """
        midnight = day_at(self.owner.rules.zone, self._clock.now()).start
        for part in (self.owner.load, lambda: self.books.load(midnight)):
            try:
                await part()
            except LedgerError as error:
                if not self.books.fault:
                    raise
                _LOG.error("ledger read in part", reason=str(error))
        await self._reckoning.add_up()

    async def run(self) -> None:
        """Link up and turn the wheel until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._outside.link.run(self))
            group.create_task(self._wheel())

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
        if self.contact.connected(up, reason, refused=refused):
            self._tell()
        if up:
            self.orders.recall = True
            self._exchange.begin()
            self._wake.set()
        else:
            self._exchange.forget()

    def agreed(self, terms: Terms) -> None:
        """Take the market's terms."""
        self.contact.terms = terms
        self.owner.indicative = terms.indicative

    def heard(self, now: Instant, heads: Heads) -> None:
        """Compare clocks, whose proof lasts an hour, and heads: where they differ the retailer is asked."""
        if heads != self.books.heads or self._exchange.apart:
            self._exchange.begin()
            self._wake.set()
        if not self.contact.heard(now):
            return
        if self.contact.clock_is_proven:
            self.orders.recall = True
            self._wake.set()
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

    async def told(self, told: News) -> None:
        """Record what the retailer did by itself; what came out of turn is asked for again."""
        if not await self.books.told(told):
            self._exchange.begin()
            self._wake.set()
        self._tell()

    # What Home Assistant tells and asks.

    def state(self) -> State:
        """Everything as it is now."""
        plans = self.plans
        facts = Facts(
            now=self._clock.now(),
            terms=self.contact.terms,
            mode=self.owner.mode,
            link=self.contact.link,
            paused=self.owner.paused,
            locks=self.locks(),
            head=self.books.head,
            trades=self.books.trades,
            last=self.books.last,
            plan=plans.in_force,
            left_out=plans.left_out,
            held=plans.held,
            open=self.books.open,
            trade=self.orders.limits_of_today(),
            import_limit=self.owner.rules.import_power,
            account=self._reckoning.account(plans.in_force, plans.problem),
            guard=guard_message(self.owner.rules.guard, plans.guarded),
            limits=self.owner.limits_message(),
            mandate=self.owner.mandate_message(),
            prices_wanted=self._outside.take_prices is not None,
        )
        return state(facts, self.market)

    async def plan_again(self) -> None:
        """Plan at the next turn, which begins now, whatever the last plan was based on."""
        self.plans.again()
        self._wake.set()

    async def report_home(self, report: ReportHome) -> None:
        """Take devices and base load for the next plan; a material change plans anew."""
        await self._outside.cars.note(report.devices, self._clock.now())
        if self.plans.report(report):
            self._wake.set()

    async def report_history(self, report: ReportHistory) -> None:
        """Take past hours for the forecasts of load and sun, until Home Assistant brings others."""
        self._asking.history = report
        self._wake.set()

    async def preview_plan(self, asked: PreviewPlan) -> Preview:
        """Plan one device beside the plan in force; nothing changes.

        Raises:
            CommandRefused: there is no price, or the device has nothing to do within the horizon.
        """
        return await self.plans.preview(asked)

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
                lambda connection: ledgers.look_up(connection, query, self.contact.terms.currency),
                period_of(query),
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

    async def report_prices(self, report: ReportPrices) -> None:
        """Take prices as the home's entities show them.

        Raises:
            CommandRefused: they are not wanted, or cannot be prices of this home.
        """
        take = self._outside.take_prices
        if take is None:
            raise CommandRefused("the gateway has its prices from its retailer: see [retailer] service")
        await take(reported(report, self.contact.terms))

    # Trading.

    def locked(self) -> list[str]:
        """Why no trade is made, beside the owner's pause and mode; empty where nothing stands in the way."""
        return [lock.reason for lock in self.locks()]

    def locks(self) -> list[Lock]:
        """The same, with the code of each."""
        found = []
        if self.books.fault:
            found.append(Lock("ledger", self.books.fault))
        if self.contact.terms.indicative:
            return [*found, Lock("published", PRICES_ONLY)]
        if not self.contact.link.up:
            found.append(Lock("retailer", "the retailer is not connected"))
        if not self.contact.clock_is_proven:
            found.append(Lock("clock", UNPROVEN))
        lacking = self.owner.lacking(self.contact.terms.currency)
        if lacking:
            found.append(Lock("mandate", lacking))
        if not any(True for _ in self.market.book.live(self._clock.now())):
            found.append(Lock("price", "there is no valid price"))
        if self.contact.link.up and self._exchange.apart:
            found.append(Lock("apart", self._exchange.apart))
        if self._trouble:
            found.append(Lock("turn", self._trouble))
        if unfinished := self._outside.uncommissioned():
            found.append(Lock("commissioning", unfinished))
        return found

    @asynccontextmanager
    async def ordering(self) -> AsyncIterator[Callable[[Rung, Energy], Awaitable[Answer | None]]]:
        """Keep the wheel from trading, and order by what is given: it returns the answer, none if unknown."""
        async with self.orders.ordering() as order:
            yield order
            self._tell()

    def _may_trade(self) -> bool:
        return self.owner.mode == "automatic" and not self.owner.paused and not self.locked()

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
            if self._outside.subscription is not None:
                await self.books.subscribe(self._outside.subscription)
            await self.plans.make_if_due()
            if self.accounts.stale:
                await self._reckoning.add_up()
            await self.plans.guard_bill(self.accounts)
            await self.plans.note()
            more = await self.orders.trade(self.plans)
            if more or await self.orders.tender(self.plans, self.contact.terms):
                self._wake.set()
            await self.books.report(self._outside.link)
            self.books.forget(self._clock.now())
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
        if self._may_be_answered() and await self.orders.waiting():
            wait = min(wait, RETRY_AFTER)
        try:
            async with asyncio.timeout(wait / SECOND):
                await self._wake.wait()
        except TimeoutError:
            self._tell()  # the price now is another one

    def _may_be_answered(self) -> bool:
        """Whether there is who can answer an order; one of an earlier retailer waits until that is back."""
        return self.contact.link.up and not self.contact.terms.indicative and not self.books.fault

    async def _agree(self) -> None:
        """Have the same records as the retailer, then ask for the answers that were lost."""
        if not self.contact.link.up or self.books.fault:
            return
        await self._exchange.agree()
        await self._exchange.fetch_spots()
        if self._exchange.apart or not self._may_be_answered():
            return
        await self.orders.chase()
        if await self.orders.waiting():
            self._exchange.begin()  # it may be refused because the records differ

    def _owner_decided(self) -> None:
        self._wake.set()
        self._tell()

    def _tell(self) -> None:
        for changed in self._observers:
            changed()
