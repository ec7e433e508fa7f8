"""Own tenders: whichever of them are accepted, the home keeps to its limits."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st
from temix_gateway.trading.tendering import LAPSES_BEFORE, OwnTender, Wanted, tenders
from temix_gateway.trading.trader import Limits
from temix_market.instants import HOUR, MINUTE, Duration, Instant
from temix_market.intervals import Interval, lot
from temix_market.products import Side
from temix_market.units import Energy, Money, Power, Price, cost

START = Instant(1_613_174_400_000)
NOW = Instant(START - 10 * MINUTE)
FREE = Limits(Money(10**15), Price(25_000_000), Power(10_000), Power(10_000))


@dataclass(frozen=True)
class Point:
    """Of a curve."""

    price: Price
    energy: Energy


def curve(*points: tuple[int, int], held: tuple[int, int] = (0, 0), number: int = 0) -> Wanted:
    hour = Interval(Instant(START + number * HOUR), Duration(HOUR))
    told = tuple(Point(Price(price), Energy(energy)) for price, energy in points)
    return Wanted(hour, told, Energy(held[0]), Energy(held[1]))


def of(found: list[OwnTender], side: Side) -> list[tuple[int, int]]:
    return [(tender.price, tender.quantity) for tender in found if tender.side is side]


SHAPE = curve((300_000, -1_000), (250_000, -400), (200_000, 0), (150_000, 600), (100_000, 1_800))


def test_each_increment_of_the_curve_is_a_tender_at_its_price_and_best_comes_first() -> None:
    found = tenders([SHAPE], FREE, NOW)
    assert of(found, Side.BUY) == [(150_000, 600), (100_000, 1_200)]
    assert of(found, Side.SELL) == [(250_000, 396), (300_000, 600)], "in lots of 12 Wh"
    assert {tender.expires_at for tender in found} == {START - LAPSES_BEFORE}


def test_what_is_too_dear_is_tendered_at_the_next_price_that_is_not() -> None:
    limits = Limits(FREE.budget, Price(120_000), FREE.import_power, FREE.export_power)
    assert of(tenders([SHAPE], limits, NOW), Side.BUY) == [(100_000, 1_800)]


def test_an_hour_that_is_about_to_begin_has_none() -> None:
    assert tenders([SHAPE], FREE, Instant(START - LAPSES_BEFORE)) == []


def test_money_is_spent_once_on_all_hours() -> None:
    limits = Limits(cost(Energy(1_200), Price(200_000)), *[getattr(FREE, name) for name in (
        "highest_price", "import_power", "export_power")])  # fmt: skip
    hours = [curve((200_000, 900), number=0), curve((200_000, 900), number=1)]
    assert [tender.quantity for tender in tenders(hours, limits, NOW)] == [900, 300]


prices = st.lists(st.integers(-200_000, 900_000), min_size=5, max_size=5, unique=True)
energies = st.lists(st.integers(-9_000, 9_000), min_size=5, max_size=5)
positions = st.tuples(st.integers(-9_000, 9_000), st.integers(-9_000, 9_000)).map(sorted)


@st.composite
def shapes(draw: st.DrawFn) -> list[Wanted]:
    found = []
    for number in range(draw(st.integers(1, 4))):
        points = zip(sorted(draw(prices), reverse=True), sorted(draw(energies)), strict=True)
        found.append(curve(*points, held=tuple(draw(positions)), number=number))
    return found


limits_of = st.builds(
    Limits,
    budget=st.integers(0, 3_000_000_000).map(Money),
    highest_price=st.integers(-100_000, 900_000).map(Price),
    import_power=st.integers(0, 12_000).map(Power),
    export_power=st.integers(0, 12_000).map(Power),
)


@given(found=shapes(), limits=limits_of, taken=st.integers(0, 2**40 - 1))
def test_whatever_is_accepted_keeps_to_every_limit(found: list[Wanted], limits: Limits, taken: int) -> None:
    made = tenders(found, limits, NOW)
    accepted = [tender for number, tender in enumerate(made) if taken >> number & 1]
    spent = sum(max(0, cost(each.quantity, each.price)) for each in accepted if each.side is Side.BUY)
    assert spent <= limits.budget
    for tender in made:
        assert tender.quantity > 0
        assert tender.quantity % lot(tender.interval.duration) == 0
        assert tender.side is Side.SELL or tender.price <= limits.highest_price
    for each in found:
        moved = {
            side: sum(t.quantity for t in accepted if t.interval == each.interval and t.side is side)
            for side in Side
        }
        if moved[Side.BUY]:
            assert each.highest + moved[Side.BUY] <= limits.import_power
            assert moved[Side.BUY] <= max(point.energy for point in each.points)
        if moved[Side.SELL]:
            assert each.lowest - moved[Side.SELL] >= -limits.export_power
            assert moved[Side.SELL] <= max(-point.energy for point in each.points)


@given(found=shapes(), limits=limits_of)
def test_the_home_never_sells_for_less_than_it_buys(found: list[Wanted], limits: Limits) -> None:
    for each in found:
        made = tenders([each], limits, NOW)
        buys, sells = ([t.price for t in made if t.side is side] for side in (Side.BUY, Side.SELL))
        assert not buys or not sells or max(buys) < min(sells)
        assert buys == sorted(buys, reverse=True)
        assert sells == sorted(sells)
