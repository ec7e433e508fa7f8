"""Positions on the wire."""

from typing import Annotated, Literal

from msgspec import Meta

from temix_market.wire.base import Count, Id, Long, Payload, Sha256, Span, Time, cts, ours
from temix_market.wire.response import EiResponse
from temix_market.wire.tender import WireInterval


class EiRequestPosition(Payload, frozen=True, kw_only=True):
    """Ask for a home's position (CTS: EiRequestPositionPayload)."""

    request_id: Annotated[Id, cts("chosen by the requestor")]
    requestor: Annotated[Id, cts("who asks")]
    position_party: Annotated[Id, cts("whose position")]
    market_id: Annotated[Id, cts("the market context")]
    resource_designator: Annotated[Literal["ENERGY", "TRANSPORT"], cts("both are equal, as pairs are")]
    bounding_interval: Annotated[WireInterval, cts("whole 5-minute steps")]


class CtsStreamInterval(Payload, frozen=True, kw_only=True):
    """One step (CTS: CtsStreamIntervalType; its price is not carried)."""

    stream_uid: Annotated[Count, cts("ordinal of the step, from 0")]
    stream_interval_quantity: Annotated[Long, cts("net quantity, bought positive")]


class CtsStream(Payload, frozen=True, kw_only=True):
    """A position in equal steps (CTS: CtsStreamType)."""

    stream_start: Annotated[Time, cts("start of the first step")]
    stream_interval_duration: Annotated[Span, cts("length of a step: PT5M")]
    stream_intervals: Annotated[
        tuple[CtsStreamInterval, ...], Meta(max_length=10_000), cts("without gaps, in order")
    ]


class EiReplyPosition(Payload, frozen=True, kw_only=True):
    """A home's position as the retailer's book has it (CTS: EiReplyPositionPayload)."""

    requestor: Annotated[Id, cts("who asked")]
    position_party: Annotated[Id, cts("whose position")]
    bounding_interval: Annotated[WireInterval, cts("as asked")]
    positions: Annotated[CtsStream, cts("the net quantities")]
    quantity_scale: Annotated[Literal[3], ours("decimal places of the quantities (CTS has it in tenders)")]
    response: Annotated[EiResponse, cts("how the request fared")]
    sequence: Annotated[Count, ours("number of the last record of this home in the retailer's book")]
    head: Annotated[Sha256, ours("the book's chain head for this home at that number")]
