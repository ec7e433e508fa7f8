"""Numbers: the owner's limits of trade, and what each response aims at."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, override

from homeassistant.components.number import (
    NumberDeviceClass,
    NumberEntity,
    NumberEntityDescription,
    NumberMode,
)
from homeassistant.const import UnitOfEnergy
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .calls import carry_out
from .client import Limits
from .const import MICRO
from .coordinator import TemixConfigEntry, TemixCoordinator
from .entity import GATEWAY, TemixEntity
from .response.entities import numbers
from .response.entity import add_for_each

PARALLEL_UPDATES = 0

FINEST: Final = 9
"""Decimal places that money is told with: as many as the gateway takes."""


@dataclass(frozen=True, kw_only=True)
class LimitDescription(NumberEntityDescription):
    """A limit of trade: where its value and its ceiling come from, and how it is told to the gateway."""

    value_fn: Callable[[Limits], float]
    ceiling_fn: Callable[[Limits], float]
    told_fn: Callable[[float], dict[str, Any]]
    mode: NumberMode = NumberMode.BOX


MONEY_A_DAY: Final = LimitDescription(
    key="money_a_day",
    translation_key="money_a_day",
    device_class=NumberDeviceClass.MONETARY,
    native_step=0.01,
    value_fn=lambda limits: float(limits.money_a_day),
    ceiling_fn=lambda limits: float(limits.money_a_day_ceiling),
    told_fn=lambda value: {"money_a_day": Decimal(str(round(value, FINEST)))},
)
HIGHEST_PRICE: Final = LimitDescription(
    key="highest_price",
    translation_key="highest_price",
    native_step=0.001,
    value_fn=lambda limits: limits.highest_price / MICRO,
    ceiling_fn=lambda limits: limits.highest_price_ceiling / MICRO,
    told_fn=lambda value: {"highest_price": round(value * MICRO)},
)
LIMITS: Final = (MONEY_A_DAY, HIGHEST_PRICE)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: TemixConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the gateway's limits, and each response's."""
    async_add_entities(LimitNumber(entry.runtime_data, description) for description in LIMITS)
    add_for_each(entry, async_add_entities, numbers)


class LimitNumber(TemixEntity, NumberEntity):
    """A limit of trade in force; unknown while the gateway is too old to tell."""

    entity_description: LimitDescription

    def __init__(self, coordinator: TemixCoordinator, description: LimitDescription) -> None:
        """Belong to the gateway."""
        super().__init__(coordinator, description, GATEWAY)

    @property
    @override
    def native_unit_of_measurement(self) -> str:
        """The tenders' currency, of a price for a kWh."""
        currency = self.coordinator.data.currency
        money = self.entity_description is MONEY_A_DAY
        return currency if money else f"{currency}/{UnitOfEnergy.KILO_WATT_HOUR}"

    @property
    @override
    def native_value(self) -> float | None:
        """The limit now."""
        limits = self.coordinator.data.limits
        return None if limits is None else self.entity_description.value_fn(limits)

    @property
    @override
    def native_min_value(self) -> float:
        """Zero, or the limit where that is below it: prices may be, and a ceiling with them."""
        return min(0.0, self.native_value or 0.0)

    @property
    @override
    def native_max_value(self) -> float:
        """The installer's ceiling."""
        limits = self.coordinator.data.limits
        return super().native_max_value if limits is None else self.entity_description.ceiling_fn(limits)

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Ask the gateway for another limit; it tells when it is in force."""
        await carry_out(self.coordinator.client.set_limits(**self.entity_description.told_fn(value)))
