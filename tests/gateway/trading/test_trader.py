"""The trader moves towards the plan and never past it, within every limit."""

from collections import defaultdict
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temix_gateway.trading.trader import Choice, Limits, Policy, Recent, Turn, choose
from temix_market.instants import FIVE_MINUTES, HOUR, MINUTE, QUARTER, Duration, Instant
from temix_market.intervals import Interval, lot
from temix_market.ladder import Rung
from temix_market.products import Instrument, Resource, Side
from temix_market.tenders import PartyId, Tender, TenderId
from temix_market.units import Energy, Money, Power, Price, cost

START = Instant(1_613_174_400_000)
NOW = Instant(START - MINUTE)
FREE = Limits(Money(10**15), Price(25_000_000), Power(100_000), Power(100_000))
EAGER = Policy(Money(0), Price(1), Fraction(1))
USUAL = Policy(Money(500_000), Price(2_000), Fraction(1))
HOURS = 3


def rung(start: int, duration: Duration, side: Side, price: int, depth: int = 10**6) -> Rung:
    """Energy and transport in one interval, together at ``price``."""

    def tender(resource: Resource, author: str, part: int) -> Tender:
        instrument = Instrument(Instant(start), duration, resource)
        quantity = Energy(depth - depth % lot(duration))
        name = TenderId(f"{author}-{start}-{duration}-{side.value}")
        return Tender(name, 0, PartyId(author), instrument, side, Price(part), quantity, Instant(start))

    energy = tender(Resource.ENERGY, "LSE", price - 20_000)
    transport = tender(Resource.TRANSPORT, "DO", 20_000)
    return Rung(Interval(Instant(start), duration), side, energy, transport, energy.quantity)


def steps(interval: Interval) -> list[Instant]:
    return [step.start for step in interval.split(FIVE_MINUTES)]


def moved(choices: list[Choice]) -> dict[Instant, int]:
    """Wh in each step that the choices add to the position."""
    change: defaultdict[Instant, int] = defaultdict(int)
    for choice in choices:
        starts = steps(choice.rung.interval)
        for start in starts:
            assert choice.quantity % len(starts) == 0
            change[start] += choice.rung.side.sign * choice.quantity // len(starts)
    return change


prices = st.integers(-100_000, 900_000)
instruments = st.sampled_from(
    [
        Interval(Instant(START + at), duration)
        for duration in (HOUR, QUARTER, FIVE_MINUTES)
        for at in range(0, HOURS * HOUR, duration)
    ]
)
markets = st.dictionaries(
    st.tuples(instruments, st.sampled_from(Side)), st.tuples(prices, st.integers(12, 5_000)), max_size=40
).map(
    lambda found: [
        rung(interval.start, interval.duration, side, price, depth)
        for (interval, side), (price, depth) in found.items()
    ]
)
quantities = st.dictionaries(
    st.sampled_from(steps(Interval(START, Duration(HOURS * HOUR)))),
    st.integers(-900, 900).map(Energy),
)
policies = st.builds(
    Policy,
    minimum_gain=st.integers(0, 200_000).map(Money),
    certainty=st.integers(0, 5_000).map(Price),
    share=st.fractions(Fraction(1, 20), 1),
)


@given(rungs=markets, gaps=quantities, held=quantities, policy=policies)
def test_no_gap_is_passed_and_none_grows(rungs, gaps, held, policy):
    change = moved(choose(Turn(NOW, rungs, gaps, held), FREE, policy))
    for start, quantity in change.items():
        gap = gaps.get(start, 0)
        assert 0 <= quantity <= gap or gap <= quantity <= 0


@given(rungs=markets, gaps=quantities, policy=policies)
def test_never_both_sides_of_overlapping_intervals_in_one_turn(rungs, gaps, policy):
    choices = choose(Turn(NOW, rungs, gaps, {}), FREE, policy)
    for one in choices:
        for other in choices:
            assert one.rung.side is other.rung.side or not one.rung.interval.overlaps(other.rung.interval)


@given(rungs=markets, gaps=quantities, policy=policies)
def test_every_choice_is_a_whole_number_of_lots_within_depth_and_worth_the_minimum(rungs, gaps, policy):
    for choice in choose(Turn(NOW, rungs, gaps, {}), FREE, policy):
        instrument = choice.rung.energy.instrument
        instrument.check_quantity(choice.quantity)
        assert choice.quantity <= choice.rung.remaining
        assert choice.gain >= policy.minimum_gain


