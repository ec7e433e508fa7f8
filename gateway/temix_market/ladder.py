"""Price ladders: every live tender a home can take in a step, cheapest first, with its instrument."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from temix_market.errors import (
    BeyondDepth,
    InvalidField,
    TenderExpired,
    TenderSuperseded,
    TermsDiffer,
    UnknownTender,
)
from temix_market.instants import FIVE_MINUTES, Duration, Instant, iso
from temix_market.intervals import Interval
from temix_market.products import Resource, Side
from temix_market.tenders import Line, Publication, Tender
from temix_market.transactions import Leg
from temix_market.units import Energy, Price


@dataclass(frozen=True, slots=True)
class Rung:
    """Energy and transport to be taken together: one interval, one side, the smaller remaining depth."""

    interval: Interval
    side: Side
    energy: Tender
    transport: Tender
    remaining: Energy

    @property
    def price(self) -> Price:
        """What a kWh costs the home (side sell) or brings it (side buy)."""
        return Price(self.energy.price + self.transport.price)

    @property
    def expires_at(self) -> Instant:
        """The earlier expiry of both tenders."""
        return min(self.energy.expires_at, self.transport.expires_at)


class TenderBook:
    """The tenders in force, as home or retailer sees them: each line's newest revision, and what was taken.

    Both sides keep the same book; only the retailer's clock decides whether a tender has expired.
    """

    def __init__(self, shared: TenderBook | None = None) -> None:
        """Start empty, or over the tenders of a ``shared`` book: depth is counted for each home."""
        self._newest: dict[Line, Tender] = {} if shared is None else shared._newest  # noqa: SLF001
        self._taken: dict[Line, int] = {}

    def publish(self, publication: Publication) -> None:
        """Bring in a publication: each tender supersedes its line's older revision; depth taken stays taken.

        Raises:
            InvalidField: a revision that is in force came again with other content; nothing is brought in.
        """
        lines = [(tender.line, tender) for tender in publication.tenders]
        for line, tender in lines:
            current = self._newest.get(line)
            if current is not None and current.revision == tender.revision and current != tender:
                raise InvalidField(
                    f"tenders[{tender.id}]", f"revision {tender.revision} came twice with other content"
                )
        for line, tender in lines:
            current = self._newest.get(line)
            if current is None or current.revision < tender.revision:
                self._newest[line] = tender

    def withdraw_unnamed(self, publication: Publication) -> None:
        """Take away the author's tenders of intervals to come that a publication leaves out: it is whole."""
        named = {tender.line for tender in publication.tenders}
        gone = [
            line
            for line in self._newest
            if line.author == publication.author
            and line.start > publication.published_at
            and line not in named
        ]
        for line in gone:
            del self._newest[line]

    def newest(self, line: Line) -> Tender | None:
        """The revision in force of a line, expired or not."""
        return self._newest.get(line)

    def check(self, leg: Leg, now: Instant) -> None:
        """Whether a leg can be booked at ``now``: in force, unexpired, repeated exactly, within depth.

        Raises:
            Refused: which of these fails, with what to order from instead.
        """
        tender = self._newest.get(Line.of(leg.author, leg.instrument, leg.side))
        if tender is None:
            raise UnknownTender(leg.tender_id)
        if tender.id != leg.tender_id:
            raise TenderSuperseded(leg.tender_id, tender.id)
        if tender.expires_at <= now:
            raise TenderExpired(tender.id, iso(tender.expires_at))
        if leg.price != tender.price:
            raise TermsDiffer(f"tender {tender.id} is at {tender.price} µ/kWh, the order says {leg.price}")
        if leg.quantity > self.remaining(tender):
            raise BeyondDepth(tender.id, leg.quantity, self.remaining(tender))

    def take(self, leg: Leg) -> None:
        """Count what a transaction took of its line's depth."""
        line = Line.of(leg.author, leg.instrument, leg.side)
        self._taken[line] = self._taken.get(line, 0) + leg.quantity

    def remaining(self, tender: Tender) -> Energy:
        """What of a tender's depth is left, never below nothing."""
        taken = self._taken.get(tender.line, 0) if self._taken else 0
        return Energy(max(0, tender.quantity - taken))

    def live(self, now: Instant) -> Iterable[Tender]:
        """The tenders in force that have not expired at ``now``."""
        return (tender for tender in self._newest.values() if tender.expires_at > now)

    def rungs(self, now: Instant) -> list[Rung]:
        """Every pair that can be taken at ``now``: earliest first, finest first."""
        sides: dict[tuple[Instant, Duration, Side], dict[Resource, Tender]] = {}
        for tender in self.live(now):
            instrument = tender.instrument
            place = sides.setdefault((instrument.start, instrument.duration, tender.side), {})
            place[instrument.resource] = tender
        found = [
            Rung(
                Interval(start, duration),
                side,
                both[Resource.ENERGY],
                both[Resource.TRANSPORT],
                min(self.remaining(both[Resource.ENERGY]), self.remaining(both[Resource.TRANSPORT])),
            )
            for (start, duration, side), both in sides.items()
            if len(both) == len(Resource)
        ]
        return sorted(
            found, key=lambda rung: (rung.interval.start, rung.interval.duration, rung.side is Side.SELL)
        )

    def forget_before(self, instant: Instant) -> None:
        """Drop what is of intervals that end by ``instant``."""
        for line in [line for line in self._newest if line.end <= instant]:
            del self._newest[line]
        for line in [line for line in self._taken if line.end <= instant]:
            del self._taken[line]


@dataclass(frozen=True, slots=True)
class StepPrices:
    """What the home sees in one 5-minute step: all rungs that enclose it on either side, the finest first."""

    step: Interval
    buying: tuple[Rung, ...]
    selling: tuple[Rung, ...]

    @property
    def buy(self) -> Price | None:
        """The shown price to buy: of the finest instrument (the retailer's sell tenders)."""
        return self.buying[0].price if self.buying else None

    @property
    def sell(self) -> Price | None:
        """The shown price to sell: of the finest instrument (the retailer's buy tenders)."""
        return self.selling[0].price if self.selling else None


def shown_prices(rungs: Iterable[Rung], side: Side) -> dict[Instant, Price]:
    """The shown price in each 5-minute step, by start: of the finest of an author's ``side`` there."""
    shown: dict[int, Price] = {}
    for rung in sorted((each for each in rungs if each.side is side), key=_coarsest_first):
        shown.update(dict.fromkeys(range(rung.interval.start, rung.interval.end, FIVE_MINUTES), rung.price))
    return cast("dict[Instant, Price]", shown)


def _coarsest_first(rung: Rung) -> int:
    return -rung.interval.duration


def step_prices(rungs: Iterable[Rung]) -> list[StepPrices]:
    """Arrange rungs by 5-minute step, the finest instrument first, in order of time."""
    buying: defaultdict[int, list[Rung]] = defaultdict(list)
    selling: defaultdict[int, list[Rung]] = defaultdict(list)
    for rung in sorted(rungs, key=lambda rung: rung.interval.duration):
        side = buying if rung.side is Side.SELL else selling
        for start in range(rung.interval.start, rung.interval.end, FIVE_MINUTES):
            side[start].append(rung)
    return [
        StepPrices(
            Interval(Instant(start), FIVE_MINUTES),
            tuple(buying.get(start, ())),
            tuple(selling.get(start, ())),
        )
        for start in sorted(buying.keys() | selling.keys())
    ]
