"""Heads, frozen spots and asked-for deliveries: payloads <-> market objects."""

from collections.abc import Iterable, Sequence

from temix_market.deliveries import Delivery
from temix_market.errors import InvalidField
from temix_market.instants import FIVE_MINUTES, Instant, iso, iso_duration, parse_duration, parse_instant
from temix_market.intervals import Interval
from temix_market.ports import Head, Heads
from temix_market.settlement import Spot
from temix_market.tenders import PartyId, PriceBounds
from temix_market.units import Price
from temix_market.wire.codec import delivery_parts, read_interval
from temix_market.wire.exchange import (
    STEPS_A_REPLY,
    ChainHead,
    ComparedHeads,
    CompareHeads,
    EiReplyDelivery,
    FrozenSpot,
    FrozenSpots,
)
from temix_market.wire.stream import HeartbeatFrame
from temix_market.wire.tender import PRICE_SCALE, QUANTITY_SCALE, WireInterval


def head_payload(head: Head) -> ChainHead:
    """Write a chain's head."""
    return ChainHead(sequence=head.sequence, head=head.head)


def read_heads(told: CompareHeads | ComparedHeads | HeartbeatFrame) -> Heads:
    """Read both chains' heads."""
    orders = Head(told.orders.sequence, told.orders.head)
    if isinstance(told, HeartbeatFrame):
        return Heads(orders, Head(told.sequence, told.head))
    return Heads(orders, Head(told.messages.sequence, told.messages.head))


def read_steps(wire: WireInterval, field: str = "boundingInterval") -> Interval:
    """Read an interval of whole 5-minute steps, ten days at the most.

    Raises:
        InvalidField: longer, or off the marks.
    """
    interval = read_interval(wire, field)
    if interval.start % FIVE_MINUTES or interval.duration % FIVE_MINUTES:
        raise InvalidField(field, f"{interval} is not made of whole 5-minute steps")
    if interval.duration > STEPS_A_REPLY * FIVE_MINUTES:
        raise InvalidField(field, f"{interval} is longer than the {STEPS_A_REPLY} steps of one reply")
    return interval


def spots_payload(party: PartyId, bounding: Interval, spots: Iterable[Spot]) -> FrozenSpots:
    """Write one party's spots within ``bounding``."""
    return FrozenSpots(
        party_id=party,
        price_scale=PRICE_SCALE,
        stream_start=iso(bounding.start),
        stream_interval_duration=iso_duration(FIVE_MINUTES),
        spots=tuple(
            FrozenSpot(
                stream_uid=(spot.interval.start - bounding.start) // FIVE_MINUTES,
                sell_price=spot.sell,
                buy_price=_bought_at(spot),
            )
            for spot in spots
        ),
    )


def read_spots(payload: FrozenSpots, bounds: PriceBounds) -> tuple[Spot, ...]:
    """Read one party's spots; every price must be within the market's ``bounds``.

    Raises:
        InvalidField: naming the field, as in ``spots[3].sellPrice``.
    """
    if parse_duration(payload.stream_interval_duration, "streamIntervalDuration") != FIVE_MINUTES:
        raise InvalidField("streamIntervalDuration", f"{payload.stream_interval_duration} is not PT5M")
    start = parse_instant(payload.stream_start, "streamStart")
    spots = []
    for index, wire in enumerate(payload.spots):
        for name, price in (("sellPrice", wire.sell_price), ("buyPrice", wire.buy_price)):
            bounds.check(Price(price), f"spots[{index}].{name}")
        step = Interval(Instant(start + wire.stream_uid * FIVE_MINUTES), FIVE_MINUTES)
        spots.append(Spot(PartyId(payload.party_id), step, Price(wire.sell_price), Price(wire.buy_price)))
    return tuple(spots)


def reply_deliveries_payload(home: PartyId, deliveries: Sequence[Delivery]) -> EiReplyDelivery:
    """Write what a home has reported."""
    return EiReplyDelivery(
        requestor_party_id=home, quantity_scale=QUANTITY_SCALE, deliveries=delivery_parts(deliveries)
    )


def _bought_at(spot: Spot) -> Price:
    assert spot.buy is not None, "who trades has both prices"
    return spot.buy
