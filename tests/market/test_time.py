"""Instants, durations, intervals, and local days wherever clocks change."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temix_market.calendar import local_date, local_day, trading_horizon
from temix_market.errors import InvalidField
from temix_market.instants import (
    FIVE_MINUTES,
    HOUR,
    MINUTE,
    QUARTER,
    SECOND,
    Duration,
    Instant,
    from_datetime,
    iso,
    iso_duration,
    parse_duration,
    parse_instant,
    to_datetime,
)
from temix_market.intervals import TRADED, Interval, enclosing, first_after, lot, spread_evenly
from temix_market.products import Instrument, Resource
from temix_market.units import Energy

instants = st.integers(-(10**12), 4 * 10**12).map(Instant)


@given(instants)
def test_an_instant_comes_back_from_text_and_datetime(instant: Instant) -> None:
    assert parse_instant(iso(instant)) == instant
    assert from_datetime(to_datetime(instant)) == instant
    assert iso(instant).endswith("Z")


def test_an_offset_is_converted() -> None:
    assert parse_instant("2026-03-29T02:15:00+02:00") == parse_instant("2026-03-29T00:15:00Z")
    assert iso(parse_instant("2026-03-29T00:15:00.250Z")) == "2026-03-29T00:15:00.250Z"


@pytest.mark.parametrize("text", ["", "now", "2026-03-29T00:15:00", "2026-03-29", "2026-02-30T00:00:00Z"])
def test_what_is_no_instant_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidField) as caught:
        parse_instant(text, "expirationTime")
    assert caught.value.field == "expirationTime"


def test_a_datetime_without_zone_is_refused() -> None:
    with pytest.raises(InvalidField, match="has no time zone"):
        from_datetime(datetime(2026, 3, 29))  # noqa: DTZ001 (that is what is refused)


@given(st.integers(1, 10**6).map(lambda seconds: Duration(seconds * 1000)))
def test_a_duration_comes_back_from_its_text(duration: Duration) -> None:
    assert parse_duration(iso_duration(duration)) == duration


def test_durations_read_as_in_iso_8601() -> None:
    assert [iso_duration(d) for d in (HOUR, QUARTER, FIVE_MINUTES)] == ["PT1H", "PT15M", "PT5M"]
    assert iso_duration(Duration(HOUR + MINUTE + SECOND)) == "PT1H1M1S"
    assert iso_duration(Duration(0)) == "PT0S"
    assert iso_duration(Duration(MINUTE + 1_050)) == "PT1M1.050S"
    assert parse_duration("PT60M") == HOUR


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PT",
        "P1D",
        "-PT5M",
        "PT-5M",
        "PT0S",
        "PT0.5S",
        "pt5m",
        "PT5M ",
        "5",
        "PT\u0665M",
        "PT" + "9" * 5000 + "S",
    ],
)
def test_what_is_no_duration_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidField) as caught:
        parse_duration(text, "interval.duration")
    assert caught.value.field == "interval.duration"


@pytest.mark.parametrize("duration", [0, -1, -HOUR])
def test_an_interval_goes_forward(duration: int) -> None:
    with pytest.raises(InvalidField, match="is not positive"):
        Interval(Instant(0), Duration(duration))


@given(instants, st.sampled_from(TRADED))
def test_every_instant_lies_in_one_aligned_interval(instant: Instant, duration: Duration) -> None:
    around = enclosing(instant, duration)
    assert instant in around
    assert around.end not in around
    assert around.start % duration == 0
    following = first_after(instant, duration)
    assert following.start % duration == 0
    assert 0 <= following.start - instant < duration
    assert following == (around if around.start == instant else Interval(around.end, duration))


@given(instants, st.sampled_from(TRADED), st.sampled_from(TRADED))
def test_intervals_nest(instant: Instant, one: Duration, other: Duration) -> None:
    longer, shorter = enclosing(instant, max(one, other)), enclosing(instant, min(one, other))
    assert longer.encloses(shorter)
    assert longer.overlaps(shorter)
    parts = list(longer.split(shorter.duration))
    assert shorter in parts
    assert parts[0].start == longer.start
    assert parts[-1].end == longer.end
    assert all(a.end == b.start for a, b in pairwise(parts))
    assert not any(a.overlaps(b) or b.overlaps(a) for a, b in pairwise(parts))
    assert not shorter.encloses(longer) or shorter == longer


@pytest.mark.parametrize("duration", [0, -FIVE_MINUTES, 7 * MINUTE, 2 * HOUR])
def test_an_interval_is_cut_into_whole_parts_only(duration: int) -> None:
    with pytest.raises(InvalidField):
        list(Interval(Instant(0), HOUR).split(Duration(duration)))


def test_an_interval_reads_as_start_and_duration() -> None:
    assert str(Interval(parse_instant("2026-03-29T00:15:00Z"), QUARTER)) == "2026-03-29T00:15:00Z/PT15M"


def test_lots_are_twelve_watts() -> None:
    assert [lot(duration) for duration in TRADED] == [12, 3, 1]


@given(st.integers(-(10**9), 10**9), st.integers(1, 500))
def test_energy_is_spread_evenly_and_exactly(energy: int, parts: int) -> None:
    spread = spread_evenly(Energy(energy), parts)
    assert len(spread) == parts
    assert sum(spread) == energy
    assert max(spread) - min(spread) <= 1


@given(st.integers(0, 1000), st.permutations(TRADED), st.sampled_from(Resource))
def test_equal_starts_of_different_length_never_collide(
    hours: int, order: list[Duration], resource: Resource
) -> None:
    start = Instant(hours * HOUR)
    instruments = {Instrument(start, duration, resource): duration for duration in order}
    intervals = {Interval(start, duration): duration for duration in order}
    assert len(instruments) == len(intervals) == len(TRADED)
    assert all(instruments[Instrument(start, duration, resource)] == duration for duration in order)
    assert len({str(interval) for interval in intervals}) == len(TRADED)


@pytest.mark.parametrize(
    "start, duration", [(1, HOUR), (QUARTER, HOUR), (MINUTE, FIVE_MINUTES), (0, 30 * MINUTE)]
)
def test_an_instrument_off_the_clock_is_refused(start: int, duration: int) -> None:
    with pytest.raises(InvalidField):
        Instrument(Instant(start), Duration(duration), Resource.ENERGY)


# Day by day, from the zones' own rules: the number of hours between two local midnights.
DAYS = {
    "Europe/Helsinki": {date(2026, 3, 29): 23, date(2026, 10, 25): 25, date(2026, 6, 1): 24},
    "Europe/Berlin": {date(2026, 3, 29): 23, date(2026, 10, 25): 25, date(2026, 6, 1): 24},
    "America/New_York": {date(2026, 3, 8): 23, date(2026, 11, 1): 25, date(2026, 6, 1): 24},
    "Australia/Lord_Howe": {date(2026, 4, 5): 24.5, date(2026, 10, 4): 23.5, date(2026, 6, 1): 24},
    "Asia/Kathmandu": {date(2026, 3, 29): 24, date(2026, 10, 25): 24},
    "America/Sao_Paulo": {date(2018, 11, 4): 23, date(2018, 2, 17): 25, date(2026, 6, 1): 24},
    "Africa/Casablanca": {date(2026, 2, 15): 25, date(2026, 3, 22): 23, date(2026, 6, 1): 24},
    "UTC": {date(2026, 3, 29): 24, date(2026, 10, 25): 24},
}


@pytest.mark.parametrize("name, day, hours", [(n, d, h) for n, days in DAYS.items() for d, h in days.items()])
def test_a_day_has_as_many_steps_as_its_hours(name: str, day: date, hours: float) -> None:
    whole = local_day(ZoneInfo(name), day)
    for minutes in (5, 15, 30):
        assert len(list(whole.split(Duration(minutes * MINUTE)))) == hours * 60 / minutes
    if hours % 1 == 0:
        assert len(list(whole.split(HOUR))) == hours
    assert len({step.start for step in whole.split(FIVE_MINUTES)}) == hours * 12  # a repeated hour is two


zones = st.sampled_from([ZoneInfo(name) for name in DAYS])


@given(zones, st.dates(date(2015, 1, 1), date(2035, 12, 30)))
def test_days_follow_each_other_without_gap_and_hold_their_own_dates(zone: ZoneInfo, day: date) -> None:
    whole, following = local_day(zone, day), local_day(zone, day + timedelta(days=1))
    assert whole.end == following.start
    assert whole.duration in {Duration(int(h * HOUR)) for h in (23, 23.5, 24, 24.5, 25)}
    assert local_date(zone, whole.start) == day
    assert local_date(zone, Instant(whole.end - 1)) == day
    assert local_date(zone, whole.end) == day + timedelta(days=1)


@given(zones, st.integers(1_400_000_000, 2_000_000_000).map(lambda seconds: Instant(seconds * 1000)))
def test_every_instant_lies_in_the_day_of_its_date(zone: ZoneInfo, instant: Instant) -> None:
    assert instant in local_day(zone, local_date(zone, instant))


def test_a_day_whose_midnight_is_skipped_starts_at_its_first_instant() -> None:
    zone = ZoneInfo("America/Sao_Paulo")  # 2018-11-04 began at 01:00
    day = local_day(zone, date(2018, 11, 4))
    assert to_datetime(day.start) == datetime(2018, 11, 4, 3, tzinfo=UTC)
    assert to_datetime(day.start).astimezone(zone).hour == 1
    assert day.duration == 23 * HOUR


def test_a_day_that_repeats_its_midnight_starts_at_the_first() -> None:
    zone = ZoneInfo("America/Havana")  # 2026-11-01: 01:00 goes back to 00:00
    day = local_day(zone, date(2026, 11, 1))
    assert to_datetime(day.start) == datetime(2026, 11, 1, 4, tzinfo=UTC)
    assert day.duration == 25 * HOUR


@given(zones, st.integers(1_400_000_000, 2_000_000_000).map(lambda seconds: Instant(seconds * 1000)))
def test_the_horizon_is_the_hour_that_ends_tomorrow(zone: ZoneInfo, instant: Instant) -> None:
    tomorrow = local_day(zone, local_date(zone, instant) + timedelta(days=1))
    horizon = trading_horizon(zone, instant)
    assert horizon % HOUR == 0
    assert 0 <= horizon - tomorrow.end < HOUR
