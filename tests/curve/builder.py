"""Curves for tests."""

from datetime import UTC, datetime, timedelta
from itertools import accumulate

from hypothesis import strategies as st

from custom_components.temix.curve.segments import FIVE_MINUTES, HOUR, Segment

START = datetime(2021, 11, 24, 18, tzinfo=UTC)


def curve(*values: int, start: datetime = START, length: timedelta = HOUR) -> list[Segment]:
    """Segments of equal length, one after another."""
    return [
        Segment(start + number * length, start + (number + 1) * length, value)
        for number, value in enumerate(values)
    ]


@st.composite
def curves(draw: st.DrawFn, most: int = 24, *, gaps: bool = True) -> list[Segment]:
    """Curves of mixed resolution, with negative prices, ties and, if wanted, gaps."""
    lengths = draw(st.lists(st.sampled_from([1, 3, 12]), min_size=1, max_size=most))
    edges = [0, *accumulate(lengths)]
    values = draw(
        st.lists(st.integers(-5, 25), min_size=len(lengths), max_size=len(lengths)).map(
            lambda cents: [cent * 10_000 for cent in cents]
        )
    )
    keep = draw(st.lists(st.integers(0, 9), min_size=len(lengths), max_size=len(lengths)))
    return [
        Segment(START + first * FIVE_MINUTES, START + last * FIVE_MINUTES, value)
        for first, last, value, kept in zip(edges, edges[1:], values, keep, strict=False)
        if kept or not gaps
    ]
