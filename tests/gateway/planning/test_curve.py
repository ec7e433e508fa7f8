"""The home's price curve: by hand where it can be, and never rising in the wrong direction."""

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from temix_gateway.planning import Problem, Segment
from temix_gateway.planning.case import Case
from temix_gateway.planning.curve import PRICES, curves
from temix_gateway.planning.devices import Battery, Device
from temix_gateway.planning.explain import explain
from temix_gateway.planning.planner import plan
from temix_gateway.planning.result import Curve
from temix_market.instants import HOUR, Instant
from temix_market.units import Energy, Power, Price

from tests.gateway.planning.homes import START, home, uniform

pytestmark = pytest.mark.timeout(60)
HOURS = 4


def asked(
    buy: list[int], sell: list[int], load: int, *devices: Device, position: int = 0, hours: int = 1
) -> Problem:
    """Hours with µ/kWh and W, the first of which has begun; the connection carries 5 kW either way."""
    problem = home(uniform(HOURS, HOUR), 1, devices=())
    steps = tuple(
        msgspec.structs.replace(
            step, buy=(Segment(Price(high)),), sell=(Segment(Price(low)),), base_load=Power(load),
            pv=Power(0), position=Energy(position),
        )
        for step, high, low in zip(problem.steps, buy, sell, strict=True)
    )  # fmt: skip
    return msgspec.structs.replace(
        problem,
        steps=steps,
        devices=devices,
        curve_hours=hours,
        import_limit=Power(5_000),
        export_limit=Power(5_000),
    )


def told(problem: Problem) -> tuple[Curve, ...]:
    return explain(problem, plan(problem, budget=0)).curves


def test_without_anything_to_choose_the_load_is_bought_and_the_surplus_sold_at_any_price_between() -> None:
    flat = [200_000] * HOURS, [100_000] * HOURS
    (lacking,) = told(asked(*flat, 1_000))
    assert lacking.interval.start == START + HOUR
    assert [point.energy for point in lacking.points] == [1_000] * PRICES
    prices = [point.price for point in lacking.points]
    assert prices == sorted(prices, reverse=True)
    assert 100_000 < prices[-1] < prices[0] < 200_000
    (too_much,) = told(asked(*flat, 1_000, position=3_000))
    assert [point.energy for point in too_much.points] == [-2_000] * PRICES
    (as_planned,) = told(asked(*flat, 1_000, position=1_000))
    assert [point.energy for point in as_planned.points] == [0] * PRICES


def test_a_battery_sells_where_that_pays_and_fills_up_where_it_is_cheap() -> None:
    """What it holds at the end is worth 0.14: above it sells all, below it buys what there is room for."""
    store = Battery(
        id="battery", capacity=Energy(2_000), stored=Energy(1_000), max_charge=Power(5_000),
        max_discharge=Power(5_000), charge_efficiency=1.0, discharge_efficiency=1.0, wear=Price(0),
        end_price=Price(140_000),
    )  # fmt: skip
    (curve,) = told(asked([200_000] * HOURS, [100_000] * HOURS, 0, store))
    by_price = {point.price: point.energy for point in curve.points}
    assert [by_price[price] for price in sorted(by_price)] == [1_000, 1_000, -1_000, -1_000, -1_000]


def test_no_hour_is_told_unless_it_is_asked_for_nor_beyond_the_horizon() -> None:
    flat = [200_000] * HOURS, [100_000] * HOURS
    assert told(asked(*flat, 1_000, hours=0)) == ()
    assert [curve.interval.start for curve in told(asked(*flat, 1_000, hours=24))] == [
        Instant(START + number * HOUR) for number in range(1, HOURS)
    ]


@settings(max_examples=25, deadline=None)
@given(
    spread=st.lists(
        st.tuples(st.integers(-50_000, 400_000), st.integers(0, 150_000)), min_size=HOURS, max_size=HOURS
    ),
    load=st.integers(0, 4_000),
    position=st.integers(-2_000, 4_000),
    stored=st.integers(0, 4_000),
)
def test_the_cheaper_the_more_and_never_beyond_the_connection(
    spread: list[tuple[int, int]], load: int, position: int, stored: int
) -> None:
    store = Battery(id="battery", capacity=Energy(4_000), stored=Energy(stored), max_charge=Power(2_000),
                    max_discharge=Power(2_000))  # fmt: skip
    problem = asked(
        [low + more for low, more in spread], [low for low, _ in spread], load, store, position=position
    )
    found = plan(problem, budget=0)
    for curve in curves(Case.of(problem), found):
        energies = [point.energy for point in curve.points]
        assert all(after >= before - 1 for before, after in pairwise(energies))
        assert all(-5_000 - 1 <= position + energy <= 5_000 + 1 for energy in energies)
