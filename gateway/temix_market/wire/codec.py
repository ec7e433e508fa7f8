"""Payloads <-> market objects; whatever cannot enter the market names its field in the payload."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Final

from temix_market.deliveries import Delivery
from temix_market.errors import InvalidField
from temix_market.home_tenders import Acceptance, Ending, HomeTender, How
from temix_market.instants import (
    FIVE_MINUTES,
    REMEMBERED,
    Instant,
    iso,
    iso_duration,
    parse_duration,
    parse_instant,
)
from temix_market.intervals import Interval
from temix_market.positions import Positions
from temix_market.products import Instrument, Resource, Side
from temix_market.tenders import Component, PartyId, PriceBounds, Publication, Tender, TenderId
from temix_market.transactions import Kind, Leg, Order, Pair, PairKey
from temix_market.units import CarbonIntensity, Energy, Price
from temix_market.wire.delivery import DistributeReadings, EiCreateDelivery, EiDelivery
from temix_market.wire.exchange import EiReplyDelivery
from temix_market.wire.home_tender import AcceptedTender, EiCreateTender, EndedTender, HomeTenderTerms
from temix_market.wire.position import CtsStream, CtsStreamInterval
from temix_market.wire.tender import (
    PRICE_SCALE,
    QUANTITY_SCALE,
    EiDistributeTender,
    EiTender,
    PriceComponent,
    TenderIntervalDetail,
    TenderTerms,
    WireInterval,
)
from temix_market.wire.transaction import (
    CreateTransactionPair,
    DistributeSubscription,
    EiCreateTransaction,
    EiTransaction,
    SubscribedPair,
)

_instant: Final = lru_cache(REMEMBERED)(parse_instant)
_duration: Final = lru_cache(REMEMBERED)(parse_duration)

# An enumeration that is called looks its member up much more slowly.
_SIDES: Final = {side.value: side for side in Side}
_RESOURCES: Final = {resource.value: resource for resource in Resource}

# Where in a tender stands what the market calls so.
_IN_TENDER: Final = {
    "quantity": "tenderDetail.quantity",
    "price": "tenderDetail.price",
    "duration": "tenderDetail.interval.duration",
    "start": "tenderDetail.interval.dtStart",
    "expires_at": "expirationTime",
    "components": "priceComponents",
    "carbon_intensity": "carbonIntensity",
}


def publication_payload(publication: Publication) -> EiDistributeTender:
    """Write a publication."""
    return EiDistributeTender(
        party_id=publication.author,
        sequence=publication.sequence,
        created_date_time=iso(publication.published_at),
        tenders=tuple(_tender_payload(tender) for tender in publication.tenders),
    )


def read_publication(payload: EiDistributeTender, bounds: PriceBounds) -> Publication:
    """Read a publication; every tender must be within the market's ``bounds``.

    Raises:
        InvalidField: naming the field, as in ``tenders[3].tenderDetail.quantity``.
    """
    author = PartyId(payload.party_id)
    tenders = tuple(_tenders(payload.tenders, author, bounds))
    published_at = parse_instant(payload.created_date_time, "createdDateTime")
    return Publication(author, payload.sequence, published_at, tenders)


def order_payload(order: Order) -> CreateTransactionPair | EiCreateTender:
    """Write an order, or the tender that it makes."""
    pair = order.pair
    if order.tender is not None:
        return _home_tender_payload(order.tender, order.not_after, pair.energy.author)
    return CreateTransactionPair(
        key=pair.key,
        not_after=iso(order.not_after),
        energy=_leg_payload(pair, pair.energy),
        transport=_leg_payload(pair, pair.transport),
    )


def read_order(payload: CreateTransactionPair, bounds: PriceBounds) -> Order:
    """Read an order.

    Raises:
        InvalidField: naming the field, as in ``energy.transaction.tender.tenderDetail.price``.
    """
    pair = _pair(payload.key, payload.energy, payload.transport, Kind.TRADE, bounds)
    return Order(pair, parse_instant(payload.not_after, "notAfter"))


def read_home_tender(
    payload: EiCreateTender, bounds: PriceBounds, energy: PartyId, transport: PartyId
) -> Order:
    """Read the order that makes a home's tender, made to these parties.

    Raises:
        InvalidField: naming the field, as in ``tender.tenderDetail.price``.
    """
    key, terms = payload.request_id, payload.tender
    if payload.counter_party_id != energy:
        raise InvalidField("counterPartyId", f"{payload.counter_party_id} is not {energy}")
    if terms.tender_id != key:
        raise InvalidField("tender.tenderId", f"{terms.tender_id} is not the request's key {key}")
    if terms.resource_designator != "ENERGY":
        raise InvalidField("tender.resourceDesignator", "a home tenders energy, with transport in its price")
    price = Price(terms.tender_detail.price)
    with _within("tender.", _IN_TENDER):
        bounds.check(price)
        tender = HomeTender(
            PairKey(key),
            PartyId(payload.party_id),
            _instrument(terms).interval,
            _SIDES[terms.side],
            price,
            Energy(terms.tender_detail.quantity),
            parse_instant(terms.expiration_time, "expires_at"),
        )
    pair = tender.pair(tender.quantity, energy, transport)
    return Order(pair, parse_instant(payload.not_after, "notAfter"), tender)


def acceptance_payload(acceptance: Acceptance) -> AcceptedTender:
    """Write that a part of a home's tender was accepted."""
    pair = acceptance.pair
    return AcceptedTender(
        tender_id=acceptance.tender,
        place=acceptance.place,
        key=pair.key,
        energy=_leg_payload(pair, pair.energy),
        transport=_leg_payload(pair, pair.transport),
    )


