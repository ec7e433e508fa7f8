"""What the planner is asked: the load of devices that people lead, and what past days let expect."""

from types import SimpleNamespace
from typing import cast
from zoneinfo import ZoneInfo

import msgspec
import pytest
from temix_gateway.home.devices import Held, Load, RunTime, Thermostat
from temix_gateway.home.messages import ReportHistory, RoomHistory
from temix_gateway.learned import Learned
from temix_gateway.planning.devices import Climate
from temix_gateway.planning.forecast import foresee
from temix_gateway.planning.past import Building, Foreseen
from temix_gateway.planning.problem import Problem, Segment, Step
from temix_gateway.question import (
    DAY,
    base_load,
    beside,
    covering,
    held_load,
    known_devices,
    margins,
    past_hours,
    past_room,
)
from temix_market.instants import FIVE_MINUTES, HOUR, QUARTER, Instant
from temix_market.intervals import Interval
from temix_market.positions import Positions
from temix_market.units import Energy, Price

NOW = Instant(1_800_000_000_000 // HOUR * HOUR)
QUARTERS = [Interval(Instant(NOW + number * QUARTER), QUARTER) for number in range(4)]


def test_a_held_device_draws_what_it_draws_until_it_is_let_go() -> None:
    heater = Held(id="heater", power=2_000, until=NOW + QUARTER + QUARTER // 2)
    battery = Held(id="battery", power=-1_000, until=NOW + HOUR)
    assert held_load([heater, battery], QUARTERS) == [1_000, 0, -1_000, -1_000]


def test_a_load_counts_where_it_lies_and_the_last_one_holds_on() -> None:
    half = QUARTER // 2
    loads = [
        Load(start=NOW - HOUR, end=NOW + half, power=400),
        Load(start=NOW + QUARTER, end=NOW + 2 * QUARTER, power=1_000),
        Load(start=NOW + 2 * QUARTER, end=NOW + 2 * QUARTER + half, power=200),
    ]
    assert base_load(loads, QUARTERS) == [300, 1_000, 200, 200]
    assert base_load([], QUARTERS) == [0, 0, 0, 0]


def test_a_held_device_is_not_planned() -> None:
    pump = RunTime(id="pump", power=1_100, remaining=HOUR, finish_by=NOW + 2 * HOUR)
    held = Held(id="heater", power=2_000, until=NOW + HOUR)
    assert [device.id for device in known_devices([pump, held], QUARTERS, NOW)] == ["pump"]


def test_past_days_let_expect_a_load_net_of_the_sun() -> None:
    midnight = NOW - NOW % DAY
    days = [400] * 17 + [2_000] * 3 + [400] * 4
    sun = [0] * 10 + [3_000] * 4 + [0] * 10
    start = midnight - 14 * DAY
    history = ReportHistory(id=1, start=start, load=days * 14, sun=sun * 14)
    hours = [Interval(Instant(midnight + number * HOUR), HOUR) for number in range(24)]
    expected = foresee(past_hours(history, ZoneInfo("UTC"), Instant(midnight), hours)).expected
    assert max(range(24), key=expected.__getitem__) in {17, 18, 19}
    assert min(range(24), key=expected.__getitem__) in {10, 11, 12, 13}
    assert expected[12] < -1_500


def test_unknown_hours_are_no_zeroes() -> None:
    start = NOW - 14 * DAY
    history = ReportHistory(id=1, start=start, load=[None] * 24 * 13 + [800] * 24, sun=[0] * 24 * 14)
    assert min(foresee(past_hours(history, ZoneInfo("UTC"), NOW, QUARTERS)).expected) > 300


ROOM = Thermostat(id="room", power=2_000, temperature=20_500, outdoor=5_000, minimum=19_000, maximum=22_000,
                  cooling=False, cop=250)  # fmt: skip
LEARNED = Building(heat_capacity=9_000, loss=150, gains=tuple(100.0 * hour for hour in range(24)),
                   capacity_factor=1.1, loss_factor=1.2, days=8, efficiency=2.5)  # fmt: skip


def climate(room: Thermostat, learned: Learned) -> Climate:
    (found,) = known_devices([room], QUARTERS, NOW, learned)
    assert isinstance(found, Climate)
    return found


def test_a_building_is_a_usual_one_until_its_past_has_taught_another() -> None:
    other = Learned(ZoneInfo("Asia/Kathmandu"), {"other": LEARNED})
    usual = climate(ROOM, other)
    assert (usual.heat_capacity, usual.loss_hours, usual.gains) == (5_000, 25, ())
    learned = climate(ROOM, Learned(ZoneInfo("UTC"), {"room": LEARNED}))
    assert (learned.heat_capacity, learned.loss_hours) == (9_000, 60)


def test_what_was_learned_at_another_efficiency_is_of_another_building() -> None:
    other = msgspec.structs.replace(ROOM, cop=320)
    assert climate(other, Learned(ZoneInfo("UTC"), {"room": LEARNED})).heat_capacity == 5_000


def test_what_was_told_of_a_building_counts_more_than_what_was_learned() -> None:
    told = Thermostat(**{name: getattr(ROOM, name) for name in ROOM.__struct_fields__} | {"capacity": 7_000})
    found = climate(told, Learned(ZoneInfo("UTC"), {"room": LEARNED}))
    assert (found.heat_capacity, found.loss_hours, found.gains) == (7_000, 35, ())


def test_gains_follow_the_clock_of_the_home() -> None:
    found = climate(ROOM, Learned(ZoneInfo("Asia/Kathmandu"), {"room": LEARNED}))  # 5 h 45 min ahead of UTC
    first = (NOW // HOUR + 5) % 24
    assert found.gains == (100.0 * first, 100.0 * ((first + 1) % 24), *(100.0 * ((first + 1) % 24),) * 2)


def test_past_rooms_are_asked_in_degrees_and_cooling_takes_heat_out() -> None:
    hours = RoomHistory(
        device="room",
        cooling=True,
        start=NOW,
        indoor=[25_500, None],
        outdoor=[31_000, 30_500],
        drawn=[400, None],
    )
    asked = past_room(hours, 300, ZoneInfo("UTC"))
    assert (asked.indoor, asked.outdoor, asked.drawn) == ((25.5, None), (31.0, 30.5), (400, None))
    assert asked.efficiency == -3


def uncertain(half: float) -> Foreseen:
    """Each quarter draws 1,000 W on average, at most ``half`` more or less."""
    row = (1_000 - half, 1_000.0, 1_000 + half)
    return Foreseen(expected=(1_000.0,) * 4, shares=(0.1, 0.5, 0.9), at_most=(row,) * 4)


def priced(buy: int, sell: int) -> Problem:
    steps = tuple(
        Step(interval=quarter, buy=(Segment(Price(buy)),), sell=(Segment(Price(sell)),), position=Energy(90))
        for quarter in QUARTERS
    )
    return Problem(now=NOW, steps=steps)


def test_a_load_that_may_be_more_is_covered_where_the_spread_is_small_and_less_where_it_is_great() -> None:
    more = margins(priced(100_000, 90_000), uncertain(600), Price(90_000), Price(2_000))
    less = margins(priced(100_000, 10_000), uncertain(600), Price(10_000), Price(2_000))
    assert list(more) == [part.start for quarter in QUARTERS for part in quarter.split(FIVE_MINUTES)]
    assert set(more.values()) == {(50, 50)}, "600 W for five minutes"
    assert set(less.values()) == {(-50, 50)}
    certain = margins(priced(100_000, 90_000), uncertain(0), Price(90_000), Price(2_000))
    assert set(certain.values()) == {(0, 0)}


@pytest.mark.parametrize(
    "held, wanted", [(0, 50), (50, 50), (70, 70), (100, 100), (130, 130), (131, 130), (400, 130)]
)
def test_a_position_is_bought_up_to_the_lower_margin_and_sold_down_to_the_upper_one(
    held: int, wanted: int
) -> None:
    positions = cast("Positions", SimpleNamespace(steps=lambda starts: dict.fromkeys(starts, Energy(held))))
    margin = {NOW: (Energy(-50), Energy(30))}
    assert covering({NOW: Energy(100)}, positions, margin) == {NOW: wanted}
    assert covering({NOW: Energy(100)}, positions, {}) == {NOW: 100}, "where what is expected is covered"


def test_what_covers_surprises_is_not_planned_with() -> None:
    problem = priced(100_000, 90_000)
    covered = {part.start: Energy(50) for quarter in QUARTERS for part in quarter.split(FIVE_MINUTES)}
    assert [step.position for step in beside(problem, covered).steps] == [90 - 150] * 4
    assert beside(problem, {}) == problem
