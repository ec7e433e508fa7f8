"""The sensors of the account: what the home has committed to, used and paid."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Final

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import UnitOfEnergy, UnitOfPower

from .client import Account, Energies, PositionStep
from .coordinator import TemixCoordinator
from .curve.segments import HOUR, mark_at_or_before
from .descriptions import Attributes, TemixMoneyDescription, TemixSensorDescription, Value
from .entity import ACCOUNT
from .shapes import per_kwh

MONEY_DECIMALS: Final = 4
"""Of a currency unit: finer changes are not worth a row in the database; the statement is exact."""


def _trades(coordinator: TemixCoordinator) -> bool:
    """Whether the retailer takes tenders: else there is neither a position nor a transaction."""
    return not coordinator.data.shadow


def _always(coordinator: TemixCoordinator) -> bool:
    return True


def _power(
    key: str,
    value: Callable[[TemixCoordinator], Value],
    available: Callable[[TemixCoordinator], bool] = _always,
) -> TemixSensorDescription:
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
        available_fn=available,
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
        available_fn=_trades,
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


def _settled(key: str, value: Callable[[Account], int | None]) -> TemixSensorDescription:
    """Energy that only grows."""
    return TemixSensorDescription(
        key=key,
        translation_key=key,
        device=ACCOUNT,
        device_class=SensorDeviceClass.ENERGY,
        state_class=SensorStateClass.TOTAL_INCREASING,
        native_unit_of_measurement=UnitOfEnergy.WATT_HOUR,
        suggested_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=1,
        entity_registry_enabled_default=True,
        value_fn=_of(value),
        available_fn=_trades,
    )


def _expected(key: str, value: Callable[[Account], int | None]) -> TemixSensorDescription:
    """Energy that the home is expected to take, or to take beyond its position."""
    return TemixSensorDescription(
        key=key,
        translation_key=key,
        device=ACCOUNT,
        device_class=SensorDeviceClass.ENERGY,
        native_unit_of_measurement=UnitOfEnergy.WATT_HOUR,
        suggested_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=2,
        value_fn=_of(value),
    )


def _money(
    key: str, value: Callable[[Account], Decimal | None], *, since: str = "", shown: bool = False
) -> TemixMoneyDescription:
    """Money; an amount that grows over a day or month has the state class of a total that begins anew."""

    def rounded(account: Account) -> float | None:
        amount = value(account)
        return None if amount is None else float(round(amount, MONEY_DECIMALS))

    return TemixMoneyDescription(
        key=key,
        translation_key=key,
        device_class=SensorDeviceClass.MONETARY,
        state_class=SensorStateClass.TOTAL if since else None,
        since=since,
        entity_registry_enabled_default=shown,
        value_fn=_of(rounded),
    )


def _of(value: Callable[[Account], Value]) -> Callable[[TemixCoordinator], Value]:
    """Read the account, where there is one."""

    def read(coordinator: TemixCoordinator) -> Value:
        account = coordinator.data.account
        return None if account is None else value(account)

    return read


def _rate(energy: int | None, energies: Energies) -> float | None:
    """Power (W) from an interval's energy."""
    return None if energy is None else energy * (HOUR / (energies.end - energies.start))


def _delivery(account: Account) -> float | None:
    latest = account.latest
    return None if latest is None else _rate(latest.delivered, latest)


def _deviation(account: Account) -> float | None:
    latest = account.latest
    return None if latest is None else _rate(latest.deviation, latest)


ACCOUNT_SENSORS: Final[tuple[TemixSensorDescription, ...]] = (
    _power("position", lambda coordinator: coordinator.now.power, _trades),
    _power("subscription", lambda coordinator: coordinator.now.subscribed_power, _trades),
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
        available_fn=_trades,
    ),
    _power("delivery", _of(_delivery)),
    _power("deviation", _of(_deviation)),
    _expected("delivery_rest_of_today", lambda account: account.rest_of_today.delivered),
    _expected("delivery_tomorrow", lambda account: account.tomorrow.delivered),
    _expected("deviation_rest_of_today", lambda account: account.rest_of_today.deviation),
    _expected("deviation_tomorrow", lambda account: account.tomorrow.deviation),
    _settled("bought", lambda account: account.bought),
    _settled("sold", lambda account: account.sold),
    _money("cost_today", lambda account: account.cost_today, since="day", shown=True),
    _money("cost_this_month", lambda account: account.cost_month, since="month", shown=True),
    _money("cost_forecast_today", lambda account: account.forecast_today),
    _money("cost_forecast_this_month", lambda account: account.forecast_month),
    _money("savings_today", lambda account: account.savings_today, since="day"),
    _money("savings_this_month", lambda account: account.savings_month, since="month", shown=True),
)
