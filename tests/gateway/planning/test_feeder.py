"""Homes do not herd: on one feeder, where prices follow the load, their cars hardly raise the peak."""

import numpy as np
import pytest

from tests.gateway.planning import feeder

MOST = 1.5
"""Times the least peak that could be."""


@pytest.mark.timeout(60)
@pytest.mark.parametrize("deep", [True, False])
def test_cars_of_a_feeder_keep_their_peak_near_the_least(deep: bool) -> None:
    fleet = feeder.cars(48, seed=1)

    drawn = feeder.night(fleet, deep=deep, turns=2)

    assert drawn.sum() * 250 == pytest.approx(sum(car.wanted for car in fleet), rel=0.01)
    peak = float((drawn + feeder.base(len(fleet))).max())
    assert peak <= MOST * feeder.least_peak(fleet)
    assert peak < 0.6 * _at_once(fleet)


def _at_once(fleet: list[feeder.Car]) -> float:
    """The peak where every car charges when it comes, kW."""
    drawn = feeder.base(len(fleet))
    for car in fleet:
        left = car.wanted / 250
        for step in range(car.comes, car.leaves):
            drawn[step] += min(feeder.MAX_POWER / 1000, left)
            left = max(0.0, left - feeder.MAX_POWER / 1000)
    return float(np.max(drawn))
