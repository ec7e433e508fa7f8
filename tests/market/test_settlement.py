"""Positions are sums, and settlement conserves money to the last nano."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temix_market.deliveries import Delivery
from temix_market.errors import InvalidField
from temix_market.instants import FIVE_MINUTES, HOUR, MINUTE, QUARTER, Duration, Instant
from temix_market.intervals import TRADED, Interval
from temix_market.positions import Positions
from temix_market.products import Instrument, Resource, Side
from temix_market.settlement import Settlement, Spot, freeze, settle
from temix_market.tenders import PartyId, Publication, Tender, TenderId
from temix_market.transactions import Kind, Leg, Pair
from temix_market.units import Energy, Price

from tests.market import strategies as draw
from tests.market.strategies import DO, HOME, LSE, MIDNIGHT, pair

STEP = Interval(MIDNIGHT, FIVE_MINUTES)


@given(st.lists(draw.pairs(), max_size=12, unique_by=lambda pair: pair.key), draw.steps)
def test_a_position_is_the_sum_of_the_enclosing_instruments(pairs: list[Pair], step: Interval) -> None:
    positions = Positions(pairs)
    enclosing = [pair for pair in pairs if pair.interval.encloses(step)]
    # From the rate: W over the pair's interval, times five minutes.
    expected = sum(
        (1 if pair.energy.side is Side.SELL else -1)
        * pair.energy.quantity
        * FIVE_MINUTES
        / pair.interval.duration
        for pair in enclosing
    )
    assert positions.at(step) == expected
    assert list(positions.enclosing(step)) == enclosing
    subscribed = [pair for pair in enclosing if pair.kind is Kind.SUBSCRIPTION]
    assert positions.subscribed(step) == Positions(subscribed).at(step)


@given(st.lists(draw.pairs(), max_size=12, unique_by=lambda pair: pair.key))
def test_the_position_over_all_time_is_everything_bought_less_everything_sold(pairs: list[Pair]) -> None:
    whole = Interval(MIDNIGHT, Duration(3 * HOUR))
    assert Positions(pairs).at(whole) == sum(pair.quantity for pair in pairs)
    for one in pairs:
        steps = list(one.steps())
        assert sum(quantity for _, quantity in steps) == one.quantity
        assert len({quantity for _, quantity in steps}) == 1
        assert [step for step, _ in steps] == list(one.interval.split(FIVE_MINUTES))


@given(st.lists(draw.pairs(), max_size=8), st.randoms(use_true_random=False))
def test_a_key_counts_once_in_whatever_order(pairs: list[Pair], shuffler: object) -> None:
    once = Positions(pairs)
    again = Positions(pairs)
    assert [again.add(pair) for pair in pairs] == [False] * len(pairs)
    whole = Interval(MIDNIGHT, Duration(3 * HOUR))
    assert [again.at(step) for step in whole.split(FIVE_MINUTES)] == [
        once.at(step) for step in whole.split(FIVE_MINUTES)
    ]


def test_equal_starts_of_different_length_add_up() -> None:
    positions = Positions(
        pair(Interval(MIDNIGHT, duration), Side.SELL, int(duration // FIVE_MINUTES) * weight, key=str(weight))
        for weight, duration in zip((1, 10, 100), TRADED, strict=True)
    )
    by_step = [positions.at(step) for step in Interval(MIDNIGHT, HOUR).split(FIVE_MINUTES)]
    assert by_step == [111, 11, 11, *[1] * 9]


def test_forgetting_keeps_what_has_not_ended() -> None:
    old, long = pair(STEP, Side.SELL, 5, "old"), pair(Interval(MIDNIGHT, HOUR), Side.SELL, 12, "long")
    positions = Positions([old, long])
    positions.forget_before(STEP.end)
    assert positions.at(STEP) == 0
    assert positions.at(Interval(STEP.end, FIVE_MINUTES)) == 1
    assert not positions.add(long)  # still known: a replayed message does not count twice
    positions.forget_before(Instant(MIDNIGHT + HOUR))
    assert positions.add(long)


@given(draw.deliveries)
def test_a_coarse_delivery_is_spread_exactly_and_marked(delivery: Delivery) -> None:
    steps = list(delivery.steps())
    assert sum(step.energy for step in steps) == delivery.energy
    assert [step.interval for step in steps] == list(delivery.interval.split(FIVE_MINUTES))
    assert all(step.estimated == (delivery.estimated or len(steps) > 1) for step in steps)


@pytest.mark.parametrize("start, duration", [(MINUTE, FIVE_MINUTES), (0, MINUTE), (0, 7 * MINUTE)])
def test_a_delivery_off_the_clock_is_refused(start: int, duration: int) -> None:
    with pytest.raises(InvalidField):
        list(Delivery(Interval(Instant(start), Duration(duration)), Energy(5)).steps())


# -- settlement

settled_pairs = st.lists(draw.pairs(draw.enclosing(STEP)), max_size=10, unique_by=lambda pair: pair.key)
metered = st.integers(-(10**6), 10**6).map(Energy)


def settled(energy: Energy, pairs: Sequence[Pair], spots: Sequence[Spot]) -> Settlement:
    return settle(Delivery(STEP, energy), pairs, spots)


@given(metered, settled_pairs, draw.spots(LSE, STEP), draw.spots(DO, STEP))
def test_what_the_home_pays_is_what_both_parties_get(
    energy: Energy, pairs: list[Pair], lse: Spot, do: Spot
) -> None:
    result = settled(energy, pairs, [lse, do])
    position = Positions(pairs).at(STEP)
    assert result.position == position
    assert result.deviation == energy - result.position
    # The parties' side, from their own books: what each sold and bought, at its prices.
    gets = {}
    for spot, legs in ((lse, [one.energy for one in pairs]), (do, [one.transport for one in pairs])):
        booked = sum(
            leg.price
            * (leg.quantity if leg.side is Side.SELL else -leg.quantity)
            * FIVE_MINUTES
            // leg.instrument.duration
            for leg in legs
        )
        short = max(0, energy - position) * spot.sell
        long = max(0, position - energy) * spot.buy
        gets[spot.author] = booked + short - long
    assert {account.party: account.total for account in result.accounts} == gets
    assert result.total == sum(gets.values())


@given(settled_pairs, draw.spots(LSE, STEP), draw.spots(DO, STEP))
def test_a_home_that_uses_its_position_pays_its_transactions_only(
    pairs: list[Pair], lse: Spot, do: Spot
) -> None:
    position = sum(next(iter(one.steps()))[1] for one in pairs)
    result = settled(Energy(position), pairs, [lse, do])
    assert all(account.deviation == 0 for account in result.accounts)
    assert result.total == sum(one.cost * FIVE_MINUTES // one.interval.duration for one in pairs)


@given(draw.pairs(), st.integers(0, 10), draw.prices, draw.prices)
def test_the_steps_of_a_pair_settle_to_its_cost(one: Pair, noise: int, lse: Price, do: Price) -> None:
    results = [
        settle(
            Delivery(step, Energy(quantity + noise)),
            [one],
            [Spot(LSE, step, lse, lse), Spot(DO, step, do, do)],
        )
        for step, quantity in one.steps()
    ]
    deviations = sum(result.deviation for result in results) * (lse + do)
    assert sum(result.total for result in results) == one.cost + deviations


@given(metered, settled_pairs, draw.spots(LSE, STEP), draw.spots(DO, STEP))
def test_subscription_and_trades_are_told_apart_and_counted_once(
    energy: Energy, pairs: list[Pair], lse: Spot, do: Spot
) -> None:
    result = settled(energy, pairs, [do, lse])
    for kind, part in ((Kind.SUBSCRIPTION, "subscription"), (Kind.TRADE, "transactions")):
        alone = sum(one.cost * FIVE_MINUTES // one.interval.duration for one in pairs if one.kind is kind)
        assert sum(getattr(account, part) for account in result.accounts) == alone


def test_deviation_is_bought_dear_and_sold_cheap() -> None:
    spots = [Spot(LSE, STEP, Price(30), Price(20)), Spot(DO, STEP, Price(3), Price(-2))]
    assert settled(Energy(10), [], spots).total == 330
    assert settled(Energy(-10), [], spots).total == -180
    assert settled(Energy(0), [], spots).total == 0


def test_a_party_that_buys_dearer_than_it_sells_is_refused() -> None:
    with pytest.raises(InvalidField, match="below its buy price"):
        Spot(LSE, STEP, Price(1), Price(2))


def test_settlement_refuses_what_does_not_belong_to_the_interval() -> None:
    lse = Spot(LSE, STEP, Price(1), Price(1))
    do = Spot(DO, STEP, Price(1), Price(1))
    later = Interval(Instant(STEP.start + QUARTER), FIVE_MINUTES)
    with pytest.raises(InvalidField, match="does not enclose"):
        settled(Energy(0), [pair(later, Side.SELL, 1)], [lse, do])
    with pytest.raises(InvalidField, match="is of"):
        settled(Energy(0), [], [lse, Spot(DO, later, Price(1), Price(1))])
    with pytest.raises(InvalidField, match="no spot"):
        settled(Energy(0), [pair(STEP, Side.SELL, 1)], [lse])
    with pytest.raises(InvalidField, match="not a 5-minute interval"):
        settle(Delivery(Interval(MIDNIGHT, QUARTER), Energy(0)), [], [lse, do])
    with pytest.raises(InvalidField, match="not a 5-minute interval"):
        settle(Delivery(Interval(Instant(MIDNIGHT + MINUTE), FIVE_MINUTES), Energy(0)), [], [lse, do])
    with pytest.raises(InvalidField, match="came twice"):
        settled(Energy(0), [pair(STEP, Side.SELL, 1)] * 2, [lse, do])
    with pytest.raises(InvalidField, match="two spots"):
        settled(Energy(0), [], [lse, lse])


# -- spot


def tender(
    side: Side, price: int, interval: Interval = STEP, author: PartyId = LSE, name: str = "t"
) -> Tender:
    instrument = Instrument(interval.start, interval.duration, Resource.ENERGY)
    return Tender(TenderId(name), 0, author, instrument, side, Price(price), Energy(12), interval.start)


def published(before: int, *tenders: Tender, sequence: int = 0) -> Publication:
    return Publication(LSE, sequence, Instant(STEP.start - before), tenders)


def test_the_spot_is_the_last_tender_published_before_the_interval() -> None:
    publications = [
        published(600_000, tender(Side.SELL, 10), tender(Side.BUY, 5)),
        published(1, tender(Side.SELL, 30), tender(Side.BUY, 25)),
        published(300_000, tender(Side.SELL, 20), tender(Side.BUY, 15)),
    ]
    for order in (publications, publications[::-1]):
        assert freeze(order, STEP) == Spot(LSE, STEP, Price(30), Price(25))


def test_published_exactly_at_the_start_does_not_count() -> None:
    early = published(300_000, tender(Side.SELL, 20), tender(Side.BUY, 15))
    late = published(0, tender(Side.SELL, 99), tender(Side.BUY, 98))
    assert freeze([early, late], STEP) == Spot(LSE, STEP, Price(20), Price(15))
    assert freeze([late], STEP) is None


def test_each_side_has_its_own_last_tender_and_both_must_be_there() -> None:
    first = published(600_000, tender(Side.SELL, 20), tender(Side.BUY, 15))
    second = published(300_000, tender(Side.SELL, 22))
    assert freeze([first, second], STEP) == Spot(LSE, STEP, Price(22), Price(15))
    assert freeze([second], STEP) is None
    assert freeze([], STEP) is None


def test_of_one_instant_the_later_number_counts() -> None:
    both = [
        published(1, tender(Side.SELL, 10), tender(Side.BUY, 5), sequence=1),
        published(1, tender(Side.SELL, 12), tender(Side.BUY, 6), sequence=2),
    ]
    assert freeze(both, STEP) == freeze(both[::-1], STEP) == Spot(LSE, STEP, Price(12), Price(6))


def test_the_hour_and_the_quarter_of_the_same_start_are_no_spot() -> None:
    five = published(600_000, tender(Side.SELL, 20), tender(Side.BUY, 15))
    longer = [
        published(1, tender(Side.SELL, 90, around), tender(Side.BUY, 80, around))
        for around in (Interval(MIDNIGHT, HOUR), Interval(MIDNIGHT, QUARTER))
    ]
    assert freeze([five, *longer], STEP) == Spot(LSE, STEP, Price(20), Price(15))
    assert freeze(longer, STEP) is None


# -- pairs


def test_a_pair_holds_together() -> None:
    good = pair(STEP, Side.BUY, 5, energy=100, transport=-30)
    assert (good.quantity, good.price, good.cost) == (-5, 70, -350)
    energy, transport = good.energy, good.transport
    other = pair(Interval(MIDNIGHT, QUARTER), Side.BUY, 6).transport
    sold = pair(STEP, Side.SELL, 5).transport
    more = pair(STEP, Side.BUY, 6).transport
    for one, two, field in (
        (transport, transport, "energy"),
        (energy, energy, "transport"),
        (energy, other, "transport"),
        (energy, sold, "transport"),
        (energy, more, "transport"),
    ):
        with pytest.raises(InvalidField) as caught:
            Pair(good.key, HOME, one, two)
        assert caught.value.field == field


def test_a_leg_repeats_its_tender() -> None:
    offered = tender(Side.SELL, 42)
    leg = Leg.taking(offered, Energy(5))
    assert (leg.tender_id, leg.author, leg.instrument, leg.side) == (
        offered.id,
        LSE,
        offered.instrument,
        Side.SELL,
    )
    assert (leg.price, leg.quantity) == (42, 5)
    for quantity in (0, -5):
        with pytest.raises(InvalidField):
            Leg.taking(offered, Energy(quantity))
