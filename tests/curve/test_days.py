"""Days have 23, 24 or 25 hours, and figures say how much of one is known."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custom_components.temix.curve.days import Day, Figures, percentile, rank
from custom_components.temix.curve.segments import FIVE_MINUTES, HOUR, Segment, known, mean
from tests.curve.builder import START, curve, curves


@pytest.mark.parametrize(
    "zone, date, hours",
    [
        ("America/Chicago", (2026, 3, 8), 23),
        ("America/Chicago", (2026, 11, 1), 25),
        ("America/Chicago", (2026, 11, 2), 24),
        ("Europe/Berlin", (2026, 3, 29), 23),
        ("Europe/Berlin", (2026, 10, 25), 25),
        ("Australia/Lord_Howe", (2026, 4, 5), 24.5),
        ("Australia/Lord_Howe", (2026, 10, 4), 23.5),
        ("Asia/Kathmandu", (2026, 6, 1), 24),
        ("America/Santiago", (2026, 9, 6), 23),  # midnight itself is left out
    ],
)
def test_length_of_a_day(zone: str, date: tuple[int, int, int], hours: float) -> None:
    noon = datetime(*date, 12, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    day = Day.around(noon, ZoneInfo(zone))
    assert day.length == timedelta(hours=hours)
    assert day.start.astimezone(ZoneInfo(zone)).date().timetuple()[:3] == date
    assert (day.start - FIVE_MINUTES).astimezone(ZoneInfo(zone)).date().timetuple()[:3] < date
    assert Day.around(noon, ZoneInfo(zone), 1).start == day.end


@given(
    st.integers(0, 17 * 8766).map(lambda hours: datetime(2020, 1, 1, tzinfo=UTC) + hours * HOUR),
    st.sampled_from(["Europe/Helsinki", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"]),
)
def test_every_instant_lies_in_its_day(instant: datetime, name: str) -> None:
    day = Day.around(instant, ZoneInfo(name))
    assert day.start <= instant < day.end
    assert Day.around(day.end, ZoneInfo(name)).start == day.end


def test_figures_of_a_day_in_mixed_resolution() -> None:
    day = Day(START, START + 3 * HOUR)
    prices = [
        *curve(30, 10, 10, length=FIVE_MINUTES * 4),
        *curve(90, 50, start=START + HOUR),
    ]
    figures = Figures.of(prices, day)
    assert figures is not None
    assert figures.lowest == Segment(START + 4 * FIVE_MINUTES, START + 8 * FIVE_MINUTES, 10)
    assert figures.highest == Segment(START + HOUR, START + 2 * HOUR, 90)
    assert figures.mean == round((50 / 3 + 90 + 50) / 3)
    assert figures.complete
    assert Figures.of(prices[1:], day) is not None
    assert not Figures.of(prices[1:], day).complete  # type: ignore[union-attr]


def test_nothing_known_of_a_day() -> None:
    assert Figures.of(curve(1, 2), Day(START + 2 * HOUR, START + 4 * HOUR)) is None


def test_figures_cut_what_reaches_beyond_the_day() -> None:
    figures = Figures.of(curve(10, 20), Day(START + HOUR / 2, START + 3 * HOUR / 2))
    assert figures is not None
    assert (figures.mean, figures.complete) == (15, True)
    assert figures.lowest.start == START + HOUR / 2


@pytest.mark.parametrize("price, expected", [(10, 1), (11, 2), (20, 2), (30, 3), (31, 4)])
def test_rank_counts_whole_cheaper_hours(price: int, expected: int) -> None:
    assert rank(curve(30, 10, 20), price) == expected


def test_percentile() -> None:
    prices = curve(30, 10, 20, 20)
    assert [percentile(prices, price) for price in (5, 10, 20, 30, 31)] == [0, 12.5, 50, 87.5, 100]
    assert percentile([], 5) is None


@given(curves())
def test_mean_lies_between_lowest_and_highest(prices: list[Segment]) -> None:
    figures = Figures.of(prices, Day(START - HOUR, START + 1000 * HOUR))
    if figures is None:
        assert known(prices) == timedelta()
        assert mean(prices) is None
    else:
        assert figures.lowest.value <= figures.mean <= figures.highest.value
