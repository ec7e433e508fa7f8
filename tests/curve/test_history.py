"""What has passed, and how published hours move."""

from datetime import timedelta

from custom_components.temix.client import Spot
from custom_components.temix.client.wire import from_ms
from custom_components.temix.curve.history import KEPT, History
from custom_components.temix.curve.revisions import Moved, Revisions
from custom_components.temix.curve.segments import FIVE_MINUTES, HOUR
from tests.curve.builder import START, curve


def spot(number: int, buy: int | None = 5) -> Spot:
    """The spot of the interval with this number."""
    return Spot(start=START + number * FIVE_MINUTES, end=START + (number + 1) * FIVE_MINUTES, buy=buy, sell=1)


def test_of_one_interval_the_last_word_counts() -> None:
    history = History().seen(spot(0), START).seen(spot(0, 7), START).seen(spot(1, None), START)
    assert history.spots == (spot(0, 7), spot(1, None))
    assert history.seen(spot(0, 9), START) == history  # the past does not change


def test_what_is_old_is_forgotten() -> None:
    history = History().seen(spot(0), START).seen(spot(1), START)
    later = START + FIVE_MINUTES + KEPT
    assert history.seen(None, later).spots == (spot(1),)


def test_stored_and_read_again() -> None:
    history = History().seen(spot(0), START).seen(spot(1, None), START)
    assert History.load(history.dump()) == history


def test_small_steps_of_an_hour_add_up() -> None:
    revisions = Revisions(20)
    assert revisions.look(curve(0, 100_000, 50_000), START) == []
    assert revisions.look(curve(0, 110_000, 50_000), START) == []
    assert revisions.look(curve(0, 120_000, 50_000), START) == [Moved(START + HOUR, 100_000, 120_000)]
    assert revisions.look(curve(0, 120_000, 50_000), START) == []
    (down,) = revisions.look(curve(0, 90_000, 50_000), START)
    assert (down.before, down.percent) == (120_000, -25)


def test_quarters_of_an_hour_are_looked_at_as_one_and_a_begun_or_unknown_hour_is_not() -> None:
    revisions = Revisions(20)
    now = START + FIVE_MINUTES
    whole = curve(100_000, 100_000, 100_000)
    revisions.look(whole, now)
    quarters = curve(60_000, 140_000, 60_000, 180_000, start=START + HOUR, length=HOUR / 4)
    assert revisions.look([*curve(900_000), *quarters], now) == []
    assert revisions.look(quarters[:3], now) == []


def test_an_hour_near_zero_moves_by_a_share_of_a_cent() -> None:
    revisions = Revisions(20)
    revisions.look(curve(0, 0), START)
    assert revisions.look(curve(0, 1_000), START) == []
    assert [moved.percent for moved in revisions.look(curve(0, -2_000), START)] == [-20]


def test_hours_that_pass_are_forgotten() -> None:
    revisions = Revisions(20)
    revisions.look(curve(*[100_000] * 4), START)
    revisions.look(curve(*[100_000] * 2, start=START + 2 * HOUR), START + timedelta(hours=2))
    assert [*map(from_ms, revisions._told)] == [START + 3 * HOUR]
