"""What the owner can set: thresholds of prices, length of windows, when a moved hour is news, the fuse."""

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
from homeassistant.util.unit_system import US_CUSTOMARY_SYSTEM

from .const import MICRO
from .curve.levels import Thresholds
from .outlook import Settings

WINDOW_HOURS: Final = "window_hours"
REVISION_PERCENT: Final = "revision_percent"
THRESHOLDS: Final = "thresholds"
MAIN_FUSE: Final = "main_fuse"
AMPERES: Final = "amperes"
VOLTS: Final = "volts"
NAMES: Final = ("very_low", "low", "high", "very_high", "spike")

DEFAULT_WINDOW_HOURS: Final = 1.0
DEFAULT_REVISION_PERCENT: Final = 20.0
DEFAULT_VOLTS: Final = 230.0
VOLTS_WHERE_FAHRENHEIT: Final = 120.0
"""Between a phase and neutral: North America's, elsewhere mostly the other; the owner may say it."""


def settings(options: Mapping[str, Any]) -> Settings:
    """Read an entry's options; without any, thresholds are automatic and a window is an hour long."""
    return Settings(
        thresholds=_thresholds(options.get(THRESHOLDS, {})),
        window=timedelta(hours=options.get(WINDOW_HOURS, DEFAULT_WINDOW_HOURS)),
    )


def revision_percent(options: Mapping[str, Any]) -> float:
    """By how much a published hour must move to be news."""
    return float(options.get(REVISION_PERCENT, DEFAULT_REVISION_PERCENT))


def main_fuse(options: Mapping[str, Any]) -> tuple[float | None, float]:
    """The main fuse, A on each phase, none where nobody has said so; and V between a phase and neutral."""
    given = options.get(MAIN_FUSE, {})
    return given.get(AMPERES), float(given.get(VOLTS, DEFAULT_VOLTS))


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
        thresholds, fuse = given.get(THRESHOLDS, {}), given.get(MAIN_FUSE, {})
        customary = self.hass.config.units is US_CUSTOMARY_SYSTEM
        usual = VOLTS_WHERE_FAHRENHEIT if customary else DEFAULT_VOLTS
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
                vol.Required(MAIN_FUSE): section(
                    vol.Schema(
                        {
                            vol.Optional(
                                AMPERES, description={"suggested_value": fuse.get(AMPERES)}
                            ): _number({"min": 6, "max": 800, "step": "any", "unit_of_measurement": "A"}),
                            vol.Required(VOLTS, default=fuse.get(VOLTS, usual)): _number(
                                {"min": 100, "max": 300, "step": "any", "unit_of_measurement": "V"}
                            ),
                        }
                    ),
                    {"collapsed": AMPERES not in fuse},
                ),
            }
        )

    def _unit(self) -> str:
        coordinator = getattr(self.config_entry, "runtime_data", None)
        currency = self.hass.config.currency if coordinator is None else coordinator.data.currency
        return f"{currency}/kWh"


def _number(limits: NumberSelectorConfig) -> NumberSelector:
    return NumberSelector(NumberSelectorConfig(mode=NumberSelectorMode.BOX) | limits)