def read_acceptance(payload: AcceptedTender, bounds: PriceBounds) -> Acceptance:
    """Read that a part of a home's tender was accepted.

    Raises:
        InvalidField: naming the field, as in ``energy.partyId``.
    """
    pair = _pair(payload.key, payload.energy, payload.transport, Kind.TRADE, bounds)
    return Acceptance(PairKey(payload.tender_id), payload.place, pair)


def ending_payload(ending: Ending) -> EndedTender:
    """Write that a home's tender has ended."""
    return EndedTender(
        tender_id=ending.tender,
        reason=ending.how.value,
        accepted_quantity=ending.accepted,
        acceptances=ending.places,
    )


def read_ending(payload: EndedTender) -> Ending:
    """Read that a home's tender has ended."""
    accepted = Energy(payload.accepted_quantity)
    return Ending(PairKey(payload.tender_id), How(payload.reason), accepted, payload.acceptances)


def subscription_payload(pairs: Sequence[Pair]) -> DistributeSubscription:
    """Write pairs that follow from a subscription."""
    return DistributeSubscription(
        pairs=tuple(
            SubscribedPair(
                key=pair.key,
                energy=_leg_payload(pair, pair.energy),
                transport=_leg_payload(pair, pair.transport),
            )
            for pair in pairs
        )
    )


def read_subscription(payload: DistributeSubscription, bounds: PriceBounds) -> tuple[Pair, ...]:
    """Read pairs that follow from a subscription.

    Raises:
        InvalidField: naming the field, as in ``pairs[0].transport.partyId``.
    """
    pairs = []
    for index, wire in enumerate(payload.pairs):
        with _within(f"pairs[{index}]."):
            pairs.append(_pair(wire.key, wire.energy, wire.transport, Kind.SUBSCRIPTION, bounds))
    return tuple(pairs)


def position_payload(positions: Positions, bounding: Interval) -> CtsStream:
    """Write the position over ``bounding``, in 5-minute steps.

    Raises:
        InvalidField: ``bounding`` is not made of whole steps.
    """
    return CtsStream(
        stream_start=iso(bounding.start),
        stream_interval_duration=iso_duration(FIVE_MINUTES),
        stream_intervals=tuple(
            CtsStreamInterval(stream_uid=index, stream_interval_quantity=positions.at(step))
            for index, step in enumerate(bounding.split(FIVE_MINUTES))
        ),
    )


