"""After a replay: everything settled from the ledger alone, and held against the retailer's book."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from temix_gateway.ledger.ledger import Ledger
from temix_market.calendar import local_date
from temix_market.instants import FIVE_MINUTES, Instant
from temix_market.positions import Positions
from temix_market.settlement import Settlement, Spot, settle
from temix_market.transactions import Kind
from temix_retailer.retailer import Retailer

from temix_replay.errors import ReplayError
from temix_replay.scene import HOME, Scene


@dataclass(frozen=True, slots=True)
class Records:
    """What ledger and book hold after the last day."""

    settlements: Mapping[Instant, Settlement]
    spots: Mapping[Instant, list[Spot]]
    trades: Counter[date]
    head: str


async def audit(scene: Scene, ledger: Ledger, retailer: Retailer) -> Records:
    """Settle every step from the ledger alone, and hold it against the retailer's book.

    Raises:
        ReplayError: they differ, or a step cannot be settled.
    """
    days, zone = scene.days, scene.place.zone
    known = await ledger.pairs(days.start)
    within = [(pair, at) for pair, at in known if pair.interval.overlaps(days)]
    booked = await retailer.inquiries.pairs(HOME, days)
    if {pair.key: pair for pair, _ in within} != {pair.key: pair for pair in booked}:
        raise ReplayError("the gateway's ledger and the retailer's book hold different transactions")
    positions = Positions(pair for pair, _ in within)
    spots: dict[Instant, list[Spot]] = {}
    for spot in await ledger.spots(days.start):
        spots.setdefault(spot.interval.start, []).append(spot)
    deliveries = {delivery.interval.start: delivery for delivery in await ledger.deliveries(days.start)}
    settlements: dict[Instant, Settlement] = {}
    for step in days.split(FIVE_MINUTES):
        if step.start not in deliveries or len(spots.get(step.start, ())) < len(("energy", "transport")):
            raise ReplayError(f"{step} has no delivery, or no spot, in the ledger")
        settled = settle(deliveries[step.start], positions.enclosing(step), spots[step.start])
        if settled != await retailer.inquiries.settle(HOME, step):
            raise ReplayError(f"gateway and retailer settle {step} differently")
        settlements[step.start] = settled
    trades = Counter(local_date(zone, at) for pair, at in known if pair.kind is Kind.TRADE)
    return Records(settlements, spots, trades, ledger.head.head)
