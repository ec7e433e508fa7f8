"""Tenders and the book that keeps them: revisions, expiry, depth, refusals, ladders; and the guard."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temix_market.errors import (
    BeyondDepth,
    InvalidField,
    TenderExpired,
    TenderSuperseded,
    TermsDiffer,
    UnknownTender,
)
from temix_market.instants import FIVE_MINUTES, HOUR, MINUTE, QUARTER, Duration, Instant
from temix_market.intervals import TRADED, Interval
from temix_market.ladder import TenderBook, shown_prices, step_prices
from temix_market.plausibility import JUMP, JumpGuard
from temix_market.products import Instrument, Resource, Side
from temix_market.tenders import (
    DEMO_BOUNDS,
    Component,
    PartyId,
    Publication,
    Tender,
    TenderId,
    check_prices,
)
from temix_market.transactions import Leg
from temix_market.units import CarbonIntensity, Energy, Price

from tests.market import strategies as draw
from tests.market.strategies import AUTHORS, DO, LSE, MIDNIGHT

NOW = Instant(MIDNIGHT - HOUR)
HOURLY = Interval(MIDNIGHT, HOUR)


def tender(
    revision: int = 1,
    price: int = 100,
    quantity: int = 120,
    *,
    interval: Interval = HOURLY,
    side: Side = Side.SELL,
    resource: Resource = Resource.ENERGY,
    expires_at: int = MIDNIGHT,
) -> Tender:
    author = AUTHORS[resource]
    return Tender(
        TenderId(f"{author}-{interval}-{side.value}-{revision}"),
        revision,
        author,
        Instrument(interval.start, interval.duration, resource),
        side,
        Price(price),
        Energy(quantity),
        Instant(expires_at),
    )


def book(*tenders: Tender) -> TenderBook:
    made = TenderBook()
    for number, one in enumerate(tenders):
        made.publish(Publication(one.author, number, NOW, (one,)))
    return made


# -- tenders


@pytest.mark.parametrize(
    "change, field",
    [
        ({"quantity": 121}, "quantity"),
        ({"quantity": 0}, "quantity"),
        ({"quantity": -12}, "quantity"),
        ({"expires_at": MIDNIGHT + 1}, "expires_at"),
        ({"revision": -1}, "revision"),
    ],
)
def test_a_tender_holds_its_invariants(change: dict[str, int], field: str) -> None:
    with pytest.raises(InvalidField) as caught:
        tender(**change)
    assert caught.value.field == field


@pytest.mark.parametrize("grams", [0, 430, 5_000])
def test_what_sells_energy_may_say_what_it_emits(grams: int) -> None:
    assert replace(tender(), carbon_intensity=CarbonIntensity(grams)).carbon_intensity == grams


@pytest.mark.parametrize(
    "one, grams, told",
    [
        (tender(), -1, "is the unit right"),
        (tender(), 430_000, "is the unit right"),  # g/MWh
        (tender(side=Side.BUY), 430, "sell energy"),
        (tender(resource=Resource.TRANSPORT), 430, "sell energy"),
    ],
)
def test_a_carbon_intensity_has_its_place_and_its_unit(one: Tender, grams: int, told: str) -> None:
    with pytest.raises(InvalidField, match=told) as caught:
        replace(one, carbon_intensity=CarbonIntensity(grams))
    assert caught.value.field == "carbon_intensity"


def test_components_add_up_to_the_price() -> None:
    good = tender(price=100)
    fields = (good.id, 1, LSE, good.instrument, Side.SELL, Price(100), Energy(12), MIDNIGHT)
    Tender(*fields, (Component("a", Price(130)), Component("b", Price(-30))))
    with pytest.raises(InvalidField, match="do not add up"):
        Tender(*fields, (Component("a", Price(130)), Component("b", Price(-31))))


def test_a_publication_is_of_one_party_with_one_tender_for_each_line() -> None:
    with pytest.raises(InvalidField, match="is of lse, not of do"):
        Publication(DO, 1, NOW, (tender(),))
    with pytest.raises(InvalidField, match="second for its line"):
        Publication(LSE, 1, NOW, (tender(1), tender(2)))
    both = (
        tender(side=Side.SELL),
        tender(side=Side.BUY),
        *(tender(interval=Interval(MIDNIGHT, d)) for d in TRADED[1:]),
    )
    assert Publication(LSE, 1, NOW, both).tenders == both  # equal starts, other lengths


@pytest.mark.parametrize("price", [DEMO_BOUNDS.lowest, 0, DEMO_BOUNDS.highest])
def test_prices_at_the_bounds_pass(price: int) -> None:
    check_prices([tender(price=price)], DEMO_BOUNDS)


@pytest.mark.parametrize("price", [DEMO_BOUNDS.lowest - 1, DEMO_BOUNDS.highest + 1])
def test_prices_beyond_the_bounds_name_the_tender(price: int) -> None:
    bad = tender(price=price)
    with pytest.raises(InvalidField) as caught:
        check_prices([tender(), bad], DEMO_BOUNDS)
    assert caught.value.field == f"tenders[{bad.id}].price"


# -- the book


def test_a_newer_revision_supersedes_and_an_order_from_the_older_learns_its_id() -> None:
    old, new = tender(1), tender(2, price=110)
    made = book(old, new)
    assert made.newest(old.line) == new
    with pytest.raises(TenderSuperseded) as caught:
        made.check(Leg.taking(old, Energy(12)), NOW)
    assert caught.value.newer_id == new.id
    made.check(Leg.taking(new, Energy(12)), NOW)


def test_an_older_revision_that_comes_late_changes_nothing() -> None:
    old, new = tender(1), tender(2, price=110)
    assert book(new, old).newest(old.line) == new
    assert book(new, new).newest(old.line) == new


def test_a_revision_with_other_content_brings_nothing_in() -> None:
    made = book(tender(1))
    fresh = tender(1, interval=Interval(MIDNIGHT, QUARTER))
    with pytest.raises(InvalidField, match="came twice with other content"):
        made.publish(Publication(LSE, 2, NOW, (fresh, tender(1, price=101))))
    assert made.newest(fresh.line) is None


def test_what_was_taken_counts_against_later_revisions() -> None:
    first = tender(1, quantity=120)
    made = book(first)
    made.take(Leg.taking(first, Energy(84)))
    made.take(Leg.taking(first, Energy(12)))
    second = tender(2, quantity=120)
    made.publish(Publication(LSE, 2, NOW, (second,)))
    assert made.remaining(second) == 24
    made.check(Leg.taking(second, Energy(24)), NOW)
    with pytest.raises(BeyondDepth) as caught:
        made.check(Leg.taking(second, Energy(36)), NOW)
    assert caught.value.remaining == 24
    small = tender(3, quantity=12)
    made.publish(Publication(LSE, 3, NOW, (small,)))
    assert made.remaining(small) == 0


@given(st.lists(st.integers(1, 12), max_size=30), st.integers(1, 20))
def test_no_sequence_of_orders_fills_more_than_the_depth(lots: list[int], depth: int) -> None:
    one = tender(quantity=12 * depth)
    made = book(one)
    taken = 0
    for wanted in lots:
        leg = Leg.taking(one, Energy(12 * wanted))
        if taken + wanted <= depth:
            made.check(leg, NOW)
            made.take(leg)
            taken += wanted
        else:
            with pytest.raises(BeyondDepth) as caught:
                made.check(leg, NOW)
            assert caught.value.remaining == 12 * (depth - taken)
    assert made.remaining(one) == 12 * (depth - taken)


def test_sides_and_lengths_have_depths_of_their_own() -> None:
    sell, buy = tender(side=Side.SELL), tender(side=Side.BUY, price=90)
    quarter = tender(interval=Interval(MIDNIGHT, QUARTER))
    made = book(sell, buy, quarter)
    made.take(Leg.taking(sell, Energy(120)))
    assert [made.remaining(one) for one in (sell, buy, quarter)] == [0, 120, 120]


def test_a_tender_lapses_at_its_expiry() -> None:
    one = tender(expires_at=MIDNIGHT - 1000)
    made = book(one)
    made.check(Leg.taking(one, Energy(12)), Instant(MIDNIGHT - 1001))
    with pytest.raises(TenderExpired, match="2026-03-28T23:59:59Z"):
        made.check(Leg.taking(one, Energy(12)), Instant(MIDNIGHT - 1000))
    assert list(made.live(Instant(MIDNIGHT - 1001))) == [one]
    assert list(made.live(Instant(MIDNIGHT - 1000))) == []


def test_an_order_must_repeat_the_tender() -> None:
    one = tender()
    made = book(one)
    good = Leg.taking(one, Energy(12))
    with pytest.raises(TermsDiffer, match="is at 100 µ/kWh, the order says 99"):
        made.check(Leg(good.tender_id, LSE, good.instrument, good.side, Price(99), Energy(12)), NOW)
    for leg in (
        Leg(good.tender_id, PartyId("other"), good.instrument, good.side, good.price, Energy(12)),
        Leg(good.tender_id, LSE, good.instrument, Side.BUY, good.price, Energy(12)),
        Leg(
            good.tender_id,
            LSE,
            Instrument(MIDNIGHT, QUARTER, Resource.ENERGY),
            good.side,
            good.price,
            Energy(12),
        ),
    ):
        with pytest.raises(UnknownTender):
            made.check(leg, NOW)


def test_forgetting_drops_what_has_ended_with_what_was_taken() -> None:
    five, hour = tender(interval=Interval(MIDNIGHT, FIVE_MINUTES)), tender()
    made = book(five, hour)
    made.take(Leg.taking(five, Energy(20)))
    made.take(Leg.taking(hour, Energy(12)))
    made.forget_before(Instant(MIDNIGHT + FIVE_MINUTES))
    assert made.newest(five.line) is None
    assert made.remaining(five) == 120
    assert made.remaining(hour) == 108


# -- ladders


def both(
    interval: Interval, side: Side = Side.SELL, energy: int = 100, transport: int = 30, depth: int = 120
) -> list[Tender]:
    return [
        tender(
            interval=interval,
            side=side,
            resource=resource,
            price=price,
            quantity=quantity,
            expires_at=expires,
        )
        for resource, price, quantity, expires in (
            (Resource.ENERGY, energy, depth, interval.start),
            (Resource.TRANSPORT, transport, 240, interval.start - MINUTE),
        )
    ]


def test_a_rung_is_energy_and_transport_together() -> None:
    energy, transport = both(HOURLY)
    made = book(energy, transport)
    made.take(Leg.taking(transport, Energy(204)))
    (rung,) = made.rungs(NOW)
    assert (rung.interval, rung.side, rung.energy, rung.transport) == (HOURLY, Side.SELL, energy, transport)
    assert (rung.price, rung.remaining, rung.expires_at) == (130, 36, MIDNIGHT - MINUTE)


def test_energy_without_transport_is_no_rung() -> None:
    energy, transport = both(HOURLY)
    assert book(energy).rungs(NOW) == []
    assert book(transport).rungs(NOW) == []
    assert book(energy, transport).rungs(Instant(MIDNIGHT - MINUTE)) == []  # transport has lapsed
    other = tender(resource=Resource.TRANSPORT, side=Side.BUY)
    assert book(energy, other).rungs(NOW) == []


@given(
    st.permutations(
        [*both(HOURLY), *both(Interval(MIDNIGHT, QUARTER)), *both(Interval(MIDNIGHT, FIVE_MINUTES))]
    )
)
def test_equal_starts_of_different_length_are_rungs_of_their_own_finest_first(tenders: list[Tender]) -> None:
    rungs = book(*tenders).rungs(NOW)
    assert [rung.interval for rung in rungs] == [
        Interval(MIDNIGHT, duration) for duration in reversed(TRADED)
    ]


def test_a_step_shows_the_finest_price_and_offers_every_enclosing_one() -> None:
    hour, quarter, five = (Interval(MIDNIGHT, duration) for duration in TRADED)
    tenders = [
        *both(hour, energy=100),
        *both(quarter, energy=200),
        *both(five, energy=300),
        *both(hour, Side.BUY, 90),
    ]
    steps = step_prices(book(*tenders).rungs(NOW))
    assert [step.step for step in steps] == list(hour.split(FIVE_MINUTES))
    assert [step.buy for step in steps] == [330, 230, 230, *[130] * 9]
    assert [step.sell for step in steps] == [120] * 12
    assert [len(step.buying) for step in steps] == [3, 2, 2, *[1] * 9]
    assert [rung.interval for rung in steps[0].buying] == [five, quarter, hour]


def test_a_side_without_tenders_has_no_price() -> None:
    (step,) = step_prices(book(*both(Interval(MIDNIGHT, FIVE_MINUTES), Side.BUY)).rungs(NOW))
    assert (step.buy, step.sell) == (None, 130)


@given(draw.publications())
def test_every_step_of_every_rung_is_there_once(publication: Publication) -> None:
    made = TenderBook()
    made.publish(publication)
    rungs = made.rungs(Instant(MIDNIGHT - 3 * HOUR))
    steps = step_prices(rungs)
    assert [step.step for step in steps] == sorted(
        {part for rung in rungs for part in rung.interval.split(FIVE_MINUTES)}
    )
    for step in steps:
        for rung in step.buying + step.selling:
            assert rung.interval.encloses(step.step)
    assert shown_prices(rungs, Side.SELL) == {step.step.start: step.buy for step in steps if step.buying}
    assert shown_prices(rungs, Side.BUY) == {step.step.start: step.sell for step in steps if step.selling}


# -- the guard


def prices(*values: int, at: int = 0) -> Publication:
    return Publication(
        LSE,
        at,
        NOW,
        tuple(
            tender(price=value, interval=Interval(Instant(MIDNIGHT + n * HOUR), HOUR))
            for n, value in enumerate(values)
        ),
    )


def test_a_jump_of_a_thousand_is_quarantined_until_confirmed() -> None:
    guard = JumpGuard()
    assert guard.judge(prices(20_000)).accepted
    verdict = guard.judge(prices(20_000 * JUMP))
    assert not verdict.accepted
    assert "20000000 µ/kWh is ×1000 away from 20000" in verdict.reason
    assert guard.judge(prices(19_000 * JUMP)).accepted
    assert guard.judge(prices(20_000 * JUMP)).accepted


def test_a_single_mistake_between_two_good_ones_is_left_out() -> None:
    guard = JumpGuard()
    levels = (20_000, 20_000_000, 20_000, 20_000_000, 20_000_000)
    assert [guard.judge(prices(level)).accepted for level in levels] == [True, False, True, False, True]


def test_another_jump_does_not_confirm_the_first() -> None:
    guard = JumpGuard()
    assert guard.judge(prices(5_000_000)).accepted
    assert not guard.judge(prices(5_000)).accepted
    assert guard.judge(prices(5_000_000)).accepted  # the way back is no jump


@pytest.mark.parametrize("level", [20_000 * JUMP - 1, -19_999_000, 1, 0, -5])
def test_less_than_a_thousand_passes(level: int) -> None:
    guard = JumpGuard()
    guard.judge(prices(20_000))
    assert guard.judge(prices(level)).accepted


def test_near_zero_the_floor_counts() -> None:
    guard = JumpGuard()
    assert guard.judge(prices(0)).accepted
    assert guard.judge(prices(999_999)).accepted  # 1.00 is less than a thousand times the floor of 0.001
    guard = JumpGuard()
    guard.judge(prices(0))
    assert not guard.judge(prices(1_000_000)).accepted


def test_one_wild_price_among_many_does_not_move_the_median() -> None:
    guard = JumpGuard()
    guard.judge(prices(20_000, 21_000, 22_000))
    assert guard.judge(prices(20_000, 21_000, 25_000_000)).accepted
    assert not guard.judge(prices(20_000, 25_000_000, 25_000_000)).accepted


def test_an_empty_publication_is_no_level() -> None:
    guard = JumpGuard()
    guard.judge(prices(20_000))
    assert guard.judge(prices()).accepted
    assert not guard.judge(prices(20_000_000)).accepted


@given(st.integers(0, 25_000_000))
def test_the_first_publication_has_nothing_to_jump_from(level: int) -> None:
    assert JumpGuard().judge(prices(level)).accepted


def test_durations_of_the_book_are_those_traded() -> None:
    with pytest.raises(InvalidField, match="is not traded: use one of PT1H, PT15M, PT5M"):
        Instrument(MIDNIGHT, Duration(2 * HOUR), Resource.ENERGY)
