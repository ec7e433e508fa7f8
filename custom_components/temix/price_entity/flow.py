"""Choosing the price entities in the UI, for a gateway that has its prices from here."""

from collections.abc import Mapping
from typing import Any, Final

import probatio as vol
from homeassistant.config_entries import ConfigEntryState, ConfigSubentryFlow, SubentryFlowResult
from homeassistant.helpers import selector as select
from homeassistant.util import dt as dt_util

from ..response.home import entity_id, registry_id
from ..response.model import as_number
from .days import Days, calls_of
from .offers import INTEGRATIONS, Unsuitable, offer
from .telling import BUY, SELL, SUBENTRY

FAR: Final = 100
"""Between what an entity shows and what it forecasts for now lies no such factor, but between units."""

_ENTITY: Final = select.EntitySelector(
    select.EntitySelectorConfig(
        filter=[
            select.EntityWithDeviceFilterSelectorConfig(integration=integration, domain=["sensor", "event"])
            for integration in INTEGRATIONS
        ]
    )
)


class PricesFlow(ConfigSubentryFlow):
    """One page: where prices to buy come from, and to sell where somebody pays for that."""

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask, of a gateway that wants prices."""
        entry = self._get_entry()
        if any(each.subentry_type == SUBENTRY for each in entry.subentries.values()):
            return self.async_abort(reason="single_prices")
        if entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_connected")
        if not entry.runtime_data.data.prices_wanted:
            return self.async_abort(reason="not_wanted")
        return await self._ask("user", user_input, {})

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask again."""
        if self._get_entry().state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_connected")
        known = self._get_reconfigure_subentry().data
        shown = {name: entity_id(self.hass, entity) for name, entity in known.items()}
        return await self._ask("reconfigure", user_input, shown)

    async def _ask(
        self, step: str, user_input: dict[str, Any] | None, suggested: Mapping[str, Any]
    ) -> SubentryFlowResult:
        currency = self._get_entry().runtime_data.data.currency
        errors: dict[str, str] = {}
        if user_input is not None:
            for name, entity in user_input.items():
                try:
                    await self._check(entity, currency)
                except Unsuitable as error:
                    errors[name] = str(error)
            kept = {name: registry_id(self.hass, entity) for name, entity in user_input.items()}
            if not errors and step == "user":
                return self.async_create_entry(title="Prices", data=kept)
            if not errors:
                return self.async_update_and_abort(
                    self._get_entry(), self._get_reconfigure_subentry(), data=kept
                )
        schema = vol.Schema({vol.Required(BUY): _ENTITY, vol.Optional(SELL): _ENTITY})
        return self.async_show_form(
            step_id=step,
            data_schema=self.add_suggested_values_to_schema(schema, user_input or suggested),
            errors=errors,
            description_placeholders={"currency": currency},
        )

    async def _check(self, entity: str, currency: str) -> None:
        """Read an entity once.

        Raises:
            Unsuitable: nothing can be made of it, another currency, or another unit than it says.
        """
        found, now = offer(self.hass, entity, Days(calls_of(self.hass))), dt_util.utcnow()
        if found.currency != currency:
            raise Unsuitable("other_currency")
        prices = await found.read(now)
        if not prices:
            raise Unsuitable("no_forecast")
        state = self.hass.states.get(entity)
        shown = None if state is None or state.domain != "sensor" else as_number(state.state)
        present = next((price.price for price in prices if price.start <= now < price.end), None)
        if shown and present and not 1 / FAR < abs(present / shown / 1_000_000) < FAR:
            raise Unsuitable("other_unit")
