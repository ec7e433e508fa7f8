"""Times, prices and amounts as people read them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from temix_gateway.planning.reasons import Words
from temix_market.instants import from_datetime
from temix_market.units import Money

EUROS = Words(ZoneInfo("Europe/Berlin"), "EUR")


def utc(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    "zone,now,instant,shown",
    [
        ("Europe/Berlin", utc(1, 5, 11), utc(1, 5, 21), "22:00"),
        ("Europe/Berlin", utc(1, 5, 11), utc(1, 6, 10, 55), "11:55"),
        ("Europe/Berlin", utc(1, 5, 11), utc(1, 6, 11), "Tue 12:00"),
        ("Europe/Berlin", utc(3, 28, 23, 30), utc(3, 29, 22, 45), "Mon 00:45"),
        ("Europe/Berlin", utc(10, 24, 22, 30), utc(10, 25, 22, 45), "23:45"),
        ("Europe/Berlin", utc(10, 24, 22), utc(10, 25, 0, 30), "02:30 CEST"),
        ("Europe/Berlin", utc(10, 24, 22), utc(10, 25, 1, 30), "02:30 CET"),
        ("Europe/Berlin", utc(10, 24, 22), utc(10, 25, 2), "03:00"),
        ("America/Chicago", utc(11, 1, 5), utc(11, 1, 6, 30), "01:30 CDT"),
        ("Asia/Kathmandu", utc(1, 5, 11), utc(1, 5, 12), "17:45"),
    ],
)
def test_a_time_is_that_of_the_home_s_clock_and_cannot_be_mistaken(
    zone: str, now: datetime, instant: datetime, shown: str
) -> None:
    words = Words(ZoneInfo(zone), "EUR")

    assert words.time(from_datetime(instant), from_datetime(now)) == shown


@pytest.mark.parametrize(
    "price,shown", [(0.1234, "0.123"), (-0.0004, "0.000"), (-0.0006, "-0.001"), (31.5, "31.500")]
)
def test_a_price_is_never_minus_nothing(price: float, shown: str) -> None:
    assert EUROS.price(price) == f"{shown} EUR/kWh"


@pytest.mark.parametrize("nano,shown", [(1_370_000_000, "1.37"), (-4_000_000, "0.00"), (-6_000_000, "-0.01")])
def test_money_is_never_minus_nothing(nano: int, shown: str) -> None:
    assert EUROS.money(Money(nano)) == f"{shown} EUR"


@pytest.mark.parametrize(
    "amount,unit,shown",
    [
        (15_376.0, "Wh", "15.4 kWh"), (230.0, "Wh·h", "0.23 kWh·h"), (157_000.4, "K·h", "157000 K·h"),
        (0.002_02, "K·h", "0.00202 K·h"), (1.0, "run", "1 run"), (2.25, "h", "2.25 h"),
    ],
)  # fmt: skip
def test_what_is_missed_is_told_in_units_of_people(amount: float, unit: str, shown: str) -> None:
    assert EUROS.amount(amount, unit) == shown
