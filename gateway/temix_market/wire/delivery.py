"""Deliveries on the wire: EI 1.0's, for CTS 1.0 has no delivery payload."""

from typing import Annotated, Final, Literal

from msgspec import Meta

from temix_market.wire.base import Count, Id, Payload, ei, ours
from temix_market.wire.response import EiResponse
from temix_market.wire.tender import WireInterval

STEPS_A_MESSAGE: Final = 300
"""Readings are told by the day: the longest has 25 hours."""


class EiDelivery(Payload, frozen=True, kw_only=True):
    """What the meter saw over one interval (EI 1.0 and EMIX: delivery)."""

    interval: Annotated[WireInterval, ei("when (EMIX: the product's interval)")]
    quantity: Annotated[Count, ei("kWh × 10^quantityScale, without sign")]
    injection: Annotated[bool, ei("true: into the grid; false: taken from it, or nothing flowed")]
    reading_type: Annotated[Literal["Net", "Estimated"], ei("Estimated where it was not measured as such")]


class EiCreateDelivery(Payload, frozen=True, kw_only=True):
    """Meter deliveries of one home (EI 1.0: eiCreateDelivery); the same interval counts once."""

    request_id: Annotated[Id, ei("chosen by the requestor")]
    requestor_party_id: Annotated[Id, ei("the home")]
    quantity_scale: Annotated[Literal[3], ours("decimal places of the quantities (CTS has it in tenders)")]
    deliveries: Annotated[tuple[EiDelivery, ...], Meta(min_length=1, max_length=10_000), ei("emix:delivery")]


class DistributeReadings(Payload, frozen=True, kw_only=True):
    """What the retailer's own meter saw at a home: it wins over what the home reported (EI 1.0: delivery)."""

    party_id: Annotated[Id, ei("the home")]
    quantity_scale: Annotated[Literal[3], ours("decimal places of the quantities")]
    deliveries: Annotated[
        tuple[EiDelivery, ...],
        Meta(min_length=1, max_length=STEPS_A_MESSAGE),
        ei("only what is new or corrected; Estimated may still be corrected"),
    ]


class EiCreatedDelivery(Payload, frozen=True, kw_only=True):
    """The answer to deliveries (EI 1.0: eiCreatedDelivery)."""

    response: Annotated[EiResponse, ei("how the request fared")]
