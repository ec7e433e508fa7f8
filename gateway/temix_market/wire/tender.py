"""Tenders on the wire: one party's publication, distributed to every home of a circuit."""

from typing import Annotated, Final, Literal

from msgspec import Meta

from temix_market.units import MOST_CARBON
from temix_market.wire.base import Count, Id, Long, Payload, Quantity, Span, Time, cts, ei, ours

PRICE_SCALE: Final = 6
"""Prices are millionths of the currency unit per kWh."""

QUANTITY_SCALE: Final = 3
"""Quantities are thousandths of a kWh: Wh."""


class WireInterval(Payload, frozen=True, kw_only=True):
    """``[dtStart, dtStart + duration)`` (CTS: IntervalType)."""

    dt_start: Annotated[Time, cts("first instant, UTC")]
    duration: Annotated[Span, cts("ISO 8601 duration")]


class TenderIntervalDetail(Payload, frozen=True, kw_only=True, tag_field="type", tag="interval"):
    """One interval's terms (CTS: TenderIntervalDetail; ``type`` as in EML's implementation)."""

    interval: Annotated[WireInterval, cts("when it is delivered, at a constant rate")]
    price: Annotated[Long, cts("currency units per kWh × 10^priceScale; negative prices are normal")]
    quantity: Annotated[Quantity, cts("kWh × 10^quantityScale over the interval, a multiple of 12 W")]


class TenderTerms(Payload, frozen=True, kw_only=True):
    """What a tender and the transaction that repeats it have in common (part of CTS: TenderBase)."""

    tender_id: Annotated[Id, cts("unique over parties and revisions")]
    resource_designator: Annotated[Literal["ENERGY", "TRANSPORT"], cts("what is delivered")]
    side: Annotated[Literal["BUY", "SELL"], cts("the side of the tender's author")]
    price_scale: Annotated[Literal[6], cts("decimal places of the price")]
    quantity_scale: Annotated[Literal[3], cts("decimal places of the quantity")]
    tender_detail: Annotated[TenderIntervalDetail, cts("interval, price and quantity")]


class PriceComponent(Payload, frozen=True, kw_only=True):
    """A named part of a price."""

    name: Annotated[str, Meta(min_length=1, max_length=64), ours("what the part is for")]
    price: Annotated[Long, ours("scaled like the tender's price")]


type Grams = Annotated[int, Meta(ge=0, le=MOST_CARBON)]


class EiTender(TenderTerms, frozen=True, kw_only=True):
    """A tender as published (CTS: EiTenderType)."""

    expiration_time: Annotated[Time, cts("until when it may be taken, at most the interval's start")]
    revision: Annotated[Count, ours("a higher one supersedes: same author, instrument and side")]
    price_components: Annotated[
        tuple[PriceComponent, ...],
        Meta(max_length=16),
        ours("parts of the price, which they add up to"),
    ] = ()
    carbon_intensity: Annotated[
        Grams | None,
        ours("g CO₂ equivalent that a kWh drawn in the interval emits; only where its author sells energy"),
    ] = None


class EiDistributeTender(Payload, frozen=True, kw_only=True):
    """One party's publication (EI 1.0: eiDistributeTender, a broadcast); ``jti`` is its request id."""

    party_id: Annotated[Id, ei("the author of every tender in it")]
    sequence: Annotated[Count, ours("rises by one with each publication of the party")]
    created_date_time: Annotated[Time, ours("when it was published: decides which tender is the spot")]
    tenders: Annotated[tuple[EiTender, ...], Meta(max_length=2000), ei("eiTender")]
