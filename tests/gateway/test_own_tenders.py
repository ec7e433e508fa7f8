"""The home's open tenders: kept as long as plan and limits want them, and counted as accepted."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from temix_gateway.own_tenders import beneath, own_tenders, tied, unwanted
from temix_gateway.planning import Plan
from temix_gateway.planning.result import Curve, CurvePoint, Level
from temix_gateway.trading.trader import Limits
from temix_market.home_tenders import HomeTender, OpenTender, acceptance_key
from temix_market.instants import FIVE_MINUTES, HOUR, Duration, Instant
from temix_market.intervals import Interval
from temix_market.positions import Positions
from temix_market.products import Side
from temix_market.transactions import PairKey
from temix_market.units import Energy, Money, Power, Price

from tests.gateway.market import DO, HOME, LSE, NOW

FIRST = Instant(NOW // HOUR * HOUR + HOUR)
HOURS = [Interval(Instant(FIRST + number * HOUR), Duration(HOUR)) for number in range(3)]

energies = st.lists(st.integers(-6_000, 6_000), min_size=1, max_size=5).map(sorted)
prices = st.lists(st.integers(-500_000, 3_000_000), min_size=5, max_size=5, unique=True)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """With a curve for some hours, whose quantity never falls as the price falls."""
    curves = []
    for hour in HOURS:
        wanted, at = draw(energies), sorted(draw(prices), reverse=True)
        points = [
            CurvePoint(price=Price(price), energy=Energy(energy))
            for price, energy in zip(at, wanted, strict=False)
        ]
        curves.append(Curve(interval=hour, points=tuple(points)))
    return planned(*curves)


def planned(*curves: Curve) -> Plan:
    none = Money(0)
    return Plan(
        made_at=NOW, steps=(), devices=(), net_load=(), marginal_price=(), cost=none, energy_cost=none,
        wear_cost=none, unmet_cost=none, level=Level.GREEDY, bound=None, gap=None, seconds=0.0, unmet=(),
        curves=curves,
    )  # fmt: skip


limits = st.builds(
    Limits,
    st.integers(0, 20_000_000_000).map(Money),
    st.integers(0, 3_000_000).map(Price),
    st.integers(0, 12_000).map(Power),
    st.integers(0, 12_000).map(Power),
)
positions = st.lists(st.integers(-3_000, 3_000), min_size=3, max_size=3)


def held(quantities: list[int]) -> Positions:
    """A position in each hour, in whole lots."""
    found = []
    for number, (hour, quantity) in enumerate(zip(HOURS, quantities, strict=True)):
        lots = abs(quantity) // 12 * 12
        if lots:
            side = Side.BUY if quantity > 0 else Side.SELL
            key = PairKey(f"held-{number}")
            tender = HomeTender(key, HOME, hour, side, Price(0), Energy(lots), hour.start)
            found.append(tender.pair(Energy(lots), LSE, DO))
    return Positions(found)


def made(plan: Plan, position: Positions, bounds: Limits) -> list[OpenTender]:
    found = own_tenders(plan, {}, position, bounds, NOW)
    return [
        OpenTender(
            HomeTender(
                PairKey(f"tender-{number}"),
                HOME,
                each.interval,
                each.side,
                each.price,
                each.quantity,
                each.expires_at,
            ),
            LSE,
            DO,
        )
        for number, each in enumerate(found)
    ]


@given(plans(), positions, limits)
def test_what_was_just_made_is_wanted_and_within_the_limits_even_if_all_is_accepted(
    plan: Plan, quantities: list[int], bounds: Limits
) -> None:
    position = held(quantities)
    standing = made(plan, position, bounds)
    left = beneath(bounds, standing)
    assert left.budget >= 0
    assert unwanted(standing, plan, {}, position, left) == []
    for side, power in ((Side.BUY, bounds.import_power), (Side.SELL, bounds.export_power)):
        rests = [each.rest for each in standing if each.tender.side is side]
        for rest in rests:
            at = sum(other.quantity for other in rests if other.interval == rest.interval)
            there = at + position.at(rest.interval)
            assert abs(there) <= max(power, abs(position.at(rest.interval)))


@given(plans(), positions, limits, st.integers(1, 400))
def test_what_was_accepted_is_taken_off_what_is_wanted(
    plan: Plan, quantities: list[int], bounds: Limits, lots: int
) -> None:
    """The rest of a tender stays wanted, though the position has moved by what was accepted."""
    position = held(quantities)
    before = {hour: position.at(hour) for hour in HOURS}
    standing = made(plan, position, bounds)
    if not standing:
        return
    first = standing[0]
    part = Energy(min(lots * 12, first.left))
    pair = replace(first.tender.pair(part, LSE, DO), key=acceptance_key(_KEY, 1))
    position.add(pair)
    after = [replace(first, accepted=part, places=1), *standing[1:]]
    rest = [each for each in after if each.left]
    spent = Money(bounds.budget - max(0, pair.cost) * (first.tender.side is Side.BUY))
    left = beneath(replace(bounds, budget=spent), rest)
    same = [each for each in rest if each.tender.side is first.tender.side]
    assert not [each for each in unwanted(rest, plan, before, position, left) if each in same]


_KEY = PairKey("017a766a-1a66-7362-ba9e-0123456789ab")


def test_another_plan_or_a_lower_limit_makes_them_unwanted() -> None:
    curve = Curve(
        interval=HOURS[0],
        points=(
            CurvePoint(price=Price(300_000), energy=Energy(600)),
            CurvePoint(price=Price(100_000), energy=Energy(1_800)),
        ),
    )
    wide = Limits(Money(10**12), Price(10**6), Power(12_000), Power(12_000))
    plan, position = planned(curve), Positions()
    standing = made(plan, position, wide)
    dear, cheap = standing
    assert [(each.tender.price, each.left) for each in standing] == [(300_000, 600), (100_000, 1_200)]
    less = planned(
        Curve(
            interval=HOURS[0],
            points=(*curve.points[:1], CurvePoint(price=Price(100_000), energy=Energy(1_200))),
        )
    )
    assert unwanted(standing, less, {}, position, wide) == [cheap]
    assert unwanted(standing, plan, {}, position, replace(wide, highest_price=Price(200_000))) == [dear]
    assert unwanted(standing, plan, {}, position, replace(wide, import_power=Power(1_000))) == [cheap]
    assert unwanted(standing, plan, {}, position, replace(wide, budget=Money(-1))) == [dear, cheap]
    assert unwanted(standing, planned(), {}, position, wide) == [], "its hour is too near for a curve"
    assert tied(standing) == {step.start for step in HOURS[0].split(FIVE_MINUTES)}
