"""The steps to plan over and what a kWh costs in each: live tenders, beyond them the home's own forecast."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from temix_market.errors import InvalidField
from temix_market.instants import FIVE_MINUTES, HOUR, QUARTER, Duration, Instant, from_datetime, to_datetime
from temix_market.intervals import Interval, enclosing
from temix_market.ladder import Rung, StepPrices, step_prices
from temix_market.positions import Positions
from temix_market.units import Energy, Price

from temix_gateway.planning.problem import Segment, Step

FINE = Duration(4 * HOUR)
MIDDLE = Duration(12 * HOUR)
"""From now: 5-minute steps at least so long, then quarters, then hours."""

DAYS_BACK = 7

UNPAID = Price(0)
"""What an exported kWh counts for where nobody publishes a price for it: nothing is planned on a guess."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The prices of a 5-minute step as the home saw them, to buy and to sell."""

    buy: Price
    sell: Price


def tapering(now: Instant, length: Duration) -> list[Interval]:
    """Steps of 5 minutes, then 15, then 60, aligned to the clock; the first holds ``now``."""
    found: list[Interval] = []
    at, until = enclosing(now, FIVE_MINUTES).start, Instant(now + length)
    while at < until:
        if at % HOUR == 0 and at >= now + MIDDLE:
            step = HOUR
        elif at % QUARTER == 0 and at >= now + FINE:
            step = QUARTER
        else:
            step = FIVE_MINUTES
        found.append(Interval(at, step))
        at = found[-1].end
    return found


def uniform(now: Instant, length: Duration) -> list[Interval]:
    """Steps of 5 minutes; the first holds ``now``."""
    first = enclosing(now, FIVE_MINUTES).start
    return [Interval(Instant(at), FIVE_MINUTES) for at in range(first, now + length, FIVE_MINUTES)]


@dataclass(frozen=True, slots=True)
class Prices:
    """Where prices come from.

    Attributes:
        rungs: everything that can be taken now.
        shown: prices of past steps and of the current one, by start; some days of them make the forecast.
        zone: the home's: prices repeat by its clock.
        unpaid: where there is a price to buy and none to sell, none will come: export brings nothing.
        beyond_depth: what exceeds the tenders settles at a spot that demand has raised; expected on top,
            µ/kWh.
    """

    rungs: Sequence[Rung]
    shown: Mapping[Instant, Shown]
    zone: ZoneInfo
    unpaid: bool = False
    beyond_depth: Price = Price(20_000)

    def steps(
        self,
        intervals: Sequence[Interval],
        positions: Positions,
        base_load: Sequence[float],
        pv: Sequence[float],
    ) -> tuple[Step, ...]:
        """The steps of a problem; ``base_load`` and ``pv`` are mean powers of each interval, W.

        A coarse step takes the mean of its 5-minute prices and the sum of their depths.

        Raises:
            InvalidField: there is no price at all.
        """
        live = {prices.step.start: prices for prices in step_prices(self.rungs)}
        known = dict(self.shown)
        known.update(
            (start, Shown(prices.buy, paid))
            for start, prices in live.items()
            if prices.buy is not None and (paid := self._sell(prices)) is not None
        )
        if not known:
            raise InvalidField(
                "prices", "no tender and no past price: wait for the retailer's first publication"
            )
        latest = known[max(known)]
        found = []
        for interval, load, sun in zip(intervals, base_load, pv, strict=True):
            starts = [step.start for step in interval.split(FIVE_MINUTES)]
            parts = [self._part(start, live.get(start), known, latest) for start in starts]
            buy = merged([part[0] for part in parts], 1)
            best = buy[0].price
            sell = [
                Segment(min(best, segment.price), segment.depth)
                for segment in merged([p[1] for p in parts], -1)
            ]
            found.append(
                Step(
                    interval=interval,
                    buy=tuple(buy),
                    sell=tuple(sell),
                    position=positions.at(interval),
                    base_load=load,
                    pv=sun,
                    forecast=any(part[2] for part in parts),
                )
            )
        return tuple(found)

    def _part(
        self, start: Instant, live: StepPrices | None, known: Mapping[Instant, Shown], latest: Shown
    ) -> tuple[list[Segment], list[Segment], bool]:
        """Segments to buy and to sell in a 5-minute step, and whether they are a forecast."""
        if live is not None and live.buying and self._sell(live) is not None:
            selling = self._ladder(live.selling, -1) if live.selling else [Segment(UNPAID)]
            return self._ladder(live.buying, 1), selling, False
        shown = known.get(start)
        price = shown or self._same_time(start, known) or latest
        return [Segment(price.buy)], [Segment(price.sell)], shown is None

    def _sell(self, prices: StepPrices) -> Price | None:
        return UNPAID if self.unpaid and prices.sell is None else prices.sell

    def _ladder(self, rungs: Iterable[Rung], sign: int) -> list[Segment]:
        # A coarser instrument can only be taken for its whole interval: for one step it counts as
        # depth after the finer ones, never as the better price.
        found: list[Segment] = []
        for rung in rungs:
            depth = Energy(rung.remaining // (rung.interval.duration // FIVE_MINUTES))
            worst = found[-1].price if found else rung.price
            found.append(Segment(Price(sign * max(sign * worst, sign * rung.price)), depth))
        found.append(Segment(Price(found[-1].price + sign * self.beyond_depth)))
        return found

    def _same_time(self, start: Instant, known: Mapping[Instant, Shown]) -> Shown | None:
        """The mean of the prices at the same clock time on the days before."""
        local = to_datetime(start).astimezone(self.zone)
        days = [known.get(from_datetime(local - timedelta(days=day))) for day in range(1, DAYS_BACK + 1)]
        same = [shown for shown in days if shown is not None]
        if not same:
            return None
        return Shown(_mean([shown.buy for shown in same]), _mean([shown.sell for shown in same]))


def merged(parts: Sequence[Sequence[Segment]], sign: int) -> list[Segment]:
    """One ladder for a coarse step: the k-th prices' mean, their depths' sum."""
    merged: list[Segment] = []
    for segments in zip(*(_padded(part, max(map(len, parts))) for part in parts), strict=True):
        price = _mean([segment.price for segment in segments])
        price = Price(sign * max(sign * price, sign * merged[-1].price)) if merged else price
        depths = [segment.depth for segment in segments]
        bounded = [depth for depth in depths if depth is not None]
        if len(bounded) < len(depths):
            merged.append(Segment(price))
            break
        merged.append(Segment(price, Energy(sum(bounded))))
    return merged


def _padded(part: Sequence[Segment], count: int) -> list[Segment]:
    return [*part, *[part[-1]] * (count - len(part))]


def _mean(prices: Sequence[Price]) -> Price:
    return Price(round(sum(prices) / len(prices)))
