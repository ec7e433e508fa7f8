"""Orders and tenders at the retailer: the position is moved towards the plan, one answer at a time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

import structlog
from temix_market.calendar import day_at
from temix_market.home_tenders import HomeTender
from temix_market.instants import HOUR, MINUTE, SECOND, Instant
from temix_market.ladder import Rung
from temix_market.ports import Answer, Booked, NotBooked, OutcomeUnknown, Terms
from temix_market.products import Side
from temix_market.tenders import PartyId
from temix_market.transactions import Leg, Order, Pair, PairKey
from temix_market.units import Energy, Money
from temix_market.wire.keys import uuid7

from temix_gateway.books import Books
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.market import Market
from temix_gateway.outside import Outside
from temix_gateway.own_tenders import Held, beneath, own_tenders, tied, unwanted
from temix_gateway.owner import Owner
from temix_gateway.planning import Plan
from temix_gateway.plans import Plans
from temix_gateway.trading.outbox import Outbox
from temix_gateway.trading.tendering import OwnTender
from temix_gateway.trading.trader import Choice, Limits, Policy, Recent, Turn, choose

ORDERS_A_TURN: Final = 20
"""Small steps, also in number: the rest comes in the next turn, and a retailer is not overrun."""
ORDER_LIFE: Final = MINUTE
"""How long an order may be on its way before it is only asked for."""
ORDER_TAKES: Final = 2 * SECOND
"""A tender that lapses so soon is not taken: the order would come too late."""

_LOG: Final = structlog.get_logger(__name__)


class Orders:
    """Chooses, orders, and asks for lost answers; ``may_trade`` is asked before each order.

    ``recall``: the day's orders are taken up anew before the next choice, for a wrong clock may have made
    them forgotten.
    """

    def __init__(  # noqa: PLR0913 (what an order needs to know)
        self,
        outside: Outside,
        ledger: Ledger,
        owner: Owner,
        market: Market,
        books: Books,
        *,
        may_trade: Callable[[], bool],
    ) -> None:
        """Begin with recalling."""
        self.recall = True
        self._outside = outside
        self._clock = outside.clock
        self._outbox = Outbox(ledger, outside.link, outside.clock)
        self._owner = owner
        self._market = market
        self._books = books
        self._may_trade = may_trade
        self._one_at_a_time = asyncio.Lock()

    async def waiting(self) -> bool:
        """Whether an order has no definite answer yet: until then none is placed."""
        return await self._outbox.waiting()

    async def chase(self) -> None:
        """Ask for the answers that were lost, and take them up."""
        for answer in await self._outbox.chase():
            await self._books.answered(answer)

    async def trade(self, plans: Plans) -> bool:
        """Move the position towards the plan; say whether there is more to order than one turn may."""
        async with self._one_at_a_time:
            if plans.in_force is None or not self._may_trade() or await self._outbox.waiting():
                return False
            if self.recall:
                await self._books.recall(self._midnight())
                self.recall = False
            rules = self._owner.in_force
            turn = self._turn(plans.targets)
            policy = Policy(rules.minimum_gain, rules.certainty, rules.share)
            choices = choose(turn, self.limits_of_today(), policy)
            for choice in choices[:ORDERS_A_TURN]:
                if self._owner.in_force != rules:
                    return False  # moved amid the turn: what is left was chosen under other limits
                if choice.rung.expires_at <= self._soon():
                    return False  # lapsed amid the turn: answers came late, or the clock was set
                if not self._may_trade() or not await self._take(choice):
                    return False
            return len(choices) > ORDERS_A_TURN

    async def tender(self, plans: Plans, terms: Terms) -> bool:
        """Tell the retailer what the home would trade at other prices; say whether there is more to tell.

        In an hour in which one of its tenders is open the home makes no other and orders nothing: more is
        told of it once they have ended. What no longer holds it asks to end, and tells anew then.
        """
        async with self._one_at_a_time:
            rules, plan = self._owner.in_force, plans.in_force
            willing = rules.own_tenders and self._owner.mode == "automatic" and not self._owner.paused
            if willing and plan is None:
                return False  # nothing says yet what holds
            if not await self._withdraw(plan if willing else None, plans.held) or plan is None or not willing:
                return False
            if terms.tenders_to is None or not self._may_trade() or await self._outbox.waiting():
                return False
            limits, now = self.limits_of_today(), self._clock.now()
            wanted = own_tenders(plan, plans.held, self._market.positions, limits, now)
            busy = [each.tender.interval for each in self._books.open]
            free = [each for each in wanted if not any(each.interval.overlaps(other) for other in busy)]
            for each in free[:ORDERS_A_TURN]:
                if self._owner.in_force != rules or each.expires_at <= self._soon() or not self._may_trade():
                    return False
                if not await self._make(each, terms.tenders_to):
                    return False
            return len(free) > ORDERS_A_TURN

    @asynccontextmanager
    async def ordering(self) -> AsyncIterator[Callable[[Rung, Energy], Awaitable[Answer | None]]]:
        """Keep the wheel from trading, and order by what is given: it returns the answer, none if unknown."""
        async with self._one_at_a_time:
            yield self._order

    def limits_of_today(self) -> Limits:
        """What trades must keep to now: the limits in force, less what was spent since midnight.

        Of an open tender all that is left counts as spent, whenever it was made.
        """
        rules, midnight, ordered = self._owner.in_force, self._midnight(), self._books.ordered
        bought = (pair.cost for pair, at in ordered if at >= midnight and pair.energy.side is Side.SELL)
        limits = Limits(
            budget=Money(rules.money_a_day - sum(max(0, cost) for cost in bought)),
            highest_price=rules.highest_price,
            import_power=rules.import_power,
            export_power=rules.export_power,
        )
        return beneath(limits, self._books.open)

    def _turn(self, planned: dict[Instant, Energy]) -> Turn:
        now, busy = self._clock.now(), tied(self._books.open)
        planned = {start: energy for start, energy in planned.items() if start not in busy}
        held = self._market.positions.steps(planned)
        ordered = self._books.ordered
        return Turn(
            now=now,
            rungs=[rung for rung in self._market.book.rungs(now) if rung.expires_at > self._soon()],
            gaps={start: Energy(planned[start] - held[start]) for start in planned},
            positions=held,
            recent=[Recent(pair.interval, pair.energy.side, at) for pair, at in ordered if now - at < HOUR],
        )

    async def _take(self, choice: Choice) -> bool:
        """Order a pair; say whether there was a definite answer: without one the turn ends."""
        answer = await self._order(choice.rung, choice.quantity)
        if answer is None:
            return False
        if not isinstance(answer, Booked):
            _LOG.info("order refused", key=answer.key, answer=answer)
        return True

    async def _withdraw(self, plan: Plan | None, held: Held) -> bool:
        """Ask to end the tenders that no longer hold, all without a plan; say whether all was heard."""
        standing = self._books.open
        if plan is not None:
            standing = unwanted(standing, plan, held, self._market.positions, self.limits_of_today())
        for each in standing:
            try:
                await self._outside.link.cancel_tender(each.tender.key)
            except OutcomeUnknown as error:
                _LOG.info("tender not cancelled yet", key=each.tender.key, reason=str(error))
                return False
        return True

    async def _make(self, wanted: OwnTender, parties: tuple[PartyId, PartyId]) -> bool:
        """Make a tender; say whether there was a definite answer."""
        now = self._clock.now()
        key = PairKey(uuid7(now, self._outside.random.randbytes(10)))
        terms = wanted.interval, wanted.side, wanted.price, wanted.quantity, wanted.expires_at
        tender = HomeTender(key, self._owner.rules.home, *terms)
        pair = tender.pair(tender.quantity, *parties)
        order = Order(pair, min(tender.expires_at, Instant(now + ORDER_LIFE)), tender)
        answer = await self._submit(order, now)
        if isinstance(answer, NotBooked):
            _LOG.info("tender refused", key=key, answer=answer)
        return answer is not None

    async def _submit(self, order: Order, now: Instant) -> Answer | None:
        self._books.ordered.append((order.pair, now))
        answer = await self._outbox.submit(order, self._outside.seal)
        if answer is not None:
            await self._books.answered(answer)
        return answer

    async def _order(self, rung: Rung, quantity: Energy) -> Answer | None:
        now = self._clock.now()
        key = PairKey(uuid7(now, self._outside.random.randbytes(10)))
        legs = Leg.taking(rung.energy, quantity), Leg.taking(rung.transport, quantity)
        pair = Pair(key, self._owner.rules.home, *legs)
        return await self._submit(Order(pair, min(rung.expires_at, Instant(now + ORDER_LIFE))), now)

    def _soon(self) -> Instant:
        return Instant(self._clock.now() + ORDER_TAKES)

    def _midnight(self) -> Instant:
        return day_at(self._owner.rules.zone, self._clock.now()).start
