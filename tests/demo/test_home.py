"""The demo's home: what people and plan want reaches the physics, and the registers count it."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from custom_components.simulated_home import past
from custom_components.simulated_home.commands import ROOM_BAND
from custom_components.simulated_home.const import METERS, DeviceId
from custom_components.simulated_home.home import DemoHome
from temix_market.instants import HOUR, MINUTE, Instant, from_datetime
from temix_replay.home.home import SimulatedHome
from temix_replay.home.world.day import Place

NOON = from_datetime(datetime(2026, 11, 24, 18, tzinfo=UTC))


def make_home(seed: int = 1) -> DemoHome:
    return DemoHome(SimulatedHome(Place(seed), NOON))


def test_plan_is_carried_out() -> None:
    home = make_home()
    home.advance(Instant(NOON + 10 * MINUTE), {DeviceId.BATTERY: 2000.0, DeviceId.POOL_PUMP: 1100.0})
    assert home.now.power[DeviceId.BATTERY] == pytest.approx(2000)
    assert home.now.power[DeviceId.POOL_PUMP] == 1100
    home.advance(Instant(NOON + 20 * MINUTE), {DeviceId.BATTERY: -1500.0, DeviceId.POOL_PUMP: 0.0})
    assert home.now.power[DeviceId.BATTERY] == pytest.approx(-1500)
    assert home.now.power[DeviceId.POOL_PUMP] == 0


def test_person_wins_for_an_hour() -> None:
    home = make_home()
    home.hold(DeviceId.BATTERY, -1000)
    plan = {DeviceId.BATTERY: 3000.0}
    home.advance(Instant(NOON + 59 * MINUTE), plan)
    assert home.now.power[DeviceId.BATTERY] == pytest.approx(-1000)
    home.advance(Instant(NOON + HOUR + MINUTE), plan)
    assert home.now.power[DeviceId.BATTERY] == pytest.approx(3000)


def test_person_gives_back_to_the_plan() -> None:
    home = make_home()
    home.hold(DeviceId.POOL_PUMP, 1100)
    home.hold(DeviceId.POOL_PUMP, None)
    home.advance(Instant(NOON + MINUTE), {DeviceId.POOL_PUMP: 0.0})
    assert home.now.power[DeviceId.POOL_PUMP] == 0


@pytest.mark.parametrize("wanted", [0.0, 3000.0])
def test_no_plan_takes_the_room_far_from_the_wish(wanted: float) -> None:
    home = make_home()
    home.advance(Instant(NOON + 6 * HOUR), {})
    lived = home.advance(Instant(NOON + 20 * HOUR), {DeviceId.THERMOSTAT: wanted})
    assert lived[-1].outdoor < home.wishes.room - 5, "a winter's night"
    assert min(minute.room for minute in lived) > home.wishes.room - ROOM_BAND - 0.6
    heated = [minute.room for minute in lived if minute.power[DeviceId.THERMOSTAT]]
    assert bool(heated) == bool(wanted), "only a plan for heat heats tonight"
    assert max(heated, default=0.0) < home.wishes.room + ROOM_BAND + 0.6


def test_registers_rise_and_balance() -> None:
    home = make_home()
    lived = home.advance(Instant(NOON + 24 * HOUR), {})
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
    home.advance(Instant(NOON + 2 * MINUTE), {})
    leave()
    home.advance(Instant(NOON + 3 * MINUTE), {})
    assert told == [NOON + 2 * MINUTE]
