"""The test trade: the smallest lot bought and sold back, and both sides' records compared."""

from typing import Final

from temix_market.instants import FIVE_MINUTES, SECOND, Duration, Instant, iso
from temix_market.intervals import Interval
from temix_market.ladder import Rung
from temix_market.ports import Answer, Booked, Head, NotBooked, OutcomeUnknown, RetailerLink, ToldAnswer
from temix_market.products import Side
from temix_market.transactions import Pair
from temix_market.units import Energy, Money

from temix_gateway.commissioning.site import CannotDo, Trade
from temix_gateway.core import Core
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.own_tenders import tied

LOT: Final = Energy(1)
"""Wh in 5 minutes: the smallest rate that can be traded, 12 W."""

AHEAD: Final = Duration(30 * SECOND)
"""So long the interval's tenders must still be good."""


async def trial(core: Core, link: RetailerLink, ledger: Ledger, now: Instant) -> Trade:
    """Trade, though commissioning is not finished; all else that keeps from trading does so here, too.

    Raises:
        CannotDo: what stood in the way, and what remains of it.
    """
    if locks := [lock.reason for lock in core.locks() if lock.code != "commissioning"]:
        raise CannotDo("trade_locked", reason="; ".join(locks))
    if core.owner.mandate is None:
        raise CannotDo("trade_locked", reason="the owner has signed no mandate")
    interval = _interval(core, now)
    before, position = core.books.heads.messages, core.market.positions.at(interval)
    async with core.ordering() as order:
        made: list[str] = []
        for side in (Side.SELL, Side.BUY):  # the author's: the home buys, then sells
            rung = _rung(core, interval, side, now)
            answer = None if rung is None else await order(rung, LOT)
            if not isinstance(answer, Booked):
                raise CannotDo(
                    "trade_refused" if side is Side.SELL else "trade_half",
                    start=iso(interval.start),
                    reason=_why(answer),
                )
            made.append(answer.key)
        cost = await _compare(core, link, ledger, before, made)
        if core.market.positions.at(interval) != position:
            raise CannotDo("records_differ", reason="the position is not what it was before")
    return Trade(interval.start, made[0], made[1], cost, core.contact.terms.currency)


def _interval(core: Core, now: Instant) -> Interval:
    """The first 5 minutes that can be bought and sold beneath the limits."""
    buying = {rung.interval for rung in _rungs(core, Side.SELL, now)}
    both = sorted(
        (rung.interval for rung in _rungs(core, Side.BUY, now) if rung.interval in buying),
        key=lambda interval: interval.start,
    )
    if not both:
        raise CannotDo("nothing_offered")
    return both[0]


def _rungs(core: Core, side: Side, now: Instant) -> list[Rung]:
    return [
        rung
        for rung in core.market.book.rungs(now)
        if rung.side is side
        and rung.interval.start not in tied(core.books.open)
        and rung.interval.duration == FIVE_MINUTES
        and rung.remaining >= LOT
        and rung.expires_at > now + AHEAD
        and (side is Side.BUY or rung.price <= core.owner.in_force.highest_price)
    ]


def _rung(core: Core, interval: Interval, side: Side, now: Instant) -> Rung | None:
    return next((rung for rung in _rungs(core, side, now) if rung.interval == interval), None)


async def _compare(core: Core, link: RetailerLink, ledger: Ledger, before: Head, keys: list[str]) -> Money:
    """The cost of both pairs, where the retailer's signed records and the ledger say the same."""
    try:
        told = {
            one.answer.key: one
            for one in await link.messages(before)
            if isinstance(one, ToldAnswer) and isinstance(one.answer, Booked)
        }
        theirs = await link.heads(core.books.heads)
    except OutcomeUnknown as error:
        raise CannotDo("records_unknown", reason=str(error)) from error
    own = {pair.key: pair for pair, _ in await ledger.pairs(Instant(0)) if pair.key in keys}
    pairs: list[Pair] = []
    for key, pair in own.items():
        record = told.get(key)
        if record is None or record.sent.order is None or record.sent.order.pair != pair:
            raise CannotDo("records_differ", reason=f"the retailer's record of {key} is another one")
        pairs.append(pair)
    if len(pairs) != len(keys):
        raise CannotDo("records_differ", reason="the ledger lacks a pair that was booked")
    if theirs != core.books.heads:
        raise CannotDo("records_differ", reason="the chains of home and retailer have different heads")
    return Money(sum(pair.cost for pair in pairs))


def _why(answer: Answer | None) -> str:
    match answer:
        case None:
            return "no answer came, or nothing is offered any more"
        case NotBooked(text=text):
            return text
        case _:
            return "the order came too late"
