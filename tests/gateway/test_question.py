"""What the planner is asked: the load of devices that people lead, and what past days let expect."""

from zoneinfo import ZoneInfo

from temix_gateway.home.devices import Held, RunTime
from temix_gateway.home.messages import ReportHistory
from temix_gateway.planning.forecast import expected_load
from temix_gateway.question import DAY, held_load, known_devices, past_hours
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


def test_past_days_let_expect_a_load_net_of_the_sun() -> None:
    midnight = NOW - NOW % DAY
    days = [400] * 17 + [2_000] * 3 + [400] * 4
    sun = [0] * 10 + [3_000] * 4 + [0] * 10
    start = midnight - 14 * DAY
    history = ReportHistory(id=1, start=start, load=days * 14, sun=sun * 14)
    hours = [Interval(Instant(midnight + number * HOUR), HOUR) for number in range(24)]
    expected = expected_load(past_hours(history, ZoneInfo("UTC"), Instant(midnight), hours))
    assert max(range(24), key=expected.__getitem__) in {17, 18, 19}
    assert min(range(24), key=expected.__getitem__) in {10, 11, 12, 13}
    assert expected[12] < -1_500


def test_unknown_hours_are_no_zeroes() -> None:
    start = NOW - 14 * DAY
    history = ReportHistory(id=1, start=start, load=[None] * 24 * 13 + [800] * 24, sun=[0] * 24 * 14)
    assert min(expected_load(past_hours(history, ZoneInfo("UTC"), NOW, QUARTERS))) > 300
