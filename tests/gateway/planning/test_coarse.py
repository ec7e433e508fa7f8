"""Of many steps few are made, and nothing is lost: energy, money of a flat price, what devices are told."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from temix_gateway.planning import Problem, Segment
from temix_gateway.planning.case import Case
from temix_gateway.planning.coarse import coarse
from temix_gateway.planning.devices import Climate, WaterHeater
from temix_gateway.planning.guide import bound, guide
from temix_gateway.planning.problem import check
from temix_market.instants import FIVE_MINUTES, HOUR, QUARTER
from temix_market.units import Energy, Price

from tests.gateway.planning.homes import home, tapering, uniform

pytestmark = pytest.mark.timeout(20)


def _hours(problem: Problem) -> np.ndarray:
    return np.array([step.interval.duration / HOUR for step in problem.steps])


@given(count=st.integers(201, 576), seed=st.integers(0, 99))
def test_a_joined_problem_is_sound_and_holds_the_same_energy(count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem = home(uniform(count), seed)
    steps = tuple(
        msgspec.structs.replace(step, position=Energy(int(rng.integers(-500, 500)))) for step in problem.steps
    )
    problem = msgspec.structs.replace(problem, steps=steps)

    joined, parts = coarse(problem)

    check(joined)
    assert [index for part in parts for index in part] == list(range(count))
    assert joined.steps[0].interval.start == problem.steps[0].interval.start
    assert joined.steps[-1].interval.end == problem.steps[-1].interval.end
    for name in ("base_load", "pv"):
        fine, rough = (
            sum(_hours(each) * [getattr(step, name) for step in each.steps]) for each in (problem, joined)
        )
        assert rough == pytest.approx(fine)
    assert sum(step.position for step in joined.steps) == sum(step.position for step in problem.steps)
    (water,) = (device for device in joined.devices if isinstance(device, WaterHeater))
    (told,) = (device for device in problem.devices if isinstance(device, WaterHeater))
    assert _hours(joined) @ water.draws == pytest.approx(_hours(problem) @ told.draws)
    (room,) = (device for device in joined.devices if isinstance(device, Climate))
    assert len(room.outdoor) == len(room.low) == len(room.high) == len(parts)
    assert room.gains == ()


def test_steps_are_joined_to_quarters_and_hours_of_the_clock() -> None:
    joined, _ = coarse(home(uniform(576)))

    lengths = [step.interval.duration for step in joined.steps]
    assert lengths == [FIVE_MINUTES] * 48 + [QUARTER] * 32 + [HOUR] * 36
    assert all(step.interval.start % step.interval.duration == 0 for step in joined.steps)


def test_few_steps_stay_as_they_are() -> None:
    problem = home(tapering())

    joined, parts = coarse(problem)

    assert joined is problem
    assert len(parts) == len(problem.steps)


def test_ladders_are_joined_rung_by_rung() -> None:
    problem = home(uniform(576), devices=())
    ladder = (Segment(Price(100_000), Energy(50)), Segment(Price(200_000)))
    steps = tuple(
        msgspec.structs.replace(step, buy=ladder, sell=(Segment(Price(0)),)) for step in problem.steps
    )

    joined, _ = coarse(msgspec.structs.replace(problem, steps=steps))

    assert joined.steps[-1].buy == (Segment(Price(100_000), Energy(600)), Segment(Price(200_000)))


def test_what_guides_a_search_of_many_steps_is_told_for_each_of_them_and_is_no_bound() -> None:
    case = Case.of(home(uniform(576)))

    found = guide(case, 10.0)

    assert found is not None
    assert found.bound is None
    assert {len(drawn) for drawn in found.drawn.values()} == {576}
    (battery,) = found.answers
    assert battery.charge_depth == pytest.approx(np.full(576, 5_000 / 12))


def test_of_few_steps_it_is_the_bound_as_well() -> None:
    case = Case.of(home(tapering()))

    found = guide(case, 10.0)

    assert found is not None
    assert found.bound == pytest.approx(bound(case, 10.0))
