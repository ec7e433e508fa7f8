"""The OpenAPI 3.1 document of the retailer's service."""

from typing import Any, Final

from msgspec import Struct

from temix_market.wire.delivery import EiCreatedDelivery, EiCreateDelivery
from temix_market.wire.exchange import (
    ComparedHeads,
    CompareHeads,
    EiRequestDelivery,
    ReconcileTransaction,
    RepliedDelivery,
    ReplyMessages,
    ReplySpots,
    RequestMessages,
    RequestSpots,
)
from temix_market.wire.home_tender import EiCanceledTender, EiCancelTender, EiCreateTender
from temix_market.wire.position import EiReplyPosition, EiRequestPosition
from temix_market.wire.registration import (
    CreatedEnrollment,
    CreateEnrollment,
    EiCanceledPartyRegistration,
    EiCancelPartyRegistration,
    EiCreatedPartyRegistration,
    EiCreatePartyRegistration,
)
from temix_market.wire.response import REFUSALS, EiResponse
from temix_market.wire.schema import Schema, components
from temix_market.wire.transaction import CreateTransactionPair, TransactionAnswer

VERSION: Final = "1"
_EXAMPLE: Final = "https://retailer.example"
_TEMPLATE: Final = "#/components/schemas/{name}"

_DESCRIPTION: Final = """\
The service of one retailer for its homes: a CTS-aligned profile of our own.

Commands are HTTPS requests, what the retailer tells by itself comes over the WebSocket at `/stream`.
Signed bodies are compact JWS (`alg` Ed25519) over RFC 8785 JSON of integers and strings; the schema shown
is that of the signed content. Requests are safe to repeat: the same key, registration or interval counts
once and gets the same answer.
"""


