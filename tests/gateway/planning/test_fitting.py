"""Loads that may run at any time share the sun, and each still runs as long as it shall."""

from itertools import combinations, product

import msgspec
import numpy as np
import pytest
from temix_gateway.planning import Problem, Segment
from temix_gateway.planning.case import Case
from temix_gateway.planning.devices import DailyRun, Device, SingleRun, Window
from temix_gateway.planning.fitting import MOST, stretches
from temix_gateway.planning.guide import guide
from temix_market.instants import FIVE_MINUTES, HOUR, MINUTE, Duration, Instant
from temix_market.intervals import Interval
from temix_market.units import Power, Price

from tests.gateway.planning.homes import START, any_time, home, tapering, uniform

DAY = Interval(START, Duration(24 * HOUR))


def with_loads(problem: Problem, *loads: Device) -> Problem:
    return msgspec.structs.replace(problem, devices=(*problem.devices, *loads))


def found(problem: Problem) -> dict[int, np.ndarray]:
    """What each load draws by the guide, W."""
    guided = guide(Case.of(problem), 10.0)
    assert guided is not None
    return {index: np.round(power, 6) for index, power in guided.drawn.items()}


@pytest.mark.parametrize("seed", range(20))
def test_few_loads_in_few_steps_cost_next_to_nothing_more_than_the_best_of_all_schedules(seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem = home(uniform(7), seed, devices=())
    steps = tuple(
        msgspec.structs.replace(
            step,
            buy=(Segment(Price(int(buy))),),
            sell=(Segment(Price(int(buy) - 60_000)),),
            pv=float(sun),
        )
        for step, buy, sun in zip(
            problem.steps, rng.integers(100_000, 200_000, 7), rng.integers(0, 4_000, 7), strict=True
        )
    )
    loads = ((1_500, 3), (2_000, 2))
    within = Interval(START, Duration(7 * FIVE_MINUTES))
    problem = with_loads(
        msgspec.structs.replace(problem, steps=steps),
        *(any_time(watts, Duration(count * FIVE_MINUTES), within) for watts, count in loads),
    )
    case = Case.of(problem)

    def cost(*runs: np.ndarray) -> float:
        return float(case.tariff.cost(case.fixed + sum(runs) * case.grid.hours).sum())

    def schedules(watts: int, count: int) -> list[np.ndarray]:
        return [np.isin(np.arange(7), chosen) * float(watts) for chosen in combinations(range(7), count)]

    each = [cost(*runs) for runs in product(*(schedules(*load) for load in loads))]

    drawn = found(problem)

    assert [int((drawn[index] > 0).sum()) for index in (0, 1)] == [3, 2]
    assert cost(*drawn.values()) <= min(each) + 0.02 * (max(each) - min(each))


def test_runs_stay_within_their_windows() -> None:
    problem = home(uniform(288), devices=("battery",))
    windows = tuple(
        Window(
            start=Instant(START + first * HOUR), end=Instant(START + last * HOUR), run=Duration(run * HOUR)
        )
        for first, last, run in ((2, 9, 2), (11, 23, 3))
    )
    load = msgspec.structs.replace(any_time(1_500, Duration(HOUR), DAY), windows=windows)

    drawn = found(with_loads(problem, load, any_time(2_000, Duration(4 * HOUR), DAY)))

    runs = drawn[1] > 0
    assert [int(part.sum()) for part in np.split(runs, [24, 108, 132, 276])] == [0, 24, 0, 36, 0]
    assert int((drawn[2] > 0).sum()) == 48


def test_loads_with_rules_of_their_own_keep_them_beside() -> None:
    wash = SingleRun(
        id="wash", profile=(Power(2_000), Power(300)), profile_step=Duration(30 * MINUTE),
        ready_by=Instant(START + 20 * HOUR),
    )  # fmt: skip
    pump = DailyRun(
        id="pump", power=Power(1_100), min_run=Duration(2 * HOUR),
        windows=(Window(start=START, end=Instant(START + 24 * HOUR), run=Duration(4 * HOUR)),),
    )  # fmt: skip
    problem = home(uniform(288), devices=("battery",))

    drawn = found(with_loads(problem, wash, pump, any_time(1_500, Duration(3 * HOUR), DAY)))

    started = np.flatnonzero(drawn[1])[0]
    assert list(drawn[1][started : started + 12]) == [2_000] * 6 + [300] * 6
    assert drawn[1].sum() == 6 * 2_300
    edges = np.flatnonzero(np.diff(np.concatenate([[0], drawn[2] > 0, [0]])))
    assert all(end - begin >= 24 for begin, end in edges.reshape(-1, 2))
    assert int((drawn[2] > 0).sum()) == 48
    assert int((drawn[3] > 0).sum()) == 36


def test_of_many_loads_the_strongest_choose_at_once_and_all_run_as_long_as_they_shall() -> None:
    problem = home(uniform(96), devices=("battery",))
    within = Interval(START, Duration(8 * HOUR))
    loads = [any_time(400 + 200 * number, Duration(2 * HOUR), within) for number in range(MOST + 2)]
    problem = with_loads(problem, *loads)

    fitted = {each.load for each in stretches(Case.of(problem))}

    assert fitted == set(range(3, MOST + 3))
    assert {int((power > 0).sum()) for power in found(problem).values()} == {24}


def test_where_steps_differ_in_length_runs_do_not_change_places() -> None:
    problem = with_loads(home(tapering(), devices=()), any_time(1_500, Duration(3 * HOUR), DAY))

    assert stretches(Case.of(problem)) == []
