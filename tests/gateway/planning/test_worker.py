"""The planner's process may die or hang: there is an answer all the same, and the next one is whole again."""

import os
import signal
from collections.abc import Iterator

import msgspec
import pytest
from temix_gateway.planning import Level
from temix_gateway.planning.building import learn
from temix_gateway.planning.planner import plan
from temix_gateway.planning.worker import PlannerProcess
from temix_market.errors import InvalidField

from tests.gateway.planning.homes import home, tapering
from tests.gateway.planning.test_building import House

PROBLEM = home(tapering(), devices=("ev", "battery"))
START_AND_PLAN_S = 60


@pytest.fixture
def process() -> Iterator[PlannerProcess]:
    process = PlannerProcess(budget=10.0)
    yield process
    process.close()


@pytest.mark.timeout(START_AND_PLAN_S)
def test_a_killed_process_is_replaced(process: PlannerProcess) -> None:
    first = process(PROBLEM, None)
    assert first.level is Level.COLUMNS
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)

    again = process(PROBLEM, first)

    assert again.level in {Level.COLUMNS, Level.PREVIOUS}
    assert process(PROBLEM, first).level is Level.COLUMNS
    # Schedules that cost the same may differ by a watt, so what they cost is compared.
    assert again.cost == pytest.approx(first.cost, rel=0.001)


@pytest.mark.timeout(START_AND_PLAN_S)
def test_who_does_not_answer_in_time_is_killed_and_the_previous_plan_stays() -> None:
    impatient = PlannerProcess(budget=30.0, patience=0.0)
    previous = plan(PROBLEM, budget=0)

    found = impatient(PROBLEM, previous)

    assert impatient.pid is None
    assert found == msgspec.structs.replace(previous, level=Level.PREVIOUS)


@pytest.mark.timeout(START_AND_PLAN_S)
def test_without_a_previous_plan_that_fits_the_greedy_one_answers() -> None:
    impatient = PlannerProcess(budget=30.0, patience=0.0)
    other = plan(home(tapering(), devices=("pool",)), budget=0)

    assert impatient(PROBLEM, None).level is Level.GREEDY
    assert impatient(PROBLEM, other).level is Level.GREEDY


def test_bad_input_is_refused_before_it_goes_anywhere(process: PlannerProcess) -> None:
    with pytest.raises(InvalidField, match="zone"):
        process(msgspec.structs.replace(PROBLEM, zone="Mars"), None)

    assert process.pid is None


@pytest.mark.timeout(START_AND_PLAN_S)
def test_a_building_is_learned_in_the_process_too(process: PlannerProcess) -> None:
    past = House(9_000, 150).past(10)
    assert process.learn(past) == learn(past)
    assert process.learn(msgspec.structs.replace(past, indoor=(None,) * 240)) is None
