"""Ticker subscription on the wire."""

from typing import Annotated, Literal

from temix_market.wire.base import Id, Payload, cts
from temix_market.wire.response import EiResponse


class EiManageTickerSubscription(Payload, frozen=True, kw_only=True):
    """Ask to be told of tenders (CTS: EiManageTickerSubscriptionPayload)."""

    market_id: Annotated[Id, cts("the market context")]
    party_id: Annotated[Id, cts("the home")]
    subscription_request_id: Annotated[Id, cts("chosen by the home")]
    subscription_action_requested: Annotated[
        Literal["SNAPSHOT_AND_UPDATES"], cts("what is in force, then what is new")
    ]
    ticker_type: Annotated[Literal["TENDERS"], cts("of what")]


class EiManagedTickerSubscription(Payload, frozen=True, kw_only=True):
    """The answer (CTS: EiManagedTickerSubscriptionPayload)."""

    response: Annotated[EiResponse, cts("how the request fared")]
    subscription_id: Annotated[Id, cts("the retailer's name for the subscription")]
    subscription_request_id: Annotated[Id, cts("as asked")]
    subscription_action_taken: Annotated[Literal["SNAPSHOT_AND_UPDATES"], cts("what is sent")]
    ticker_type: Annotated[Literal["TENDERS"], cts("of what")]
