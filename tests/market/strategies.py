"""What hypothesis draws: valid market objects around a day in March, when clocks change."""

import string

from hypothesis import strategies as st
from temix_market.deliveries import Delivery
from temix_market.instants import FIVE_MINUTES, HOUR, Duration, Instant, parse_instant
from temix_market.intervals import TRADED, Interval, lot
from temix_market.products import Instrument, Resource, Side
from temix_market.settlement import Spot
from temix_market.tenders import DEMO_BOUNDS, Component, PartyId, Publication, Tender, TenderId
from temix_market.transactions import Kind, Leg, Order, Pair, PairKey
from temix_market.units import CarbonIntensity, Energy, Price
from temix_market.wire.keys import uuid7

MIDNIGHT = parse_instant("2026-03-29T00:00:00Z")
HOME, LSE, DO = PartyId("home-1"), PartyId("lse"), PartyId("do")
AUTHORS = {Resource.ENERGY: LSE, Resource.TRANSPORT: DO}

prices = st.integers(DEMO_BOUNDS.lowest, DEMO_BOUNDS.highest).map(Price)
sides = st.sampled_from(Side)
keys = st.builds(
    lambda at, noise: PairKey(uuid7(Instant(MIDNIGHT + at), noise)),
    st.integers(0, HOUR),
    st.binary(min_size=10, max_size=10),
)
ids = st.text(string.ascii_letters + string.digits + "-:.é", min_size=1, max_size=40)


@st.composite
def intervals(draw: st.DrawFn, hours: int = 3) -> Interval:
    """A traded interval within the first ``hours`` of the day."""
    duration = draw(st.sampled_from(TRADED))
    return Interval(
        Instant(MIDNIGHT + duration * draw(st.integers(0, hours * HOUR // duration - 1))), duration
    )


steps = st.integers(0, 35).map(lambda n: Interval(Instant(MIDNIGHT + n * FIVE_MINUTES), FIVE_MINUTES))


def quantities(duration: Duration) -> st.SearchStrategy[Energy]:
    """Whole lots."""
    return st.integers(1, 1000).map(lambda lots: Energy(lots * lot(duration)))


@st.composite
def tenders(draw: st.DrawFn, author: PartyId = LSE) -> Tender:
    """Any tender of ``author``, with or without components."""
    interval = draw(intervals())
    price = draw(prices)
    resource, side = draw(st.sampled_from(Resource)), draw(sides)
    sells_energy = resource is Resource.ENERGY and side is Side.SELL
    carbon = draw(st.none() | st.integers(0, 5_000)) if sells_energy else None
    names = draw(st.lists(ids, max_size=4))
    parts = [Component(name, draw(prices)) for name in names]
    if parts:
        parts.append(Component("rest", Price(price - sum(part.price for part in parts))))
    return Tender(
        TenderId(draw(ids)),
        draw(st.integers(0, 10**6)),
        author,
        Instrument(interval.start, interval.duration, resource),
        side,
        price,
        draw(quantities(interval.duration)),
        Instant(interval.start - draw(st.integers(0, 2 * HOUR))),
        tuple(parts),
        None if carbon is None else CarbonIntensity(carbon),
    )


@st.composite
def publications(draw: st.DrawFn) -> Publication:
    """A publication of up to ten tenders, one for each line."""
    drawn = draw(st.lists(tenders(), max_size=10, unique_by=lambda tender: tender.line))
    return Publication(
        LSE, draw(st.integers(0, 10**9)), Instant(MIDNIGHT - draw(st.integers(1, HOUR))), tuple(drawn)
    )


def leg(resource: Resource, interval: Interval, side: Side, price: int, quantity: int) -> Leg:
    """A leg of the resource's usual author."""
    return Leg(
        TenderId(f"{resource.value}-1"),
        AUTHORS[resource],
        Instrument(interval.start, interval.duration, resource),
        side,
        Price(price),
        Energy(quantity),
    )


def pair(
    interval: Interval, side: Side, quantity: int, key: str = "k", *, energy: int = 1, transport: int = 1
) -> Pair:
    """A trade with prices of one's choice."""
    return Pair(
        PairKey(key),
        HOME,
        leg(Resource.ENERGY, interval, side, energy, quantity),
        leg(Resource.TRANSPORT, interval, side, transport, quantity),
    )


@st.composite
def pairs(
    draw: st.DrawFn, within: st.SearchStrategy[Interval] | None = None, kind: Kind | None = None
) -> Pair:
    """A trade or a subscription, of either side."""
    interval = draw(within if within is not None else intervals())
    side = draw(sides)
    quantity = draw(quantities(interval.duration))
    return Pair(
        draw(keys),
        HOME,
        leg(Resource.ENERGY, interval, side, draw(prices), quantity),
        leg(Resource.TRANSPORT, interval, side, draw(prices), quantity),
        draw(st.sampled_from(Kind)) if kind is None else kind,
    )


orders = st.builds(
    Order, pairs(kind=Kind.TRADE), st.integers(0, HOUR).map(lambda before: Instant(MIDNIGHT - before))
)


def enclosing(step: Interval) -> st.SearchStrategy[Interval]:
    """The traded intervals that enclose a 5-minute step."""
    return st.sampled_from(
        [Interval(Instant(step.start - step.start % duration), duration) for duration in TRADED]
    )


deliveries = st.builds(Delivery, intervals(), st.integers(-(10**6), 10**6).map(Energy), st.booleans())


@st.composite
def spots(draw: st.DrawFn, author: PartyId, step: Interval) -> Spot:
    """A party's frozen prices of a step, sell no lower than buy."""
    low, high = sorted([draw(prices), draw(prices)])
    return Spot(author, step, high, low)
