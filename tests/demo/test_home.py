"""The demo's home: what its devices are set to reaches the physics, and the registers count it."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from custom_components.simulated_home import past
from custom_components.simulated_home.const import METERS, DeviceId
from custom_components.simulated_home.home import DemoHome
from custom_components.simulated_home.settings import Season
from temix_market.instants import HOUR, MINUTE, Instant, from_datetime
from temix_replay.home.home import SimulatedHome
from temix_replay.home.world.day import Place

NOON = from_datetime(datetime(2026, 11, 24, 18, tzinfo=UTC))
NIGHT = from_datetime(datetime(2026, 11, 24, 9, tzinfo=UTC))
JULY = from_datetime(datetime(2026, 7, 14, 18, tzinfo=UTC))


def make_home(seed: int = 1, start: Instant = NOON) -> DemoHome:
    return DemoHome(SimulatedHome(Place(seed), start))


def test_devices_follow_what_they_are_set_to() -> None:
    home = make_home()
    home.set(battery=2000.0, pump=True)
    home.advance(Instant(NOON + 10 * MINUTE))
    assert home.now.power[DeviceId.BATTERY] == pytest.approx(2000)
    assert home.now.power[DeviceId.POOL_PUMP] == 1100
    home.set(battery=-1500.0, pump=False)
    home.advance(Instant(NOON + 20 * MINUTE))
    assert home.now.power[DeviceId.BATTERY] == pytest.approx(-1500)
    assert home.now.power[DeviceId.POOL_PUMP] == 0


def test_car_charges_while_it_may() -> None:
    home = make_home(start=NIGHT)
    home.physics.vehicle.energy = 20_000.0
    home.set(current=10.0)
    home.advance(Instant(NIGHT + MINUTE))
    assert home.now.plugged_in
    assert home.now.power[DeviceId.EV_CHARGER] == 2400
    home.set(charging=False)
    home.advance(Instant(NIGHT + 2 * MINUTE))
    assert home.now.power[DeviceId.EV_CHARGER] == 0


def test_cold_tank_stays_off() -> None:
    home = make_home()
    home.set(tank_on=False, tank=60.0)
    assert not any(minute.power[DeviceId.WATER_HEATER] for minute in home.advance(Instant(NOON + 12 * HOUR)))
    home.set(tank_on=True)
    home.advance(Instant(home.now.until + 3 * HOUR))
    assert home.now.tank > 54


def test_thermostat_heats_in_november_and_cools_in_july() -> None:
    assert make_home().settings.season is Season.HEAT
    assert make_home(start=JULY).settings.season is Season.COOL
    warm = make_home(start=JULY)
    warm.set(room=22.0)
    lived = warm.advance(Instant(JULY + 6 * HOUR))
    assert min(minute.room for minute in lived) > 21
    assert lived[-1].room < 23


def test_raised_target_is_reached_without_resistive_heat() -> None:
    home = make_home()
    home.advance(Instant(NOON + 20 * HOUR))
    home.set(room=home.physics.house.air + 3)
    lived = home.advance(Instant(home.now.until + 12 * HOUR))
    powers = {minute.power[DeviceId.THERMOSTAT] for minute in lived}
    assert powers == {0.0, home.physics.model.house.compressor}
    assert not home.settings.recovers, "it has arrived"
    home.set(season=Season.OFF)
    assert not any(minute.power[DeviceId.THERMOSTAT] for minute in home.advance(Instant(NOON + 40 * HOUR)))


def test_registers_rise_and_balance() -> None:
    home = make_home()
    lived = home.advance(Instant(NOON + 24 * HOUR))
    for before, after in pairwise(lived):
        assert all(after.energy[meter.id] >= before.energy[meter.id] for meter in METERS)
    net = home.now.energy["grid_import"] - home.now.energy["grid_export"]
    assert net == pytest.approx(sum(minute.power["grid_meter"] for minute in lived) / 60, abs=2)


def test_past_is_the_same_for_the_same_seed() -> None:
    def weeks(seed: int) -> list[float]:
        home = DemoHome(SimulatedHome(Place(seed), past.start(NOON)))
        hours = past.live_through(home, NOON)
        assert len(hours) == past.DAYS * 24
        assert home.now.until == NOON
        return [hour.minutes[-1].energy["grid_import"] for hour in hours]

    assert weeks(7) == weeks(7)
    assert weeks(7) != weeks(8)


def test_subscribers_are_told_until_they_leave() -> None:
    home, told = make_home(), []
    leave = home.subscribe(lambda: told.append(home.now.until))
    home.advance(Instant(NOON + 2 * MINUTE))
    leave()
    home.advance(Instant(NOON + 3 * MINUTE))
    assert told == [NOON + 2 * MINUTE]
