"""EMHASS's published fourteen days, where the data are: they may not be part of this repository."""

import pytest

from tests import real_data
from tests.gateway.planning import published

pytestmark = real_data.needs(published.DATA)


def test_without_a_battery_the_days_cost_what_the_study_says() -> None:
    assert published.without() == pytest.approx(published.NO_BATTERY, abs=5e-5)


@pytest.mark.timeout(60)
def test_knowing_all_the_planner_reaches_the_optimum_of_the_study() -> None:
    assert published.perfect() == pytest.approx(published.PERFECT, abs=1e-4)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_knowing_only_the_past_it_stays_below_what_was_promised() -> None:
    lived = published.rolling()

    assert lived.paid <= 79.75
    assert lived.stored == pytest.approx(published.USUAL, abs=5)
