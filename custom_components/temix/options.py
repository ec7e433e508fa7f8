"""What the owner can set: thresholds of prices, the length of windows, when a moved hour is news."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import probatio as vol
from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
)

from .const import MICRO
from .curve.levels import Thresholds
from .outlook import Settings

WINDOW_HOURS: Final = "window_hours"
REVISION_PERCENT: Final = "revision_percent"
THRESHOLDS: Final = "thresholds"
NAMES: Final = ("very_low", "low", "high", "very_high", "spike")

DEFAULT_WINDOW_HOURS: Final = 1.0
DEFAULT_REVISION_PERCENT: Final = 20.0


def settings(options: Mapping[str, Any]) -> Settings:
    """Read an entry's options; without any, thresholds are automatic and a window is an hour long."""
    return Settings(
        thresholds=_thresholds(options.get(THRESHOLDS, {})),
        window=timedelta(hours=options.get(WINDOW_HOURS, DEFAULT_WINDOW_HOURS)),
    )


def revision_percent(options: Mapping[str, Any]) -> float:
    """By how much a published hour must move to be news."""
    return float(options.get(REVISION_PERCENT, DEFAULT_REVISION_PERCENT))


def _thresholds(given: Mapping[str, float]) -> Thresholds | None:
    if not given:
        return None
    return Thresholds(*(round(given[name] * MICRO) for name in NAMES))


class TemixOptionsFlow(OptionsFlow):
    """The dialog for them."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for everything at once; thresholds are all given, or none and found from the prices."""
        errors: dict[str, str] = {}
        if user_input is not None:
            given = user_input[THRESHOLDS]
            try:
                _thresholds(given)
            except KeyError:
                errors["base"] = "some_thresholds"
            except ValueError:
                errors["base"] = "thresholds_must_rise"
            else:
                return self.async_create_entry(data=user_input)
        return self.async_show_form(
            step_id="init", data_schema=self._schema(user_input or self.config_entry.options), errors=errors
        )

    def _schema(self, given: Mapping[str, Any]) -> vol.Schema:
        price = _number({"min": -100, "max": 100, "step": "any", "unit_of_measurement": self._unit()})
        thresholds = given.get(THRESHOLDS, {})
        return vol.Schema(
            {
                vol.Required(WINDOW_HOURS, default=given.get(WINDOW_HOURS, DEFAULT_WINDOW_HOURS)): _number(
                    {"min": 0.25, "max": 12, "step": 0.25, "unit_of_measurement": "h"}
                ),
                vol.Required(
                    REVISION_PERCENT, default=given.get(REVISION_PERCENT, DEFAULT_REVISION_PERCENT)
                ): _number({"min": 1, "max": 500, "step": 1, "unit_of_measurement": "%"}),
                vol.Required(THRESHOLDS): section(
                    vol.Schema(
                        {
                            vol.Optional(name, description={"suggested_value": thresholds.get(name)}): price
                            for name in NAMES
                        }
                    ),
                    {"collapsed": not thresholds},
                ),
            }
        )

    def _unit(self) -> str:
        coordinator = getattr(self.config_entry, "runtime_data", None)
        currency = self.hass.config.currency if coordinator is None else coordinator.data.currency
        return f"{currency}/kWh"


def _number(limits: NumberSelectorConfig) -> NumberSelector:
    return NumberSelector(NumberSelectorConfig(mode=NumberSelectorMode.BOX) | limits)
