"""From a config entry to a client, and from a client's error to a translation."""

from collections.abc import Mapping
from typing import Any

from homeassistant.const import CONF_HOST, CONF_PORT, CONF_TOKEN
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from .client import (
    CertificateMismatch,
    Client,
    Endpoint,
    InvalidAuth,
    TemixError,
    UnsupportedSchema,
    WrongGateway,
)
from .const import CONF_FINGERPRINT


def make_client(hass: HomeAssistant, data: Mapping[str, Any], gateway_id: str | None) -> Client:
    """Make a client from an entry's data."""
    endpoint = Endpoint(
        host=data[CONF_HOST],
        port=data[CONF_PORT],
        gateway_id=gateway_id or "",
        fingerprint=bytes.fromhex(data[CONF_FINGERPRINT]),
    )
    return Client(async_get_clientsession(hass), endpoint, data[CONF_TOKEN])


def error_key(error: TemixError) -> str:
    """The translation key that tells a person what went wrong and what to do."""
    match error:
        case InvalidAuth():
            return "invalid_auth"
        case CertificateMismatch():
            return "wrong_certificate"
        case WrongGateway():
            return "wrong_gateway"
        case UnsupportedSchema():
            return "gateway_too_new" if error.gateway_is_newer else "gateway_too_old"
        case _:
            return "cannot_connect"
