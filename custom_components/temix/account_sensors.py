"""The sensors of the account: what the home has committed to, used and paid."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import UnitOfEnergy, UnitOfPower

from .client import PositionStep
from .coordinator import TemixCoordinator
from .curve.segments import mark_at_or_before
from .descriptions import Attributes, TemixSensorDescription, Value
from .entity import ACCOUNT
from .shapes import per_kwh


def _power(key: str, value: Callable[[TemixCoordinator], Value]) -> TemixSensorDescription:
    """A rate of delivery in W, shown in kW."""
    return TemixSensorDescription(
        key=key,
        translation_key=key,
        device=ACCOUNT,
        device_class=SensorDeviceClass.POWER,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfPower.WATT,
        suggested_unit_of_measurement=UnitOfPower.KILO_WATT,
        suggested_display_precision=3,
        value_fn=value,
    )


def _ahead(key: str, quantity: Callable[[PositionStep], int], *, tomorrow: bool) -> TemixSensorDescription:
    """Energy from the current interval to the end of today, or of tomorrow; bought above zero."""

    def value(coordinator: TemixCoordinator) -> float:
        moment = coordinator.moment
        start, end = mark_at_or_before(moment.instant), moment.today.end
        if tomorrow:
            start, end = moment.tomorrow.start, moment.tomorrow.end
        return _energy(coordinator.data.positions, quantity, start, end)

    return TemixSensorDescription(
        key=key,
        translation_key=key,
        device=ACCOUNT,
        device_class=SensorDeviceClass.ENERGY,
        native_unit_of_measurement=UnitOfEnergy.WATT_HOUR,
        suggested_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=2,
        value_fn=value,
    )


def _energy(
    steps: tuple[PositionStep, ...],
    quantity: Callable[[PositionStep], int],
    start: datetime,
    end: datetime,
) -> float:
    """Energy (Wh) between two instants; a step is held at a constant rate."""
    return sum(
        quantity(step) * ((min(step.end, end) - max(step.start, start)) / (step.end - step.start))
        for step in steps
        if step.start < end and step.end > start
    )


def _last_transacted_at(coordinator: TemixCoordinator) -> datetime | None:
    last = coordinator.data.transactions.last
    return None if last is None else last.at


def _last_transaction(coordinator: TemixCoordinator) -> Attributes | None:
    last = coordinator.data.transactions.last
    if last is None:
        return None
    return {
        "start": last.start.isoformat(),
        "end": last.end.isoformat(),
        "quantity": last.quantity / 1000,
        "price": per_kwh(last.price),
        "count": coordinator.data.transactions.count,
    }


ACCOUNT_SENSORS: Final[tuple[TemixSensorDescription, ...]] = (
    _power("position", lambda coordinator: coordinator.now.power),
    _power("subscription", lambda coordinator: coordinator.now.subscribed_power),
    _ahead("position_rest_of_today", lambda step: step.quantity, tomorrow=False),
    _ahead("position_tomorrow", lambda step: step.quantity, tomorrow=True),
    _ahead("subscription_rest_of_today", lambda step: step.subscribed, tomorrow=False),
    _ahead("subscription_tomorrow", lambda step: step.subscribed, tomorrow=True),
    TemixSensorDescription(
        key="last_transaction",
        translation_key="last_transaction",
        device=ACCOUNT,
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=_last_transacted_at,
        attributes_fn=_last_transaction,
    ),
)
