"""Forecasts from the home's own past: what a sceptic would ask of them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from temix_gateway.planning.forecast import FIRST_DAY_WATTS, History, Kind
from temix_market.errors import InvalidField
from temix_market.instants import HOUR, QUARTER, Duration, Instant, from_datetime, to_datetime
from temix_market.intervals import Interval

HOUSTON = ZoneInfo("America/Chicago")
DAY = Duration(24 * HOUR)
NOW = from_datetime(datetime(2021, 6, 9, 12, tzinfo=HOUSTON))  # a Wednesday


def past(power: Callable[[datetime], float], days: int, now: Instant = NOW) -> list[tuple[Interval, float]]:
    """What a meter saw in the hours before ``now``."""
    return [
        (Interval(Instant(at), HOUR), power(to_datetime(Instant(at)).astimezone(HOUSTON)))
        for at in range(now - days * DAY, now, HOUR)
    ]


def ahead(hours: int, now: Instant = NOW) -> list[Interval]:
    return [Interval(Instant(now + hour * HOUR), HOUR) for hour in range(hours)]


def test_what_never_changes_is_expected_to_stay() -> None:
    found = History.of(Kind.LOAD, HOUSTON, past(lambda _: 700.0, 30), NOW).forecast(NOW, ahead(36))
    assert found.expected == pytest.approx(np.full(36, 700.0), rel=1e-3)
    assert found.at_most[0] == pytest.approx(np.full(36, 700.0), rel=1e-3)


def test_a_weekend_is_told_from_a_workday() -> None:
    def power(at: datetime) -> float:
        return 1_500.0 if at.weekday() >= 5 else 300.0

    history = History.of(Kind.LOAD, HOUSTON, past(power, 56), NOW)
    found = history.forecast(NOW, ahead(24 * 5), (0.5,))
    by_day = {step.start: power for step, power in zip(ahead(24 * 5), found.at_most[0], strict=True)}
    saturday = from_datetime(datetime(2021, 6, 12, 12, tzinfo=HOUSTON))
    thursday = from_datetime(datetime(2021, 6, 10, 12, tzinfo=HOUSTON))
    assert by_day[saturday] == pytest.approx(1_500, rel=0.05)
    assert by_day[thursday] == pytest.approx(300, rel=0.05)


def test_on_the_first_day_a_usual_home_is_assumed_and_little_is_certain() -> None:
    found = History.of(Kind.LOAD, HOUSTON, [], NOW).forecast(NOW, ahead(24))
    assert found.expected.mean() == pytest.approx(FIRST_DAY_WATTS, rel=0.01)
    assert (found.at_most[2] > 1.3 * found.at_most[0]).all()
    sun = History.of(Kind.PV, HOUSTON, [], NOW).forecast(NOW, ahead(24))
    assert (sun.expected == 0).all()


def lively(at: datetime) -> float:
    """A home of 900 W on average: evenings, late weekends, and chance."""
    chance = np.random.default_rng(at.toordinal() * 24 + at.hour).gamma(16, 1 / 16)
    awake = 9 <= at.hour < 23 if at.weekday() >= 5 else 6 <= at.hour < 8 or 17 <= at.hour < 23
    return float((400 + 1_100 * awake) * chance)


def error_after(days: int) -> float:
    """Mean absolute error (W) of what is expected of the next day, at some moments, after so many days."""
    errors = []
    for moment in range(8):
        now = Instant(NOW + moment * 29 * HOUR)
        steps = ahead(24, now)
        came = [lively(to_datetime(step.start).astimezone(HOUSTON)) for step in steps]
        found = History.of(Kind.LOAD, HOUSTON, past(lively, days, now), now).forecast(now, steps)
        errors.append(np.abs(found.expected - came).mean())
    return float(np.mean(errors))


def test_a_day_teaches_much_and_the_first_week_most_of_what_there_is_to_learn() -> None:
    nothing, day, week, all_days = (error_after(days) for days in (0, 1, 7, 56))
    assert day < 0.9 * nothing
    assert week < 0.9 * day
    assert week < 1.1 * all_days


def test_the_first_sunny_day_is_expected_again_and_the_second_tempers_it() -> None:
    def sun(at: datetime) -> float:
        return 3_000.0 if 9 <= at.hour < 15 else 0.0

    now = Instant(NOW - 12 * HOUR)  # midnight
    noon = ahead(24, now)[11:13]
    one = History.of(Kind.PV, HOUSTON, past(sun, 1, now), now).forecast(now, noon)
    assert one.expected == pytest.approx([3_000] * 2, rel=0.15)
    clouded = [(step, power / 3 if step.start >= now - DAY else power) for step, power in past(sun, 2, now)]
    two = History.of(Kind.PV, HOUSTON, clouded, now).forecast(now, noon)
    assert (two.expected > 1_100).all()
    assert (two.expected < 2_300).all()


def test_one_day_that_was_seen_replaces_the_assumed_one() -> None:
    found = History.of(Kind.LOAD, HOUSTON, past(lambda _: 2_000.0, 1), NOW).forecast(NOW, ahead(24))
    assert found.expected.mean() == pytest.approx(2_000, rel=0.1)


def test_what_the_last_hours_drew_more_wears_off() -> None:
    seen = past(lambda _: 500.0, 30)
    seen[-2:] = [(step, 1_500.0) for step, _ in seen[-2:]]
    found = History.of(Kind.LOAD, HOUSTON, seen, NOW).forecast(NOW, ahead(12))
    over = found.expected - 500
    assert over[0] > 700
    assert (np.diff(over[:6]) < 0).all()
    assert abs(over[-1]) < 25


def test_the_sun_never_draws_and_night_stays_dark() -> None:
    def power(at: datetime) -> float:
        return max(0.0, 4_000 * np.sin((at.hour - 6) / 12 * np.pi)) if 6 <= at.hour < 18 else 0.0

    seen = past(power, 20)
    seen[-2:] = [(step, 0.0) for step, _ in seen[-2:]]  # clouds have come
    found = History.of(Kind.PV, HOUSTON, seen, NOW).forecast(NOW, ahead(36))
    assert (found.at_most >= 0).all()
    assert found.expected[:1] < 2_500
    midnight = next(i for i, step in enumerate(ahead(36)) if to_datetime(step.start).hour == 6)
    assert found.expected[midnight] == 0


@pytest.mark.parametrize(
    "day", [datetime(2021, 3, 14, 0, tzinfo=HOUSTON), datetime(2021, 11, 7, tzinfo=HOUSTON)]
)
def test_a_day_of_23_or_25_hours_keeps_the_time_of_the_clock(day: datetime) -> None:
    now = from_datetime(day)
    seen = past(lambda at: 2_000.0 if at.hour == 18 else 100.0, 40, now)
    steps = ahead(30, now)
    found = History.of(Kind.LOAD, HOUSTON, seen, now).forecast(now, steps, (0.5,))
    peak = steps[int(found.at_most[0].argmax())]
    assert to_datetime(peak.start).astimezone(HOUSTON).hour == 18


def test_quantiles_hold_what_they_say_of_independent_days() -> None:
    rng = np.random.default_rng(5)
    by_day = {day: rng.uniform(0, 1_000) for day in range(-60, 1)}

    def power(at: datetime) -> float:
        return by_day[(at.date() - to_datetime(NOW).astimezone(HOUSTON).date()).days]

    now = Instant(NOW - 12 * HOUR)
    found = History.of(Kind.LOAD, HOUSTON, past(power, 56, now), now).forecast(
        now, ahead(30, now)[20:], (0.1, 0.9)
    )
    assert found.at_most[0].mean() == pytest.approx(100, abs=120)
    assert found.at_most[1].mean() == pytest.approx(900, abs=120)


def test_what_is_no_number_is_refused() -> None:
    step = Interval(Instant(NOW - HOUR), HOUR)
    with pytest.raises(InvalidField, match="power"):
        History.of(Kind.LOAD, HOUSTON, [(step, float("nan"))], NOW)
    with pytest.raises(InvalidField, match="quantiles"):
        History.of(Kind.LOAD, HOUSTON, [], NOW).forecast(NOW, ahead(1), (0.9, 0.1))


@given(st.lists(st.floats(-1e5, 1e5), max_size=40), st.integers(0, 20))
def test_nothing_after_now_is_known_to_it(powers: list[float], later: int) -> None:
    seen = [
        (Interval(Instant(NOW - (index + 1) * QUARTER), QUARTER), power) for index, power in enumerate(powers)
    ]
    future = [(Interval(Instant(NOW + index * QUARTER), QUARTER), 1e6) for index in range(later)]
    steps = ahead(4)
    one = History.of(Kind.LOAD, HOUSTON, seen, NOW).forecast(NOW, steps)
    other = History.of(Kind.LOAD, HOUSTON, seen + future, NOW).forecast(NOW, steps)
    assert (one.expected == other.expected).all()
    assert np.isfinite(one.expected).all()
    assert (np.diff(one.at_most, axis=0) >= -1e-6).all()


def test_yesterday_counts_more_than_a_month_ago() -> None:
    moved = to_datetime(NOW) - timedelta(days=14)
    seen = past(lambda at: 1_000.0 if at > moved else 200.0, 56)
    found = History.of(Kind.LOAD, HOUSTON, seen, NOW).forecast(NOW, ahead(36))
    assert found.expected.mean() > 600
