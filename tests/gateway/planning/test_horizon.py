"""Steps end on the clock, and their prices are what can be taken."""

from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from temix_gateway.planning import Segment
from temix_gateway.planning.horizon import Prices, Shown, tapering, uniform
from temix_market.errors import InvalidField
from temix_market.instants import FIVE_MINUTES, HOUR, MINUTE, QUARTER, Duration, Instant
from temix_market.intervals import Interval
from temix_market.ladder import Rung, TenderBook
from temix_market.positions import Positions
from temix_market.products import Instrument, Resource, Side
from temix_market.tenders import PartyId, Publication, Tender, TenderId
from temix_market.units import Energy, Price

NOON = Instant(1_613_217_600_000)
ZONE = ZoneInfo("America/Chicago")


def test_steps_grow_and_end_on_the_clock() -> None:
    now = Instant(NOON + 7 * MINUTE)

    steps = tapering(now, Duration(48 * HOUR))

    assert now in steps[0]
    assert steps[-1].end >= now + 48 * HOUR
    assert all(before.end == after.start for before, after in pairwise(steps))
    assert all(step.start % step.duration == 0 for step in steps)
    assert [step.duration for step in steps] == sorted(step.duration for step in steps)
    assert sum(step.duration == FIVE_MINUTES for step in steps) >= 47
    assert {step.duration for step in steps} == {FIVE_MINUTES, QUARTER, HOUR}


def test_uniform_steps_hold_now() -> None:
    steps = uniform(Instant(NOON + MINUTE), Duration(HOUR))

    assert steps[0] == Interval(NOON, FIVE_MINUTES)
    assert len(steps) == 13


def _rungs(*prices: tuple[Interval, int, int, int]) -> list[Rung]:
    """Rungs from (interval, price to buy, price to sell, depth); transport costs nothing."""
    book = TenderBook()
    for resource, author in ((Resource.ENERGY, PartyId("LSE")), (Resource.TRANSPORT, PartyId("DO"))):
        tenders = [
            Tender(
                TenderId(f"{author}-{interval}-{side.value}"),
                1,
                author,
                Instrument(interval.start, interval.duration, resource),
                side,
                Price(price if resource is Resource.ENERGY else 0),
                Energy(depth),
                interval.start,
            )
            for interval, buy, sell, depth in prices
            for side, price in ((Side.SELL, buy), (Side.BUY, sell))
        ]
        book.publish(Publication(author, 1, Instant(NOON - HOUR), tuple(tenders)))
    return book.rungs(Instant(NOON - HOUR))


FIVE, HOURLY = Interval(NOON, FIVE_MINUTES), Interval(NOON, HOUR)


def test_the_finest_tender_comes_first_and_the_coarser_adds_depth_at_no_better_price() -> None:
    prices = Prices(_rungs((FIVE, 40_000, 30_000, 100), (HOURLY, 35_000, 34_000, 1_200)), {}, ZONE)

    (step,) = prices.steps([FIVE], Positions(), [500.0], [0.0])

    assert step.buy == (
        Segment(Price(40_000), Energy(100)),
        Segment(Price(40_000), Energy(100)),
        Segment(Price(60_000)),
    )
    assert step.sell == (
        Segment(Price(30_000), Energy(100)),
        Segment(Price(30_000), Energy(100)),
        Segment(Price(10_000)),
    )
    assert not step.forecast


def test_a_coarse_step_takes_the_mean_price_and_the_whole_depth() -> None:
    prices = Prices(_rungs((HOURLY, 35_000, 34_000, 1_200)), {}, ZONE)

    (step,) = prices.steps([HOURLY], Positions(), [500.0], [0.0])

    assert step.buy == (Segment(Price(35_000), Energy(1_200)), Segment(Price(55_000)))


def test_beyond_the_tenders_the_same_time_of_the_days_before_is_marked_as_a_forecast() -> None:
    day = 24 * HOUR
    shown = {
        Instant(NOON - day): Shown(Price(20_000), Price(10_000)),
        Instant(NOON - 2 * day): Shown(Price(40_000), Price(30_000)),
    }

    (step,) = Prices([], shown, ZONE).steps([FIVE], Positions(), [0.0], [0.0])

    assert (step.buy, step.sell) == ((Segment(Price(30_000)),), (Segment(Price(20_000)),))
    assert step.forecast


def test_the_forecast_goes_by_the_clock_of_the_home() -> None:
    # 14 March 2021: Chicago's clocks go forward; 12:00 local is 18:00Z the day before and 17:00Z that day.
    before, after = Instant(1_615_658_400_000), Instant(1_615_741_200_000)
    shown = {before: Shown(Price(50_000), Price(40_000)), Instant(after - HOUR): Shown(Price(1), Price(1))}

    (step,) = Prices([], shown, ZONE).steps([Interval(after, FIVE_MINUTES)], Positions(), [0.0], [0.0])

    assert step.buy[0].price == 50_000


def test_the_begun_step_has_its_spot_and_is_no_forecast() -> None:
    shown = {NOON: Shown(Price(70_000), Price(60_000))}

    (step,) = Prices([], shown, ZONE).steps([FIVE], Positions(), [0.0], [0.0])

    assert step.buy == (Segment(Price(70_000)),)
    assert not step.forecast


def test_without_any_price_there_is_nothing_to_plan() -> None:
    with pytest.raises(InvalidField, match="prices: no tender and no past price"):
        Prices([], {}, ZONE).steps([FIVE], Positions(), [0.0], [0.0])
