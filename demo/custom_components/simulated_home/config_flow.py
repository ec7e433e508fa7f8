"""Adds the simulated home: a seed decides its weather and its people."""

from typing import Any, override

import probatio as vol
from homeassistant.config_entries import ConfigFlow, ConfigFlowResult

from .const import CONF_SEED, DOMAIN

SCHEMA = vol.Schema({vol.Required(CONF_SEED): vol.Coerce(int)})


class SimulatedHomeFlow(ConfigFlow, domain=DOMAIN):
    """One step, one field."""

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the seed, then add the home."""
        if user_input is None:
            return self.async_show_form(step_id="user", data_schema=SCHEMA)
        return self.async_create_entry(title="Simulated home", data=user_input)
