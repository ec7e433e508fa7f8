"""Registers become readings: every Wh once, none invented, whatever the meter does between two looks."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from custom_components.temix.client.register import Look, passed

NOON = datetime(2026, 11, 24, 18, tzinfo=UTC)
STEP = timedelta(minutes=5)
MOST = 24_000.0


def look(steps: int, imported: float, exported: float | None = None) -> Look:
    return Look(NOON + steps * STEP, {"from": imported}, {} if exported is None else {"to": exported})


def test_five_minutes() -> None:
    found = passed(look(0, 1_000_000, 50_000), look(1, 1_000_210, 50_020), MOST)
    assert found.reading is not None
    assert (found.reading.start, found.reading.end, found.reading.energy) == (NOON, NOON + STEP, 190)


def test_time_without_the_meter_is_one_long_reading() -> None:
    found = passed(look(0, 1_000_000), look(7, 1_001_400), MOST)
    assert found.reading is not None
    assert (found.reading.end - found.reading.start, found.reading.energy) == (7 * STEP, 1_400)


def test_a_reset_and_a_roll_over_count_from_zero() -> None:
    found = passed(look(0, 99_999_900), look(1, 120), MOST)
    assert found.reading is not None
    assert (found.reading.energy, found.fell) == (120, ("from",))


def test_a_new_meter_is_a_new_baseline() -> None:
    found = passed(look(0, 99_999_900), look(1, 42_000_000), MOST)
    assert found.reading is not None
    assert (found.reading.energy, found.fell, found.too_much) == (0, ("from",), ())
    assert passed(look(1, 42_000_000), look(2, 42_000_100), MOST).reading.energy == 100  # type: ignore[union-attr]


def test_more_than_the_connection_lets_through_is_not_reported() -> None:
    """A register of Wh that says kWh."""
    found = passed(look(0, 1_000_000_000), look(1, 1_000_210_000), MOST)
    assert (found.reading, found.too_much) == (None, ("from",))


def test_a_register_that_is_new_begins_where_it_stands() -> None:
    found = passed(look(0, 1_000_000), look(1, 1_000_100, 77_000), MOST)
    assert found.reading is not None
    assert found.reading.energy == 100


def test_nothing_is_said_of_time_that_did_not_pass_or_is_final() -> None:
    assert passed(look(1, 1_000), look(1, 1_100), MOST).reading is None
    assert passed(look(2, 1_000), look(1, 1_100), MOST).reading is None
    assert passed(look(0, 1_000), look(12 * 24 * 11, 1_100), MOST).reading is None


@given(st.lists(st.tuples(st.floats(0, 1_500), st.floats(0, 1_500), st.booleans()), min_size=1, max_size=60))
def test_all_readings_sum_to_what_the_registers_moved(moves: list[tuple[float, float, bool]]) -> None:
    """Also with looks left out, in which the meter was away."""
    totals = [5_000.25, 700.5]
    before = first = look(0, *totals)
    energy = 0.0
    for number, (imported, exported, seen) in enumerate(moves, 1):
        totals[0] += imported
        totals[1] += exported
        if not seen and number < len(moves):
            continue
        now = look(number, *totals)
        found = passed(before, now, MOST)
        assert found.reading is not None
        assert (found.reading.start, found.reading.end) == (before.at, now.at)
        energy += found.reading.energy
        before = now
    moved = [round(before.imported["from"]) - round(first.imported["from"])]
    moved.append(round(before.exported["to"]) - round(first.exported["to"]))
    assert energy == moved[0] - moved[1]


def test_a_look_survives_the_disk() -> None:
    assert Look.of(look(3, 1.5, 2.5).stored()) == look(3, 1.5, 2.5)
