"""From a config entry to a client, and from a client's error to a translation."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.const import CONF_HOST, CONF_PORT, CONF_TOKEN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import instance_id
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from .client import (
    CertificateMismatch,
    Client,
    CommandFailed,
    Endpoint,
    Identity,
    InvalidAuth,
    MistypedCode,
    PairingClosed,
    TemixError,
    UnsupportedSchema,
    WrongCode,
    WrongGateway,
)
from .const import CONF_FINGERPRINT


def make_client(hass: HomeAssistant, data: Mapping[str, Any], gateway_id: str | None) -> Client:
    """Make a client from an entry's data."""
    return Client(async_get_clientsession(hass), endpoint(data, gateway_id), data[CONF_TOKEN])


def endpoint(data: Mapping[str, Any], gateway_id: str | None) -> Endpoint:
    """Where an entry's gateway is, and how it is known."""
    return Endpoint(
        host=data[CONF_HOST],
        port=data[CONF_PORT],
        gateway_id=gateway_id or "",
        fingerprint=bytes.fromhex(data[CONF_FINGERPRINT]),
    )


async def identity(hass: HomeAssistant) -> Identity:
    """Who this Home Assistant is to a gateway."""
    home = hass.config.location_name
    label = f"Home Assistant ({home})" if home else "Home Assistant"
    return Identity(await instance_id.async_get(hass), label)


_KEYS: Final[dict[type[TemixError], str]] = {
    MistypedCode: "mistyped_code",
    PairingClosed: "pairing_closed",
    WrongCode: "wrong_code",
    InvalidAuth: "invalid_auth",
    CertificateMismatch: "wrong_certificate",
    WrongGateway: "wrong_gateway",
    CommandFailed: "refused",
}


def error_key(error: TemixError) -> str:
    """The translation key that tells a person what went wrong and what to do."""
    if isinstance(error, UnsupportedSchema):
        return "gateway_too_new" if error.gateway_is_newer else "gateway_too_old"
    return _KEYS.get(type(error), "cannot_connect")
