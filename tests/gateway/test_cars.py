"""Cars come and go as they usually do: by weekday, in quantiles; with nothing known nothing is expected."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest
from temix_gateway.cars import BACK, Car, Cars, usual_departure, usual_stay
from temix_gateway.files import Files
from temix_gateway.home.devices import EvCharger
from temix_gateway.learned import Learned
from temix_gateway.planning.models.ev_charger import EvModel
from temix_gateway.planning.models.model import Grid
from temix_gateway.question import known_devices
from temix_gateway.running import cars_of
from temix_market.instants import HOUR, MINUTE, Instant, from_datetime, to_datetime
from temix_market.intervals import Interval

HOUSTON = ZoneInfo("America/Chicago")
MONDAY = date(2021, 6, 7)


def at(day: date, clock: time) -> Instant:
    return from_datetime(datetime.combine(day, clock, HOUSTON))


def charger(*, connected: bool, needed: int = 9_000, ready_by: int | None = None) -> EvCharger:
    return EvCharger(id="car", connected=connected, needed=needed, max_power=7_200, ready_by=ready_by)


def local(moment: Instant | None) -> datetime | None:
    return None if moment is None else to_datetime(moment).astimezone(HOUSTON)


async def lived(days: int, until: date = MONDAY, stays_home: float = 0.0) -> Car:
    """Leaves at about 7:30 and comes at about 18 on workdays, on Saturdays at 10 and 13; never on Sundays."""
    random, cars = Random(5), Cars()
    first = until - timedelta(days=days)
    await cars.note([charger(connected=True)], at(first - timedelta(days=1), time(20)))
    for day in (first + timedelta(days=number) for number in range(days)):
        goes, comes = (time(10), time(13)) if day.weekday() == 5 else (time(7, 30), time(18))
        if day.weekday() == 6 or random.random() < stays_home:
            continue
        for clock, connected in ((goes, False), (comes, True)):
            moment = Instant(at(day, clock) + random.randint(-20, 20) * MINUTE)
            await cars.note([charger(connected=not connected)], Instant(moment - MINUTE))
            await cars.note([charger(connected=connected, needed=random.randint(7_000, 11_000))], moment)
    return cars.known["car"]


async def test_a_workday_ends_as_workdays_do() -> None:
    car = await lived(28)
    stay = usual_stay(car, at(MONDAY, time(9)), HOUSTON)
    assert stay is not None
    assert at(MONDAY, time(17, 55)) < stay.arrives <= at(MONDAY, time(18, 20))
    assert stay.leaves is not None
    tomorrow = MONDAY + timedelta(days=1)
    assert at(tomorrow, time(7, 10)) <= stay.leaves < at(tomorrow, time(7, 35))
    assert stay.needed == pytest.approx(9_000, abs=1_000)


async def test_weekends_have_habits_of_their_own() -> None:
    car = await lived(28)
    saturday, sunday = MONDAY + timedelta(days=5), MONDAY + timedelta(days=6)
    stay = usual_stay(car, at(saturday, time(11)), HOUSTON)
    assert stay is not None
    assert local(stay.arrives).hour in {12, 13}
    departure = usual_departure(car, at(saturday, time(14)), HOUSTON)
    assert local(departure).date() == MONDAY + timedelta(days=7), "on Sundays it stays"
    assert local(usual_departure(car, at(sunday, time(6)), HOUSTON)).date() == MONDAY + timedelta(days=7)


async def test_the_first_days_expect_nothing_and_the_first_week_goes_by_workdays() -> None:
    wednesday, friday = MONDAY + timedelta(days=2), MONDAY + timedelta(days=4)
    assert usual_stay(await lived(2, wednesday), at(wednesday, time(9)), HOUSTON) is None
    assert usual_departure(await lived(0), at(MONDAY, time(9)), HOUSTON) is None
    assert usual_stay(await lived(4, friday), at(friday, time(9)), HOUSTON) is not None


async def test_a_car_that_mostly_stays_home_is_not_expected_to_come() -> None:
    assert usual_stay(await lived(56, stays_home=0.9), at(MONDAY, time(9)), HOUSTON) is None
    assert usual_stay(await lived(56, stays_home=0.2), at(MONDAY, time(9)), HOUSTON) is not None


async def test_who_is_later_than_usual_is_expected_the_next_day() -> None:
    stay = usual_stay(await lived(28), at(MONDAY, time(19)), HOUSTON)
    assert stay is not None
    assert local(stay.arrives).date() == MONDAY + timedelta(days=1)


async def test_the_clock_counts_when_it_is_changed() -> None:
    changed = date(2021, 11, 7)
    stay = usual_stay(await lived(28, changed), at(changed + timedelta(days=1), time(9)), HOUSTON)
    assert stay is not None
    assert local(stay.arrives).hour in {17, 18}


async def test_what_happened_while_nobody_looked_has_no_time() -> None:
    cars, start = Cars(), at(MONDAY, time(8))
    await cars.note([charger(connected=True)], start)
    await cars.note([charger(connected=False)], Instant(start + 2 * HOUR))
    assert cars.known["car"].departures == ()
    await cars.note([charger(connected=True)], Instant(start + 2 * HOUR + MINUTE))
    assert [each.at for each in cars.known["car"].arrivals] == [start + 2 * HOUR + MINUTE]


async def test_old_habits_are_forgotten() -> None:
    car = await lived(100)
    assert min(each.at for each in car.arrivals) > car.arrivals[-1].at - BACK
    assert min(car.departures) > car.departures[-1] - BACK


async def test_they_outlast_a_restart_and_a_spoilt_file_begins_anew(tmp_path: Path) -> None:
    files, now = Files(tmp_path), at(MONDAY, time(8))
    cars = cars_of(files)
    await cars.note([charger(connected=True)], now)
    await cars.note([charger(connected=False)], Instant(now + MINUTE))
    again = cars_of(files)
    assert again.known == cars.known
    assert again.known["car"].departures == (now + MINUTE,)
    files.cars.write_bytes(b"{")
    assert cars_of(files).known == {}


async def test_a_file_is_written_only_when_something_was_seen() -> None:
    kept: list[Mapping[str, Car]] = []

    async def keep(known: Mapping[str, Car]) -> None:
        kept.append(dict(known))

    cars, now = Cars(keep=keep), at(MONDAY, time(8))
    for minute in range(5):
        await cars.note([charger(connected=minute > 2)], Instant(now + minute * MINUTE))
    assert len(kept) == 2


def hours(start: Instant) -> list[Interval]:
    return [Interval(Instant(start + number * HOUR), HOUR) for number in range(36)]


async def test_a_car_that_is_away_is_planned_for_when_it_comes() -> None:
    morning = at(MONDAY, time(9))
    learned = Learned(HOUSTON, cars={"car": await lived(28)})
    (car,) = known_devices([charger(connected=False, needed=0)], hours(morning), morning, learned)
    assert local(car.arrives).hour in {17, 18}
    assert local(car.ready_by).hour == 7
    assert car.target == pytest.approx(9_000, abs=1_000)
    assert known_devices([charger(connected=False)], hours(morning), morning) == ()


async def test_a_person_s_ready_by_counts_more_than_the_habit() -> None:
    evening, told = at(MONDAY, time(20)), at(MONDAY + timedelta(days=1), time(5))
    learned = Learned(HOUSTON, cars={"car": await lived(28)})
    (car,) = known_devices([charger(connected=True, ready_by=told)], hours(evening), evening, learned)
    assert car.ready_by == told
    (car,) = known_devices([charger(connected=True)], hours(evening), evening, learned)
    assert local(car.ready_by).hour == 7
    (car,) = known_devices([charger(connected=True)], hours(evening), evening)
    assert car.ready_by == hours(evening)[-1].end, "of which nothing is known, by the end of the horizon"


@pytest.mark.parametrize(
    "least, most, ampere", [(1_380, 3_680, 230), (1_440, 7_200, 240), (4_140, 11_040, 690)]
)
def test_a_charger_is_planned_in_its_own_amperes(least: int, most: int, ampere: int) -> None:
    """On three phases, or where the mains have 120 V, an ampere is not 230 W."""
    evening = at(MONDAY, time(20))
    reported = EvCharger(id="car", connected=True, needed=9_000, min_power=least, max_power=most)
    (car,) = known_devices([reported], hours(evening), evening)
    levels = {watts for watts in EvModel(car, Grid.of(hours(evening))).storage.power[0] if watts}
    assert levels == {float(ampere * amperes) for amperes in range(6, most // ampere + 1)}


def test_a_charger_that_is_only_switched_is_planned_at_its_power() -> None:
    evening = at(MONDAY, time(20))
    (car,) = known_devices([charger(connected=True)], hours(evening), evening)
    assert set(EvModel(car, Grid.of(hours(evening))).storage.power[0]) == {0.0, 7_200.0}
