"""A small home's relaxed plan is rounded to what its devices can do, and loses next to nothing by it."""

import msgspec
import numpy as np
import pytest
from temix_gateway.planning import Problem, Segment
from temix_gateway.planning.case import Case
from temix_gateway.planning.following import nearest
from temix_gateway.planning.guide import guide, rounded
from temix_gateway.planning.master import Master
from temix_gateway.planning.models.model import Floats
from temix_gateway.planning.relaxed import Relaxed
from temix_market.instants import HOUR, Duration
from temix_market.intervals import Interval
from temix_market.units import Price

from tests.gateway.planning.homes import START, any_time, home, uniform

pytestmark = pytest.mark.timeout(20)

LOADS = ((1_500, 3), (2_000, 2), (1_000, 4))


def loads(seed: int) -> Problem:
    """Battery and three loads, each of which shall run for some hours of the day that are left to choose."""
    problem = home(uniform(288), seed, devices=("battery",))
    rng = np.random.default_rng(seed)
    prices = np.repeat(rng.integers(24_000, 30_000, 24), 12)  # so the own sun is the cheapest
    steps = tuple(
        msgspec.structs.replace(
            step, buy=(Segment(Price(int(price) + 30_000)),), sell=(Segment(Price(int(price) - 20_000)),)
        )
        for step, price in zip(problem.steps, prices, strict=True)
    )
    day = Interval(START, Duration(24 * HOUR))
    runs = tuple(any_time(power, Duration(hours * HOUR), day) for power, hours in LOADS)
    return msgspec.structs.replace(problem, steps=steps, devices=(*problem.devices, *runs))


def cost(case: Case, powers: dict[int, Floats]) -> float:
    """What a home costs whose devices do what comes nearest to these powers, and its battery the rest."""
    master = Master(case)
    for index, power in powers.items():
        master.fix(index, master.add(index, nearest(case.models[index], power, case.grid)))
    found = master.solve(10.0)
    assert found is not None
    return found.objective + master.site.constant


@pytest.mark.parametrize("seed", range(4))
def test_loads_leave_each_other_and_the_battery_the_best_hours(seed: int) -> None:
    case = Case.of(loads(seed))
    relaxed = Relaxed(case)
    optimum = relaxed.solve(10.0)
    assert optimum is not None

    found = guide(case, 10.0)

    assert found is not None
    assert found.bound == pytest.approx(optimum.objective + relaxed.site.constant)
    for index, (power, hours) in enumerate(LOADS, 1):
        assert set(np.round(found.drawn[index], 6)) == {0.0, power}
        assert found.drawn[index].sum() / 12 == pytest.approx(power * hours)
    assert cost(case, dict(found.drawn)) <= found.bound + 0.0005 * abs(found.bound)


@pytest.mark.parametrize("seed,exact", [(0, 0.96091), (2, 0.87308), (4, 1.09400), (6, 1.09773)])
def test_under_clouds_loads_change_places_until_little_is_left_to_gain(seed: int, exact: float) -> None:
    """Each step leaves the loads another piece of sun; the exact program took up to 15 s for its optimum."""
    problem, rng = loads(seed), np.random.default_rng(seed)
    prices = np.repeat(rng.integers(1, 4, 4) * 20_000 + 60_000, 72)
    steps = tuple(
        msgspec.structs.replace(
            step,
            pv=step.pv * float(rng.uniform(0.1, 1.0)),
            buy=(Segment(Price(int(price))),),
            sell=(Segment(Price(int(price) - 50_000)),),
        )
        for step, price in zip(problem.steps, prices, strict=True)
    )
    case = Case.of(msgspec.structs.replace(problem, steps=steps))

    found = guide(case, 10.0)

    assert found is not None
    assert exact - 1e-5 <= cost(case, dict(found.drawn)) <= exact * 1.0015


def test_without_time_for_it_the_relaxed_plan_itself_guides() -> None:
    relaxed = Relaxed(Case.of(loads(0)))
    optimum = relaxed.solve(10.0)
    assert optimum is not None

    assert rounded(relaxed, optimum, until=0.0) is None
