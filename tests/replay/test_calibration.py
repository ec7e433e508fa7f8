"""The home without control: its calibrated year, and what it pays for single days."""

import copy
from datetime import date

from temix_market.calendar import local_day
from temix_market.instants import FIVE_MINUTES, Instant
from temix_market.units import cost
from temix_replay.forecast import LoadForecast
from temix_replay.home.world.day import Place, make_day

from tests.replay.conftest import Done


def test_the_year_costs_the_same_on_every_tariff(storm: Done) -> None:
    """To within half a micro-unit a kWh of rounding in each price."""
    found = storm.baseline.calibration
    assert abs(found.year_flat - found.year_dynamic) <= abs(found.year_energy) / 2
    assert abs(found.year_subscribed - found.year_dynamic) <= abs(found.year_energy) / 2
    assert 5_000_000 < found.year_energy < 15_000_000


def test_the_uncontrolled_home_is_the_same_home_without_commands(storm: Done) -> None:
    home, span = copy.deepcopy(storm.baseline.begins), storm.scene.days
    assert home.now == span.start
    for step in span.split(FIVE_MINUTES):
        before = home.meter.net
        home.step(FIVE_MINUTES)
        assert home.meter.net - before == storm.baseline.deliveries[step.start]
    assert home.battery.energy == storm.baseline.ends.battery.energy
    assert [sample.uncontrolled for sample in storm.replay.samples] == list(
        storm.baseline.deliveries.values()
    )


def test_a_days_costs_are_those_of_its_deliveries(storm: Done) -> None:
    baseline, span = storm.baseline, storm.scene.days
    used = sum(baseline.deliveries.values())
    assert baseline.flat(span) == cost(used, baseline.calibration.flat)
    by_hand = 0
    for start, (buy, sell) in baseline.spots.items():
        position = baseline.subscribed(start)
        deviation = baseline.deliveries[start] - position
        by_hand += position * baseline.calibration.subscription + deviation * (buy if deviation > 0 else sell)
    assert baseline.dynamic(span) == by_hand
    assert all(sell <= buy for buy, sell in baseline.spots.values())


def test_the_load_forecast_knows_past_days_only() -> None:
    place, day = Place(3), date(2021, 6, 15)
    noon = Instant(local_day(place.zone, day).start + 12 * 3_600_000)
    (first, power), *_ = LoadForecast(place, 5_000.0).quarters(noon, FIVE_MINUTES)
    assert first.start == noon
    past = [make_day(place, date(2021, 6, number)) for number in range(8, 15)]
    quarters = [
        sum(one.base_load[minute] - 5_000 * one.sun[minute] for minute in range(720, 735)) / 15
        for one in past
    ]
    assert abs(power - sum(quarters) / 7) < 1e-6
