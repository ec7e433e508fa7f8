"""Each device's physics against what a sceptic would measure on it."""

import math
from dataclasses import replace
from datetime import date

import pytest
from temix_market.instants import MINUTE, Instant
from temix_replay.home.battery import Battery, BatteryModel
from temix_replay.home.house import House, HouseModel
from temix_replay.home.pool_pump import PoolPump, PoolPumpModel
from temix_replay.home.vehicle import Vehicle, VehicleModel
from temix_replay.home.water_heater import WaterHeater, WaterHeaterModel
from temix_replay.home.world.day import Day, Place, make_day
from temix_replay.home.world.occupants import Trip

QUIET = replace(
    make_day(Place(1), date(2021, 4, 6)),
    outdoor=[10.0] * 1440,
    sun=[0.0] * 1440,
    base_load=[0.0] * 1440,
    draws=[0.0] * 1440,
    trips=(),
)
"""A day on which nothing happens."""


def drive(vehicle: Vehicle, day: Day, minutes: range) -> list[float]:
    return [vehicle.advance(day, Instant(day.interval.start + MINUTE * minute), 60) for minute in minutes]


def test_a_car_charges_at_plug_in_slows_near_full_and_stops_at_its_limit() -> None:
    vehicle = Vehicle(VehicleModel(), charge=0.7)
    powers = drive(vehicle, QUIET, range(1440))
    assert powers[0] == 7200
    assert 0 < min(power for power in powers if power) < 7200
    assert sorted(powers, reverse=True) == powers
    assert powers[-1] == 0
    assert vehicle.charge == pytest.approx(0.9, abs=0.002)


def test_a_car_stores_less_than_it_takes() -> None:
    vehicle = Vehicle(VehicleModel(), charge=0.2)
    before, taken = vehicle.energy, sum(drive(vehicle, QUIET, range(120))) / 60
    assert 0.9 < (vehicle.energy - before) / taken < 0.95


@pytest.mark.parametrize("wanted,power", [(0, 0), (1439, 0), (1440, 1440), (3000, 3000), (99_999, 7200)])
def test_a_charger_obeys_within_what_it_can(wanted: float, power: float) -> None:
    vehicle = Vehicle(VehicleModel(), charge=0.2)
    vehicle.set_point = wanted
    assert drive(vehicle, QUIET, range(1)) == [power]


def test_a_car_away_takes_nothing_and_comes_back_emptier() -> None:
    start = QUIET.interval.start
    trip = Trip(Instant(start + 60 * MINUTE), Instant(start + 120 * MINUTE), 9_000.0)
    vehicle = Vehicle(VehicleModel(), charge=0.9)
    powers = drive(vehicle, replace(QUIET, trips=(trip,)), range(121))
    assert powers[60:120] == [0] * 60
    assert vehicle.energy == pytest.approx(0.9 * 60_000 - 9_000, abs=200)
    assert powers[120] == 7200
    assert vehicle.missed == 0


def test_a_trip_beyond_the_battery_is_counted_as_missed() -> None:
    start = QUIET.interval.start
    trip = Trip(start, Instant(start + MINUTE), 9_000.0)
    vehicle = Vehicle(VehicleModel(), charge=0.1)
    drive(vehicle, replace(QUIET, trips=(trip,)), range(2))
    assert vehicle.missed == pytest.approx(3_000)


def test_a_tank_reaches_its_set_point_and_not_beyond() -> None:
    tank = WaterHeater(WaterHeaterModel())
    tank.set_point = 60.0
    hottest = 0.0
    for minute in range(600):
        tank.advance(QUIET, minute, 60)
        hottest = max(hottest, tank.upper)
    assert 59.0 < hottest < 60.6
    tank.set_point = 90.0
    for minute in range(600, 1200):
        tank.advance(QUIET, minute, 60)
        assert tank.upper < 62.6


def test_a_tank_keeps_the_books_of_its_heat() -> None:
    """First law on a day with draws: heat in less heat drawn is what it gained."""
    model = WaterHeaterModel(loss=0.0)
    day = replace(QUIET, draws=make_day(Place(1), date(2021, 4, 6)).draws)
    tank, heat, left = WaterHeater(model), 0.0, 0.0
    gained = tank.temperature
    for minute in range(1440):
        upper, mains, wanted = tank.upper, day.mains, day.draws[minute]
        drawn = wanted * min(1.5, (50 - mains) / (upper - mains))
        left += drawn * 1.163 * (upper - mains)
        heat += tank.advance(day, minute, 60) / 60
    gained = (tank.temperature - gained) * model.volume * 1.163
    assert heat - left == pytest.approx(gained, abs=0.01 * heat)
    assert left > 5_000


