"""Levels and spikes."""

from itertools import pairwise

import pytest
from hypothesis import assume, given

from custom_components.temix.curve.levels import Level, Thresholds
from custom_components.temix.curve.segments import FIVE_MINUTES, Segment, known
from tests.curve.builder import START, curve, curves

OWN = Thresholds(very_low=0, low=50_000, high=100_000, very_high=200_000, spike=1_000_000)


@pytest.mark.parametrize(
    "price, level",
    [
        (-10_000, Level.VERY_LOW),
        (0, Level.VERY_LOW),
        (1, Level.LOW),
        (50_000, Level.LOW),
        (50_001, Level.NORMAL),
        (99_999, Level.NORMAL),
        (100_000, Level.HIGH),
        (199_999, Level.HIGH),
        (200_000, Level.VERY_HIGH),
    ],
)
def test_level_by_the_owners_thresholds(price: int, level: Level) -> None:
    assert OWN.level(price) is level


@pytest.mark.parametrize("wrong", [(5, 4, 6, 7), (1, 2, 2, 3), (1, 2, 4, 3)])
def test_thresholds_must_rise(wrong: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="must rise"):
        Thresholds(*wrong, spike=9)


def test_automatic_thresholds_are_tenths_of_the_time() -> None:
    prices = curve(*(10_000 * hour for hour in range(1, 11)))
    found = Thresholds.automatic(prices)
    assert found == Thresholds(
        very_low=10_000, low=30_000, high=70_000, very_high=90_000, spike=max(3 * 50_000, 150_000)
    )


def test_on_a_flat_day_everything_is_normal() -> None:
    found = Thresholds.automatic(curve(*(80_000 + hour for hour in range(24))))
    assert found is not None
    assert {found.level(80_000 + hour) for hour in range(24)} == {Level.NORMAL}


def test_around_zero_half_a_cent_makes_a_difference() -> None:
    found = Thresholds.automatic(curve(0, 0, 0))
    assert found == Thresholds(very_low=-10_000, low=-5_000, high=5_000, very_high=10_000, spike=100_000)


def test_a_spike_is_three_times_the_median_and_ten_cents_above_it() -> None:
    ordinary = Thresholds.automatic(curve(*[80_000] * 23, 9_000_000))
    cheap = Thresholds.automatic(curve(*[10_000] * 23, 50_000))
    negative = Thresholds.automatic(curve(*[-50_000] * 23, 20_000))
    assert [found and found.spike for found in (ordinary, cheap, negative)] == [240_000, 110_000, 50_000]


def test_no_reference_no_thresholds() -> None:
    assert Thresholds.automatic([]) is None


@given(curves())
def test_automatic_thresholds_rise_and_low_prices_are_at_most_as_many_as_said(prices: list[Segment]) -> None:
    assume(prices)
    found = Thresholds.automatic(prices)
    assert found is not None
    levels = [list(Level).index(found.level(price)) for price in range(-60_000, 270_000, 10_000)]
    assert levels == sorted(levels)
    strictly_lower = known([segment for segment in prices if segment.value < found.low])
    assert strictly_lower <= 0.3 * known(prices) + FIVE_MINUTES / 1000


@given(curves())
def test_stretches_cover_exactly_what_is_low_or_high(prices: list[Segment]) -> None:
    stretches = list(OWN.stretches(prices, START))
    covered = [segment for _, stretch in stretches for segment in stretch]
    assert covered == [segment for segment in prices if OWN.level(segment.value) is not Level.NORMAL]
    for level, stretch in stretches:
        assert level in {Level.LOW, Level.HIGH}
        assert {OWN.level(segment.value).is_low for segment in stretch} == {level is Level.LOW}
        assert all(a.end == b.start for a, b in pairwise(stretch))


@given(curves())
def test_a_stretch_in_progress_is_whole(prices: list[Segment]) -> None:
    stretches = list(OWN.stretches(prices, START))
    for since, _, _ in prices:
        ahead = [found for found in stretches if found[1][-1].end > since]
        assert list(OWN.stretches(prices, since)) == ahead


def test_a_gap_ends_a_stretch() -> None:
    first, _, last = curve(1_000, 2_000, 3_000, start=START)
    assert len(list(OWN.stretches([first, last], START))) == 2
