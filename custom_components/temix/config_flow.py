"""Setting up a gateway: find it, and pair with it by the code that it shows."""

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
from homeassistant.const import CONF_CODE, CONF_HOST, CONF_PORT, CONF_TOKEN
from homeassistant.core import callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)
from homeassistant.helpers.service_info.hassio import HassioServiceInfo
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo

from .client import Hello, TemixError, pair, probe, read_code, redeem
from .const import CONF_APP, CONF_FINGERPRINT, DEFAULT_PORT, DOMAIN
from .gateway import endpoint, error_key, identity
from .meter.flow import MeterFlow
from .meter.sources import SUBENTRY as METER
from .nearby import Nearby, at_the_supervisor, on_the_network
from .options import TemixOptionsFlow
from .price_entity.flow import PricesFlow
from .price_entity.telling import SUBENTRY as PRICES
from .response.flow import ResponseFlow
from .response.responses import SUBENTRY

ADDRESS_SCHEMA: Final = vol.Schema(
    {
        vol.Required(CONF_HOST): TextSelector(),
        vol.Required(CONF_PORT, default=DEFAULT_PORT): cv.port,
    }
)
CONF_GATEWAY: Final = "gateway"
ELSEWHERE: Final = "elsewhere"
CODE_SCHEMA: Final = vol.Schema({vol.Required(CONF_CODE): TextSelector()})


