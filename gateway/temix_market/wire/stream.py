"""Frames of the retailer's WebSocket after the ticker subscription."""

from typing import Annotated

from msgspec import Meta

from temix_market.wire.base import Count, Id, Payload, Sha256, Time, ours
from temix_market.wire.exchange import ChainHead


class TendersFrame(Payload, frozen=True, kw_only=True, tag_field="type", tag="tenders"):
    """One party's publication."""

    message: Annotated[str, ours("JWS of EiDistributeTender by its author, for the market")]


class TransactionsFrame(Payload, frozen=True, kw_only=True, tag_field="type", tag="transactions"):
    """Pairs booked under the home's subscription."""

    message: Annotated[str, ours("JWS of DistributeSubscription by the load-serving entity, for the home")]


class ReadingsFrame(Payload, frozen=True, kw_only=True, tag_field="type", tag="readings"):
    """Readings of the retailer's own meter."""

    message: Annotated[str, ours("JWS of DistributeReadings by the load-serving entity, for the home")]


class AcceptanceFrame(Payload, frozen=True, kw_only=True, tag_field="type", tag="acceptance"):
    """A part of a home's tender was accepted."""

    energy: Annotated[str, ours("JWS of AcceptedTender by the load-serving entity, for the home")]
    transport: Annotated[str, ours("JWS of AcceptedTender by the distribution operator, for the home")]


class EndingFrame(Payload, frozen=True, kw_only=True, tag_field="type", tag="ending"):
    """A home's tender has ended."""

    message: Annotated[str, ours("JWS of EndedTender by the load-serving entity, for the home")]


class PublicationNumber(Payload, frozen=True, kw_only=True):
    """How far a party's publications have come."""

    party_id: Annotated[Id, ours("the party")]
    sequence: Annotated[Count, ours("of its last publication")]


class HeartbeatFrame(Payload, frozen=True, kw_only=True, tag_field="type", tag="heartbeat"):
    """Sign of life, with what must agree before any trade."""

    now: Annotated[Time, ours("the retailer's clock")]
    sequence: Annotated[Count, ours("number of the last record of this home in the retailer's book")]
    head: Annotated[Sha256, ours("the book's chain head for this home at that number")]
    orders: Annotated[ChainHead, ours("how far the book has this home's orders")]
    publications: Annotated[tuple[PublicationNumber, ...], Meta(max_length=16), ours("one for each party")]


type Frame = TendersFrame | TransactionsFrame | ReadingsFrame | AcceptanceFrame | EndingFrame | HeartbeatFrame
"""Whatever the retailer pushes."""