@given(
    rungs=markets,
    gaps=quantities,
    held=quantities,
    limits=st.builds(
        Limits,
        budget=st.integers(0, 2 * 10**9).map(Money),
        highest_price=prices.map(Price),
        import_power=st.integers(0, 12_000).map(Power),
        export_power=st.integers(0, 12_000).map(Power),
    ),
)
def test_limits_are_never_passed(rungs, gaps, held, limits):
    choices = choose(Turn(NOW, rungs, gaps, held), limits, EAGER)
    bought = [choice for choice in choices if choice.rung.side is Side.SELL]
    assert sum(max(0, cost(choice.quantity, choice.rung.price)) for choice in bought) <= limits.budget
    assert all(choice.rung.price <= limits.highest_price for choice in bought)
    for start, change in moved(choices).items():
        after = held.get(start, 0) + change
        assert change <= 0 or after <= limits.import_power // 12
        assert change >= 0 or -after <= limits.export_power // 12


def test_the_hour_covers_what_is_common_and_the_quarters_the_rest():
    gaps = {start: Energy(100) for start in steps(Interval(START, HOUR))}
    gaps |= {start: Energy(150) for start in steps(Interval(START, QUARTER))}
    rungs = [rung(START, HOUR, Side.SELL, 100_000)]
    rungs += [rung(START + at, QUARTER, Side.SELL, 100_000) for at in range(0, HOUR, QUARTER)]

    choices = choose(Turn(NOW, rungs, gaps, {}), FREE, EAGER)

    assert [(choice.rung.interval, choice.quantity) for choice in choices] == [
        (Interval(START, HOUR), 1_200),
        (Interval(START, QUARTER), 150),
    ]
    assert moved(choices) == gaps


def test_a_cheaper_coarse_tender_is_taken_before_the_fine_ones_and_a_dearer_one_after():
    gaps = {start: Energy(100) for start in steps(Interval(START, HOUR))}
    fine = [rung(START + at, FIVE_MINUTES, Side.SELL, 100_000) for at in range(0, HOUR, FIVE_MINUTES)]
    cheap, dear = rung(START, HOUR, Side.SELL, 90_000), rung(START, HOUR, Side.SELL, 110_000)

    [one] = choose(Turn(NOW, [*fine, cheap], gaps, {}), FREE, EAGER)
    assert (one.rung, one.gain) == (cheap, 1_200 * 10_001)
    many = choose(Turn(NOW, [*fine, dear], gaps, {}), FREE, EAGER)
    assert [choice.rung.interval.duration for choice in many] == [FIVE_MINUTES] * 12


def test_a_small_gap_is_left_to_spot_and_a_share_closes_a_gap_slowly():
    hour = [rung(START, HOUR, Side.SELL, 100_000)]
    small = {start: Energy(20) for start in steps(Interval(START, HOUR))}
    assert choose(Turn(NOW, hour, small, {}), FREE, USUAL) == []

    large = {start: Energy(100) for start in steps(Interval(START, HOUR))}
    [part] = choose(Turn(NOW, hour, large, {}), FREE, replace(EAGER, share=Fraction(1, 4)))
    assert part.quantity == 300


def test_undoing_within_an_hour_needs_twice_the_gain():
    hour = [rung(START, HOUR, Side.BUY, 100_000)]
    gaps = {start: Energy(-50) for start in steps(Interval(START, HOUR))}
    policy = replace(USUAL, minimum_gain=Money(1_000_000))
    just_now = Recent(Interval(START, QUARTER), Side.SELL, Instant(NOW - 10 * MINUTE))

    assert len(choose(Turn(NOW, hour, gaps, {}), FREE, policy)) == 1
    assert choose(Turn(NOW, hour, gaps, {}, recent=[just_now]), FREE, policy) == []
    long_ago = replace(just_now, made_at=Instant(NOW - HOUR))
    assert len(choose(Turn(NOW, hour, gaps, {}, recent=[long_ago]), FREE, policy)) == 1


@pytest.mark.parametrize("side, gap, room", [(Side.SELL, 500, 300), (Side.BUY, -500, 100)])
def test_import_and_export_limits_bound_the_position_each_in_its_direction(side, gap, room):
    limits = replace(FREE, import_power=Power(3_600), export_power=Power(1_200))
    gaps = {start: Energy(gap) for start in steps(Interval(START, HOUR))}
    hour = [rung(START, HOUR, side, 100_000)]
    [choice] = choose(Turn(NOW, hour, gaps, {}), limits, EAGER)
    assert choice.quantity == 12 * room


def test_a_depth_that_is_used_up_gives_no_empty_trade():
    used_up = replace(rung(START, HOUR, Side.SELL, 100_000), remaining=Energy(0))
    gaps = {start: Energy(100) for start in steps(Interval(START, HOUR))}
    assert choose(Turn(NOW, [used_up], gaps, {}), FREE, EAGER) == []
    broke = replace(FREE, budget=Money(0))
    assert choose(Turn(NOW, [rung(START, HOUR, Side.SELL, 100_000)], gaps, {}), broke, EAGER) == []
