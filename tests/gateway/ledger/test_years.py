"""Years of a home's records, generated: the live file stays under 200 MB, and all of it verifies."""

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.ledger_years import live


@pytest.mark.timeout(60)
async def test_days_of_records_are_as_large_as_the_reference_says(tmp_path: Path) -> None:
    figures = await live(tmp_path, 2 / 365.25 + 0.0001, 80)
    assert figures["bytes a day"] < 440_000  # without what is settled finally
    assert figures["signatures"] == 2 * (80 * 3 + 1)  # each day a subscription, too


@pytest.mark.long
async def test_the_live_file_of_years_stays_under_200_mb(
    tmp_path: Path, tell: Callable[[object], None]
) -> None:
    figures = await live(tmp_path, 10, 80, every=28)  # a day in every month
    tell(figures)
    assert figures["live file at most, MB"] < 200, figures
    assert figures["archives"] == 10 * 12 - 14
