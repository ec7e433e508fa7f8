"""Transactions on the wire: energy and transport as a pair, all or none."""

from typing import Annotated

from msgspec import Meta

from temix_market.wire.base import Id, Key, Payload, Time, cts, ours
from temix_market.wire.response import EiResponse
from temix_market.wire.tender import TenderTerms


class EiTransaction(Payload, frozen=True, kw_only=True):
    """A transaction has a tender, whose terms it repeats with the author's side (CTS: EiTransactionType)."""

    market_transaction_id: Annotated[Key, cts("the pair's key; each party sees it once")]
    tender: Annotated[TenderTerms, cts("the tender's terms, with the quantity that is taken")]


class EiCreateTransaction(Payload, frozen=True, kw_only=True):
    """One leg (CTS: EiCreateTransactionPayload)."""

    party_id: Annotated[Id, cts("the home")]
    counter_party_id: Annotated[Id, cts("the tender's author")]
    request_id: Annotated[Key, cts("the pair's key")]
    transaction: Annotated[EiTransaction, cts("what is transacted")]


class CreateTransactionPair(Payload, frozen=True, kw_only=True):
    """An order: two legs of equal quantity under one key, booked together or not at all."""

    key: Annotated[Key, ours("UUIDv7: the pair happens at most once")]
    not_after: Annotated[Time, ours("no booking after this, by the retailer's clock")]
    energy: Annotated[EiCreateTransaction, ours("the leg with the load-serving entity")]
    transport: Annotated[EiCreateTransaction, ours("the leg with the distribution operator")]


class EiCreatedTransaction(Payload, frozen=True, kw_only=True):
    """One party's answer (CTS: EiCreatedTransactionPayload)."""

    party_id: Annotated[Id, cts("who answers")]
    counter_party_id: Annotated[Id, cts("the home")]
    transaction_id: Annotated[Key, cts("the pair's key")]
    response: Annotated[EiResponse, cts("200 booked, else why not")]


class TransactionAnswer(Payload, frozen=True, kw_only=True):
    """The definite answer to an order or a tender: what each party signed.

    To a tender it is an ``EiCreatedTender``, unless the key was voided before its tender came.
    """

    energy: Annotated[str, ours("JWS of the load-serving entity's EiCreatedTransaction")]
    transport: Annotated[str, ours("JWS of the distribution operator's EiCreatedTransaction")]


class SubscribedPair(Payload, frozen=True, kw_only=True):
    """A pair that follows from the subscription."""

    key: Annotated[Key, ours("UUIDv7: counted once")]
    energy: Annotated[EiCreateTransaction, ours("the leg with the load-serving entity")]
    transport: Annotated[EiCreateTransaction, ours("the leg with the distribution operator")]


class DistributeSubscription(Payload, frozen=True, kw_only=True):
    """Pairs that the retailer booked under the home's subscription."""

    pairs: Annotated[tuple[SubscribedPair, ...], Meta(max_length=500), ours("in the order of their booking")]
