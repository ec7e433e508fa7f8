"""The home that knew what came: the same home, charged the same way; and what it knows."""

import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from rich.console import Console
from temix_gateway.home.devices import EvCharger
from temix_gateway.planning import Plan
from temix_market.instants import FIVE_MINUTES, HOUR, MINUTE, Duration, Instant
from temix_market.intervals import Interval
from temix_market.units import Energy, Money, Price, money_text
from temix_replay.hindsight import Course, Foresighted, Known, relive
from temix_replay.home.home import HomeModel
from temix_replay.home.vehicle import Vehicle, VehicleModel
from temix_replay.home.world.occupants import Trip
from temix_replay.replaying import parts
from temix_replay.result import Foresight, Service
from temix_replay.scene import Scene
from temix_replay.telling import as_json, as_text

from tests.replay.conftest import Done

NOON = Instant(1_618_250_400_000)
FLAT = Course.of(NOON, [0.0] * 3000)
TOLD = EvCharger(id="car", connected=True, needed=0, min_power=1440, max_power=7200)


def later(hours: float) -> Instant:
    return Instant(NOON + round(hours * HOUR))


def known(trips: Sequence[Trip]) -> Known:
    return Known(HomeModel(), FLAT, FLAT, FLAT, FLAT, trips, {}, {})


def test_a_mean_is_that_of_the_minutes_within() -> None:
    course = Course.of(NOON, [1.0, 2.0, 3.0, 10.0])
    assert course.mean(Interval(NOON, Duration(4 * MINUTE))) == 4.0
    assert course.mean(Interval(Instant(NOON + MINUTE), Duration(2 * MINUTE))) == 2.5


def test_a_car_that_is_there_is_full_when_it_leaves() -> None:
    car = Vehicle(VehicleModel(), 0.5)
    found = known([Trip(later(5), later(9), 10_000.0)]).car(TOLD, car, NOON, later(36))
    assert found is not None
    assert (found.arrives, found.ready_by) == (None, later(5))
    assert found.capacity == found.target == round((0.9 - 0.5) * 60_000 / 0.92)


def test_a_car_that_is_away_comes_back_emptier_by_its_trip() -> None:
    car = Vehicle(VehicleModel(), 0.5)
    trips = [Trip(later(-1), later(2), 12_000.0), Trip(later(20), later(25), 1.0)]
    found = known(trips).car(TOLD, car, NOON, later(36))
    assert found is not None
    assert (found.arrives, found.ready_by) == (later(2), later(20))
    assert found.capacity == round((0.9 - 0.3) * 60_000 / 0.92)


def test_a_car_that_does_not_leave_has_until_the_end() -> None:
    found = known([]).car(TOLD, Vehicle(VehicleModel(), 0.5), NOON, later(36))
    assert found is not None
    assert found.ready_by == later(36)


@pytest.mark.parametrize(
    "charge,trips", [(0.9, []), (0.5, [Trip(later(-1), later(40), 1.0)])], ids=["full", "away for long"]
)
def test_there_is_no_car_to_plan_where_it_lacks_nothing_or_is_away(
    charge: float, trips: Sequence[Trip]
) -> None:
    assert known(trips).car(TOLD, Vehicle(VehicleModel(), charge), NOON, later(36)) is None


def test_what_it_knows_is_what_comes(storm: Done) -> None:
    """Load, sun and prices of an hour are those that the home without control has seen."""
    found = Known.of(storm.scene, storm.scene.terms().circuit, storm.baseline)
    hour = Interval(Instant(storm.scene.days.start + 12 * HOUR), HOUR)
    step, starts = found.step(hour), [part.start for part in hour.split(FIVE_MINUTES)]
    spots = [storm.baseline.spots[start] for start in starts]
    assert step.buy[0].price == sum(buy for buy, _ in spots) // 12
    assert step.sell[0].price == sum(sell for _, sell in spots) // 12
    assert step.position == sum(storm.baseline.subscribed(start) for start in starts)
    assert step.pv > 0
    assert step.base_load > 100


def test_a_home_that_does_nothing_with_it_pays_what_it_pays_without_control(
    storm: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So both are the same home, and charged the same way."""

    def no_plan(_: Foresighted) -> Plan | None:
        return None

    monkeypatch.setattr(Foresighted, "plan", property(no_plan))
    found = relive(storm.scene, storm.scene.terms().circuit, storm.baseline, lambda _: None)
    assert found.paid == storm.replay.without_control
    assert found.days == {day.date: day.uncontrolled for day in storm.replay.days}
    assert found.service == storm.replay.uncontrolled


def test_foresight_costs_less_than_none(storm: Done, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even with the simplest plans."""
    monkeypatch.setattr("temix_replay.run.UNHURRIED", 0.0)
    seen: list[Instant] = []
    found = relive(storm.scene, storm.scene.terms().circuit, storm.baseline, seen.append)
    done = replace(storm.replay, foresight=found)
    assert done.regret is not None
    assert done.regret > 0
    assert found.paid < storm.replay.without_control
    assert found.service.discomfort_kelvin_hours == 0
    assert found.plans >= 12
    assert seen[-1] == storm.scene.days.end


def test_regret_is_what_was_paid_more_and_not_left(storm: Done) -> None:
    service = Service(0.0, 0.0, 0.0, 0.0, car_kwh=40.0, battery_kwh=5.0, tank_celsius=50, air_celsius=20)
    known = Foresight({date(2021, 2, 15): Money(7)}, service, Price(200_000), 1)
    more = replace(service, car_kwh=41.5, battery_kwh=4.5)
    assert known.left(more) == 200_000_000
    assert known.left(service) == 0
    done = replace(storm.replay, controlled=more, foresight=known)
    assert done.regret == storm.replay.paid - 7 - 200_000_000
    assert storm.replay.regret is None


def test_regret_is_told_to_people_and_programs(storm: Done) -> None:
    known = Foresight({storm.scene.first: Money(2_500_000_000)}, storm.replay.controlled, Price(1), 25)
    done = replace(storm.replay, foresight=known)
    told = as_json(done)["foresight"]
    assert told["by_day"] == {"2021-02-15": "2.5"}
    assert told["regret"] == money_text(Money(storm.replay.paid - 2_500_000_000))
    console = Console(width=100, file=io.StringIO(), record=True)
    console.print(as_text(done))
    text = " ".join(console.export_text().split())
    assert "the same home would have paid 2.50, with nothing traded ahead" in text
    assert f"a regret of {(storm.replay.paid - 2_500_000_000) / 1e9:,.2f}." in text
    assert "foresight" not in as_json(storm.replay)


def test_only_who_asks_for_regret_has_the_days_lived_once_more() -> None:
    scene = Scene(date(2021, 4, 12), 7)
    two = ["2021 without control", "7 days with TeMIX"]
    assert parts(scene, regret=False) == two
    assert parts(scene, regret=True) == [*two, "7 days with foresight"]


def test_deliveries_of_the_home_without_control_cost_what_is_told(storm: Done) -> None:
    baseline, start = storm.baseline, storm.scene.days.start
    buy, sell = baseline.spots[start]
    position = baseline.subscribed(start)
    fixed = position * baseline.calibration.subscription
    assert baseline.cost(start, Energy(position + 10)) == fixed + 10 * buy
    assert baseline.cost(start, Energy(position - 10)) == fixed - 10 * sell
