"""Noise does not flip devices: a day of plans made again and again switches hardly more than one plan."""

from collections.abc import Callable
from itertools import count

import numpy as np
import pytest
from temix_market.instants import HOUR, Duration

from tests.gateway.planning.rolling import live, single

MUCH = 0.005
"""Standard deviation of the noise: half a cent on each price to come, 5 % on each load."""
DEARER = 0.1
"""Currency units that a day may cost more than one known beforehand: noise, longer steps, and holding."""


def noises(seed: int) -> Callable[[int], np.ndarray]:
    """Another noise for each plan."""
    seeds = count(100_000 * seed)
    return lambda steps: np.random.default_rng(next(seeds)).normal(0, MUCH, steps)


@pytest.mark.timeout(60)
def test_noisy_plans_of_two_hours_switch_hardly_more_than_one_plan() -> None:
    until = Duration(2 * HOUR)
    day = live(until, 1, noises(0), budget=2.0)
    assert day.switches <= max(1.1 * single(until, budget=2.0).switches, 1)


@pytest.mark.long
@pytest.mark.timeout(3_600)
def test_a_thousand_noisy_plans_of_a_day_switch_hardly_more_than_one_plan() -> None:
    until = Duration(24 * HOUR)
    day = live(until, 4, noises(0), budget=2.0)
    assert day.plans >= 1_000
    knowing = single(until, budget=10.0)
    assert day.switches <= 1.1 * knowing.switches
    assert day.cost <= knowing.cost + DEARER
