"""Windows, against trying everything."""

from datetime import datetime, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from custom_components.temix.curve.segments import FIVE_MINUTES, HOUR, Segment
from custom_components.temix.curve.windows import Found, Search, contiguous, cost, split
from tests.curve.builder import START, curve, curves

MINUTE = timedelta(minutes=1)


def at(prices: list[Segment], instant: datetime) -> int | None:
    """The price around an instant, looked up plainly."""
    return next((segment.value for segment in prices if segment.start <= instant < segment.end), None)


def by_minutes(prices: list[Segment], start: datetime, profile: list[int], part: int) -> int | None:
    """Σ price × W over minutes of a run whose parts take ``part`` minutes each."""
    total = 0
    for minute in range(part * len(profile)):
        price = at(prices, start + minute * MINUTE)
        if price is None:
            return None
        total += price * profile[minute // part]
    return total


searches = st.tuples(
    st.integers(1, 8),  # length in 5 minutes
    st.lists(st.integers(0, 4_000), min_size=1, max_size=5),
    st.integers(-7, 40),  # earliest, in minutes after the start
    st.integers(5, 400),  # latest
    st.booleans(),
)


@given(curves(8), searches)
def test_contiguous_is_the_best_of_all(
    prices: list[Segment], wanted: tuple[int, list[int], int, int, bool]
) -> None:
    units, powers, earliest, latest, dearest = wanted
    profile = (powers * units)[:units] if len(powers) > 1 else powers
    part = 5 * units // len(profile)
    first, last = START + earliest * MINUTE, START + latest * MINUTE
    length = units * FIVE_MINUTES
    starts = [START + number * FIVE_MINUTES for number in range(-2, 100)]
    everything = [
        (total, start)
        for start in starts
        if start >= first
        and start + length <= last
        and (total := by_minutes(prices, start, profile, part)) is not None
    ]
    found = contiguous(
        prices,
        Search(length=length, earliest=first, latest=last, profile=tuple(profile), dearest=dearest),
    )
    if not everything:
        assert found is None
        return
    total, start = min(everything, key=lambda one: (-one[0] if dearest else one[0], one[1]))
    assert found == Found(((start, start + length),), Fraction(total, 60))
    assert cost(prices, start, length, tuple(profile)) == found.cost


@given(curves(8), st.integers(1, 12), st.lists(st.integers(0, 3000), min_size=1, max_size=7), st.booleans())
def test_contiguous_is_the_best_also_where_parts_end_between_marks(
    prices: list[Segment], units: int, profile: list[int], dearest: bool
) -> None:
    length, last = units * FIVE_MINUTES, START + 7 * HOUR
    search = Search(length=length, earliest=START, latest=last, profile=tuple(profile), dearest=dearest)
    starts = [START + number * FIVE_MINUTES for number in range(7 * 12 - units + 1)]
    totals = [cost(prices, start, length, tuple(profile)) for start in starts]
    known = [total for total in totals if total is not None]
    found = contiguous(prices, search)
    if not known:
        assert found is None
        return
    best = (max if dearest else min)(known)
    assert found is not None
    assert found.cost == best
    assert found.windows == ((starts[totals.index(best)], starts[totals.index(best)] + length),)


@given(curves(8), searches)
def test_split_takes_the_best_units(
    prices: list[Segment], wanted: tuple[int, list[int], int, int, bool]
) -> None:
    units, powers, earliest, latest, dearest = wanted
    first, last = START + earliest * MINUTE, START + latest * MINUTE
    everything = [
        (price, start)
        for number in range(-2, 100)
        if (start := START + number * FIVE_MINUTES) >= first
        and start + FIVE_MINUTES <= last
        and (price := at(prices, start)) is not None
    ]
    found = split(
        prices,
        Search(
            length=units * FIVE_MINUTES, earliest=first, latest=last, profile=(powers[0],), dearest=dearest
        ),
    )
    if len(everything) < units:
        assert found is None
        return
    best = sorted(everything, key=lambda one: (-one[0] if dearest else one[0], one[1]))[:units]
    assert found is not None
    assert found.cost == Fraction(sum(price for price, _ in best) * powers[0], 12)
    covered = [
        start + number * FIVE_MINUTES
        for start, end in found.windows
        for number in range((end - start) // FIVE_MINUTES)
    ]
    assert covered == sorted(start for _, start in best)
    assert all(a[1] < b[0] for a, b in zip(found.windows, found.windows[1:], strict=False))


def test_cost_of_a_kilowatt_hour_is_the_price() -> None:
    assert cost(curve(123_456), START, HOUR, (1000,)) == 123_456 * 1000
    assert cost(curve(100, 300), START + HOUR / 2, HOUR, (1000, 3000)) == (100 * 500 + 300 * 1500)


def test_cost_is_unknown_beyond_the_last_price_and_over_a_gap() -> None:
    first, _, last = curve(1, 2, 3)
    assert cost([first, last], START, 3 * HOUR, (1000,)) is None
    assert cost([first], START + HOUR / 2, HOUR, (1000,)) is None
    assert cost([], START, HOUR, (1000,)) is None


def test_of_equal_windows_the_first() -> None:
    found = contiguous(
        curve(5, 5, 5), Search(length=HOUR, earliest=START + 7 * MINUTE, latest=START + 3 * HOUR)
    )
    assert found is not None
    assert found.windows == ((START + 10 * MINUTE, START + 70 * MINUTE),)
