"""How a sensor is described: its device, and where its state comes from."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from homeassistant.components.sensor import SensorEntityDescription, SensorStateClass

from .coordinator import TemixCoordinator
from .entity import ACCOUNT, PRICES

PRICE_DECIMALS: Final = 4

type Value = float | int | str | datetime | None
type Attributes = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class TemixSensorDescription(SensorEntityDescription):
    """A sensor of one of the service devices; most are for who looks for them, so disabled at first."""

    device: str
    value_fn: Callable[[TemixCoordinator], Value]
    attributes_fn: Callable[[TemixCoordinator], Attributes | None] | None = None
    available_fn: Callable[[TemixCoordinator], bool] = lambda _: True
    """Whether the retailer publishes it at all."""
    entity_registry_enabled_default: bool = False


@dataclass(frozen=True, kw_only=True)
class TemixPriceDescription(TemixSensorDescription):
    """A price in the tenders' currency; without a category, so that triggers on the device find it."""

    device: str = PRICES
    state_class: SensorStateClass | None = SensorStateClass.MEASUREMENT
    suggested_display_precision: int | None = PRICE_DECIMALS


@dataclass(frozen=True, kw_only=True)
class TemixMoneyDescription(TemixSensorDescription):
    """An amount of money in the tenders' currency."""

    device: str = ACCOUNT
    suggested_display_precision: int | None = 2
    since: str = ""
    """``day`` or ``month``: when the total began."""
