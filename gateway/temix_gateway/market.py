"""The market as the gateway knows it: tenders in force, spots, the position. Pure: no I/O, no clock."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from temix_market.errors import MarketError
from temix_market.instants import FIVE_MINUTES, Instant
from temix_market.intervals import Interval
from temix_market.ladder import TenderBook
from temix_market.plausibility import JumpGuard
from temix_market.positions import Positions
from temix_market.products import Resource, Side
from temix_market.settlement import Spot, deciding
from temix_market.tenders import PartyId, PriceBounds, Publication, check_prices, is_published
from temix_market.transactions import Pair
from temix_market.units import CarbonIntensity, Price


class Quarantined(MarketError):
    """A whole publication is ×1000 away from the one before: not used until a second one confirms it."""


@dataclass(slots=True)
class _Author:
    """What one party published last, and its 5-minute prices by start: those of its last word before it."""

    guard: JumpGuard = field(default_factory=JumpGuard)
    sequence: int = 0
    published_at: Instant = Instant(0)
    quotes: dict[Instant, dict[Side, Price]] = field(default_factory=dict)

    def spot(self, author: PartyId, start: Instant) -> Spot | None:
        """Its prices of the 5 minutes from ``start``, so far as it has spoken."""
        quote = self.quotes.get(start, {})
        sell, buy = quote.get(Side.SELL), quote.get(Side.BUY)
        if sell is None or (buy is None and not is_published(author)):
            return None
        return Spot(author, Interval(start, FIVE_MINUTES), sell, buy)


def both(spots: Iterable[Spot]) -> tuple[Price, Price | None]:
    """The prices of all parties together to buy, and to sell where each of them has one."""
    buy: int = 0
    sell: int | None = 0
    for spot in spots:
        buy += spot.sell
        sell = None if sell is None or spot.buy is None else sell + spot.buy
    return Price(buy), None if sell is None else Price(sell)


class Market:
    """Takes in publications and pairs; gives ladders, spots and positions."""

    def __init__(self, bounds: PriceBounds) -> None:
        """Start empty; prices outside ``bounds`` are refused."""
        self.bounds = bounds
        self.book = TenderBook()
        self.positions = Positions()
        self.spots: dict[Instant, dict[PartyId, Spot]] = {}
        """Frozen spots by start."""
        self.carbon: dict[Instant, CarbonIntensity | None] = {}
        """What a kWh emits in 5-minute intervals, by start; none where that was not published."""
        self._authors: dict[PartyId, _Author] = {}
        self._resources: dict[Resource, PartyId] = {}

    def check(self, publication: Publication) -> None:
        """Judge a publication before it is used.

        Raises:
            InvalidField: a price outside the bounds; nothing of it is used.
            Quarantined: a jump ×1000 of all prices.
        """
        check_prices(publication.tenders, self.bounds)
        verdict = self._author(publication.author).guard.judge(publication)
        if not verdict.accepted:
            raise Quarantined(f"publication {publication.sequence} of {publication.author}: {verdict.reason}")

    def publish(self, publication: Publication) -> list[Spot]:
        """Take in a publication; return the spots that it freezes. An old one changes nothing.

        A spot is frozen once the party's next publication is seen, for only then is it certain that none
        came between; where one was missed, the spot stays open.
        """
        author = self._author(publication.author)
        if publication.sequence <= author.sequence:
            return []
        self.book.publish(publication)
        if is_published(publication.author):
            self._withdraw(publication, author)
        frozen = self._confirmed(publication, author)
        for tender in publication.tenders:
            self._resources[tender.instrument.resource] = publication.author
            start = tender.instrument.start
            if tender.instrument.duration == FIVE_MINUTES and (
                publication.published_at < start or is_published(tender.author)
            ):
                author.quotes.setdefault(start, {})[tender.side] = tender.price
                if (tender.instrument.resource, tender.side) == (Resource.ENERGY, Side.SELL):
                    self.carbon[start] = tender.carbon_intensity
        author.sequence, author.published_at = publication.sequence, publication.published_at
        self.freeze(frozen)
        return frozen

    def freeze(self, spots: Iterable[Spot]) -> None:
        """Take in frozen spots."""
        for spot in spots:
            self.spots.setdefault(spot.interval.start, {})[spot.author] = spot

    def add(self, pair: Pair) -> bool:
        """Count a booked pair, once, in the position and in the depth taken; say whether it was new."""
        new = self.positions.add(pair)
        if new:
            self.book.take(pair.energy)
            self.book.take(pair.transport)
        return new

    def settling(self, start: Instant) -> tuple[Spot, ...] | None:
        """The frozen spots of both parties at which it is settled, or nothing while one is open."""
        pairs = self.positions.enclosing(Interval(start, FIVE_MINUTES))
        frozen = deciding(pairs, self.spots.get(start, {}).values())
        return frozen if len(frozen) == len(Resource) else None

    def shown(self, start: Instant) -> tuple[Price | None, Price | None, bool]:
        """Prices to buy and to sell in the 5 minutes from ``start``, and whether they are provisional."""
        frozen = self.spots.get(start, {})
        spots = [
            frozen.get(author) or self._authors[author].spot(author, start)
            for author in self._resources.values()
        ] or list(frozen.values())
        known = [spot for spot in spots if spot is not None]
        if len(known) < len(Resource):
            return None, None, True
        return *both(known), len(frozen) < len(Resource)

    def forget_before(self, instant: Instant, settled: Instant) -> None:
        """Drop tenders of intervals that end by ``instant``, and all else that ends by ``settled``."""
        self.book.forget_before(instant)
        self.positions.forget_before(settled)
        for start in [start for start in self.spots if start < settled]:
            del self.spots[start]
        for author in self._authors.values():
            for start in [start for start in author.quotes if start + FIVE_MINUTES <= instant]:
                del author.quotes[start]
        for start in [start for start in self.carbon if start + FIVE_MINUTES <= instant]:
            del self.carbon[start]

    def _author(self, name: PartyId) -> _Author:
        return self._authors.setdefault(name, _Author())

    def _withdraw(self, publication: Publication, author: _Author) -> None:
        """What a service publishes is all that it has: what it does not name again has no price any more."""
        self.book.withdraw_unnamed(publication)
        for start in [start for start in author.quotes if start > publication.published_at]:
            del author.quotes[start]

    def _confirmed(self, publication: Publication, author: _Author) -> list[Spot]:
        if publication.sequence != author.sequence + 1:
            return []
        after, until = author.published_at, publication.published_at
        starts = [start for start in author.quotes if after < start <= until]
        spots = [author.spot(publication.author, start) for start in sorted(starts)]
        return [spot for spot in spots if spot is not None]
