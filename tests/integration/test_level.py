"""Which levels of a battery are believed: those that a battery can have, and nothing is believed for ever."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from custom_components.temix.response.level import JUMP, SETTLES, Level

NOON = datetime(2026, 11, 24, 18, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_a_glitch_is_not_used_and_is_told() -> None:
    level = Level()
    assert level.read(40, NOON) == 40
    assert level.read(96, NOON + MINUTE) == 40
    assert not level.jumps(NOON + MINUTE)
    assert level.read(41, NOON + 2 * MINUTE) == 41
    assert level.jumps(NOON + 2 * MINUTE)
    assert not level.jumps(NOON + timedelta(days=2))


def test_a_jump_that_lasts_was_none() -> None:
    level = Level()
    level.read(80, NOON)
    for minutes in range(1, 10):
        assert level.read(5, NOON + minutes * MINUTE) == 80
    assert level.read(5, NOON + MINUTE + SETTLES) == 5
    assert not level.jumps(NOON + MINUTE + SETTLES)


def test_nonsense_is_none() -> None:
    level = Level()
    assert level.read(-1, NOON) is None
    assert level.read(255, NOON) is None
    assert level.read(None, NOON) is None
    assert level.read(33, NOON) == 33


def test_charging_is_never_doubted() -> None:
    level, value = Level(), 10.0
    for minutes in range(60):
        value = min(100.0, value + 1.5)
        assert level.read(value, NOON + minutes * MINUTE) == value


@given(st.lists(st.floats(0, 100), min_size=1, max_size=40))
def test_what_is_used_moves_no_faster_than_a_battery(readings: list[float]) -> None:
    level, used = Level(), None
    for number, reading in enumerate(readings):
        before, used = used, level.read(reading, NOON + number * MINUTE)
        assert used is not None
        if before is not None and number < SETTLES // MINUTE:
            assert abs(used - before) <= JUMP + 3.0 * (number + 1)
