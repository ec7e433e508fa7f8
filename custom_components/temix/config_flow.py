"""Setting up a gateway: find it, trust its certificate once, give it a token."""

from collections.abc import Mapping
from typing import Any, Final, override

import probatio as vol
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentryFlow,
    OptionsFlow,
)
from homeassistant.const import CONF_HOST, CONF_PORT, CONF_TOKEN
from homeassistant.core import callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.selector import TextSelector, TextSelectorConfig, TextSelectorType
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo

from .client import Hello, TemixError, probe
from .const import CONF_FINGERPRINT, DEFAULT_PORT, DOMAIN
from .gateway import error_key, make_client
from .meter.flow import MeterFlow
from .meter.sources import SUBENTRY as METER
from .options import TemixOptionsFlow
from .response.flow import ResponseFlow
from .response.responses import SUBENTRY

ADDRESS_SCHEMA: Final = vol.Schema(
    {
        vol.Required(CONF_HOST): TextSelector(),
        vol.Required(CONF_PORT, default=DEFAULT_PORT): cv.port,
    }
)
TOKEN_SCHEMA: Final = vol.Schema(
    {
        vol.Required(CONF_TOKEN): TextSelector(
            TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off")
        ),
    }
)


class TemixConfigFlow(ConfigFlow, domain=DOMAIN):
    """Every way to a gateway's entry, and to a changed one."""

    VERSION = 1
    MINOR_VERSION = 1

    def __init__(self) -> None:
        """Know nothing yet."""
        self._data: dict[str, Any] = {}
        self._hello: Hello | None = None

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(
        cls, config_entry: ConfigEntry
    ) -> dict[str, type[ConfigSubentryFlow]]:
        """A gateway's entry has price responses, and a meter."""
        return {SUBENTRY: ResponseFlow, METER: MeterFlow}

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> OptionsFlow:
        """The owner's settings."""
        return TemixOptionsFlow()

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask where the gateway is."""
        errors: dict[str, str] = {}
        if user_input is not None:
            error = await self._probe(user_input)
            if error is None:
                self._abort_if_unique_id_configured()
                return await self.async_step_trust()
            errors["base"] = error
        return self._ask_address("user", user_input, errors)

    @override
    async def async_step_zeroconf(self, discovery_info: ZeroconfServiceInfo) -> ConfigFlowResult:
        """Take note of a gateway that announced itself; what it says is checked before it is believed."""
        gateway_id = discovery_info.properties.get("id")
        await self.async_set_unique_id(gateway_id)
        known = self.hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, gateway_id or "")
        address = {CONF_HOST: discovery_info.host, CONF_PORT: discovery_info.port or DEFAULT_PORT}
        if known is not None and address.items() <= known.data.items():
            return self.async_abort(reason="already_configured")
        error = await self._probe(address)
        if error is not None:
            return self.async_abort(reason=error)
        if self.unique_id != gateway_id:
            return self.async_abort(reason="wrong_gateway")
        if known is None or known.data[CONF_FINGERPRINT] == self._data[CONF_FINGERPRINT]:
            self._abort_if_unique_id_configured(updates=address)
        else:
            return self.async_abort(reason="already_configured")
        self.context["title_placeholders"] = {"name": self._name}
        return await self.async_step_trust()

    async def async_step_trust(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show the certificate's fingerprint; a token is the yes to it."""
        errors: dict[str, str] = {}
        if user_input is not None:
            data = self._data | {CONF_TOKEN: user_input[CONF_TOKEN].strip()}
            error = await self._try(data)
            if error is None:
                if self.source == SOURCE_RECONFIGURE:
                    return self.async_update_reload_and_abort(self._get_reconfigure_entry(), data=data)
                return self.async_create_entry(title=self._name, data=data)
            errors["base"] = error
        return self.async_show_form(
            step_id="trust",
            data_schema=TOKEN_SCHEMA,
            errors=errors,
            description_placeholders={
                "gateway_id": str(self.unique_id),
                "host": self._data[CONF_HOST],
                "fingerprint": bytes.fromhex(self._data[CONF_FINGERPRINT]).hex(":").upper(),
            },
        )

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Begin to ask for a new token."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for a new token; the certificate must be the one that was trusted."""
        entry = self._get_reauth_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            token = {CONF_TOKEN: user_input[CONF_TOKEN].strip()}
            error = await self._try({**entry.data, **token})
            if error is None:
                return self.async_update_reload_and_abort(entry, data_updates=token)
            errors["base"] = error
        return self.async_show_form(
            step_id="reauth_confirm",
            data_schema=TOKEN_SCHEMA,
            errors=errors,
            description_placeholders={"name": entry.title},
        )

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for a new address; another certificate must be trusted anew."""
        entry = self._get_reconfigure_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            error = await self._probe(user_input)
            if error is None:
                self._abort_if_unique_id_mismatch(reason="wrong_gateway")
                if self._data[CONF_FINGERPRINT] == entry.data[CONF_FINGERPRINT]:
                    return self.async_update_reload_and_abort(entry, data_updates=self._data)
                return await self.async_step_trust()
            errors["base"] = error
        return self._ask_address("reconfigure", user_input or entry.data, errors)

    def _ask_address(
        self, step_id: str, suggested: Mapping[str, Any] | None, errors: dict[str, str]
    ) -> ConfigFlowResult:
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(ADDRESS_SCHEMA, suggested),
            errors=errors,
        )

    async def _probe(self, address: Mapping[str, Any]) -> str | None:
        """Ask who answers at an address, without telling anything; return an error's key."""
        host, port = address[CONF_HOST].strip(), address[CONF_PORT]
        try:
            self._hello, fingerprint = await probe(async_get_clientsession(self.hass), host, port)
            self._hello.schema()
        except TemixError as error:
            return error_key(error)
        self._data = {CONF_HOST: host, CONF_PORT: port, CONF_FINGERPRINT: fingerprint.hex()}
        await self.async_set_unique_id(self._hello.gateway_id, raise_on_progress=False)
        return None

    async def _try(self, data: Mapping[str, Any]) -> str | None:
        """Connect as an entry with ``data`` would; return an error's key."""
        client = make_client(self.hass, data, self.unique_id)
        try:
            await client.connect()
        except TemixError as error:
            return error_key(error)
        finally:
            await client.close()
        return None

    @property
    def _name(self) -> str:
        return self._hello.name if self._hello is not None else "TeMIX"
