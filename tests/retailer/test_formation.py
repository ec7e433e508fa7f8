"""Price formation and the profiles it starts from."""

from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from temix_market.instants import HOUR, Instant, parse_instant
from temix_market.units import Price
from temix_retailer.circuit import circuit_load, system_load
from temix_retailer.forecast import LIMIT, forecast_error
from temix_retailer.formation import Coefficients, Conditions, energy_parts, scarcity, transport_parts

CHICAGO = ZoneInfo("America/Chicago")
DEFAULT = Coefficients()
LOADS = st.integers(-3_000, 3_000)
WHOLESALE = st.integers(-2_500_000, 17_000_000).map(Price)


@given(WHOLESALE, LOADS, LOADS, LOADS)
def test_each_party_sells_no_lower_than_it_buys(
    wholesale: Price, system: int, ramp: int, circuit: int
) -> None:
    rare = scarcity(Conditions(system, ramp, circuit), DEFAULT)
    for sell, buy in (energy_parts(wholesale, rare, DEFAULT), transport_parts(wholesale, rare, DEFAULT)):
        assert sum(part.price for part in sell) > sum(part.price for part in buy)


@given(st.lists(LOADS, min_size=2, max_size=9).map(sorted))
def test_scarcity_never_falls_as_load_rises(loads: list[int]) -> None:
    priced = [scarcity(Conditions(load, load, load), DEFAULT) for load in loads]
    for less, more in pairwise(priced):
        assert less.generation <= more.generation
        assert less.flexible <= more.flexible
        assert less.circuit <= more.circuit
        assert less.loss <= more.loss


def test_scarcity_at_its_marks() -> None:
    none = scarcity(Conditions(DEFAULT.generation_from, 0, DEFAULT.circuit_from), DEFAULT)
    assert (none.generation, none.flexible, none.circuit) == (0, 0, 0)
    full = scarcity(Conditions(1000, DEFAULT.flexible_ramp, 1000), DEFAULT)
    assert (full.generation, full.flexible, full.circuit) == (60_000, 30_000, 120_000)
    assert full.loss == DEFAULT.loss_at_capacity
    back = scarcity(Conditions(0, -200, -1000), DEFAULT)
    assert (back.flexible, back.circuit, back.loss) == (0, -120_000, -DEFAULT.loss_at_capacity)


def test_a_loaded_circuit_pays_for_export_and_a_flowing_back_one_charges_for_it() -> None:
    _, loaded = transport_parts(Price(50_000), scarcity(Conditions(500, 0, 950), DEFAULT), DEFAULT)
    assert sum(part.price for part in loaded) > 0
    _, back = transport_parts(Price(50_000), scarcity(Conditions(500, 0, -100), DEFAULT), DEFAULT)
    assert sum(part.price for part in back) < 0


def test_profiles_have_seasons_and_a_circuit_that_can_flow_back() -> None:
    def load(text: str) -> int:
        return circuit_load(CHICAGO, parse_instant(text))

    assert load("2026-08-05T17:00:00-05:00") > 800  # air conditioning
    assert load("2026-01-14T07:00:00-06:00") > load("2026-04-15T07:00:00-05:00") + 150  # electric heat
    assert load("2026-04-12T12:00:00-05:00") < 0  # a sunny Sunday in spring
    year = range(parse_instant("2026-01-01T06:00:00Z"), parse_instant("2027-01-01T06:00:00Z"), HOUR)
    assert all(-200 < circuit_load(CHICAGO, Instant(at)) < 1000 for at in year)
    assert all(200 < system_load(CHICAGO, Instant(at)) < 1000 for at in year)


def test_forecast_errors_shrink_towards_delivery_and_are_the_same_after_a_restart() -> None:
    hours = [Instant(parse_instant("2026-01-01T00:00:00Z") + number * HOUR) for number in range(300)]

    def spread(minutes: int) -> float:
        errors = [forecast_error(1, hour, Instant(hour + HOUR - minutes * 60_000)) for hour in hours]
        return (sum(error * error for error in errors) / len(errors)) ** 0.5

    seen = [spread(minutes) for minutes in (10, 60, 180, 1_440, 2_880)]
    assert seen == sorted(seen)
    assert 50 < seen[0] < 90
    assert 120 < seen[-1] < 180
    assert forecast_error(1, hours[0], hours[0]) != forecast_error(2, hours[0], hours[0])
    assert all(abs(forecast_error(3, hour, Instant(hour - 40 * HOUR))) <= LIMIT for hour in hours)
