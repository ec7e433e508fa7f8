"""Responses: three-digit codes as in EI 1.0, the first digit says whose turn it is."""

from typing import Annotated, Final

from msgspec import Meta

from temix_market.errors import (
    BeyondDepth,
    InvalidField,
    KeyReused,
    KeyVoided,
    MarketError,
    OutOfSequence,
    Refused,
    TenderExpired,
    TenderSuperseded,
    TermsDiffer,
    UnknownTender,
)
from temix_market.instants import Instant, iso
from temix_market.wire.base import Count, Id, Payload, Text, Time, cts, ours

OK: Final = 200
OPENED: Final = 201
"""A home's tender is in the book."""
INVALID: Final = 400

REFUSALS: Final = {
    refusal.code: refusal
    for refusal in (
        UnknownTender,
        TermsDiffer,
        TenderSuperseded,
        TenderExpired,
        BeyondDepth,
        KeyReused,
        KeyVoided,
        OutOfSequence,
    )
}
"""The refusals of an order by response code."""


class EiResponse(Payload, frozen=True, kw_only=True):
    """How a request fared."""

    response_code: Annotated[
        int, Meta(ge=100, le=599), cts("three digits; 200 done, 4xx the request is at fault")
    ]
    response_description: Annotated[Text, cts("what happened and what to do, in words")] = ""
    ref_id: Annotated[Id, cts("the request or key that is answered")]
    created_date_time: Annotated[Time, cts("when it was answered, by the answering party's clock")]
    attribute_violated: Annotated[Id | None, cts("the field at fault (CTS: MarketAttributeViolation)")] = None
    newer_tender_id: Annotated[Id | None, ours("with 409: the tender in force")] = None
    remaining_quantity: Annotated[Count | None, ours("with 416: the Wh that remain")] = None


def ok(ref_id: str, now: Instant) -> EiResponse:
    """The answer that all went well."""
    return EiResponse(response_code=OK, ref_id=ref_id, created_date_time=iso(now))


def failed(ref_id: str, now: Instant, error: MarketError) -> EiResponse:
    """The answer that names what stood in the way."""
    return EiResponse(
        response_code=error.code if isinstance(error, Refused) else INVALID,
        response_description=str(error)[:1000],
        ref_id=ref_id,
        created_date_time=iso(now),
        attribute_violated=error.field[:128] if isinstance(error, InvalidField) else None,
        newer_tender_id=error.newer_id if isinstance(error, TenderSuperseded) else None,
        remaining_quantity=error.remaining if isinstance(error, BeyondDepth) else None,
    )


def reason(code: int) -> str:
    """The ``Refused.key`` of a response code."""
    return REFUSALS.get(code, Refused).key