def read_position(stream: CtsStream) -> dict[Interval, Energy]:
    """Read a position: the quantity of each step, in order.

    Raises:
        InvalidField: steps out of order or with gaps.
    """
    start = parse_instant(stream.stream_start, "streamStart")
    duration = parse_duration(stream.stream_interval_duration, "streamIntervalDuration")
    steps: dict[Interval, Energy] = {}
    for index, wire in enumerate(stream.stream_intervals):
        if wire.stream_uid != index:
            raise InvalidField(f"streamIntervals[{index}].streamUid", f"{wire.stream_uid} instead of {index}")
        steps[Interval(Instant(start + index * duration), duration)] = Energy(wire.stream_interval_quantity)
    return steps


def deliveries_payload(home: PartyId, request_id: str, deliveries: Sequence[Delivery]) -> EiCreateDelivery:
    """Write meter deliveries."""
    return EiCreateDelivery(
        request_id=request_id,
        requestor_party_id=home,
        quantity_scale=QUANTITY_SCALE,
        deliveries=delivery_parts(deliveries),
    )


def delivery_parts(deliveries: Sequence[Delivery]) -> tuple[EiDelivery, ...]:
    """Write each delivery, whatever message it stands in."""
    return tuple(
        EiDelivery(
            interval=interval_payload(delivery.interval),
            quantity=abs(delivery.energy),
            injection=delivery.energy < 0,
            reading_type="Estimated" if delivery.estimated else "Net",
        )
        for delivery in deliveries
    )


def readings_payload(home: PartyId, readings: Sequence[Delivery]) -> DistributeReadings:
    """Write readings of the retailer's own meter."""
    return DistributeReadings(
        party_id=home, quantity_scale=QUANTITY_SCALE, deliveries=delivery_parts(readings)
    )


def read_deliveries(payload: EiCreateDelivery | EiReplyDelivery | DistributeReadings) -> tuple[Delivery, ...]:
    """Read meter deliveries, import positive.

    Raises:
        InvalidField: naming the field, as in ``deliveries[2].interval.duration``.
    """
    return tuple(_delivery(wire, f"deliveries[{index}]") for index, wire in enumerate(payload.deliveries))


def interval_payload(interval: Interval) -> WireInterval:
    """Write an interval."""
    return WireInterval(dt_start=iso(interval.start), duration=iso_duration(interval.duration))


def read_interval(wire: WireInterval, field: str) -> Interval:
    """Read an interval that stands in ``field``.

    Raises:
        InvalidField: no such time, or an empty duration.
    """
    return Interval(
        parse_instant(wire.dt_start, f"{field}.dtStart"), parse_duration(wire.duration, f"{field}.duration")
    )


def _home_tender_payload(tender: HomeTender, not_after: Instant, energy: PartyId) -> EiCreateTender:
    instrument = Instrument(tender.interval.start, tender.interval.duration, Resource.ENERGY)
    return EiCreateTender(
        party_id=tender.home,
        counter_party_id=energy,
        request_id=tender.key,
        not_after=iso(not_after),
        tender=HomeTenderTerms(
            tender_id=tender.key,
            resource_designator=instrument.resource.value,
            side=tender.side.value,
            price_scale=PRICE_SCALE,
            quantity_scale=QUANTITY_SCALE,
            tender_detail=_detail(instrument, tender.price, tender.quantity),
            expiration_time=iso(tender.expires_at),
        ),
    )


def _tender_payload(tender: Tender) -> EiTender:
    instrument = tender.instrument
    return EiTender(
        tender_id=tender.id,
        resource_designator=instrument.resource.value,
        side=tender.side.value,
        price_scale=PRICE_SCALE,
        quantity_scale=QUANTITY_SCALE,
        tender_detail=_detail(instrument, tender.price, tender.quantity),
        expiration_time=iso(tender.expires_at),
        revision=tender.revision,
        price_components=tuple(
            PriceComponent(name=part.name, price=part.price) for part in tender.components
        ),
        carbon_intensity=tender.carbon_intensity,
    )


def _tenders(wires: Iterable[EiTender], author: PartyId, bounds: PriceBounds) -> Iterator[Tender]:
    for index, wire in enumerate(wires):
        try:  # not ``_within``: some hundreds of tenders come every five minutes, and a context is slow
            yield _tender(wire, author, bounds)
        except InvalidField as error:
            raise _placed(error, f"tenders[{index}].", _IN_TENDER) from None


