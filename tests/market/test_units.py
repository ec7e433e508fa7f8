"""Money is exact, and its text is one way only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temix_market.errors import InvalidField
from temix_market.units import Energy, Money, Price, cost, money_text, parse_money

amounts = st.integers(-(10**26), 10**26).map(Money)


@given(amounts)
def test_money_comes_back_from_its_text(money: Money) -> None:
    assert parse_money(money_text(money)) == money


@pytest.mark.parametrize(
    "nano, text",
    [(0, "0"), (1, "0.000000001"), (-1, "-0.000000001"), (1_500_000_000, "1.5"), (-1_234_500_000, "-1.2345"),
     (100_000_000_000, "100")],
)  # fmt: skip
def test_money_is_written_in_currency_units(nano: int, text: str) -> None:
    assert money_text(Money(nano)) == text


def test_ten_million_kwh_at_a_micro_are_ten() -> None:
    assert money_text(cost(Energy(10_000_000_000), Price(1))) == "10"
    assert money_text(cost(Energy(-1), Price(25_000_000))) == "-0.025"


def test_twenty_seven_digits_lose_none() -> None:
    assert parse_money("-123456789012345678.123456789") == -123456789012345678123456789


@pytest.mark.parametrize(
    "text",
    [
        *("", "-", "1.", ".5", "+1", "01", "1e3", "1_000", " 1", "1\n", "0x1", "1,5", "1.0000000001"),
        *("NaN", "Infinity", "-0", "-0.000", "\u0663", "1.\u0663", "9" * 19, "9" * 5000),
    ],
)
def test_what_is_no_money_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidField) as caught:
        parse_money(text, "total")
    assert caught.value.field == "total"
