"""A home's own tenders on the wire: made, accepted in parts, cancelled, ended."""

from typing import Annotated, Literal

from temix_market.wire.base import Count, Id, Key, Payload, Quantity, Time, cts, ours
from temix_market.wire.response import EiResponse
from temix_market.wire.tender import TenderTerms
from temix_market.wire.transaction import EiCreateTransaction


class HomeTenderTerms(TenderTerms, frozen=True, kw_only=True):
    """A home's tender (CTS: EiTenderType): of energy, with transport included in the price and in each pair.

    ``resourceDesignator`` is ``ENERGY``; ``price`` is that of energy and transport together.
    """

    expiration_time: Annotated[Time, cts("until when it may be accepted, at most the interval's start")]


class EiCreateTender(Payload, frozen=True, kw_only=True):
    """A home makes a tender (CTS: EiCreateTenderPayload), numbered in the sequence of its orders."""

    party_id: Annotated[Id, cts("the home, the tender's author")]
    counter_party_id: Annotated[Id, cts("the load-serving entity")]
    request_id: Annotated[Key, cts("UUIDv7: the tender's key, and its id; it happens at most once")]
    not_after: Annotated[Time, ours("not to be opened after this, by the retailer's clock")]
    tender: Annotated[HomeTenderTerms, cts("what may be accepted, in whole or in parts of whole lots")]


class EiCreatedTender(Payload, frozen=True, kw_only=True):
    """One party's answer to a tender (CTS: EiCreatedTenderPayload)."""

    party_id: Annotated[Id, cts("who answers")]
    counter_party_id: Annotated[Id, cts("the home")]
    tender_id: Annotated[Key, cts("the tender's key")]
    response: Annotated[EiResponse, cts("201 open, else why not")]


class EiCancelTender(Payload, frozen=True, kw_only=True):
    """A home asks to end a tender (CTS: EiCancelTenderPayload); asking again does no harm."""

    party_id: Annotated[Id, cts("the home")]
    counter_party_id: Annotated[Id, cts("the load-serving entity")]
    request_id: Annotated[Id, cts("chosen by the home")]
    tender_id: Annotated[Key, cts("which tender")]


class EiCanceledTender(Payload, frozen=True, kw_only=True):
    """The answer (CTS: EiCanceledTenderPayload); what ends the tender is ``EndedTender`` alone."""

    party_id: Annotated[Id, cts("the load-serving entity")]
    counter_party_id: Annotated[Id, cts("the home")]
    tender_id: Annotated[Key, cts("which tender")]
    response: Annotated[EiResponse, cts("200 ended, now or before; 404 there is no such tender")]
    accepted_quantity: Annotated[Count, ours("Wh that were accepted before")]


class AcceptedTender(Payload, frozen=True, kw_only=True):
    """A part of a home's tender, or all of it, was accepted: a pair, signed by each party, numbered."""

    tender_id: Annotated[Key, ours("which tender")]
    place: Annotated[Quantity, ours("counts the tender's acceptances, from 1")]
    key: Annotated[Key, ours("the pair's key: follows from the tender's and the place")]
    energy: Annotated[EiCreateTransaction, ours("the leg that takes the load-serving entity's tender")]
    transport: Annotated[EiCreateTransaction, ours("the leg that takes the distribution operator's tender")]


class EndedTender(Payload, frozen=True, kw_only=True):
    """The last word on a home's tender, numbered: nothing of it is accepted from then on."""

    tender_id: Annotated[Key, ours("which tender")]
    reason: Annotated[
        Literal["LAPSED", "CANCELED", "FILLED"],
        ours("it expired by the retailer's clock, the home asked, or all of it was accepted"),
    ]
    accepted_quantity: Annotated[Count, ours("Wh that were accepted of it")]
    acceptances: Annotated[Count, ours("in so many parts")]
