"""What a kWh costs by the clock on the wall, and what stands on a bill beside it."""

from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temix_market.calendar import local_day
from temix_market.instants import FIVE_MINUTES, Instant, parse_instant
from temix_market.tariffs import Band, Charge, Extras, Rider, Tariff, Tax, merged, total
from temix_market.units import Energy, Money, Price

CHICAGO = ZoneInfo("America/Chicago")
PEAK = Band(
    "summer peak",
    Price(420_000),
    months=frozenset({6, 7, 8, 9}),
    weekdays=frozenset(range(1, 6)),
    since=16 * 60,
    until=21 * 60,
)
NIGHT = Band("night", Price(50_000), since=22 * 60, until=6 * 60)
TOU = Tariff("TOU", Price(140_000), (PEAK, NIGHT), Price(30_000))


@pytest.mark.parametrize(
    "local,name,price",
    [
        ("2026-07-01T16:00:00-05:00", "summer peak", 420_000),
        ("2026-07-01T20:55:00-05:00", "summer peak", 420_000),
        ("2026-07-01T21:00:00-05:00", "other hours", 140_000),
        ("2026-07-04T17:00:00-05:00", "other hours", 140_000),  # a Saturday
        ("2026-11-25T17:00:00-06:00", "other hours", 140_000),  # not a summer month
        ("2026-07-01T22:00:00-05:00", "night", 50_000),
        ("2026-07-02T05:55:00-05:00", "night", 50_000),
        ("2026-07-02T06:00:00-05:00", "other hours", 140_000),
    ],
)
def test_the_first_band_that_holds_by_the_local_clock_gives_the_price(
    local: str, name: str, price: int
) -> None:
    at = parse_instant(local)
    day = date.fromisoformat(local[:10])
    bill = TOU.of_day(CHICAGO, day, [(at, Energy(1_000))])
    assert bill == [Charge(name, Money(price * 1_000), Energy(1_000))]


def test_the_hour_that_comes_twice_is_twice_in_its_band() -> None:
    day = date(2026, 11, 1)
    one = Tariff("one", Price(0), (Band("second hour", Price(1_000_000), since=60, until=120),))
    starts = range(local_day(CHICAGO, day).start, local_day(CHICAGO, day).end, FIVE_MINUTES)
    bill = one.of_day(CHICAGO, day, [(Instant(start), Energy(1)) for start in starts])
    assert {charge.name: charge.energy for charge in bill} == {"other hours": 276, "second hour": 24}


def test_export_brings_its_credit_and_pays_no_rider() -> None:
    extras = Extras(Money(500), riders=(Rider("fund", Price(4)),), taxes=(Tax("tax", 100_000),))
    flat = Tariff("flat", Price(100), export_credit=Price(30), extras=extras)
    at = parse_instant("2026-07-01T12:00:00Z")
    bill = flat.of_day(CHICAGO, date(2026, 7, 1), [(at, Energy(1_000)), (at, Energy(-400))])
    assert bill == [
        Charge("energy", Money(100_000), Energy(1_000)),
        Charge("export credit", Money(-12_000), Energy(-400)),
        Charge("fund", Money(4_000), Energy(1_000)),
        Charge("fixed charge a day", Money(500)),
        Charge("tax", Money(9_250)),
    ]
    assert total(bill) == 101_750


@given(st.integers(0, 10**12), st.integers(2000, 2100), st.integers(1, 12))
def test_a_month_of_days_is_its_fixed_charge_exactly(money: int, year: int, number: int) -> None:
    extras = Extras(fixed_a_month=Money(money))
    first = date(year, number, 1).toordinal()
    last = (date(year + number // 12, number % 12 + 1, 1)).toordinal()
    days = [date.fromordinal(day) for day in range(first, last)]
    shares = [total(extras.of_day(day, Energy(0), Money(0))) for day in days]
    assert sum(shares) == money
    assert max(shares) - min(shares) <= 1


@given(st.integers(-(10**15), 10**15), st.integers(0, 500_000))
def test_a_tax_is_rounded_half_to_even(subtotal: int, share: int) -> None:
    extras = Extras(taxes=(Tax("tax", share),))
    exact = Decimal(subtotal) * share / 1_000_000
    assert total(extras.of_day(date(2026, 1, 1), Energy(0), Money(subtotal))) == int(
        exact.quantize(Decimal(1), ROUND_HALF_EVEN)
    )


def test_items_of_one_name_are_one() -> None:
    assert merged(
        [Charge("a", Money(1), Energy(2)), Charge("b", Money(5)), Charge("a", Money(3), Energy(4))]
    ) == [Charge("a", Money(4), Energy(6)), Charge("b", Money(5))]
