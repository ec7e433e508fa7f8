"""Puts back into the ledger what the retailer has and an older ledger lacks, and unlocks trading.

It runs while the gateway is stopped: the ledger's lock sees to that.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, override

from temix_market.deliveries import FINAL_AFTER
from temix_market.instants import FIVE_MINUTES, HOUR, Duration, Instant
from temix_market.intervals import Interval, enclosing
from temix_market.ports import Clock, OutcomeUnknown, RetailerLink, ToldAnswer
from temix_market.wire.exchange import STEPS_A_REPLY

from temix_gateway.books import MOST_WAITING
from temix_gateway.errors import GatewayError
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.settling import settle_open
from temix_gateway.trading.outbox import Outbox

KEPT: Final = Duration(400 * 24 * HOUR)
"""Thirteen months and some days: as long as both sides keep keys, readings and spots."""

AT_ONCE: Final = Duration(STEPS_A_REPLY * FIVE_MINUTES)
"""The longest span whose spots and deliveries are asked for at once."""

PAUSE_S: Final = 0.05
"""Between two spans: a retailer takes some fifty requests a second."""


class NotAlike(GatewayError):
    """Home and retailer differ even after everything was fetched, or it could not be fetched."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """How much was put back."""

    orders: int
    messages: int
    answers: int
    spots: int
    deliveries: int
    settlements: int

    @override
    def __str__(self) -> str:
        """Say it in words."""
        return (
            f"{self.messages} messages of the retailer, among them {self.orders} lost orders; "
            f"{self.answers} answers to orders that waited for one; {self.spots} spots; "
            f"{self.deliveries} deliveries; {self.settlements} settlements"
        )


async def resynchronise(ledger: Ledger, link: RetailerLink, clock: Clock) -> Fetched:
    """Fetch, file and settle what is missing, compare, and record that it was done.

    Nothing that the retailer has is left out, and nothing that the ledger has is changed. It may be broken
    off at any moment and run again.

    Raises:
        NotAlike: the retailer's book is not whole, another gateway traded, or the retailer does not answer.
        LedgerError: the ledger cannot be written, or holds other content under the same number.
    """
    try:
        return await _resynchronise(ledger, link, clock)
    except OutcomeUnknown as error:
        raise NotAlike(f"not resynchronised: {error}") from error


async def _resynchronise(ledger: Ledger, link: RetailerLink, clock: Clock) -> Fetched:
    theirs = await link.heads(ledger.heads)
    before = ledger.heads
    behind = theirs.messages.sequence > before.messages.sequence
    if behind and not ledger.restored:  # with all messages nothing else would tell that this was broken off
        await ledger.restored_unnoticed("found by an earlier resync")
    while ledger.heads.messages.sequence < theirs.messages.sequence:
        told = await link.messages(ledger.heads.messages)
        if not told:
            break
        for one in told:
            await ledger.take(one, lost=isinstance(one, ToldAnswer))
    answers = await Outbox(ledger, link, clock).chase()
    spots, deliveries = await _fetch_past(ledger, link, clock)
    settled = await settle_open(ledger, Instant(clock.now() - KEPT))
    own = ledger.heads
    apart = await ledger.apart(own.messages, await link.heads(own))
    if apart:
        raise NotAlike(apart)
    if await ledger.pending():
        raise NotAlike("an order still has no definite answer: run `temix-gateway resync` again")
    fetched = Fetched(
        orders=ledger.heads.orders.sequence - before.orders.sequence,
        messages=ledger.heads.messages.sequence - before.messages.sequence,
        answers=len(answers),
        spots=spots,
        deliveries=deliveries,
        settlements=len(settled),
    )
    await ledger.resynchronise(str(fetched))
    return fetched


async def _fetch_past(ledger: Ledger, link: RetailerLink, clock: Clock) -> tuple[int, int]:
    """Spots and deliveries from the last that are without a gap until now, and what was corrected since.

    A reading that the ledger has not reported stays: the retailer learns of it.
    """
    now = clock.now()
    since = min(await _whole_until(ledger, now), Instant(enclosing(now, FIVE_MINUTES).start - FINAL_AFTER))
    known = {(spot.author, spot.interval.start) for spot in await ledger.spots(since)}
    own = {delivery.interval.start for _, delivery in await ledger.unreported(MOST_WAITING)}
    spots = deliveries = 0
    for span in _spans(since, now):
        missed = [spot for spot in await link.spots(span) if (spot.author, spot.interval.start) not in known]
        await ledger.freeze(missed)
        spots += len(missed)
        told = [delivery for delivery in await link.deliveries(span) if delivery.interval.start not in own]
        deliveries += len(await ledger.deliver(told))
        await asyncio.sleep(PAUSE_S)
    return spots, deliveries


async def _whole_until(ledger: Ledger, now: Instant) -> Instant:
    """From where on spots or deliveries may be missing: everything from the first transaction is settled."""
    oldest = Instant(now - KEPT)
    settled = sorted(await ledger.settled(oldest))
    for start, after in pairwise([*settled, now]):
        if after != start + FIVE_MINUTES:
            return Instant(start + FIVE_MINUTES)
    known = [pair.interval.start for pair, _ in await ledger.pairs(oldest)]
    return min([Instant(enclosing(now, FIVE_MINUTES).start - FINAL_AFTER), *known])


def _spans(start: Instant, now: Instant) -> Sequence[Interval]:
    last = enclosing(now, FIVE_MINUTES).start
    return [Interval(Instant(at), Duration(min(AT_ONCE, last - at))) for at in range(start, last, AT_ONCE)]
