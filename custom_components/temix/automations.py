"""What triggers and conditions share, and all that they take from Home Assistant's helpers for them.

These helpers are young and move between releases: what differs between 2026.10 and 2026.11 is dealt with here
(``condition`` became a package with the same names), so that a change of theirs is a change of this file.
"""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Final, override

import probatio as vol
from homeassistant.const import ATTR_CONFIG_ENTRY_ID, CONF_OPTIONS
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.condition import (
    Condition,
    ConditionChecker,
    ConditionConfig,
    EntityStateConditionBase,
)
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.trigger import (
    EntityNumericalStateCrossedThresholdTriggerBase,
    EntityTargetStateTriggerBase,
    Trigger,
    TriggerActionRunner,
    TriggerConfig,
)
from homeassistant.helpers.typing import ConfigType

from .const import DOMAIN
from .coordinator import LOOKED, TemixCoordinator
from .curve.levels import Level

__all__ = [
    "Condition",
    "ConditionChecker",
    "ConditionConfig",
    "DomainSpec",
    "EntityNumericalStateCrossedThresholdTriggerBase",
    "EntityStateConditionBase",
    "EntityTargetStateTriggerBase",
    "GatewayCondition",
    "Ours",
    "Trigger",
    "TriggerActionRunner",
    "TriggerConfig",
    "gateway_schema",
    "meant",
]

LOW: Final = {Level.LOW.value, Level.VERY_LOW.value}
HIGH: Final = {Level.HIGH.value, Level.VERY_HIGH.value}


class Ours:
    """Of the entities that a target names, only those of this integration with certain keys are meant."""

    _hass: HomeAssistant
    _keys: frozenset[str]

    def entity_filter(self, entities: set[str]) -> set[str]:
        """Leave the others out: a device's target names all of its entities."""
        registry = er.async_get(self._hass)
        return {
            entity_id
            for entity_id in super().entity_filter(entities)  # type: ignore[misc]
            if (entry := registry.async_get(entity_id)) is not None
            and entry.platform == DOMAIN
            and entry.translation_key in self._keys
        }


def gateway_schema(options: Mapping[Any, Any] | None = None) -> vol.Schema:
    """The schema of a trigger or condition for a gateway, and not for entities."""
    schema = {vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string, **(options or {})}
    return vol.Schema({vol.Optional(CONF_OPTIONS, default={}): schema})


def meant(options: dict[str, Any] | None, entry_id: str) -> bool:
    """Whether a trigger or condition is about this gateway: the one that it names, or any."""
    named = (options or {}).get(ATTR_CONFIG_ENTRY_ID)
    return named is None or named == entry_id


class GatewayCondition(Condition):
    """A condition that reads what a gateway shows, so that it needs no entity; false where none is loaded."""

    _schema = gateway_schema()

    @override
    @classmethod
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        """Check the options."""
        validated: ConfigType = cls._schema(config)
        return validated

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        """Be about a gateway."""
        super().__init__(hass, config)
        self._options = config.options or {}

    @abstractmethod
    def holds(self, coordinator: TemixCoordinator) -> bool:
        """Whether it is so for this gateway."""

    @property
    @override
    def needs_polling(self) -> bool:
        """It changes with a look at the prices."""
        return False

    @override
    async def _async_track_changes(self, action: Callable[[], None]) -> Callable[[], None]:
        @callback
        def looked(_: TemixCoordinator) -> None:
            action()

        return async_dispatcher_connect(self._hass, LOOKED, looked)

    @override
    def _async_check(self, **kwargs: Any) -> bool:
        return any(
            self.holds(entry.runtime_data)
            for entry in self._hass.config_entries.async_loaded_entries(DOMAIN)
            if meant(self._options, entry.entry_id)
        )