def test_a_cold_tank_leaves_people_in_the_cold() -> None:
    day = replace(QUIET, draws=[5.0] * 1440)
    tank = WaterHeater(WaterHeaterModel())
    tank.set_point = 20.0
    for minute in range(120):
        tank.advance(day, minute, 60)
    assert tank.missed > 0


def test_a_house_without_heat_answers_in_hours_and_again_in_days() -> None:
    """Free cooling of two masses is two exponentials: fit their rates and compare with the eigenvalues."""
    model = HouseModel(people=0.0)
    house = House(model, air=30.0)
    house.heat_to, house.cool_to, house.walls = -99.0, 99.0, 20.0
    air = [house.air]
    for _ in range(6):
        for minute in range(1440):
            house.advance(QUIET, minute, 60, 0.0)
            air.append(house.air)
    # By then only the slow one is left.
    slow = 24 / math.log((air[4 * 1440] - 10) / (air[5 * 1440] - 10))
    late = air[4 * 1440] - 10
    fast_part = [air[minute] - 10 - late * math.exp((96 - minute / 60) / slow) for minute in (0, 60)]
    fast = 1 / math.log(fast_part[0] / fast_part[1])
    assert 1 < fast < 3
    assert 50 < slow < 90


def test_a_thermostat_holds_its_band_and_the_compressor_rests() -> None:
    house = House(HouseModel())
    powers = [house.advance(QUIET, minute, 60, 300.0) for minute in range(1440)]
    assert 20 < house.air < 21
    assert house.missed == 0
    idle = [len(run) for run in "".join("#" if power else "." for power in powers).split("#") if run]
    assert min(idle[1:]) >= 5


def test_heat_pumps_are_worse_in_the_cold_and_strips_help() -> None:
    def energy(outdoor: float) -> tuple[float, float]:
        day, house = replace(QUIET, outdoor=[outdoor] * 1440), House(HouseModel())
        powers = [house.advance(day, minute, 60, 0.0) for minute in range(1440)]
        return sum(powers), max(powers)

    (mild, least), (cold, most) = energy(10.0), energy(-18.0)
    assert cold / (20.5 + 18) > 1.8 * mild / (20.5 - 10)
    assert least == 3_000
    assert most == 8_000


def test_a_pump_runs_its_hours_unless_told_and_always_in_frost() -> None:
    pump = PoolPump(PoolPumpModel())
    powers = [pump.advance(QUIET, minute, 60) for minute in range(1440)]
    assert [index for index, power in enumerate(powers) if power] == list(range(600, 960))
    assert pump.ran_today == pytest.approx(6)
    pump.on = False
    assert pump.advance(QUIET, 700, 60) == 0
    assert pump.advance(replace(QUIET, outdoor=[0.0] * 1440), 700, 60) == 1100


def test_hours_that_a_pump_lacked_are_counted_once_the_day_is_over() -> None:
    pump = PoolPump(PoolPumpModel())
    pump.on = False
    for minute in range(1440):
        pump.advance(QUIET, minute, 60)
    assert pump.missed == 0
    pump.advance(replace(QUIET, date=date(2021, 4, 7)), 0, 60)
    assert pump.missed == 6


@pytest.mark.parametrize("power", [500.0, 1_500.0, 5_000.0])
def test_a_battery_gives_back_less_the_more_it_is_pushed(power: float) -> None:
    battery = Battery(BatteryModel(), charge=0.3)
    before = battery.energy
    battery.set_point = power
    taken = sum(battery.advance(0.0, 60) for _ in range(60)) / 60
    battery.set_point = -power
    given = 0.0
    while battery.energy > before:
        given -= battery.advance(0.0, 1) / 3600
    assert 0.84 < given / taken < 0.93


def test_a_battery_stays_between_reserve_and_full() -> None:
    battery = Battery(BatteryModel(), charge=0.5)
    battery.set_point = 99_999.0
    assert max(battery.advance(0.0, 60) for _ in range(600)) == 5_000
    assert battery.charge == 1.0
    battery.set_point = -99_999.0
    assert min(battery.advance(0.0, 60) for _ in range(600)) == -5_000
    assert battery.charge == pytest.approx(0.1)


def test_a_battery_left_alone_neither_exports_nor_charges_from_the_grid() -> None:
    battery = Battery(BatteryModel(), charge=0.5)
    for others in (-9_000.0, -3_000.0, -200.0, 0.0, 150.0, 3_000.0, 9_000.0):
        power = battery.advance(others, 60)
        assert others + power >= min(0.0, others)
        assert power <= max(-others, battery.model.standby)
