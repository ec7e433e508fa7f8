"""What one more kWh is worth: against prices, the kink, and the optimum of a home with a little more load."""

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from temix_gateway.planning import Problem, Segment
from temix_gateway.planning.case import Case
from temix_gateway.planning.devices import Battery
from temix_gateway.planning.exact import whole_case
from temix_gateway.planning.explain import explain
from temix_gateway.planning.planner import plan
from temix_gateway.planning.value import values
from temix_market.instants import QUARTER
from temix_market.units import Energy, Power, Price

from tests.gateway.planning.homes import home, uniform

pytestmark = pytest.mark.timeout(60)
STEPS = 8


def priced(buy: list[int], sell: list[int], loads: list[int], *, battery: bool = True) -> Problem:
    """A home without PV whose position is 3 kW, in µ/kWh and W."""
    problem = home(uniform(STEPS, QUARTER), 1, devices=())
    steps = tuple(
        msgspec.structs.replace(
            step,
            buy=(Segment(price=Price(high)),),
            sell=(Segment(price=Price(low)),),
            base_load=Power(load),
            pv=Power(0),
            position=Energy(750),
        )
        for step, high, low, load in zip(problem.steps, buy, sell, loads, strict=True)
    )
    store = Battery(id="battery", capacity=Energy(4_000), stored=Energy(1_500), max_charge=Power(2_000),
                    max_discharge=Power(2_000))  # fmt: skip
    return msgspec.structs.replace(problem, steps=steps, devices=(store,) if battery else ())


def worth(problem: Problem) -> np.ndarray:
    found = values(Case.of(problem), plan(problem, budget=0))
    assert found is not None
    return found


def optimum(problem: Problem) -> float:
    program, site = whole_case(Case.of(problem), exact=True)
    found = program.solve(20.0, 0.0)
    assert found is not None
    return found.objective + site.constant


def test_where_unlimited_energy_has_one_price_it_is_worth_that() -> None:
    prices = [100_000 + 20_000 * step for step in range(STEPS)]

    found = explain(asked := priced(prices, prices, [500] * STEPS), plan(asked))

    assert found.value == tuple(prices)


def test_inside_the_kink_it_lies_between_both_prices() -> None:
    asked = priced([300_000] * STEPS, [50_000] * STEPS, [500] * STEPS)

    assert (worth(asked) >= 0.05 - 1e-9).all()
    assert (worth(asked) < 0.3 - 1e-3).any()
    assert (worth(asked) <= 0.3 + 1e-9).all()


costs = st.lists(st.integers(20_000, 500_000), min_size=STEPS, max_size=STEPS)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(buy=costs, share=st.floats(0.1, 1.0), loads=st.lists(st.integers(100, 6_000), min_size=STEPS,
       max_size=STEPS), step=st.integers(0, STEPS - 1), more=st.sampled_from([-40, 40]))  # fmt: skip
def test_it_predicts_what_a_little_more_load_costs(
    buy: list[int], share: float, loads: list[int], step: int, more: int
) -> None:
    sell = [int(price * share) for price in buy]
    changed = [load + (more if index == step else 0) for index, load in enumerate(loads)]
    before, after = priced(buy, sell, loads), priced(buy, sell, changed)
    added = more * 0.25 / 1000

    difference = optimum(after) - optimum(before)

    # A convex cost rises by at least its slope before, at most by its slope after.
    assert worth(before)[step] * added - 1e-7 <= difference <= worth(after)[step] * added + 1e-7
