"""Published prices as indicative tenders: what a TeMIX retailer would publish at these prices."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from statistics import fmean
from typing import Final

from temix_market.instants import FIVE_MINUTES, HOUR, Duration, Instant
from temix_market.intervals import TRADED, Interval, enclosing, lot
from temix_market.products import Instrument, Resource, Side
from temix_market.settlement import Spot
from temix_market.tenders import PUBLISHED, PartyId, Publication, Tender, TenderId
from temix_market.units import CarbonIntensity, Energy, Price

from temix_gateway.retailer.published.prices import Direction, PriceBook, Published

HORIZON: Final = Duration(72 * HOUR)
LOTS: Final = 100_000
"""A published price holds for any quantity: 1.2 MW is more than a home's fuse lets through."""

_SIDES: Final = {Direction.IMPORT: Side.SELL, Direction.EXPORT: Side.BUY}


@dataclass(frozen=True, slots=True)
class PublishedParties:
    """The two parties as whose tenders a service's prices appear."""

    energy: PartyId
    transport: PartyId

    @classmethod
    def of(cls, service: str) -> PublishedParties:
        """Those of a service, by its name."""
        return cls(*(PartyId(f"{PUBLISHED}{service}:{role.value.lower()}") for role in Resource))

    def publications(self, book: PriceBook, now: Instant, number: int) -> tuple[Publication, ...]:
        """Everything that can still be used at ``now``, from each party, under one number.

        The hour that runs and the next one come in 5-minute tenders, so that each step has a price while it
        lasts, the one that runs among them; what is later as coarse as its prices are.
        """
        spans = [
            (direction, interval, _over(interval, book.steps(direction)))
            for direction in Direction
            for interval in _spans(book.steps(direction), now)
        ]
        return tuple(
            Publication(
                author, number, now, tuple(_tender(author, role, *span, revision=number) for span in spans)
            )
            for author, role in self._roles()
        )

    def spots(self, book: PriceBook, interval: Interval) -> list[Spot]:
        """The final prices of the 5-minute steps of ``interval``; none to sell at where none is published."""
        found = []
        for step in interval.split(FIVE_MINUTES):
            bought = book.at(Direction.IMPORT, step.start)
            if bought is None or not bought.final:
                continue
            sold = book.at(Direction.EXPORT, step.start)
            if sold is not None and not sold.final:
                continue
            for author, role in self._roles():
                buy = None if sold is None else _part(sold, role)
                found.append(Spot(author, step, _part(bought, role), buy))
        return found

    def _roles(self) -> tuple[tuple[PartyId, Resource], ...]:
        return (self.energy, Resource.ENERGY), (self.transport, Resource.TRANSPORT)


def _spans(steps: Mapping[Instant, Published], now: Instant) -> Iterator[Interval]:
    """The instruments that cover all steps from the present one on, each of one price."""
    first = enclosing(now, FIVE_MINUTES).start
    fine_until = Instant(enclosing(now, HOUR).end + HOUR)
    for start in sorted(start for start in steps if first <= start < min(fine_until, now + HORIZON)):
        yield Interval(start, FIVE_MINUTES)
    later = sorted(start for start in steps if fine_until <= start < now + HORIZON)
    for _, hour in groupby(later, key=lambda start: start // HOUR):
        yield from _coarsest(list(hour), steps)


def _coarsest(starts: list[Instant], steps: Mapping[Instant, Published]) -> Iterator[Interval]:
    """One hour's steps as few instruments: an hour, quarters, or each by itself."""
    while starts:
        for duration in TRADED:
            parts = duration // FIVE_MINUTES
            together = starts[:parts]
            whole = starts[0] % duration == 0 and len(together) == parts
            if whole and together[-1] - starts[0] == duration - FIVE_MINUTES and _alike(together, steps):
                yield Interval(starts[0], duration)
                starts = starts[parts:]
                break


def _over(interval: Interval, steps: Mapping[Instant, Published]) -> Published:
    """The price of an instrument; what a kWh emits is the mean of its steps, where all of them say it."""
    within = [steps[step.start] for step in interval.split(FIVE_MINUTES)]
    carbon = [price.carbon for price in within if price.carbon is not None]
    mean = CarbonIntensity(round(fmean(carbon))) if len(carbon) == len(within) else None
    return replace(within[0], carbon=mean)


def _alike(starts: list[Instant], steps: Mapping[Instant, Published]) -> bool:
    return all(steps[start].terms == steps[starts[0]].terms for start in starts)


def _part(price: Published, role: Resource) -> Price:
    return price.energy if role is Resource.ENERGY else price.transport


def _tender(  # noqa: PLR0913 - what a tender is made of
    author: PartyId, role: Resource, direction: Direction, span: Interval, price: Published, *, revision: int
) -> Tender:
    side = _SIDES[direction]
    return Tender(
        TenderId(f"{author}/{span.start}-{span.duration // FIVE_MINUTES}/{side.value}/{revision}"),
        revision,
        author,
        Instrument(span.start, span.duration, role),
        side,
        _part(price, role),
        Energy(LOTS * lot(span.duration)),
        span.start,
        price.parts if role is Resource.ENERGY else (),
        price.carbon if role is Resource.ENERGY else None,
    )
