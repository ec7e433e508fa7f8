"""The sensors of the prices: now and next, their parts, days, levels and windows."""

from collections.abc import Callable
from itertools import islice
from typing import Final

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import EntityCategory, UnitOfEnergy, UnitOfMass, UnitOfRatio

from .client import PriceStep
from .coordinator import TemixCoordinator
from .curve.days import Figures
from .curve.levels import Level
from .curve.segments import Segment
from .descriptions import Attributes, TemixPriceDescription, TemixSensorDescription, Value
from .entity import PRICES
from .outlook import Outlook, Window
from .shapes import carbon_forecast, forecast, per_kwh

COMPONENTS: Final = 20
NAME_CHARACTERS: Final = 60
"""So many with names so long stay below 2 KiB."""


def _buys(coordinator: TemixCoordinator) -> bool:
    """Whether export has a price: a retailer that trades has one, who only publishes prices maybe not."""
    ahead = any(step.sell is not None for step in coordinator.data.prices)
    return not coordinator.data.shadow or ahead or coordinator.now.sell is not None


def _part(name: str) -> TemixPriceDescription:
    """A part of the price of the current interval, as its last tender had it."""
    return TemixPriceDescription(
        key=f"{name}_price",
        translation_key=f"{name}_price",
        value_fn=lambda coordinator: per_kwh(_of(coordinator.now.parts, name)),
        attributes_fn=_components if name == "buy_energy" else None,
        available_fn=_buys if name.startswith("sell") else lambda _: True,
    )


def _of(parts: PriceStep | None, name: str) -> int | None:
    value: int | None = getattr(parts, name, None)
    return value


def _components(coordinator: TemixCoordinator) -> Attributes:
    parts = coordinator.now.parts
    components = {} if parts is None else parts.components
    few = islice(components.items(), COMPONENTS)
    return {"components": {name[:NAME_CHARACTERS]: per_kwh(micro) for name, micro in few}}


def _day(day: str, figure: str, segment: Callable[[Figures], Segment] | None) -> TemixPriceDescription:
    """A figure of today or tomorrow, with its time where it has one."""

    def figures(coordinator: TemixCoordinator) -> Figures | None:
        found: Figures | None = getattr(coordinator.outlook, day)
        return found

    def value(coordinator: TemixCoordinator) -> Value:
        found = figures(coordinator)
        if found is None:
            return None
        return per_kwh(found.mean if segment is None else segment(found).value)

    def attributes(coordinator: TemixCoordinator) -> Attributes | None:
        found = figures(coordinator)
        if found is None:
            return None
        times = (
            {}
            if segment is None
            else {"start": segment(found).start.isoformat(), "end": segment(found).end.isoformat()}
        )
        return {**times, "complete": found.complete}

    key = f"{figure}_price_{day}"
    return TemixPriceDescription(key=key, translation_key=key, value_fn=value, attributes_fn=attributes)


def _window(name: str) -> TemixSensorDescription:
    """When the cheapest or dearest window of the day starts, or has started."""

    def shown(outlook: Outlook) -> Window | None:
        return outlook.cheapest.shown if name == "cheapest" else outlook.dearest.shown

    def value(coordinator: TemixCoordinator) -> Value:
        window = shown(coordinator.outlook)
        return None if window is None else window.start

    def attributes(coordinator: TemixCoordinator) -> Attributes | None:
        window = shown(coordinator.outlook)
        if window is None:
            return None
        return {"end": window.end.isoformat(), "mean_price": per_kwh(window.mean)}

    return TemixSensorDescription(
        key=f"{name}_window",
        translation_key=f"{name}_window",
        device=PRICES,
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=value,
        attributes_fn=attributes,
    )


def _publishes_carbon(coordinator: TemixCoordinator) -> bool:
    """Whether it is known now or ahead: one interval without it is unknown, not unavailable."""
    ahead = any(step.carbon_intensity is not None for step in coordinator.data.prices)
    return ahead or coordinator.now.carbon_intensity is not None


PRICE_SENSORS: Final[tuple[TemixSensorDescription, ...]] = (
    TemixPriceDescription(
        key="buy_price",
        translation_key="buy_price",
        entity_registry_enabled_default=True,
        value_fn=lambda coordinator: per_kwh(coordinator.now.buy),
        attributes_fn=lambda coordinator: {"forecast": forecast(coordinator.data, coordinator.now)},
    ),
    TemixPriceDescription(
        key="sell_price",
        translation_key="sell_price",
        entity_registry_enabled_default=True,
        value_fn=lambda coordinator: per_kwh(coordinator.now.sell),
        available_fn=_buys,
    ),
    TemixPriceDescription(
        key="next_buy_price",
        translation_key="next_buy_price",
        value_fn=lambda coordinator: per_kwh(coordinator.now.next_buy),
    ),
    TemixPriceDescription(
        key="next_sell_price",
        translation_key="next_sell_price",
        value_fn=lambda coordinator: per_kwh(coordinator.now.next_sell),
        available_fn=_buys,
    ),
    *(_part(name) for name in ("buy_energy", "buy_transport", "sell_energy", "sell_transport")),
    *(
        _day(day, figure, segment)
        for day in ("today", "tomorrow")
        for figure, segment in (
            ("lowest", lambda figures: figures.lowest),
            ("mean", None),
            ("highest", lambda figures: figures.highest),
        )
    ),
    TemixSensorDescription(
        key="price_rank",
        translation_key="price_rank",
        device=PRICES,
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda coordinator: coordinator.outlook.rank,
    ),
    TemixSensorDescription(
        key="price_percentile",
        translation_key="price_percentile",
        device=PRICES,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        suggested_display_precision=0,
        value_fn=lambda coordinator: coordinator.outlook.percentile,
    ),
    TemixSensorDescription(
        key="price_level",
        translation_key="price_level",
        device=PRICES,
        device_class=SensorDeviceClass.ENUM,
        options=[level.value for level in Level],
        entity_registry_enabled_default=True,
        value_fn=lambda coordinator: coordinator.outlook.level and coordinator.outlook.level.value,
    ),
    TemixSensorDescription(
        key="carbon_intensity",
        translation_key="carbon_intensity",
        device=PRICES,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=f"{UnitOfMass.GRAMS}/{UnitOfEnergy.KILO_WATT_HOUR}",
        suggested_display_precision=0,
        available_fn=_publishes_carbon,
        value_fn=lambda coordinator: coordinator.now.carbon_intensity,
        attributes_fn=lambda coordinator: {"forecast": carbon_forecast(coordinator.data, coordinator.now)},
    ),
    _window("cheapest"),
    _window("dearest"),
    TemixSensorDescription(
        key="tender_horizon",
        translation_key="tender_horizon",
        device=PRICES,
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda coordinator: coordinator.data.horizon,
    ),
)
