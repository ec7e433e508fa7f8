"""How much is covered ahead: the newsvendor's critical ratio, on quantiles of the load."""

import random
from statistics import fmean, pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temix_gateway.trading.cover import at_share, critical_share, fear, shares_to_hold
from temix_market.units import Price

costs = st.integers(0, 25_000_000).map(Price)
SHARES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
loads = st.lists(st.floats(-20_000, 20_000), min_size=len(SHARES), max_size=len(SHARES)).map(sorted)
shares = st.floats(0, 1)


@given(short=costs, over=costs, more=costs)
def test_the_more_a_shortage_costs_the_more_is_covered_and_the_spread_works_against_it(
    short: Price, over: Price, more: Price
) -> None:
    share = critical_share(short, over)
    assert 0 <= share <= 1
    if short + over > 0:
        assert critical_share(Price(short + more), over) >= share
        assert critical_share(short, Price(over + more)) <= share


def test_where_both_cost_the_same_or_nothing_half_of_the_days_are_covered() -> None:
    assert critical_share(Price(0), Price(0)) == 0.5
    assert critical_share(Price(7), Price(7)) == 0.5
    assert critical_share(Price(3), Price(-5)) == 1, "no spread below zero"


@given(at_most=loads, share=shares, more=shares)
def test_a_greater_share_is_never_less_load_and_all_lie_within_what_is_known(
    at_most: list[float], share: float, more: float
) -> None:
    load = at_share(SHARES, at_most, share)
    assert at_most[0] - 1e-6 <= load <= at_most[-1] + 1e-6
    if more >= share:
        assert at_share(SHARES, at_most, more) >= load - 1e-6


@given(share=shares, load=st.floats(-20_000, 20_000))
def test_a_load_that_is_certain_is_covered_as_it_is(share: float, load: float) -> None:
    assert at_share(SHARES, [load] * len(SHARES), share) == pytest.approx(load)


@pytest.mark.parametrize("share", SHARES)
def test_a_known_share_is_told_as_it_is(share: float) -> None:
    at_most = [float(number) for number in range(len(SHARES))]
    assert at_share(SHARES, at_most, share) == SHARES.index(share)


def test_the_critical_share_costs_least_on_average() -> None:
    """A load from 0 to 1,000, as likely anywhere: no other cover is cheaper by the two costs themselves."""
    chance = random.Random(7)
    came = [chance.uniform(0, 1_000) for _ in range(20_000)]
    short, over = Price(60_000), Price(20_000)

    def cost(covered: float) -> float:
        return fmean(short * max(0, load - covered) + over * max(0, covered - load) for load in came)

    best = 1_000 * critical_share(short, over)
    assert all(cost(best) <= cost(best + step) * 1.0005 for step in (-200, -100, -50, 50, 100, 200))


def test_fear_is_how_far_spot_has_moved_and_never_less_than_certainty_is_worth() -> None:
    prices = [Price(100_000), Price(300_000), Price(200_000)]
    assert fear(prices, Price(2_000)) == round(pstdev(prices))
    assert fear([Price(100_000)] * 5, Price(2_000)) == 2_000
    assert fear([], Price(2_000)) == 2_000


@given(fears=costs, certainty=costs, spread=costs, more=costs)
def test_what_is_held_is_sold_only_beyond_what_would_be_bought_and_the_spread_keeps_them_apart(
    fears: Price, certainty: Price, spread: Price, more: Price
) -> None:
    buy, sell = shares_to_hold(fears, certainty, spread)
    assert 0 <= buy <= sell <= 1
    wider = shares_to_hold(fears, certainty, Price(spread + more))
    if fears + spread > 0:
        assert wider[0] <= buy
    if fears + spread > 0 and wider[0] < wider[1] and buy < sell:
        assert wider[1] >= sell


def test_nothing_held_is_sold_where_certainty_is_worth_nothing() -> None:
    assert shares_to_hold(Price(10_000), Price(0), Price(40_000)) == (0.2, 1.0)
