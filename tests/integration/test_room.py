"""Who may draw how much: never more than the home may import together, whatever starts when."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custom_components.temix.response.room import Rank, Room

LIMIT = 9_000.0


class Clock:
    """Seconds, as a test sets them."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def room(limit: float | None = LIMIT) -> tuple[Room, Clock]:
    clock = Clock()
    return Room(lambda: limit, clock), clock


def test_without_a_limit_everything_is_granted() -> None:
    shared, _ = room(None)
    shared.draws("tank", 20_000)
    assert shared.granted("car", 11_000, Rank.PLAN) == 11_000


def test_who_comes_second_gets_what_is_left() -> None:
    shared, _ = room()
    shared.draws("tank", shared.granted("tank", 3_000, Rank.PLAN))
    assert shared.granted("car", 11_000, Rank.PLAN) == 6_000
    shared.draws("tank", 0)
    assert shared.granted("car", 9_000, Rank.PLAN) == 9_000


def test_a_deadline_is_waited_for() -> None:
    """The car must start, the tank gives way first, and between them there is never too much."""
    shared, _ = room()
    shared.draws("tank", 3_000)
    assert shared.granted("car", 9_000, Rank.DEADLINE) == 6_000
    assert shared.granted("tank", 3_000, Rank.PLAN) == 0
    shared.draws("tank", 0)
    assert shared.granted("car", 9_000, Rank.DEADLINE) == 9_000
    shared.draws("car", 9_000)
    shared.wants_nothing("car")
    assert shared.granted("tank", 3_000, Rank.PLAN) == 0


def test_the_rest_of_the_home_is_learned_from_the_meter() -> None:
    shared, clock = room()
    shared.draws("tank", 3_000)
    clock.now = 150
    shared.draws("tank", 0)
    clock.now = 300
    shared.measured(3_500)  # half of the time 3000 W were the tank's
    assert shared.granted("car", 9_000, Rank.PLAN) == pytest.approx(7_000)


@given(st.integers(0, 2**32), st.floats(1_000, 20_000))
def test_together_they_never_draw_more_than_the_limit(seed: int, limit: float) -> None:
    draw = random.Random(seed)
    shared, clock = room(limit)
    drawn = dict.fromkeys("abcde", 0.0)
    for _ in range(60):
        clock.now += draw.random() * 60
        who = draw.choice("abcde")
        wanted = draw.choice([0.0, draw.uniform(100, 8_000)])
        granted = shared.granted(who, wanted, draw.choice(list(Rank)))
        drawn[who] = granted if draw.random() < 0.5 or granted >= wanted else 0.0
        shared.draws(who, drawn[who])
        assert sum(drawn.values()) <= limit + 1e-6, f"seed {seed}"
