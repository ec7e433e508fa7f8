"""Triggers: a price crosses, becomes low or high, a spike, a window, a transaction, an hour that moves."""

from typing import Any, Final, override

import probatio as vol
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.typing import ConfigType

from .automations import (
    HIGH,
    LOW,
    DomainSpec,
    EntityNumericalStateCrossedThresholdTriggerBase,
    EntityTargetStateTriggerBase,
    Ours,
    Trigger,
    TriggerActionRunner,
    TriggerConfig,
    gateway_schema,
    meant,
)
from .coordinator import LOOKED, TemixCoordinator
from .curve.revisions import Revisions
from .curve.segments import to_buy
from .news import EVENT, News, revised
from .options import DEFAULT_REVISION_PERCENT

PERCENT: Final = "percent"


class PriceCrossed(Ours, EntityNumericalStateCrossedThresholdTriggerBase):
    """The price to buy or to sell crosses a threshold."""

    _domain_specs = {"sensor": DomainSpec()}  # noqa: RUF012
    _keys = frozenset({"buy_price", "sell_price"})


class LevelReached(Ours, EntityTargetStateTriggerBase):
    """The price's level becomes one of some."""

    _domain_specs = {"sensor": DomainSpec()}  # noqa: RUF012
    _keys = frozenset({"price_level"})


class BecameLow(LevelReached):
    """The price becomes low or very low."""

    _to_states = LOW


class BecameHigh(LevelReached):
    """The price becomes high or very high."""

    _to_states = HIGH


class Switched(Ours, EntityTargetStateTriggerBase):
    """A binary sensor of the prices turns on or off."""

    _domain_specs = {"binary_sensor": DomainSpec()}  # noqa: RUF012


class SpikeStarted(Switched):
    """A spike begins."""

    _keys, _to_states = frozenset({"spike"}), {"on"}


class SpikeEnded(Switched):
    """A spike is over."""

    _keys, _to_states = frozenset({"spike"}), {"off"}


class TomorrowKnown(Switched):
    """The prices of all of tomorrow are known."""

    _keys, _to_states = frozenset({"tomorrow_known"}), {"on"}


class GatewayTrigger(Trigger):
    """A trigger about a gateway, which needs no entity to be enabled."""

    _schema = gateway_schema()

    @override
    @classmethod
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        """Check the options."""
        validated: ConfigType = cls._schema(config)
        return validated

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Be about a gateway."""
        super().__init__(hass, config)
        self._options: dict[str, Any] = config.options or {}


class NewsTrigger(GatewayTrigger):
    """A piece of news of one kind."""

    _news: News

    @override
    async def async_attach_runner(
        self, run_action: TriggerActionRunner, did_not_trigger: Any = None
    ) -> CALLBACK_TYPE:
        """Run at each of them; the automation's variables have what it says."""

        @callback
        def hear(event: Event) -> None:
            told = event.data
            if told["type"] == self._news.value and meant(self._options, told["config_entry_id"]):
                _ = run_action(dict(told), self._news.value.replace("_", " "), event.context)

        return self._hass.bus.async_listen(EVENT, hear)


class CheapestWindowStarted(NewsTrigger):
    """The cheapest window of the day starts."""

    _news = News.CHEAPEST_WINDOW_STARTED


class TransactionMade(NewsTrigger):
    """The gateway has bought or sold."""

    _news = News.TRANSACTION


class PublishedHourMoved(GatewayTrigger):
    """The price of a published hour ahead has moved by so many percent since this trigger last told it."""

    _schema = gateway_schema(
        {
            vol.Optional(PERCENT, default=DEFAULT_REVISION_PERCENT): vol.All(
                vol.Coerce(float), vol.Range(min=1, max=500)
            )
        }
    )

    @override
    async def async_attach_runner(
        self, run_action: TriggerActionRunner, did_not_trigger: Any = None
    ) -> CALLBACK_TYPE:
        """Run for each hour."""
        followed: dict[str, Revisions] = {}

        @callback
        def looked(coordinator: TemixCoordinator) -> None:
            entry_id = coordinator.config_entry.entry_id
            if not meant(self._options, entry_id):
                return
            revisions = followed.setdefault(entry_id, Revisions(self._options[PERCENT]))
            for moved in revisions.look(to_buy(coordinator.data.prices), coordinator.moment.instant):
                _ = run_action(revised(moved).data | {"config_entry_id": entry_id}, "published hour moved")

        return async_dispatcher_connect(self._hass, LOOKED, looked)


TRIGGERS: Final[dict[str, type[Trigger]]] = {
    "price_crossed_threshold": PriceCrossed,
    "price_became_low": BecameLow,
    "price_became_high": BecameHigh,
    "spike_started": SpikeStarted,
    "spike_ended": SpikeEnded,
    "tomorrow_known": TomorrowKnown,
    "cheapest_window_started": CheapestWindowStarted,
    "transaction_made": TransactionMade,
    "published_hour_moved": PublishedHourMoved,
}


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """Every trigger by its key."""
    return TRIGGERS
