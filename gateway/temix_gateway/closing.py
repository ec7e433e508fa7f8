"""Before an account is closed: what was bought or sold for later is traded back, where that can be done."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from temix_market.instants import FIVE_MINUTES, HOUR, QUARTER, SECOND, Duration, Instant
from temix_market.intervals import Interval, enclosing
from temix_market.ladder import Rung
from temix_market.ports import Booked
from temix_market.positions import Positions
from temix_market.products import Side
from temix_market.transactions import Pair
from temix_market.units import Energy, Money, Price

from temix_gateway.core import Core
from temix_gateway.errors import GatewayError
from temix_gateway.trading.trader import Policy, Turn, choose

HEARD_WITHIN_S: Final = 20.0
AHEAD: Final = Duration(2 * SECOND)
"""So long a tender must still be good."""
PASSING: Final = frozenset({"retailer", "clock", "price", "apart", "turn"})
"""What keeps from trading at first, until the retailer was heard."""
AT_ANY_LOSS: Final = Policy(Money(-(10**18)), Price(0), Fraction(1))


class NotTradedBack(GatewayError):
    """What is open could not be traded back; what was done until then counts."""


@dataclass(frozen=True, slots=True)
class Open:
    """What is to be delivered in an interval: Wh in each 5 minutes of it, bought positive."""

    interval: Interval
    each: Energy

    @property
    def quantity(self) -> Energy:
        """All of it."""
        return Energy(self.each * (self.interval.duration // FIVE_MINUTES))


def open_positions(pairs: Iterable[Pair], now: Instant) -> Sequence[Open]:
    """What the home has committed to from the next 5 minutes on; neighbours of equal quantity are joined."""
    ahead = [pair for pair in pairs if pair.interval.end > now]
    positions = Positions(ahead)
    first = enclosing(now, FIVE_MINUTES).end
    starts = sorted({step.start for pair in ahead for step, _ in pair.steps() if step.start >= first})
    found: list[Open] = []
    for start in starts:
        step = Interval(start, FIVE_MINUTES)
        each = positions.at(step)
        if found and found[-1].interval.end == start and found[-1].each == each:
            begun = found[-1].interval.start
            found[-1] = Open(Interval(begun, Duration(step.end - begun)), each)
        elif each:
            found.append(Open(step, each))
    return found


@asynccontextmanager
async def turning(core: Core) -> AsyncIterator[None]:
    """Run a core until its retailer was heard, and for as long as the context lasts.

    Raises:
        NotTradedBack: it was not heard, or something else keeps the home from trading.
    """
    running = asyncio.create_task(core.run())
    try:
        await _heard(core)
        reasons = [lock.reason for lock in core.locks()]
        if core.owner.mandate is None and not any(lock.code == "mandate" for lock in core.locks()):
            reasons.append("the owner has signed no mandate, or has ended it")
        if core.owner.paused:
            reasons.append("the owner has stopped trading")
        if reasons:
            raise NotTradedBack("; ".join(reasons))
        yield
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def trade_back(core: Core, now: Callable[[], Instant]) -> None:
    """Order, round after round, until nothing is left that can be had within the limits.

    A kWh is sold for less than it cost, if it must be, and never given away at a price below zero.

    Raises:
        NotTradedBack: an order has no definite answer yet.
    """
    async with core.ordering() as order:
        booked = True
        while booked:
            booked = False
            for duration in (HOUR, QUARTER, FIVE_MINUTES):  # else fine ones leave a part of a coarse one over
                turn = _turn(core, now(), duration)
                for choice in choose(turn, core.orders.limits_of_today(), AT_ANY_LOSS):
                    answer = await order(choice.rung, choice.quantity)
                    if answer is None:
                        raise NotTradedBack("the retailer has not answered an order yet: run this again")
                    booked |= isinstance(answer, Booked)


def why_open(core: Core, left: Open, now: Instant) -> str:
    """Why something could not be traded back."""
    wanted = Side.BUY if left.each > 0 else Side.SELL
    offered = [
        rung
        for rung in core.market.book.rungs(now)
        if rung.side is wanted and left.interval.encloses(rung.interval)
    ]
    if not offered:
        return "nothing is offered for it: it has begun, or its tenders are not out yet"
    if wanted is Side.BUY and all(rung.price < 0 for rung in offered):
        return "who takes it wants money for that"
    return "the limits of price, money and power, or what is offered, end before it"


def _turn(core: Core, now: Instant, duration: Duration) -> Turn:
    rungs = [rung for rung in core.market.book.rungs(now) if _good(rung, now)]
    rungs = [rung for rung in rungs if rung.interval.duration == duration]
    starts = {step.start for rung in rungs for step in rung.interval.split(FIVE_MINUTES)}
    held = core.market.positions.steps(starts)
    return Turn(now, rungs, {start: Energy(-each) for start, each in held.items()}, held)


def _good(rung: Rung, now: Instant) -> bool:
    return rung.expires_at > now + AHEAD and (rung.side is Side.SELL or rung.price >= 0)


async def _heard(core: Core) -> None:
    """Wait until nothing stands in the way that passes, but not for ever."""
    changed = asyncio.Event()
    core.observe(changed.set)
    with suppress(TimeoutError):
        async with asyncio.timeout(HEARD_WITHIN_S):
            while not core.contact.link.refused and PASSING & {lock.code for lock in core.locks()}:
                changed.clear()
                await changed.wait()
