"""The subscription's shape, and tariffs that cost the same."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temix_market.deliveries import Delivery
from temix_market.errors import InvalidField
from temix_market.instants import FIVE_MINUTES, HOUR, QUARTER, Duration, Instant, parse_instant
from temix_market.intervals import Interval, lot
from temix_market.subscription import Profile, calibrate, profile
from temix_market.units import Energy, Price, cost

from tests.market import strategies as draw

NEW_YORK = ZoneInfo("America/New_York")
MONDAY = parse_instant("2026-03-02T05:00:00Z")  # local midnight
DAY = 24 * HOUR


def hour(at: int) -> Interval:
    return Interval(Instant(at), HOUR)


def test_a_profile_is_the_mean_of_its_kind_of_day_and_clock_hour() -> None:
    history = [
        *(
            Delivery(hour(MONDAY + day * DAY + 7 * HOUR), Energy(energy))
            for day, energy in enumerate((100, 200, 303))
        ),
        Delivery(hour(MONDAY + 5 * DAY + 7 * HOUR), Energy(-1000)),  # Saturday
    ]
    plan = profile(history, NEW_YORK)
    weekday = plan.quantity(hour(MONDAY + 3 * DAY + 7 * HOUR))
    assert weekday == 204  # 201 to the nearest dozen
    assert plan.quantity(hour(MONDAY - DAY + 7 * HOUR)) == -996  # Sunday
    assert plan.quantity(hour(MONDAY + 8 * HOUR)) == 0  # never seen


def test_the_clock_hour_moves_with_the_clock() -> None:
    plan = profile([Delivery(hour(MONDAY + 7 * HOUR), Energy(1200))], NEW_YORK)
    summer = parse_instant("2026-07-06T11:00:00Z")  # Monday, 07:00 EDT; in March it is 12:00Z
    assert plan.quantity(hour(summer)) == 1200
    assert plan.quantity(hour(summer + HOUR)) == 0


def test_fine_readings_add_up_to_their_hour() -> None:
    start = MONDAY + 7 * HOUR
    readings = [Delivery(step, Energy(10)) for step in hour(start).split(FIVE_MINUTES)]
    assert profile(readings, NEW_YORK).quantity(hour(start)) == 120


@given(st.lists(st.integers(-(10**5), 10**5), min_size=1, max_size=5))
def test_a_profile_is_of_whole_lots_at_most_half_a_lot_from_the_mean(energies: list[int]) -> None:
    history = [Delivery(hour(MONDAY + day * DAY), Energy(energy)) for day, energy in enumerate(energies)]
    (mean,) = profile(history, NEW_YORK).means.values()
    assert mean % lot(HOUR) == 0
    assert abs(mean - sum(energies) / len(energies)) <= lot(HOUR) / 2


@pytest.mark.parametrize("start, duration", [(0, 2 * HOUR), (QUARTER, HOUR)])
def test_a_reading_over_the_end_of_its_hour_is_refused(start: int, duration: int) -> None:
    reading = Delivery(Interval(Instant(MONDAY + start), Duration(duration)), Energy(1))
    with pytest.raises(InvalidField, match="is not within one hour"):
        profile([reading], NEW_YORK)
    with pytest.raises(InvalidField, match="is not within one hour"):
        calibrate([(reading, Price(1), Price(1))], Profile(NEW_YORK, {}))


durations = st.sampled_from([HOUR, QUARTER, FIVE_MINUTES])


@st.composite
def years(sample: st.DrawFn) -> list[tuple[Delivery, Price, Price]]:
    """A short year: imports on the whole, spot prices with a spread."""
    duration = sample(durations)
    readings = []
    for number in range(sample(st.integers(1, 30))):
        energy = Energy(sample(st.integers(-200, 10**4)))
        low, high = sorted([sample(draw.prices), sample(draw.prices)])
        readings.append(
            (Delivery(Interval(Instant(MONDAY + number * duration), duration), energy), high, low)
        )
    return readings


@given(years())
def test_every_tariff_costs_the_same_to_half_a_micro_a_kwh(year: list[tuple[Delivery, Price, Price]]) -> None:
    plan = profile([delivery for delivery, _, _ in year], NEW_YORK)
    result = calibrate(year, plan)
    energy = sum(delivery.energy for delivery, _, _ in year)
    subscribed = sum(
        plan.quantity(hour(delivery.interval.start // HOUR * HOUR)) * delivery.interval.duration // HOUR
        for delivery, _, _ in year
    )
    dynamic = sum(cost(delivery.energy, buy if delivery.energy > 0 else sell) for delivery, buy, sell in year)
    assert result.year_energy == energy
    assert result.year_dynamic == dynamic
    assert result.year_flat == cost(Energy(energy), result.flat)
    assert not energy or abs(result.year_flat - dynamic) * 2 <= abs(energy)
    assert not subscribed or abs(result.year_subscribed - dynamic) * 2 <= abs(subscribed)


def test_a_year_by_hand() -> None:
    plan = Profile(NEW_YORK, {(False, 0): Energy(1200)})
    year = [
        (Delivery(hour(MONDAY), Energy(1000)), Price(300), Price(200)),
        (Delivery(hour(MONDAY + DAY), Energy(2000)), Price(100), Price(50)),
    ]
    result = calibrate(year, plan)
    assert result.year_dynamic == 500_000
    assert result.flat == 167  # 500,000 / 3,000
    # deviations: -200 Wh at 200, +800 Wh at 100: 40,000; the rest of 460,000 over 2,400 Wh
    assert result.subscription == 192
    assert result.year_subscribed == 192 * 2400 + 40_000


def test_without_energy_there_is_no_price_to_find() -> None:
    result = calibrate([], Profile(NEW_YORK, {}))
    assert (result.flat, result.subscription, result.year_dynamic) == (0, 0, 0)
