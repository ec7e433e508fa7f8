"""The home as a whole: determinism, steps, the meter's books."""

from datetime import date

from temix_market.calendar import local_day
from temix_market.instants import FIVE_MINUTES, HOUR, MINUTE, SECOND, Duration
from temix_replay.home.home import SimulatedHome
from temix_replay.home.world.day import Place

START = local_day(Place(0).zone, date(2021, 3, 13)).start


def state(home: SimulatedHome) -> tuple[object, ...]:
    return (
        home.vehicle.energy,
        home.water_heater.upper,
        home.water_heater.lower,
        home.house.air,
        home.house.walls,
        home.battery.energy,
        home.pool_pump.ran_today,
        home.meter.imported,
        home.meter.exported,
    )


def run(seed: int, step: Duration, hours: int) -> SimulatedHome:
    home = SimulatedHome(Place(seed), START)
    while home.now < START + hours * HOUR:
        home.step(step)
    return home


def test_the_same_seed_is_the_same_home_whatever_the_step() -> None:
    """Over the shift to summer time."""
    one = run(11, FIVE_MINUTES, 60)
    assert state(run(11, HOUR, 60)) == state(one)
    assert state(run(11, MINUTE, 60)) == state(one)
    assert state(run(12, FIVE_MINUTES, 60)) != state(one)


def test_steps_of_seconds_serve_a_home_in_real_time() -> None:
    coarse, fine = run(11, MINUTE, 6), run(11, Duration(7 * SECOND), 6)
    assert abs(coarse.house.air - fine.house.air) < 0.5
    assert abs(coarse.meter.net - fine.meter.net) < 0.2 * abs(coarse.meter.net)


def test_registers_only_grow_and_their_difference_is_the_power_that_passed() -> None:
    home, net = SimulatedHome(Place(2), START), 0.0
    for _ in range(3 * 1440):
        imported, exported = home.meter.imported, home.meter.exported
        home.step(MINUTE)
        assert home.meter.imported >= imported
        assert home.meter.exported >= exported
        net += home.meter.power / 60
    assert abs(home.meter.net - net) < 2
    powers = home.powers
    parts = powers.base_load + powers.vehicle + powers.water_heater + powers.house + powers.pool_pump
    assert home.meter.power == parts + powers.roof + powers.battery


def test_commands_change_the_home_and_not_its_world() -> None:
    free, told = SimulatedHome(Place(3), START), SimulatedHome(Place(3), START)
    told.vehicle.set_point = 0.0
    told.battery.set_point = 0.0
    told.house.heat_to = 18.0
    told.water_heater.set_point = 45.0
    told.pool_pump.on = False
    free.step(Duration(20 * HOUR))
    told.step(Duration(20 * HOUR))
    assert told.day == free.day
    assert told.meter.imported < free.meter.imported
