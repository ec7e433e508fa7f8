"""Settlement: transactions at their prices, the deviation at the frozen spot tenders, to the last nano."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from temix_market.deliveries import Delivery
from temix_market.errors import InvalidField
from temix_market.instants import FIVE_MINUTES, Instant
from temix_market.intervals import Interval
from temix_market.products import Side
from temix_market.tenders import PartyId, Publication, Tender, is_published
from temix_market.transactions import Kind, Leg, Pair
from temix_market.units import Energy, Money, Price, cost


@dataclass(frozen=True, slots=True)
class Spot:
    """One party's frozen 5-minute prices of one interval: the party's own sell and buy tender.

    A party that only publishes prices may have none to buy at, or one above its price to sell.
    """

    author: PartyId
    interval: Interval
    sell: Price
    buy: Price | None

    def __post_init__(self) -> None:
        """Refuse who trades and buys dearer than it sells: money could be pumped in a circle."""
        if is_published(self.author):
            return
        if self.buy is None or self.sell < self.buy:
            raise InvalidField("spot", f"{self.author} sells at {self.sell} below its buy price {self.buy}")

    def deviation_cost(self, position: Energy, delivery: Energy) -> Money:
        """What the difference between position and delivery costs.

        More than the position is bought at the sell tender, less is sold at the buy tender. Prices that are
        only published have their kink where import turns to export: a kWh not taken is one not paid for.

        Raises:
            InvalidField: there is no price for it.
        """
        kink = Energy(0) if is_published(self.author) else position
        below = Energy(min(delivery, kink) - kink)
        if below and self.buy is None:
            raise InvalidField("spots", f"{self.author} has no price for export in {self.interval}")
        above = Energy(max(delivery, kink) - position)
        return Money(cost(above, self.sell) + cost(below, self.buy or Price(0)))


def freeze(publications: Iterable[Publication], interval: Interval) -> Spot | None:
    """The spot of a 5-minute interval: the party's last tenders for it published before it starts.

    ``publications`` are those of one party, in any order. ``None`` (provisional) until both sides are there.
    """
    last: dict[Side, tuple[tuple[Instant, int], Tender]] = {}
    for publication in publications:
        if publication.published_at >= interval.start:
            continue
        age = publication.published_at, publication.sequence
        for tender in publication.tenders:
            if tender.instrument.interval == interval and (
                tender.side not in last or last[tender.side][0] < age
            ):
                last[tender.side] = age, tender
    if len(last) < len(Side):
        return None
    sell, buy = last[Side.SELL][1], last[Side.BUY][1]
    return Spot(sell.author, interval, sell.price, buy.price)


@dataclass(frozen=True, slots=True)
class PartyAccount:
    """What the home owes one party for one 5-minute interval (nano; negative: the party owes the home)."""

    party: PartyId
    subscription: Money
    transactions: Money
    deviation: Money

    @property
    def total(self) -> Money:
        """All three together."""
        return Money(self.subscription + self.transactions + self.deviation)


@dataclass(frozen=True, slots=True)
class Settlement:
    """One settled 5-minute interval of one home: energies in Wh, what it owes each party and in all."""

    interval: Interval
    position: Energy
    delivery: Energy
    estimated: bool
    accounts: tuple[PartyAccount, ...]

    @property
    def deviation(self) -> Energy:
        """Delivery less position: bought at spot where positive, sold at spot where negative."""
        return Energy(self.delivery - self.position)

    @property
    def total(self) -> Money:
        """What the home owes: exactly the sum of what the parties get."""
        return Money(sum(account.total for account in self.accounts))


def deciding(pairs: Sequence[Pair], spots: Iterable[Spot]) -> tuple[Spot, ...]:
    """Of an interval's spots those at which it is settled.

    A home that changed its retailer may know prices of both kinds: of parties that trade, and published
    ones. Those of the kind with which it has a pair count, else the published ones where there are any.
    """
    given = tuple(spots)
    kinds = {is_published(leg.author) for pair in pairs for leg in (pair.energy, pair.transport)}
    shadow = True in kinds or (not kinds and any(is_published(spot.author) for spot in given))
    return tuple(spot for spot in given if is_published(spot.author) is shadow)


def can_settle(delivery: Delivery, pairs: Sequence[Pair], spots: Sequence[Spot]) -> bool:
    """Whether everybody with whom the home has a pair has a spot, and what was delivered has a price.

    What was bought of one retailer is not settled at the prices of another; what was exported where nobody
    publishes a price for it is not settled at all.
    """
    known = {spot.author for spot in spots}
    traded = {leg.author for pair in pairs for leg in (pair.energy, pair.transport)}
    return traded <= known and all(spot.buy is not None or delivery.energy >= 0 for spot in spots)


def settle(delivery: Delivery, pairs: Sequence[Pair], spots: Sequence[Spot]) -> Settlement:
    """Settle one 5-minute interval.

    Args:
        delivery: what the meter saw in it.
        pairs: every pair that encloses it; each counts with its share of a constant rate.
        spots: the frozen spot of each party that trades here (energy and transport).

    Raises:
        InvalidField: a pair that does not enclose the interval or came twice, a spot of another
            interval, a party without spot or with two, an export that has no price.
    """
    step = delivery.interval
    if step.duration != FIVE_MINUTES or step.start % FIVE_MINUTES:
        raise InvalidField("delivery.interval", f"{step} is not a 5-minute interval")
    for pair in pairs:
        if not pair.interval.encloses(step):
            raise InvalidField("pairs", f"pair {pair.key} of {pair.interval} does not enclose {step}")
    if len({pair.key for pair in pairs}) < len(pairs):
        raise InvalidField("pairs", f"a pair came twice for {step}")
    for spot in spots:
        if spot.interval != step:
            raise InvalidField("spots", f"the spot of {spot.author} is of {spot.interval}, not of {step}")
    position = Energy(sum(_share(pair.quantity, pair.interval) for pair in pairs))
    legs = [(pair.kind, leg) for pair in pairs for leg in (pair.energy, pair.transport)]
    known = {spot.author for spot in spots}
    if len(known) < len(spots):
        raise InvalidField("spots", f"a party has two spots in {step}")
    for _, leg in legs:
        if leg.author not in known:
            raise InvalidField("spots", f"{leg.author} has a transaction in {step} but no spot")
    accounts = tuple(
        PartyAccount(
            spot.author,
            _leg_money(legs, spot.author, Kind.SUBSCRIPTION),
            _leg_money(legs, spot.author, Kind.TRADE),
            spot.deviation_cost(position, delivery.energy),
        )
        for spot in sorted(spots, key=lambda spot: spot.author)
    )
    return Settlement(step, position, delivery.energy, delivery.estimated, accounts)


def _share(quantity: Energy, interval: Interval) -> Energy:
    return Energy(quantity // (interval.duration // FIVE_MINUTES))


def _leg_money(legs: Iterable[tuple[Kind, Leg]], party: PartyId, kind: Kind) -> Money:
    return Money(
        sum(
            cost(Energy(leg.side.sign * _share(leg.quantity, leg.instrument.interval)), leg.price)
            for leg_kind, leg in legs
            if leg_kind is kind and leg.author == party
        )
    )
