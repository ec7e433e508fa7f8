"""What keeps the records of home and retailer equal: heads compared, messages and spots asked for again."""

from typing import Annotated, Final, Literal

from msgspec import Meta

from temix_market.wire.base import Count, Id, Key, Long, Payload, Sha256, Span, Time, cts, ei, ours
from temix_market.wire.delivery import EiDelivery
from temix_market.wire.response import EiResponse
from temix_market.wire.tender import WireInterval

STEPS_A_REPLY: Final = 2_880
"""Spots and deliveries are asked for by ten days at a time, at the most."""


class ChainHead(Payload, frozen=True, kw_only=True):
    """How far a chain reaches."""

    sequence: Annotated[Count, ours("number of the last record; 0: there is none")]
    head: Annotated[Sha256, ours("the chain's head after it")]


class CompareHeads(Payload, frozen=True, kw_only=True):
    """A home tells how far it has both chains, before any trade."""

    request_id: Annotated[Id, ours("chosen by the home")]
    party_id: Annotated[Id, ours("the home")]
    orders: Annotated[ChainHead, ours("what the home sent; the head is the SHA-256 of the last order's JWS")]
    messages: Annotated[ChainHead, ours("what the home has of the retailer's messages to it")]


class ComparedHeads(Payload, frozen=True, kw_only=True):
    """How far the retailer's book has both chains."""

    response: Annotated[EiResponse, ours("how the request fared")]
    orders: Annotated[ChainHead, ours("of the home's orders; a void number counts")]
    messages: Annotated[ChainHead, ours("of the retailer's messages to this home")]


class ReconcileTransaction(Payload, frozen=True, kw_only=True):
    """Ask what became of an order; where it never came, its number is filled by a void key."""

    sequence: Annotated[Count, ours("number of the order among the home's")]
    digest: Annotated[Sha256, ours("SHA-256 of the order's JWS")]
    previous: Annotated[Sha256, ours("SHA-256 of the JWS of the order before it")]


class RequestMessages(Payload, frozen=True, kw_only=True):
    """Ask for the retailer's messages to this home again."""

    request_id: Annotated[Id, ours("chosen by the home")]
    party_id: Annotated[Id, ours("the home")]
    after: Annotated[Count, ours("the last number that the home has; 0: none")]


class MessageRecord(Payload, frozen=True, kw_only=True):
    """One record of the retailer's book for a home: what both sides signed."""

    sequence: Annotated[Count, ours("its number; the next one's envelopes name the head after it")]
    kind: Annotated[
        Literal["answer", "void", "subscription", "delivery", "acceptance", "ending"], ours("what it is")
    ]
    energy: Annotated[str, ours("JWS of the load-serving entity")]
    transport: Annotated[str, ours("JWS of the distribution operator, with answers and acceptances")] = ""
    key: Annotated[Key | None, ours("with answers: the order's key")] = None
    order_sequence: Annotated[Count | None, ours("with answers: the order's number among the home's")] = None
    order_digest: Annotated[Sha256 | None, ours("with answers: SHA-256 of the order's JWS")] = None
    order: Annotated[str, ours("with answers: the home's JWS; empty where the order never came")] = ""


class ReplyMessages(Payload, frozen=True, kw_only=True):
    """Messages in order, without gaps; ask again for those that follow."""

    response: Annotated[EiResponse, ours("how the request fared")]
    messages: Annotated[tuple[MessageRecord, ...], Meta(max_length=500), ours("some of them, or all")]


class RequestSpots(Payload, frozen=True, kw_only=True):
    """Ask for the spots that both parties have frozen."""

    request_id: Annotated[Id, ours("chosen by the home")]
    party_id: Annotated[Id, ours("the home")]
    bounding_interval: Annotated[WireInterval, ours("whole 5-minute steps, at most ten days")]


class FrozenSpot(Payload, frozen=True, kw_only=True):
    """A party's frozen prices of one step."""

    stream_uid: Annotated[Count, cts("ordinal of the step, from 0; a step without spot is left out")]
    sell_price: Annotated[Long, ours("of the party's sell tender; scaled")]
    buy_price: Annotated[Long, ours("of the party's buy tender; scaled")]


class FrozenSpots(Payload, frozen=True, kw_only=True):
    """One party's spots: its last tenders for each 5 minutes before they began."""

    party_id: Annotated[Id, ours("whose tenders they were")]
    price_scale: Annotated[Literal[6], cts("decimal places of the prices")]
    stream_start: Annotated[Time, cts("start of the first step")]
    stream_interval_duration: Annotated[Span, cts("length of a step: PT5M")]
    spots: Annotated[tuple[FrozenSpot, ...], Meta(max_length=STEPS_A_REPLY), ours("in order of time")]


class ReplySpots(Payload, frozen=True, kw_only=True):
    """Both parties' spots."""

    response: Annotated[EiResponse, ours("how the request fared")]
    energy: Annotated[str, ours("JWS of the load-serving entity's FrozenSpots, for the market")]
    transport: Annotated[str, ours("JWS of the distribution operator's FrozenSpots, for the market")]


class EiRequestDelivery(Payload, frozen=True, kw_only=True):
    """Ask what was reported of the home's meter (after EI 1.0's request and reply pairs)."""

    request_id: Annotated[Id, ei("chosen by the requestor")]
    requestor_party_id: Annotated[Id, ei("the home")]
    bounding_interval: Annotated[WireInterval, ours("whole 5-minute steps, at most ten days")]


class EiReplyDelivery(Payload, frozen=True, kw_only=True):
    """What the home has reported, as the book has it."""

    requestor_party_id: Annotated[Id, ei("the home")]
    quantity_scale: Annotated[Literal[3], ours("decimal places of the quantities")]
    deliveries: Annotated[tuple[EiDelivery, ...], Meta(max_length=STEPS_A_REPLY), ei("in order of time")]


class RepliedDelivery(Payload, frozen=True, kw_only=True):
    """Deliveries, signed."""

    response: Annotated[EiResponse, ours("how the request fared")]
    message: Annotated[str, ours("JWS of EiReplyDelivery by the load-serving entity, for the home")]
