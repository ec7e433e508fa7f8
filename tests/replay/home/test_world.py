"""The world around the home: chance from a seed, days of every length, seasons."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from temix_replay.home.world.day import DALLAS, Place, make_day

MINUTES = [(date(2021, 3, 14), 1380), (date(2021, 11, 7), 1500), (date(2021, 2, 13), 1440)]


@pytest.mark.parametrize("day,minutes", MINUTES)
def test_a_day_has_a_value_for_each_of_its_minutes(day: date, minutes: int) -> None:
    world = make_day(Place(7), day)
    series = (world.clock, world.outdoor, world.sun, world.base_load, world.draws)
    assert {len(values) for values in series} == {minutes}


def test_the_clock_skips_and_repeats_with_the_zone() -> None:
    spring = make_day(Place(7), date(2021, 3, 14)).clock
    autumn = make_day(Place(7), date(2021, 11, 7)).clock
    assert spring[119:121] == [119, 180]
    assert autumn[60:180] == [*range(60, 120), *range(60, 120)]
    half_hour = make_day(Place(7, ZoneInfo("Australia/Lord_Howe")), date(2021, 4, 4)).clock
    assert len(half_hour) == 24 * 60 + 30


def test_the_seed_decides_everything_and_nothing_else_does() -> None:
    day = date(2021, 7, 1)
    assert make_day(Place(1), day) == make_day(Place(1), day)
    one, other = make_day(Place(1), day), make_day(Place(2), day)
    assert one.outdoor != other.outdoor
    assert one.base_load != other.base_load
    assert one.draws != other.draws


def test_winter_is_colder_and_darker_than_summer() -> None:
    def of(month: int) -> tuple[float, float]:
        days = [make_day(Place(3), date(2021, month, number)) for number in range(1, 29)]
        temperature = sum(sum(day.outdoor) / len(day.outdoor) for day in days) / len(days)
        return temperature, sum(sum(day.sun) for day in days)

    (winter, dim), (summer, bright) = of(1), of(7)
    assert 4 < winter < 13
    assert 26 < summer < 34
    assert dim < 0.8 * bright


def test_the_sun_shines_at_noon_and_not_at_night() -> None:
    for number in range(1, 29):
        day = make_day(Place(3), date(2021, 6, number))
        assert max(day.sun[:240]) == 0
        assert max(day.sun[720:900]) > 0
        assert max(day.sun) < 1.1


def test_the_temperature_has_no_jump_at_midnight() -> None:
    for offset in range(365):
        before = make_day(Place(5, cold_snap=True), date(2021, 1, 1) + timedelta(days=offset)).outdoor[-1]
        after = make_day(Place(5, cold_snap=True), date(2021, 1, 2) + timedelta(days=offset)).outdoor[0]
        assert abs(after - before) < 1.5


def test_the_cold_snap_is_an_option_and_ends() -> None:
    def mean(day: date, *, snap: bool) -> float:
        outdoor = make_day(Place(9, cold_snap=snap), day).outdoor
        return sum(outdoor) / len(outdoor)

    storm = date(2021, 2, 15)
    assert mean(storm, snap=True) == pytest.approx(mean(storm, snap=False) - 18)
    for calm in (date(2021, 2, 10), date(2021, 2, 22), date(2021, 1, 31)):
        assert mean(calm, snap=True) == mean(calm, snap=False)


def test_people_use_about_the_water_of_the_test_procedure() -> None:
    litres = [sum(make_day(Place(4), date(2021, 5, number)).draws) for number in range(1, 29)]
    assert 170 < sum(litres) / len(litres) < 240


def test_trips_lie_within_their_day() -> None:
    for offset in range(365):
        day = make_day(Place(6), date(2021, 1, 1) + timedelta(days=offset))
        for trip in day.trips:
            assert day.interval.start < trip.start < trip.end < day.interval.end
            assert 0 < trip.energy < 60_000


def test_the_default_place_is_dallas() -> None:
    assert Place(0).zone is DALLAS
