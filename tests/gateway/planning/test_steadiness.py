"""Noise does not flip devices: a day of plans made again and again switches hardly more than one plan."""

import numpy as np
import pytest
from temix_market.instants import HOUR, Duration

from tests.gateway.planning.rolling import live, single

MUCH = 0.005
"""Standard deviation of the noise: half a cent on each price to come, 5 % on each load."""


def _shaken(seed: int, count: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, MUCH, count)


@pytest.mark.timeout(60)
def test_noisy_plans_of_two_hours_switch_hardly_more_than_one_plan() -> None:
    until = Duration(2 * HOUR)
    seeds = iter(range(10_000))
    day = live(until, 1, lambda count: _shaken(next(seeds), count), budget=2.0)
    assert day.switches <= max(1.1 * single(until, budget=2.0), 1)


@pytest.mark.long
@pytest.mark.timeout(3_600)
def test_a_thousand_noisy_plans_of_a_day_switch_hardly_more_than_one_plan() -> None:
    until = Duration(24 * HOUR)
    seeds = iter(range(10_000))
    day = live(until, 4, lambda count: _shaken(next(seeds), count), budget=2.0)
    assert day.plans >= 1_000
    assert day.switches <= 1.1 * single(until, budget=10.0)
