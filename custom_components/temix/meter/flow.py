"""Naming the meter in the UI, where the Energy dashboard has none or another one."""

from collections.abc import Mapping
from typing import Any, Final

import probatio as vol
from homeassistant.config_entries import ConfigSubentryFlow, SubentryFlowResult
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT
from homeassistant.core import HomeAssistant
from homeassistant.helpers import selector as select
from homeassistant.util.unit_conversion import EnergyConverter, PowerConverter

from .sources import EXPORTED, IMPORTED, PRODUCED, SUBENTRY, Sources, find

_REGISTERS: Final = select.EntitySelector(select.EntitySelectorConfig(domain="sensor", multiple=True))


class MeterFlow(ConfigSubentryFlow):
    """One page: what counts energy from the grid, to it, and from the roof."""

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask; what the Energy dashboard knows is suggested."""
        entry = self._get_entry()
        if any(each.subentry_type == SUBENTRY for each in entry.subentries.values()):
            return self.async_abort(reason="single_meter")
        return self._ask("user", user_input, _data(await find(self.hass, entry)))

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask again."""
        return self._ask("reconfigure", user_input, self._get_reconfigure_subentry().data)

    def _ask(
        self, step: str, user_input: dict[str, Any] | None, suggested: Mapping[str, Any]
    ) -> SubentryFlowResult:
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = mistakes(self.hass, user_input)
            if not errors and step == "user":
                return self.async_create_entry(title="Meter", data=user_input)
            if not errors:
                return self.async_update_and_abort(
                    self._get_entry(), self._get_reconfigure_subentry(), data=user_input
                )
        schema = vol.Schema(
            {
                vol.Required(IMPORTED): _REGISTERS,
                vol.Optional(EXPORTED, default=[]): _REGISTERS,
                vol.Optional(PRODUCED, default=[]): _REGISTERS,
            }
        )
        filled = self.add_suggested_values_to_schema(schema, user_input or suggested)
        return self.async_show_form(step_id=step, data_schema=filled, errors=errors)


def mistakes(hass: HomeAssistant, given: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with each field: power where energy belongs, another unit, the same register twice."""
    errors: dict[str, str] = {}
    if not given[IMPORTED]:
        errors[IMPORTED] = "no_register"
    for name in (IMPORTED, EXPORTED, PRODUCED):
        for entity in given.get(name, ()):
            state = hass.states.get(entity)
            unit = None if state is None else state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
            if unit in PowerConverter.VALID_UNITS:
                errors[name] = "is_power"
            elif unit not in EnergyConverter.VALID_UNITS:
                errors[name] = "no_energy"
    if set(given[IMPORTED]) & set(given.get(EXPORTED, ())):
        errors[EXPORTED] = "both_ways"
    return errors


def _data(sources: Sources) -> dict[str, Any]:
    return {
        IMPORTED: list(sources.imported),
        EXPORTED: list(sources.exported),
        PRODUCED: list(sources.produced),
    }
