"""A statement's lines add up at every level, and count each settlement once."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temix_market.calendar import local_day
from temix_market.instants import FIVE_MINUTES, HOUR, Duration, Instant, parse_instant
from temix_market.intervals import Interval
from temix_market.statement import Account, Gap, Missing, Settled, Statement, by_hour, find_missing, month
from temix_market.units import Energy, Money

BERLIN = ZoneInfo("Europe/Berlin")
money = st.integers(-(10**12), 10**12).map(Money)
accounts = st.builds(Account, money, money, money)
energies = st.integers(-2_000, 2_000).map(Energy)


@st.composite
def statements(draw: st.DrawFn) -> Statement:
    """Some days of March 2026, the 23-hour one among them, with gaps."""
    first = draw(st.integers(26, 29))
    start = local_day(BERLIN, date(2026, 3, first)).start
    end = local_day(BERLIN, date(2026, 3, draw(st.integers(first, 31)))).end
    period = Interval(start, Duration(end - start))
    starts = draw(st.lists(st.sampled_from(range(start, end, FIVE_MINUTES)), unique=True, max_size=30))
    settled = [
        Settled(
            Instant(at),
            draw(energies),
            draw(energies),
            draw(energies),
            draw(st.booleans()),
            draw(st.booleans()),
            draw(st.booleans()),
            draw(accounts),
            draw(accounts),
        )
        for at in sorted(starts)
    ]
    return Statement(
        period, BERLIN, settled, find_missing(period, end, set(starts), lambda _: Gap.NO_READING)
    )


@given(statements())
def test_intervals_add_up_to_days_and_days_to_the_whole(statement: Statement) -> None:
    whole = statement.total
    for lines in (statement.intervals(), statement.days(), statement.months()):
        for leg in ("energy", "transport"):
            for part in ("subscription", "transactions", "deviation", "total"):
                parts = sum(getattr(getattr(line, leg), part) for line in lines)
                assert parts == getattr(getattr(whole, leg), part)
        for name in ("total", "subscribed", "transacted", "position", "imported", "exported", "deviation"):
            assert sum(getattr(line, name) for line in lines) == getattr(whole, name)
        for name in ("settled", "provisional", "estimated", "by_retailer"):
            assert sum(getattr(line, name) for line in lines) == getattr(whole, name)
    assert whole.total == sum(step.energy.total + step.transport.total for step in statement.settled)
    assert whole.energy.total + whole.transport.total == whole.total
    gone = sum(gap.interval.duration for gap in whole.missing) // FIVE_MINUTES
    assert whole.settled + gone == statement.period.duration // FIVE_MINUTES


@given(statements())
def test_cost_less_compensation_is_the_statement_and_the_subscription_is_cost(statement: Statement) -> None:
    assert sum(step.cost - step.compensation for step in statement.settled) == statement.total.total
    for step in statement.settled:
        subscription = step.energy.subscription + step.transport.subscription
        assert (step.cost, step.compensation) == (
            (step.total, 0) if step.delivery >= 0 else (subscription, subscription - step.total)
        )
    hours = by_hour(statement.settled)
    assert [step for hour in hours.values() for step in hour] == list(statement.settled)
    assert all(Instant(start) <= step.start < start + HOUR for start in hours for step in hours[start])


@pytest.mark.parametrize(
    "zone,day,hours",
    [
        ("Europe/Berlin", date(2026, 3, 29), 23.0),
        ("Europe/Berlin", date(2026, 10, 25), 25.0),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("Asia/Kathmandu", date(2026, 1, 1), 24.0),
    ],
)
def test_a_local_day_has_its_own_length(zone: str, day: date, hours: float) -> None:
    place = ZoneInfo(zone)
    whole = month(place, day.year, day.month)
    lines = Statement(whole, place, [], []).days()
    found = [line.interval for line in lines if line.interval == local_day(place, day)]
    assert [interval.duration / HOUR for interval in found] == [hours]
    assert sum(line.interval.duration for line in lines) == whole.duration
    assert [line.interval for line in Statement(whole, place, [], []).months()] == [whole]


def test_what_is_missing_is_named_with_its_reason_and_the_future_is_not() -> None:
    start = parse_instant("2026-11-24T00:00:00Z")
    period = Interval(start, HOUR)
    now = Instant(start + 7 * FIVE_MINUTES + 1)
    gaps = {0: Gap.NOT_RECORDED, 1: Gap.NOT_RECORDED, 2: Gap.NO_READING, 4: Gap.NO_SPOT, 5: Gap.NO_SPOT}

    def why(at: Instant) -> Gap:
        return gaps[(at - start) // FIVE_MINUTES]

    settled = {Instant(start + n * FIVE_MINUTES) for n in (3, 6)}
    missing = find_missing(period, now, settled, why)

    def span(first: int, count: int) -> Interval:
        return Interval(Instant(start + first * FIVE_MINUTES), Duration(count * FIVE_MINUTES))

    assert missing == [
        Missing(span(0, 2), Gap.NOT_RECORDED),
        Missing(span(2, 1), Gap.NO_READING),
        Missing(span(4, 2), Gap.NO_SPOT),
    ]
    statement = Statement(period, ZoneInfo("UTC"), [], missing)
    cut = statement.line(span(5, 2)).missing
    assert cut == (Missing(span(5, 1), Gap.NO_SPOT),)


def test_a_line_is_final_when_all_of_it_is_settled_and_final() -> None:
    start = parse_instant("2026-11-24T00:00:00Z")
    quarter = Interval(start, Duration(3 * FIVE_MINUTES))

    def step(number: int, final: bool) -> Settled:
        at = Instant(start + number * FIVE_MINUTES)
        return Settled(at, Energy(1), Energy(1), Energy(1), False, False, final, Account(), Account())

    def final(*flags: bool) -> bool:
        steps = [step(number, flag) for number, flag in enumerate(flags)]
        return Statement(quarter, ZoneInfo("UTC"), steps, []).total.final

    assert final(True, True, True)
    assert not final(True, True, False)
    assert not final(True, True)
