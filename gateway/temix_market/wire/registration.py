"""Party registration on the wire (EI 1.0), and the market context that a home learns by it."""

from typing import Annotated, Literal

from msgspec import Meta

from temix_market.wire.base import Id, Long, Payload, Time, cts, ei, ours
from temix_market.wire.response import EiResponse


class PublicJwk(Payload, frozen=True, kw_only=True):
    """An Ed25519 public key (RFC 8037); ``kid`` is its RFC 7638 thumbprint."""

    kty: Annotated[Literal["OKP"], ours("key type")]
    crv: Annotated[Literal["Ed25519"], ours("curve")]
    x: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{43}$", max_length=43), ours("the key, base64url")]
    kid: Annotated[
        str, Meta(pattern=r"^[A-Za-z0-9_-]{43}$", max_length=43), ours("its thumbprint, base64url")
    ]


class RegistrationInfo(Payload, frozen=True, kw_only=True):
    """What a home says of itself (EI 1.0: eiRegistrationInfo, abstract there)."""

    key: Annotated[PublicJwk, ours("with which the home signs")]


class EiCreatePartyRegistration(Payload, frozen=True, kw_only=True):
    """A home registers (EI 1.0: eiCreatePartyRegistration); the same again gets the same answer."""

    request_id: Annotated[Id, ei("chosen by the home")]
    registree_party_id: Annotated[Id, ei("the home")]
    registration_info: Annotated[RegistrationInfo, ei("eiRegistrationInfo")]


class MarketParty(Payload, frozen=True, kw_only=True):
    """A party of the retailer."""

    party_id: Annotated[Id, ours("the party")]
    resource_designator: Annotated[Literal["ENERGY", "TRANSPORT"], ours("what it trades")]
    key: Annotated[PublicJwk, ours("with which it signs")]


class MarketContext(Payload, frozen=True, kw_only=True):
    """The terms under which all is traded (names of CTS: MarketReferenceDataType where it has them)."""

    market_id: Annotated[Id, cts("the market context: one circuit of one retailer; audience of publications")]
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}$", max_length=3), cts("ISO 4217")]
    price_scale: Annotated[Literal[6], cts("decimal places of prices per kWh")]
    quantity_scale: Annotated[Literal[3], cts("decimal places of quantities in kWh")]
    lowest_price: Annotated[Long, ours("no tender is below it; scaled")]
    highest_price: Annotated[Long, ours("no tender is above it; scaled")]
    time_zone: Annotated[Id, ours("IANA zone whose days the market has")]
    circuit: Annotated[Id, ours("the distribution circuit")]
    parties: Annotated[
        tuple[MarketParty, ...], Meta(min_length=2, max_length=2), ours("energy's and transport's")
    ]
    home_tenders: Annotated[bool, ours("whether homes may make tenders of their own")] = False


class CreateEnrollment(Payload, frozen=True, kw_only=True):
    """A gateway enrols its home by the code of the retailer's letter, which works once."""

    code: Annotated[str, Meta(min_length=1, max_length=64), ours("the code; spaces and hyphens do not count")]
    certificate_request: Annotated[
        str,
        Meta(min_length=1, max_length=8_000),
        ours("PKCS #10 in PEM, its P-256 key stays at home"),
    ]


class CreatedEnrollment(Payload, frozen=True, kw_only=True):
    """The home's account. The secret is told this once, and good only with the certificate."""

    party_id: Annotated[Id, ours("the home's name")]
    client_id: Annotated[Id, ours("OAuth 2 client")]
    client_secret: Annotated[Id, ours("its secret")]
    certificate: Annotated[str, Meta(max_length=8_000), ours("X.509 in PEM, to be shown when logging in")]
    expires: Annotated[Time, ours("when account and certificate end")]


class EiCancelPartyRegistration(Payload, frozen=True, kw_only=True):
    """A home ends its account (EI 1.0: eiCancelPartyRegistration); its transactions stay to be settled."""

    request_id: Annotated[Id, ei("chosen by the home")]
    registration_id: Annotated[Id, ei("as the retailer named it when the home registered")]


class EiCanceledPartyRegistration(Payload, frozen=True, kw_only=True):
    """The answer (EI 1.0: eiCanceledPartyRegistration): from now on nothing of this home is taken."""

    response: Annotated[EiResponse, ei("how the request fared")]


class EiCreatedPartyRegistration(Payload, frozen=True, kw_only=True):
    """The answer to a registration (EI 1.0: eiCreatedPartyRegistration)."""

    response: Annotated[EiResponse, ei("how the request fared")]
    registrar_party_id: Annotated[Id, ei("the retailer")]
    registree_party_id: Annotated[Id, ei("the home")]
    registration_id: Annotated[Id, ei("the retailer's name for the registration")]
    market_context: Annotated[MarketContext, ours("what the home needs to trade")]