def _tender(wire: EiTender, author: PartyId, bounds: PriceBounds) -> Tender:
    price = Price(wire.tender_detail.price)
    bounds.check(price)
    return Tender(
        TenderId(wire.tender_id),
        wire.revision,
        author,
        _instrument(wire),
        _SIDES[wire.side],
        price,
        Energy(wire.tender_detail.quantity),
        _instant(wire.expiration_time, "expires_at"),
        tuple(Component(part.name, Price(part.price)) for part in wire.price_components),
        None if wire.carbon_intensity is None else CarbonIntensity(wire.carbon_intensity),
    )


def _detail(instrument: Instrument, price: Price, quantity: Energy) -> TenderIntervalDetail:
    return TenderIntervalDetail(
        interval=interval_payload(instrument.interval), price=price, quantity=quantity
    )


def _instrument(wire: TenderTerms) -> Instrument:
    interval = wire.tender_detail.interval
    return Instrument(
        _instant(interval.dt_start, "start"),
        _duration(interval.duration),
        _RESOURCES[wire.resource_designator],
    )


def _leg_payload(pair: Pair, leg: Leg) -> EiCreateTransaction:
    terms = TenderTerms(
        tender_id=leg.tender_id,
        resource_designator=leg.instrument.resource.value,
        side=leg.side.value,
        price_scale=PRICE_SCALE,
        quantity_scale=QUANTITY_SCALE,
        tender_detail=_detail(leg.instrument, leg.price, leg.quantity),
    )
    return EiCreateTransaction(
        party_id=pair.home,
        counter_party_id=leg.author,
        request_id=pair.key,
        transaction=EiTransaction(market_transaction_id=pair.key, tender=terms),
    )


def _pair(
    key: str, energy: EiCreateTransaction, transport: EiCreateTransaction, kind: Kind, bounds: PriceBounds
) -> Pair:
    for name, wire in (("energy", energy), ("transport", transport)):
        if wire.request_id != key:
            raise InvalidField(f"{name}.requestId", f"{wire.request_id} is not the pair's key {key}")
        if wire.transaction.market_transaction_id != key:
            field = f"{name}.transaction.marketTransactionId"
            raise InvalidField(field, f"{wire.transaction.market_transaction_id} is not the pair's key {key}")
    if transport.party_id != energy.party_id:
        raise InvalidField("transport.partyId", f"{transport.party_id}, but energy is for {energy.party_id}")
    return Pair(
        PairKey(key),
        PartyId(energy.party_id),
        _leg("energy", energy, bounds),
        _leg("transport", transport, bounds),
        kind,
    )


def _leg(name: str, wire: EiCreateTransaction, bounds: PriceBounds) -> Leg:
    terms = wire.transaction.tender
    price = Price(terms.tender_detail.price)
    with _within(f"{name}.transaction.tender.", _IN_TENDER):
        bounds.check(price)
        return Leg(
            TenderId(terms.tender_id),
            PartyId(wire.counter_party_id),
            _instrument(terms),
            _SIDES[terms.side],
            price,
            Energy(terms.tender_detail.quantity),
        )


def _delivery(wire: EiDelivery, field: str) -> Delivery:
    if wire.injection and wire.quantity == 0:
        raise InvalidField(f"{field}.injection", "nothing flowed: false")
    return Delivery(
        read_interval(wire.interval, f"{field}.interval"),
        Energy(-wire.quantity if wire.injection else wire.quantity),
        estimated=wire.reading_type == "Estimated",
    )


@contextmanager
def _within(prefix: str, places: Mapping[str, str] = {}) -> Iterator[None]:
    """Turn the market's name for what is wrong into its place in the payload."""
    try:
        yield
    except InvalidField as error:
        raise _placed(error, prefix, places) from None


def _placed(error: InvalidField, prefix: str, places: Mapping[str, str]) -> InvalidField:
    return InvalidField(prefix + places.get(error.field, error.field), error.reason)
