"""JSON Schemas and the table of fields, made from the payload structs."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from msgspec import Struct

from temix_market.wire.delivery import DistributeReadings, EiCreatedDelivery, EiCreateDelivery, EiDelivery
from temix_market.wire.exchange import (
    ChainHead,
    ComparedHeads,
    CompareHeads,
    EiReplyDelivery,
    EiRequestDelivery,
    FrozenSpot,
    FrozenSpots,
    MessageRecord,
    ReconcileTransaction,
    RepliedDelivery,
    ReplyMessages,
    ReplySpots,
    RequestMessages,
    RequestSpots,
)
from temix_market.wire.home_tender import (
    AcceptedTender,
    EiCanceledTender,
    EiCancelTender,
    EiCreatedTender,
    EiCreateTender,
    EndedTender,
    HomeTenderTerms,
)
from temix_market.wire.mandate import OwnerMandate
from temix_market.wire.position import CtsStream, CtsStreamInterval, EiReplyPosition, EiRequestPosition
from temix_market.wire.registration import (
    CreatedEnrollment,
    CreateEnrollment,
    EiCanceledPartyRegistration,
    EiCancelPartyRegistration,
    EiCreatedPartyRegistration,
    EiCreatePartyRegistration,
    MarketContext,
    MarketParty,
    PublicJwk,
    RegistrationInfo,
)
from temix_market.wire.response import EiResponse
from temix_market.wire.seal import Envelope
from temix_market.wire.stream import (
    AcceptanceFrame,
    EndingFrame,
    HeartbeatFrame,
    PublicationNumber,
    ReadingsFrame,
    TendersFrame,
    TransactionsFrame,
)
from temix_market.wire.tender import (
    EiDistributeTender,
    EiTender,
    PriceComponent,
    TenderIntervalDetail,
    TenderTerms,
    WireInterval,
)
from temix_market.wire.ticker import EiManagedTickerSubscription, EiManageTickerSubscription
from temix_market.wire.transaction import (
    CreateTransactionPair,
    DistributeSubscription,
    EiCreatedTransaction,
    EiCreateTransaction,
    EiTransaction,
    SubscribedPair,
    TransactionAnswer,
)

type Schema = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


@dataclass(frozen=True, slots=True)
class Family:
    """Payloads that belong together: those that travel by themselves, and their parts."""

    title: str
    messages: tuple[type[Struct], ...]
    parts: tuple[type[Struct], ...] = ()


FAMILIES: Final = (
    Family(
        "Tenders",
        (EiDistributeTender,),
        (EiTender, TenderTerms, TenderIntervalDetail, WireInterval, PriceComponent),
    ),
    Family(
        "Transactions",
        (CreateTransactionPair, EiCreatedTransaction, TransactionAnswer, DistributeSubscription),
        (EiCreateTransaction, EiTransaction, SubscribedPair),
    ),
    Family(
        "Tenders of a home's own",
        (
            EiCreateTender,
            EiCreatedTender,
            EiCancelTender,
            EiCanceledTender,
            AcceptedTender,
            EndedTender,
        ),
        (HomeTenderTerms,),
    ),
    Family("Positions", (EiRequestPosition, EiReplyPosition), (CtsStream, CtsStreamInterval)),
    Family("Deliveries", (EiCreateDelivery, EiCreatedDelivery, DistributeReadings), (EiDelivery,)),
    Family(
        "Records compared and asked for again",
        (
            CompareHeads,
            ComparedHeads,
            ReconcileTransaction,
            RequestMessages,
            ReplyMessages,
            RequestSpots,
            ReplySpots,
            FrozenSpots,
            EiRequestDelivery,
            RepliedDelivery,
            EiReplyDelivery,
        ),
        (ChainHead, MessageRecord, FrozenSpot),
    ),
    Family(
        "Party registration",
        (
            CreateEnrollment,
            CreatedEnrollment,
            EiCreatePartyRegistration,
            EiCreatedPartyRegistration,
            EiCancelPartyRegistration,
            EiCanceledPartyRegistration,
        ),
        (RegistrationInfo, MarketContext, MarketParty, PublicJwk),
    ),
    Family("Ticker subscription", (EiManageTickerSubscription, EiManagedTickerSubscription)),
    Family(
        "Frames of the stream",
        (TendersFrame, TransactionsFrame, ReadingsFrame, AcceptanceFrame, EndingFrame, HeartbeatFrame),
        (PublicationNumber,),
    ),
    Family("Response", (EiResponse,)),
)
"""Everything that home and retailer send each other."""

HOME: Final = Family("The owner's mandate, which never leaves the home", (OwnerMandate,))
"""What has the wire's form and is in no document of the retailer's."""

SIGNED: Final = (
    EiDistributeTender,
    DistributeSubscription,
    CreateTransactionPair,
    EiCreatedTransaction,
    EiCreateDelivery,
    FrozenSpots,
    EiReplyDelivery,
    DistributeReadings,
    EiCreateTender,
    EiCreatedTender,
    EiCancelTender,
    AcceptedTender,
    EndedTender,
)
"""The bodies that travel in an envelope, as JWS."""


def schemas() -> dict[str, Schema]:
    """The JSON Schema of each message by its name; those that are signed in their envelope besides."""
    kinds: dict[str, Any] = {kind.__name__: kind for family in (*FAMILIES, HOME) for kind in family.messages}
    kinds |= {f"Envelope.{body.__name__}": sealed for body, sealed in zip(SIGNED, _sealed(), strict=True)}
    return {name: {"$schema": DIALECT, **msgspec.json.schema(kind)} for name, kind in kinds.items()}


def components(template: str, families: Iterable[Family] = FAMILIES) -> dict[str, Schema]:
    """Every message and part by name, with references as in ``template`` (``{name}`` in it)."""
    kinds: list[Any] = [kind for family in families for kind in (*family.messages, *family.parts)]
    _, found = msgspec.json.schema_components(kinds + _sealed(), ref_template=template)
    return found


def field_table() -> str:
    """Every field of every payload with its type and origin, as Markdown."""
    families = (*FAMILIES, HOME)
    described = components("{name}", families) | {"Envelope": _any_envelope()}
    lines = [
        "# Fields of the wire",
        "",
        "Generated from the code. *Origin* says where a field's name and meaning are from: OASIS CTS 1.0,",
        "OASIS Energy Interoperation 1.0 with EMIX (EI 1.0), or this profile (ours). What the profile leaves",
        "out of the standards stands in [the wire](wire.md). A field in *italics* may be left out.",
    ]
    for family in (Family("Envelope", (Envelope,)), *families):
        lines += ["", f"## {family.title}"]
        for kind in (*family.messages, *family.parts):
            lines += _section(kind.__name__, described[kind.__name__])
    return "\n".join(lines) + "\n"


def _sealed() -> list[Any]:
    return [Envelope[body] for body in SIGNED]  # type: ignore[valid-type]


def _any_envelope() -> Schema:
    schema: Schema = msgspec.json.schema(Envelope[Any])["$defs"]["Envelope_Any_"]
    return schema


def _section(name: str, schema: Schema) -> list[str]:
    rows = ["", f"### {name}", "", schema["description"].replace("``", "`"), ""]
    rows += ["| field | type | origin | meaning |", "|---|---|---|---|"]
    for field, described in schema["properties"].items():
        shown = f"`{field}`" if field in schema["required"] else f"*`{field}`*"
        origin = described.get("x-origin", "ours")
        meaning = described.get("description", "tells what it is" if "enum" in described else "")
        rows.append(f"| {shown} | {_type(described)} | {origin} | {meaning} |")
    return rows


def _type(schema: Schema) -> str:
    match schema:
        case {"$ref": str(name)}:
            return f"[{name}](#{name.lower()})"
        case {"enum": values}:
            return " or ".join(f"`{value}`" for value in values)
        case {"type": "array", "items": items}:
            return f"list of {_type(items)}"
        case {"anyOf": choices}:
            return " or ".join(_type(choice) for choice in choices if choice.get("type") != "null")
        case {"type": kind}:
            return str(kind)
        case _:
            return "any"
