"""A home's own tenders: whatever is accepted keeps to them, and has a key of its own."""

from dataclasses import replace
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from temix_market.errors import InvalidField
from temix_market.home_tenders import Acceptance, Ending, HomeTender, How, OpenTender, acceptance_key
from temix_market.instants import MINUTE, Instant
from temix_market.intervals import lot
from temix_market.products import Side
from temix_market.tenders import DEMO_BOUNDS, TenderId
from temix_market.transactions import Order, Pair, PairKey
from temix_market.units import Energy, Price
from temix_market.wire import codec
from temix_market.wire.base import decode, encode

from tests.market import strategies as draw
from tests.market.strategies import DO, HOME, LSE


@st.composite
def home_tenders(make: st.DrawFn) -> HomeTender:
    interval = make(draw.intervals())
    return HomeTender(
        make(draw.keys),
        HOME,
        interval,
        make(draw.sides),
        make(draw.prices),
        make(draw.quantities(interval.duration)),
        Instant(interval.start - MINUTE * make(st.integers(0, 60))),
    )


def taken(tender: HomeTender, quantity: int, place: int = 1, better: int = 0) -> Acceptance:
    """An acceptance, at a price so much better for the home."""
    pair = tender.pair(Energy(quantity), LSE, DO)
    price = Price(tender.price + (-better if tender.side is Side.BUY else better))
    legs = [
        replace(pair.energy, price=price, tender_id=TenderId("e")),
        replace(pair.transport, tender_id=TenderId("t")),
    ]
    key = acceptance_key(tender.key, place)
    return Acceptance(tender.key, place, Pair(key, HOME, legs[0], legs[1]))


@given(draw.keys, st.integers(1, 1000), st.integers(1, 1000))
def test_each_acceptance_has_a_key_of_its_own_with_the_tenders_time(
    key: PairKey, one: int, other: int
) -> None:
    found = UUID(acceptance_key(key, one))
    assert (found.version, found.variant, found.int >> 80) == (7, UUID(key).variant, UUID(key).int >> 80)
    assert (str(found) == acceptance_key(key, other)) == (one == other)
    assert str(found) != key


@given(home_tenders(), st.lists(st.integers(1, 400), max_size=8), st.integers(0, 100_000))
def test_what_is_accepted_and_what_is_left_are_the_tender(
    tender: HomeTender, lots: list[int], better: int
) -> None:
    standing, unit = OpenTender(tender, LSE, DO), lot(tender.interval.duration)
    total = 0
    for wanted in lots:
        acceptance = taken(tender, wanted * unit, standing.places + 1, better)
        if wanted * unit > standing.left:
            with pytest.raises(InvalidField, match="quantity"):
                standing.accept(acceptance)
            continue
        standing = standing.accept(acceptance)
        total += wanted * unit
        with pytest.raises(InvalidField, match="place"):
            standing.accept(acceptance)
    assert (standing.accepted, standing.left) == (total, tender.quantity - total)
    for how in How:
        fits = (how is How.FILLED) == (standing.left == 0)
        if fits:
            standing.check_ending(standing.ending(how))
        else:
            with pytest.raises(InvalidField, match="reason"):
                standing.check_ending(standing.ending(how))
    with pytest.raises(InvalidField, match="acceptedQuantity"):
        standing.check_ending(Ending(tender.key, How.CANCELED, Energy(total + unit), standing.places))


@given(home_tenders())
def test_an_open_tender_counts_as_what_it_comes_to(tender: HomeTender) -> None:
    rest = OpenTender(tender, LSE, DO).rest
    sign = 1 if tender.side is Side.BUY else -1
    assert (rest.quantity, rest.price, rest.interval) == (
        sign * tender.quantity,
        tender.price,
        tender.interval,
    )


@given(home_tenders(), st.sampled_from(["key", "side", "price", "parties", "home"]))
def test_what_does_not_fit_is_refused(tender: HomeTender, wrong: str) -> None:
    acceptance = taken(tender, tender.quantity)
    pair = acceptance.pair
    if wrong == "key":
        pair = replace(pair, key=tender.key)
    elif wrong == "side":
        side = tender.side
        legs = [replace(leg, side=side) for leg in (pair.energy, pair.transport)]
        pair = replace(pair, energy=legs[0], transport=legs[1])
    elif wrong == "price":
        pair = taken(tender, tender.quantity, better=-1).pair
    elif wrong == "parties":
        pair = replace(pair, energy=replace(pair.energy, author=DO))
    else:
        pair = replace(pair, home=LSE)
    with pytest.raises(InvalidField):
        OpenTender(tender, LSE, DO).accept(replace(acceptance, pair=pair))


@given(home_tenders())
def test_a_tender_comes_back_from_the_wire(tender: HomeTender) -> None:
    order = Order(tender.pair(tender.quantity, LSE, DO), Instant(tender.expires_at - 1), tender)
    payload = codec.order_payload(order)
    again = decode(encode(payload), type(payload))
    assert codec.read_home_tender(again, DEMO_BOUNDS, LSE, DO) == order


@given(home_tenders(), st.sampled_from(How), st.integers(1, 9))
def test_acceptance_and_end_come_back_from_the_wire(tender: HomeTender, how: How, place: int) -> None:
    acceptance = taken(tender, tender.quantity, place)
    accepted = codec.acceptance_payload(acceptance)
    if DEMO_BOUNDS.lowest <= acceptance.pair.energy.price <= DEMO_BOUNDS.highest:
        assert codec.read_acceptance(decode(encode(accepted), type(accepted)), DEMO_BOUNDS) == acceptance
    ending = Ending(tender.key, how, tender.quantity, place)
    ended = codec.ending_payload(ending)
    assert codec.read_ending(decode(encode(ended), type(ended))) == ending


@pytest.mark.parametrize(
    "field, change",
    [
        ("tender.tenderId", {"tender_id": "another"}),
        ("tender.resourceDesignator", {"resource_designator": "TRANSPORT"}),
        ("tender.expirationTime", {"expiration_time": "2027-01-01T00:00:00Z"}),
    ],
)
@given(tender=home_tenders())
def test_a_malformed_tender_names_its_field(tender: HomeTender, field: str, change: dict[str, str]) -> None:
    payload = codec.order_payload(Order(tender.pair(tender.quantity, LSE, DO), tender.expires_at, tender))
    bad = msgspec.structs.replace(payload, tender=msgspec.structs.replace(payload.tender, **change))
    with pytest.raises(InvalidField) as error:
        codec.read_home_tender(bad, DEMO_BOUNDS, LSE, DO)
    assert error.value.field == field
