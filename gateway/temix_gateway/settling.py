"""Settles from the ledger alone: what memory no longer holds, or never did."""

from collections.abc import Sequence

from temix_market.instants import HOUR, Instant
from temix_market.intervals import enclosing
from temix_market.products import Resource
from temix_market.settlement import Settlement, Spot, can_settle, deciding, settle
from temix_market.transactions import Pair

from temix_gateway.ledger.ledger import Ledger


async def settle_open(ledger: Ledger, since: Instant) -> Sequence[Settlement]:
    """Settle every delivery since then whose spots are recorded and that was not settled so before.

    Pairs that were learned since then may leave the position as it was, and cost something all the same.
    What an order without an answer may have bought waits for it.
    """
    unanswered = await ledger.unanswered()
    settled, owed = await ledger.settled(since), await ledger.owed(since)
    spots: dict[Instant, list[Spot]] = {}
    for spot in await ledger.spots(since):
        spots.setdefault(spot.interval.start, []).append(spot)
    pairs: dict[Instant, list[Pair]] = {}
    for pair, _ in await ledger.pairs(since):
        pairs.setdefault(enclosing(pair.interval.start, HOUR).start, []).append(pair)
    done = []
    for delivery in await ledger.deliveries(since):
        step = delivery.interval
        within = [
            pair for pair in pairs.get(enclosing(step.start, HOUR).start, ()) if pair.interval.encloses(step)
        ]
        known = deciding(within, spots.get(step.start, ()))
        if step.start in unanswered or len(known) < len(Resource) or not can_settle(delivery, within, known):
            continue
        again = settle(delivery, within, known)
        if settled.get(step.start) != (again.position, delivery) or any(
            owed.get((step.start, account.party)) != account.total for account in again.accounts
        ):
            done.append(again)
    await ledger.settle(done)
    return done