def openapi() -> Schema:
    """Build the document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "TeMIX retailer service",
            "version": VERSION,
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": _EXAMPLE}],
        "security": [{"home": []}],
        "paths": {
            "/enrollments": {"post": _enrollment()},
            "/oauth/token": {"post": _token()},
            "/registrations": {"post": _registration()},
            "/registrations/cancel": {
                "post": _asked(
                    "cancelRegistration",
                    "End the home's account: its credentials and tokens are good no more.",
                    EiCancelPartyRegistration,
                    EiCanceledPartyRegistration,
                )
            },
            "/stream": {"get": _stream()},
            "/transactions": {"post": _order()},
            "/transactions/{key}/reconcile": {"post": _reconcile()},
            "/tenders": {"post": _tender()},
            "/tenders/cancel": {"post": _cancel_tender()},
            "/positions": {"post": _position()},
            "/deliveries": {"post": _deliveries()},
            "/heads": {
                "post": _asked(
                    "compareHeads",
                    "Tell how far the home has both chains; learn how far the book has them.",
                    CompareHeads,
                    ComparedHeads,
                )
            },
            "/messages": {
                "post": _asked(
                    "requestMessages",
                    "Ask for the retailer's messages to this home again, with what the home signed.",
                    RequestMessages,
                    ReplyMessages,
                )
            },
            "/spots": {
                "post": _asked(
                    "requestSpots", "Ask for the spots that were frozen.", RequestSpots, ReplySpots
                )
            },
            "/deliveries/requests": {
                "post": _asked(
                    "requestDelivery",
                    "Ask what the home has reported of its meter.",
                    EiRequestDelivery,
                    RepliedDelivery,
                )
            },
            "/health": {"get": _health()},
        },
        "components": {
            "schemas": components(_TEMPLATE)
            | {"Health": _HEALTH, "Token": _TOKEN, "TokenError": _TOKEN_ERROR},
            "responses": _RESPONSES,
            "securitySchemes": {
                "home": {
                    "type": "oauth2",
                    "flows": {
                        "clientCredentials": {
                            "tokenUrl": f"{_EXAMPLE}/oauth/token",
                            "scopes": {},
                        }
                    },
                    "description": "One client for each home.",
                },
                "client": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "The home's id and secret.",
                },
            },
        },
    }


def _enrollment() -> Schema:
    return {
        "operationId": "enroll",
        "summary": "Redeem an enrolment code for an account and a client certificate; a code works once.",
        "security": [],
        "requestBody": _plain(CreateEnrollment),
        "responses": {
            "200": _content("Enrolled.", _ref(CreatedEnrollment)),
            "401": _content("Unknown, lapsed or used.", _ref(EiResponse)),
            **_trouble("400", "408", "413", "429", "503"),
        },
    }


def _token() -> Schema:
    form = {
        "type": "object",
        "properties": {"grant_type": {"const": "client_credentials"}},
        "required": ["grant_type"],
    }
    return {
        "operationId": "getToken",
        "summary": "Get a bearer token (RFC 6749, client credentials).",
        "description": "A home that enrolled by a code shows its client certificate in the TLS handshake.",
        "security": [{"client": []}],
        "requestBody": {
            "required": True,
            "content": {"application/x-www-form-urlencoded": {"schema": form}},
        },
        "responses": {
            "200": _content("The token.", {"$ref": _TEMPLATE.format(name="Token")}),
            "400": _content("No client credentials grant.", {"$ref": _TEMPLATE.format(name="TokenError")}),
            "401": _content("Unknown client or wrong secret.", {"$ref": _TEMPLATE.format(name="TokenError")}),
            **_trouble("429", "503"),
        },
    }


def _registration() -> Schema:
    return {
        "operationId": "register",
        "summary": "Register the home's key; learn the market context.",
        "requestBody": _plain(EiCreatePartyRegistration),
        "responses": {
            "200": _content("Registered, now or before.", _ref(EiCreatedPartyRegistration)),
            "409": _content("The home has registered another key.", _ref(EiResponse)),
            **_trouble("400", "401", "408", "413", "429", "503"),
        },
    }


def _stream() -> Schema:
    return {
        "operationId": "openStream",
        "summary": "Open the WebSocket over which the retailer pushes.",
        "description": "The home sends `EiManageTickerSubscription` and gets "
        "`EiManagedTickerSubscription`; then come `TendersFrame` (what is in force, then each publication), "
        "`TransactionsFrame`, `ReadingsFrame`, `AcceptanceFrame`, `EndingFrame` and `HeartbeatFrame`, told "
        "by their `type`. "
        "Each message is one JSON text.",
        "responses": {
            "101": {"description": "Switching to WebSocket."},
            **_trouble("400", "401", "429", "503"),
        },
    }


def _order() -> Schema:
    refusals = ", ".join(f"{code} {kind.key.replace('_', ' ')}" for code, kind in sorted(REFUSALS.items()))
    return {
        "operationId": "order",
        "summary": "Order a pair of energy and transport: all or none, once.",
        "description": f"The signed answers carry 200 booked, or why not: {refusals}.",
        "requestBody": _signed(CreateTransactionPair),
        "responses": {
            "200": _content("The definite answer, booked or refused.", _ref(TransactionAnswer)),
            "409": _UNREGISTERED,
            "412": _content("It does not follow the home's last order: nothing happened.", _ref(EiResponse)),
            "422": _content("The key was used for another order: an alarm.", _ref(TransactionAnswer)),
            **_trouble("400", "401", "403", "408", "413", "429", "503"),
        },
    }


def _reconcile() -> Schema:
    key = components(_TEMPLATE)["CreateTransactionPair"]["properties"]["key"]
    return {
        "operationId": "reconcile",
        "summary": "Ask what became of an order or tender; an unknown key is voided by asking (423, signed).",
        "parameters": [{"name": "key", "in": "path", "required": True, "schema": key}],
        "requestBody": _plain(ReconcileTransaction),
        "responses": {
            "200": _content("The definite answer: booked, refused or void.", _ref(TransactionAnswer)),
            "412": _content("The void number would not follow the home's last order.", _ref(EiResponse)),
            "422": _content("The key was used for another order: an alarm.", _ref(TransactionAnswer)),
            **_trouble("400", "401", "408", "413", "429", "503"),
        },
    }


def _tender() -> Schema:
    return {
        "operationId": "createTender",
        "summary": "Make a tender of the home's own, in the sequence of its orders, once.",
        "description": "The signed answers carry 201 open, or why not.",
        "requestBody": _signed(EiCreateTender),
        "responses": {
            "200": _content("The definite answer, open or refused.", _ref(TransactionAnswer)),
            "409": _UNREGISTERED,
            "412": _content("It does not follow the home's last order: nothing happened.", _ref(EiResponse)),
            "422": _content("The key was used for another order: an alarm.", _ref(TransactionAnswer)),
            **_trouble("400", "401", "403", "408", "413", "429", "503"),
        },
    }


def _cancel_tender() -> Schema:
    return {
        "operationId": "cancelTender",
        "summary": "Ask to end a tender; the numbered `EndedTender` says that it has ended.",
        "requestBody": _signed(EiCancelTender),
        "responses": {
            "200": _content("Ended, now or before, or unknown.", _ref(EiCanceledTender)),
            "409": _UNREGISTERED,
            **_trouble("400", "401", "403", "408", "413", "429", "503"),
        },
    }


def _asked(operation: str, summary: str, request: type[Struct], reply: type[Struct]) -> Schema:
    return {
        "operationId": operation,
        "summary": summary,
        "requestBody": _plain(request),
        "responses": {
            "200": _content("The reply.", _ref(reply)),
            **_trouble("400", "401", "408", "413", "429", "503"),
        },
    }


def _position() -> Schema:
    return {
        "operationId": "requestPosition",
        "summary": "Ask for the home's position as the retailer's book has it.",
        "requestBody": _plain(EiRequestPosition),
        "responses": {
            "200": _content("The position.", _ref(EiReplyPosition)),
            **_trouble("400", "401", "408", "413", "429", "503"),
        },
    }


def _deliveries() -> Schema:
    return {
        "operationId": "createDelivery",
        "summary": "Report meter deliveries; the same interval counts once.",
        "requestBody": _signed(EiCreateDelivery),
        "responses": {
            "200": _content("Taken.", _ref(EiCreatedDelivery)),
            "409": _UNREGISTERED,
            **_trouble("400", "401", "403", "408", "413", "429", "503"),
        },
    }


def _health() -> Schema:
    health = {"$ref": _TEMPLATE.format(name="Health")}
    return {
        "operationId": "health",
        "summary": "Whether the service is up and publishing.",
        "security": [],
        "responses": {
            "200": _content("Up.", health),
            "503": _content("Up, and nothing published yet.", health),
        },
    }


def _ref(payload: type[Struct]) -> Schema:
    return {"$ref": _TEMPLATE.format(name=payload.__name__)}


def _content(description: str, schema: Schema) -> Schema:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _plain(payload: type[Struct]) -> Schema:
    return {"required": True, "content": {"application/json": {"schema": _ref(payload)}}}


def _signed(body: type[Struct]) -> Schema:
    schema = {
        "type": "string",
        "description": "Compact JWS by the home.",
        "contentMediaType": "application/json",
        "contentSchema": {"$ref": _TEMPLATE.format(name=f"Envelope_{body.__name__}_")},
    }
    return {"required": True, "content": {"application/jose": {"schema": schema}}}


def _trouble(*codes: str) -> dict[str, Any]:
    return {code: {"$ref": f"#/components/responses/{code}"} for code in codes}


_UNREGISTERED: Final = _content("The home has registered no key yet.", _ref(EiResponse))

_WAIT: Final = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}

_RESPONSES: Final = {
    code: _content(description, _ref(EiResponse)) | ({"headers": _WAIT} if code in {"429", "503"} else {})
    for code, description in {
        "400": "Malformed; `attributeViolated` names the field.",
        "401": "No valid bearer token.",
        "403": "Not signed by this home for this receiver.",
        "408": "The body did not come in time.",
        "413": "Larger than is read.",
        "429": "Too many requests.",
        "503": "Not now; send the same again later.",
    }.items()
}

_TOKEN: Final = {
    "type": "object",
    "properties": {
        "access_token": {"type": "string"},
        "token_type": {"const": "Bearer"},
        "expires_in": {"type": "integer", "minimum": 1, "description": "seconds"},
    },
    "required": ["access_token", "token_type", "expires_in"],
}

_TOKEN_ERROR: Final = {
    "type": "object",
    "properties": {"error": {"type": "string"}, "error_description": {"type": "string"}},
    "required": ["error"],
}

_HEALTH: Final = {
    "type": "object",
    "properties": {
        "status": {"enum": ["ok", "starting"]},
        "publications": {
            "type": "array",
            "items": {"type": "integer"},
            "description": "last number of each party",
        },
        "alarms": {
            "type": "integer",
            "minimum": 0,
            "description": "how often what must not happen did: see the log and the book",
        },
    },
    "required": ["status", "publications", "alarms"],
}
