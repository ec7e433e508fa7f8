"""Single devices against every schedule that there is, and what they do where nothing decides."""

from itertools import product

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from temix_gateway.planning import Segment
from temix_gateway.planning.case import Case
from temix_gateway.planning.devices import EvCharger, SingleRun
from temix_gateway.planning.models.model import Floats
from temix_gateway.planning.models.single_run import SingleModel
from temix_gateway.planning.planner import plan
from temix_market.instants import FIVE_MINUTES, HOUR, MINUTE, Duration, Instant
from temix_market.units import Energy, Power, Price

from tests.gateway.planning.homes import START, home, tapering, uniform


@given(seed=st.integers(0, 9_999), late=st.booleans(), taper=st.booleans())
def test_a_single_run_takes_the_start_that_costs_least_of_all(seed: int, late: bool, taper: bool) -> None:
    rng = np.random.default_rng(seed)
    grid = Case.of(home(tapering() if taper else uniform(60), devices=())).grid
    device = SingleRun(
        id="it",
        profile=tuple(Power(int(watts)) for watts in rng.integers(0, 3_000, rng.integers(1, 5))),
        profile_step=Duration(int(rng.choice([5, 7, 15, 20])) * MINUTE),
        ready_by=Instant(START + (1 if late else 4) * HOUR),
    )
    model, prices, wanted = (
        SingleModel(device, grid),
        rng.normal(0.1, 0.2, len(grid)),
        rng.normal(0, 500, len(grid)),
    )

    def cost(power: Floats) -> Floats:
        shape = (-1, *[1] * (power.ndim - 1))
        near: Floats = np.abs(power - wanted.reshape(shape)) / 1e4 + power * prices.reshape(shape) / 12_000
        return near

    found = model.best(cost)

    each = [float(cost(model.power[:, start]).sum()) for start in range(model.power.shape[1])]
    least = min(np.array(each) + model.late * device.late_worth / 1e6)
    assert float(cost(found.power).sum()) + found.own_cost == pytest.approx(least)


def test_what_costs_the_same_now_and_later_is_done_now() -> None:
    problem = home(uniform(96), devices=("ev",))
    flat = (Segment(Price(200_000)),)
    steps = tuple(
        msgspec.structs.replace(step, buy=flat, sell=flat, base_load=0.0, pv=0.0) for step in problem.steps
    )

    power = plan(msgspec.structs.replace(problem, steps=steps), budget=0).device("ev").power

    assert set(power[:39]) == {7_360}
    assert set(power[40:]) == {0}


@settings(max_examples=60)
@given(seed=st.integers(0, 9_999))
def test_a_car_on_any_prices_costs_what_the_best_of_all_its_schedules_costs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem = home(uniform(6), devices=())
    steps = tuple(
        msgspec.structs.replace(step, buy=(Segment(price),), sell=(Segment(price),), base_load=0.0, pv=0.0)
        for step, price in zip(
            problem.steps, (Price(int(p)) for p in rng.integers(-50_000, 300_000, 6)), strict=True
        )
    )
    car = EvCharger(
        id="ev",
        max_power=Power(4_200),
        min_power=Power(1_200),
        power_step=Power(1_500),
        capacity=Energy(2_000),
        stored=Energy(1_000),
        target=Energy(int(rng.integers(1_100, 1_900))),
        efficiency=1.0,
        ready_by=Instant(START + 6 * FIVE_MINUTES),
        worth=Price(400_000),
    )

    found = plan(msgspec.structs.replace(problem, steps=steps, devices=(car,)), budget=0)

    def total(powers: tuple[int, ...]) -> float:
        stored = 1_000.0
        cost = 0.0
        for watts, step in zip(powers, steps, strict=True):
            taken = min(watts / 12, 2_000 - stored)
            stored += taken
            cost += taken * step.buy[0].price / 1e9
        return cost + max(0.0, car.target - stored) * 0.4 / 1_000

    assert found.cost / 1e9 == pytest.approx(
        min(total(each) for each in product((0, 1_200, 2_700, 4_200), repeat=6))
    )


def test_a_car_takes_no_more_than_it_lacks_though_its_power_would_overshoot() -> None:
    problem = home(uniform(12), devices=())
    paid = (Segment(Price(-100_000)),)
    steps = tuple(msgspec.structs.replace(step, buy=paid, sell=paid) for step in problem.steps)
    car = EvCharger(
        id="ev",
        min_power=Power(7_200),
        max_power=Power(7_200),
        efficiency=1.0,
        capacity=Energy(1_000),
        target=Energy(1_000),
        ready_by=Instant(START + HOUR),
    )

    found = plan(msgspec.structs.replace(problem, steps=steps, devices=(car,)))

    state = found.device("ev").state
    assert state is not None
    assert max(state) == pytest.approx(1_000)
    assert sum(found.device("ev").power) / 12 == pytest.approx(1_000, abs=1)


@pytest.mark.parametrize("stored", [1_000, 999])
def test_a_full_car_takes_nothing_more_though_it_would_be_paid_for(stored: int) -> None:
    problem = home(uniform(12), devices=())
    paid = (Segment(Price(-100_000)),)
    steps = tuple(msgspec.structs.replace(step, buy=paid, sell=paid) for step in problem.steps)
    car = EvCharger(id="ev", max_power=Power(7_360), efficiency=1.0, capacity=Energy(1_000),
                    stored=Energy(stored), target=Energy(1_000), ready_by=Instant(START + HOUR))  # fmt: skip

    found = plan(msgspec.structs.replace(problem, steps=steps, devices=(car,)))

    assert sum(found.device("ev").power) / 12 == pytest.approx(1_000 - stored, abs=1)
