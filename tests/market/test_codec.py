"""Payloads: what goes onto the wire comes back, and whatever is malformed names its field."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from temix_market.deliveries import Delivery
from temix_market.errors import InvalidField
from temix_market.instants import FIVE_MINUTES, HOUR, QUARTER, Instant
from temix_market.intervals import Interval
from temix_market.positions import Positions
from temix_market.products import Instrument, Resource, Side
from temix_market.tenders import DEMO_BOUNDS, Component, PriceBounds, Publication, Tender, TenderId
from temix_market.transactions import Kind, Order, Pair
from temix_market.units import Energy, Price
from temix_market.wire import codec
from temix_market.wire.base import MAX_BYTES, decode, encode
from temix_market.wire.delivery import EiCreateDelivery
from temix_market.wire.exchange import ChainHead
from temix_market.wire.position import CtsStream
from temix_market.wire.stream import Frame, HeartbeatFrame, PublicationNumber, TendersFrame, TransactionsFrame
from temix_market.wire.tender import EiDistributeTender
from temix_market.wire.transaction import CreateTransactionPair, DistributeSubscription

from tests.market import strategies as draw
from tests.market.strategies import HOME, LSE, MIDNIGHT


def on_the_wire[T](payload: T) -> T:
    """Send a payload as bytes and read it back."""
    return decode(encode(payload), type(payload))  # type: ignore[type-var]


@given(draw.publications())
def test_a_publication_comes_back(publication: Publication) -> None:
    payload = on_the_wire(codec.publication_payload(publication))
    assert codec.read_publication(payload, DEMO_BOUNDS) == publication


@given(draw.orders)
def test_an_order_comes_back(order: Order) -> None:
    assert codec.read_order(on_the_wire(codec.order_payload(order)), DEMO_BOUNDS) == order


@given(st.lists(draw.pairs(kind=Kind.SUBSCRIPTION), max_size=5))
def test_a_subscription_comes_back(pairs: list[Pair]) -> None:
    payload = on_the_wire(codec.subscription_payload(pairs))
    assert list(codec.read_subscription(payload, DEMO_BOUNDS)) == pairs


@given(st.lists(draw.deliveries, min_size=1, max_size=5))
def test_deliveries_come_back(deliveries: list[Delivery]) -> None:
    payload = on_the_wire(codec.deliveries_payload(HOME, "request-1", deliveries))
    assert payload.requestor_party_id == HOME
    assert list(codec.read_deliveries(payload)) == deliveries


@given(st.lists(draw.pairs(), max_size=8))
def test_a_position_comes_back(pairs: list[Pair]) -> None:
    positions = Positions(pairs)
    bounding = Interval(MIDNIGHT, HOUR)
    got = codec.read_position(on_the_wire(codec.position_payload(positions, bounding)))
    assert list(got) == list(bounding.split(FIVE_MINUTES))
    assert all(quantity == positions.at(step) for step, quantity in got.items())


@given(draw.intervals())
def test_an_interval_comes_back(interval: Interval) -> None:
    assert codec.read_interval(codec.interval_payload(interval), "x") == interval


@pytest.mark.parametrize(
    "frame",
    [
        TendersFrame(message="a.b.c"),
        TransactionsFrame(message="a.b.c"),
        HeartbeatFrame(
            now="2026-03-29T00:00:00Z",
            sequence=3,
            head="0" * 64,
            orders=ChainHead(sequence=2, head="0" * 64),
            publications=(PublicationNumber(party_id="lse", sequence=2),),
        ),
    ],
)
def test_a_frame_is_told_by_its_type(frame: Frame) -> None:
    assert decode(encode(frame), Frame) == frame


def test_an_unknown_frame_is_refused() -> None:
    with pytest.raises(InvalidField) as caught:
        decode(b'{"type":"weather","message":"x"}', Frame)
    assert caught.value.field == "type"


TENDER = Tender(
    TenderId("lse-1"),
    4,
    LSE,
    Instrument(Instant(MIDNIGHT + QUARTER), QUARTER, Resource.ENERGY),
    Side.SELL,
    Price(120_000),
    Energy(300),
    MIDNIGHT,
    (Component("wholesale", Price(100_000)), Component("losses", Price(20_000))),
)
OTHER = Tender(
    TenderId("lse-2"),
    4,
    LSE,
    Instrument(MIDNIGHT, HOUR, Resource.ENERGY),
    Side.SELL,
    Price(-5),
    Energy(12),
    MIDNIGHT,
)
PUBLICATION = Publication(LSE, 9, Instant(MIDNIGHT - 1), (OTHER, TENDER))
PAIR = draw.pair(Interval(MIDNIGHT, FIVE_MINUTES), Side.SELL, 5, key=f"{0:08d}-0000-7000-8000-{0:012d}")


def malformed(raw: bytes, kind: Any, read: Callable[[Any], object]) -> InvalidField:
    with pytest.raises(InvalidField) as caught:
        read(decode(raw, kind))
    assert str(caught.value).startswith(caught.value.field)
    return caught.value


def changed(payload: msgspec.Struct, path: tuple[str | int, ...], value: object) -> bytes:
    """Write a payload with something else at ``path``; ``...`` takes the field away."""
    tree = json.loads(encode(payload))
    place = tree
    for name in path[:-1]:
        place = place[name]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return json.dumps(tree).encode()


DETAIL = ("tenders", 1, "tenderDetail")


@pytest.mark.parametrize(
    "path, value, field",
    [
        # wrong type, missing, unknown
        (("partyId",), 5, "partyId"),
        (("partyId",), "", "partyId"),
        (("partyId",), "x" * 129, "partyId"),
        (("partyId",), ..., "partyId"),
        (("partyId",), None, "partyId"),
        (("weather",), "fine", "weather"),
        (("tenders", 1, "weather"), "fine", "tenders[1].weather"),
        (("tenders", 1, "revision"), ..., "tenders[1].revision"),
        (("tenders", 1, "revision"), -1, "tenders[1].revision"),
        (("tenders", 1, "side"), "BID", "tenders[1].side"),
        (("tenders", 1, "carbonIntensity"), -1, "tenders[1].carbonIntensity"),
        (("tenders", 1, "carbonIntensity"), 5_001, "tenders[1].carbonIntensity"),
        (("tenders", 1, "carbonIntensity"), 0.43, "tenders[1].carbonIntensity"),
        (("tenders", 1, "side"), "sell", "tenders[1].side"),
        (("tenders", 1, "resourceDesignator"), "WATER_FLOW", "tenders[1].resourceDesignator"),
        (("tenders", 1, "priceScale"), 3, "tenders[1].priceScale"),
        (("tenders", 1, "quantityScale"), 0, "tenders[1].quantityScale"),
        ((*DETAIL, "type"), "stream", "tenders[1].tenderDetail.type"),
        # numbers
        ((*DETAIL, "price"), float("nan"), "tenders[1].tenderDetail.price"),
        ((*DETAIL, "price"), float("inf"), "tenders[1].tenderDetail.price"),
        ((*DETAIL, "price"), float("-inf"), "tenders[1].tenderDetail.price"),
        ((*DETAIL, "price"), 120_000.0, "tenders[1].tenderDetail.price"),
        ((*DETAIL, "price"), 0.12, "tenders[1].tenderDetail.price"),
        ((*DETAIL, "price"), -0.0, "tenders[1].tenderDetail.price"),
        ((*DETAIL, "price"), "120000", "tenders[1].tenderDetail.price"),
        ((*DETAIL, "price"), True, "tenders[1].tenderDetail.price"),
        ((*DETAIL, "price"), 2**53, "tenders[1].tenderDetail.price"),
        ((*DETAIL, "price"), 10**40, "tenders[1].tenderDetail.price"),
        # the market's bounds and grid
        ((*DETAIL, "price"), 25_000_001, "tenders[1].tenderDetail.price"),
        ((*DETAIL, "price"), -5_000_001, "tenders[1].tenderDetail.price"),
        ((*DETAIL, "price"), 120_001, "tenders[1].priceComponents"),
        ((*DETAIL, "quantity"), 301, "tenders[1].tenderDetail.quantity"),
        ((*DETAIL, "quantity"), 0, "tenders[1].tenderDetail.quantity"),
        ((*DETAIL, "quantity"), -300, "tenders[1].tenderDetail.quantity"),
        ((*DETAIL, "quantity"), 3 * 10**9, "tenders[1].tenderDetail.quantity"),
        (("tenders", 1, "priceComponents", 0, "price"), 1.5, "tenders[1].priceComponents[0].price"),
        # times
        ((*DETAIL, "interval", "duration"), "-PT15M", "tenders[1].tenderDetail.interval.duration"),
        ((*DETAIL, "interval", "duration"), "PT-15M", "tenders[1].tenderDetail.interval.duration"),
        ((*DETAIL, "interval", "duration"), "PT0S", "tenders[1].tenderDetail.interval.duration"),
        ((*DETAIL, "interval", "duration"), "PT", "tenders[1].tenderDetail.interval.duration"),
        ((*DETAIL, "interval", "duration"), "PT30M", "tenders[1].tenderDetail.interval.duration"),
        ((*DETAIL, "interval", "duration"), "PT1\u0665M", "tenders[1].tenderDetail.interval.duration"),
        ((*DETAIL, "interval", "duration"), "P1D", "tenders[1].tenderDetail.interval.duration"),
        (
            (*DETAIL, "interval", "dtStart"),
            "2026-03-29T00:10:00Z",
            "tenders[1].tenderDetail.interval.dtStart",
        ),
        ((*DETAIL, "interval", "dtStart"), "2026-03-29T00:15:00", "tenders[1].tenderDetail.interval.dtStart"),
        (
            (*DETAIL, "interval", "dtStart"),
            "2026-03-29T02:15:00+02:00",
            "tenders[1].tenderDetail.interval.dtStart",
        ),
        (
            (*DETAIL, "interval", "dtStart"),
            "2026-02-30T00:15:00Z",
            "tenders[1].tenderDetail.interval.dtStart",
        ),
        (
            (*DETAIL, "interval", "dtStart"),
            "2026-03-29T24:60:00Z",
            "tenders[1].tenderDetail.interval.dtStart",
        ),
        (
            (*DETAIL, "interval", "dtStart"),
            "2026-03-29T00:15:00Z\n",
            "tenders[1].tenderDetail.interval.dtStart",
        ),
        (("tenders", 1, "expirationTime"), "2026-03-29T00:15:00.001Z", "tenders[1].expirationTime"),
        (("createdDateTime",), "yesterday", "createdDateTime"),
        (("createdDateTime",), "2026-13-29T00:15:00Z", "createdDateTime"),
        # the set
        (("tenders",), {}, "tenders"),
        (("tenders", 0), None, "tenders[0]"),
    ],
)
def test_a_malformed_publication_names_its_field(
    path: tuple[str | int, ...], value: object, field: str
) -> None:
    raw = changed(codec.publication_payload(PUBLICATION), path, value)
    error = malformed(raw, EiDistributeTender, lambda payload: codec.read_publication(payload, DEMO_BOUNDS))
    assert error.field == field


def test_carbon_intensity_beside_energy_that_is_bought_names_its_field() -> None:
    buying = Publication(LSE, 9, Instant(MIDNIGHT - 1), (replace(TENDER, side=Side.BUY),))
    raw = changed(codec.publication_payload(buying), ("tenders", 0, "carbonIntensity"), 430)
    error = malformed(raw, EiDistributeTender, lambda payload: codec.read_publication(payload, DEMO_BOUNDS))
    assert error.field == "tenders[0].carbonIntensity"


def test_minus_zero_is_named_where_it_stands() -> None:
    raw = changed(codec.publication_payload(PUBLICATION), (*DETAIL, "price"), 4242).replace(b"4242", b"-0")
    assert malformed(raw, EiDistributeTender, lambda _: None).field == "tenders[1].tenderDetail.price"


def test_minus_zero_in_a_text_is_text() -> None:
    payload = msgspec.structs.replace(codec.publication_payload(PUBLICATION), party_id="a:-0,b")
    assert on_the_wire(payload) == payload


def test_two_tenders_of_one_line_are_refused() -> None:
    payload = codec.publication_payload(PUBLICATION)
    twice = msgspec.structs.replace(payload, tenders=payload.tenders + payload.tenders[:1])
    with pytest.raises(InvalidField, match="second for its line") as caught:
        codec.read_publication(twice, DEMO_BOUNDS)
    assert caught.value.field == "tenders"


def test_the_bounds_are_those_of_the_market() -> None:
    payload = codec.publication_payload(PUBLICATION)
    with pytest.raises(InvalidField, match=r"outside the market's bounds 0 … 1") as caught:
        codec.read_publication(payload, PriceBounds(Price(0), Price(1)))
    assert caught.value.field == "tenders[0].tenderDetail.price"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"nonsense",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"partyId":"\xed\xa0\x80"}',
        b"[" * 100_000,
        b'{"tenders":' * 100_000,
    ],
)
def test_what_is_no_payload_at_all_is_refused_as_a_whole(raw: bytes) -> None:
    assert malformed(raw, EiDistributeTender, lambda _: None).field in {"message", "tenders"}


def test_a_message_too_large_is_not_parsed() -> None:
    error = malformed(b" " * (MAX_BYTES + 1), EiDistributeTender, lambda _: None)
    assert error.field == "message"
    assert "1048577 bytes" in error.reason


def test_trailing_bytes_are_refused() -> None:
    raw = encode(codec.publication_payload(PUBLICATION)) + b"{}"
    assert malformed(raw, EiDistributeTender, lambda _: None).field == "message"


def test_half_a_surrogate_is_refused() -> None:
    payload = codec.publication_payload(PUBLICATION)
    raw = encode(payload).decode().replace('"lse"', '"\ud800"')
    with pytest.raises(InvalidField, match="message: not UTF-8"):
        decode(raw, EiDistributeTender)


TERMS = ("transaction", "tender")


@pytest.mark.parametrize(
    "path, value, field",
    [
        (("key",), "k", "key"),
        (("key",), "00000000-0000-4000-8000-000000000000", "key"),  # a UUID, but version 4
        (("key",), "00000000-0000-7000-8000-000000000001", "energy.requestId"),
        (("notAfter",), "soon", "notAfter"),
        (
            ("energy", "transaction", "marketTransactionId"),
            "0" * 8 + "-0000-7000-8000-" + "1" * 12,
            "energy.transaction.marketTransactionId",
        ),
        (("transport", "requestId"), "0" * 8 + "-0000-7000-8000-" + "1" * 12, "transport.requestId"),
        (("transport", "partyId"), "home-2", "transport.partyId"),
        (("transport", *TERMS, "side"), "BUY", "transport"),
        (("transport", *TERMS, "resourceDesignator"), "ENERGY", "transport"),
        (("energy", *TERMS, "resourceDesignator"), "TRANSPORT", "energy"),
        (("transport", *TERMS, "tenderDetail", "quantity"), 6, "transport"),
        (("transport", *TERMS, "tenderDetail", "interval", "dtStart"), "2026-03-29T00:05:00Z", "transport"),
        (
            ("energy", *TERMS, "tenderDetail", "quantity"),
            0,
            "energy.transaction.tender.tenderDetail.quantity",
        ),
        (("energy", *TERMS, "tenderDetail", "price"), 10**9, "energy.transaction.tender.tenderDetail.price"),
        (("energy", *TERMS, "expirationTime"), "x", "energy.transaction.tender.expirationTime"),
    ],
)
def test_a_malformed_order_names_its_field(path: tuple[str | int, ...], value: object, field: str) -> None:
    raw = changed(codec.order_payload(Order(PAIR, MIDNIGHT)), path, value)
    error = malformed(raw, CreateTransactionPair, lambda payload: codec.read_order(payload, DEMO_BOUNDS))
    assert error.field == field


def test_a_malformed_subscription_names_pair_and_field() -> None:
    payload = codec.subscription_payload([PAIR, PAIR])
    raw = changed(payload, ("pairs", 1, "energy", *TERMS, "tenderDetail", "quantity"), 6)
    error = malformed(raw, DistributeSubscription, lambda read: codec.read_subscription(read, DEMO_BOUNDS))
    assert error.field == "pairs[1].transport"


@pytest.mark.parametrize(
    "path, value, field",
    [
        (("deliveries",), [], "deliveries"),
        (("deliveries", 0, "quantity"), -1, "deliveries[0].quantity"),
        (("deliveries", 0, "quantity"), 0, "deliveries[0].injection"),
        (("deliveries", 0, "injection"), 1, "deliveries[0].injection"),
        (("deliveries", 0, "readingType"), "Guess", "deliveries[0].readingType"),
        (("deliveries", 0, "interval", "duration"), "PT0S", "deliveries[0].interval.duration"),
        (("deliveries", 0, "interval", "dtStart"), "2026-02-30T00:00:00Z", "deliveries[0].interval.dtStart"),
    ],
)
def test_a_malformed_delivery_names_its_field(path: tuple[str | int, ...], value: object, field: str) -> None:
    delivery = Delivery(Interval(MIDNIGHT, QUARTER), Energy(-3))
    raw = changed(codec.deliveries_payload(HOME, "r", [delivery]), path, value)
    assert malformed(raw, EiCreateDelivery, codec.read_deliveries).field == field


@pytest.mark.parametrize(
    "path, value, field",
    [
        (("streamIntervals", 1, "streamUid"), 5, "streamIntervals[1].streamUid"),
        (("streamStart",), "2026-02-30T00:00:00Z", "streamStart"),
        (("streamIntervalDuration",), "PT0S", "streamIntervalDuration"),
    ],
)
def test_a_malformed_position_names_its_field(path: tuple[str | int, ...], value: object, field: str) -> None:
    raw = changed(codec.position_payload(Positions(), Interval(MIDNIGHT, QUARTER)), path, value)
    assert malformed(raw, CtsStream, codec.read_position).field == field


@given(
    st.binary(max_size=300)
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["partyId", "sequence", "createdDateTime", "tenders", "x"]), inner
            )
        ),
    ).map(lambda tree: json.dumps(tree).encode())
)
def test_nothing_but_an_invalid_field_comes_of_rubbish(raw: bytes) -> None:
    with pytest.raises(InvalidField) as caught:
        codec.read_publication(decode(raw, EiDistributeTender), DEMO_BOUNDS)
    assert caught.value.field