class TemixConfigFlow(ConfigFlow, domain=DOMAIN):
    """Every way to a gateway's entry, and to a changed one."""

    VERSION = 1
    MINOR_VERSION = 1

    def __init__(self) -> None:
        """Know nothing yet."""
        self._data: dict[str, Any] = {}
        self._hello: Hello | None = None
        self._secret = ""
        self._app = ""
        self._nearby: dict[str, Nearby] = {}

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(
        cls, config_entry: ConfigEntry
    ) -> dict[str, type[ConfigSubentryFlow]]:
        """A gateway's entry has price responses, a meter, and where its prices come from."""
        return {SUBENTRY: ResponseFlow, METER: MeterFlow, PRICES: PricesFlow}

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> OptionsFlow:
        """The owner's settings."""
        return TemixOptionsFlow()

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Look for gateways; where there is none, ask for an address."""
        known = {entry.unique_id for entry in self._async_current_entries()}
        app = await at_the_supervisor(self.hass)
        if app is not None and app.config["id"] not in known:
            return await self.async_step_hassio(app)
        self._nearby = {
            found.place: found for found in await on_the_network(self.hass) if found.gateway_id not in known
        }
        return await (self.async_step_choose() if self._nearby else self.async_step_address())

    async def async_step_choose(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """List the gateways on the network, and another address."""
        errors: dict[str, str] = {}
        if user_input is not None:
            found = self._nearby.get(user_input[CONF_GATEWAY])
            if found is None:
                return await self.async_step_address()
            error = await self._probe({CONF_HOST: found.host, CONF_PORT: found.port})
            if error is None:
                self._abort_if_unique_id_configured()
                return await self.async_step_pair()
            errors["base"] = error
        gateways = [
            SelectOptionDict(value=place, label=f"{found.name} ({place})")
            for place, found in self._nearby.items()
        ]
        listed = SelectSelectorConfig(
            options=[*gateways, SelectOptionDict(value=ELSEWHERE, label=ELSEWHERE)],
            mode=SelectSelectorMode.LIST,
            translation_key="gateway",
        )
        schema = vol.Schema({vol.Required(CONF_GATEWAY): SelectSelector(listed)})
        return self.async_show_form(step_id="choose", data_schema=schema, errors=errors)

    async def async_step_address(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask where the gateway is."""
        errors: dict[str, str] = {}
        if user_input is not None:
            error = await self._probe(user_input)
            if error is None:
                self._abort_if_unique_id_configured()
                return await self.async_step_pair()
            errors["base"] = error
        return self._ask_address("address", user_input, errors)

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
        return await self.async_step_pair()

    async def async_step_pair(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the code that the gateway shows."""
        errors: dict[str, str] = {}
        if user_input is not None:
            error = await self._pair(self._data, user_input[CONF_CODE])
            if error is None:
                return self._finish()
            errors["base"] = error
        return self.async_show_form(
            step_id="pair",
            data_schema=CODE_SCHEMA,
            errors=errors,
            description_placeholders={"name": self._name, "host": self._data[CONF_HOST]},
        )

    @override
    async def async_step_hassio(self, discovery_info: HassioServiceInfo) -> ConfigFlowResult:
        """Take note of the gateway that runs as an app beside Home Assistant.

        The Supervisor vouches for it: the certificate must be the one that it tells, and a secret that works
        once takes the code's place.
        """
        told = discovery_info.config
        await self.async_set_unique_id(told["id"])
        known = self.hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, told["id"])
        address = {CONF_HOST: told[CONF_HOST], CONF_PORT: told[CONF_PORT], CONF_APP: discovery_info.slug}
        if known is not None and known.data[CONF_FINGERPRINT] == told[CONF_FINGERPRINT]:
            self._abort_if_unique_id_configured(updates=address)
        self._abort_if_unique_id_configured()  # a changed certificate is for the owner to reconfigure
        self._data = {**address, CONF_FINGERPRINT: told[CONF_FINGERPRINT]}
        self._secret = told["secret"]
        self._app = discovery_info.name
        self.context["title_placeholders"] = {"name": discovery_info.name}
        return await self.async_step_hassio_confirm()

    async def async_step_hassio_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask whether to use the app; nothing is to be typed."""
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                self._data[CONF_TOKEN] = await redeem(
                    async_get_clientsession(self.hass),
                    endpoint(self._data, self.unique_id),
                    self._secret,
                    await identity(self.hass),
                )
            except TemixError as error:
                errors["base"] = error_key(error)
            else:
                return self._finish()
        return self.async_show_form(
            step_id="hassio_confirm", errors=errors, description_placeholders={"name": self._app}
        )

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Begin to pair anew."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for a new code; the certificate must be the one that is known."""
        entry = self._get_reauth_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            error = await self._pair(entry.data, user_input[CONF_CODE])
            if error is None:
                token = {CONF_TOKEN: self._data[CONF_TOKEN]}
                return self.async_update_reload_and_abort(entry, data_updates=token)
            errors["base"] = error
        return self.async_show_form(
            step_id="reauth_confirm",
            data_schema=CODE_SCHEMA,
            errors=errors,
            description_placeholders={"name": entry.title},
        )

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for a new address; with another certificate the gateway must be paired anew."""
        entry = self._get_reconfigure_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            error = await self._probe(user_input)
            if error is None:
                self._abort_if_unique_id_mismatch(reason="wrong_gateway")
                if self._data[CONF_FINGERPRINT] == entry.data[CONF_FINGERPRINT]:
                    # As a whole: at an address that a person typed it is no app any more.
                    data = {**self._data, CONF_TOKEN: entry.data[CONF_TOKEN]}
                    return self.async_update_reload_and_abort(entry, data=data)
                return await self.async_step_pair()
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
        host, port = address[CONF_HOST].strip().strip("[]"), address[CONF_PORT]
        try:
            self._hello, fingerprint = await probe(async_get_clientsession(self.hass), host, port)
            self._hello.schema()
        except TemixError as error:
            return error_key(error)
        self._data = {CONF_HOST: host, CONF_PORT: port, CONF_FINGERPRINT: fingerprint.hex()}
        await self.async_set_unique_id(self._hello.gateway_id, raise_on_progress=False)
        return None

    async def _pair(self, at: Mapping[str, Any], text: str) -> str | None:
        """Pair with the gateway ``at`` an entry's data, and keep its token; return an error's key."""
        try:
            token = await pair(
                async_get_clientsession(self.hass),
                endpoint(at, self.unique_id),
                read_code(text),
                await identity(self.hass),
            )
        except TemixError as error:
            return error_key(error)
        self._data = {**at, CONF_TOKEN: token}
        return None

    def _finish(self) -> ConfigFlowResult:
        if self.source == SOURCE_RECONFIGURE:
            return self.async_update_reload_and_abort(self._get_reconfigure_entry(), data=self._data)
        return self.async_create_entry(title=self._name, data=self._data)

    @property
    def _name(self) -> str:
        return self._hello.name if self._hello is not None else self._app
