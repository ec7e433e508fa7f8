"""What the planner is asked of devices that people lead: their load, and nothing to plan."""

from temix_gateway.home.devices import Held, RunTime
from temix_gateway.question import held_load, known_devices
from temix_market.instants import HOUR, QUARTER, Instant
from temix_market.intervals import Interval

NOW = Instant(1_800_000_000_000 // HOUR * HOUR)
QUARTERS = [Interval(Instant(NOW + number * QUARTER), QUARTER) for number in range(4)]


def test_a_held_device_draws_what_it_draws_until_it_is_let_go() -> None:
    heater = Held(id="heater", power=2_000, until=NOW + QUARTER + QUARTER // 2)
    battery = Held(id="battery", power=-1_000, until=NOW + HOUR)
    assert held_load([heater, battery], QUARTERS) == [1_000, 0, -1_000, -1_000]


def test_a_held_device_is_not_planned() -> None:
    pump = RunTime(id="pump", power=1_100, remaining=HOUR, finish_by=NOW + 2 * HOUR)
    held = Held(id="heater", power=2_000, until=NOW + HOUR)
    assert [device.id for device in known_devices([pump, held], QUARTERS, NOW)] == ["pump"]
