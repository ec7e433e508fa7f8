"""Days with eight responses, people who interfere and things that fail: nobody complains."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.faults.home.clock import run
from tests.faults.home.days import Life

MOST_GROWN = 5 * 2**20
"""Bytes."""
START = datetime(2026, 11, 24, 18, tzinfo=UTC)


def lived(seed: int, days: int) -> Life:
    life: list[Life] = []

    async def whole() -> None:
        life.append(Life(seed, START))
        await life[0].live(START + timedelta(days=days))

    run(START, whole())
    return life[0]


@pytest.mark.timeout(240)
def test_two_days() -> None:
    life = lived(seed := 1, 2)
    assert life.days.complaints == [], f"seed {seed}"
    assert life.days.touched
    assert life.days.faults
    assert life.days.cars == 2
    assert grown(life) < MOST_GROWN


@pytest.mark.long
def test_thirty_days_without_a_complaint() -> None:
    life = lived(seed := 3, 30)
    assert life.days.complaints == [], f"seed {seed}"
    assert life.days.cars >= 29
    assert len(life.days.touched) >= 30
    assert grown(life) < MOST_GROWN, life.days.weights


def grown(life: Life) -> int:
    """Bytes, from the end of the first day to that of the last."""
    return life.days.weights[-1] - life.days.weights[0]
