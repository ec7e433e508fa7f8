"""The last two weeks, lived through when the demo starts, so that no chart and no forecast begins empty."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from statistics import fmean
from typing import Final

from homeassistant.components.recorder.db_schema import StatisticsShortTerm
from homeassistant.components.recorder.models import StatisticData, StatisticMeanType, StatisticMetaData
from homeassistant.components.recorder.statistics import async_import_statistics
from homeassistant.components.sensor import SensorStateClass
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.recorder import get_instance
from temix_market.instants import FIVE_MINUTES, HOUR, Instant, to_datetime

from .const import DOMAIN, GRID_EXPORT, GRID_IMPORT
from .entity import unique_id
from .home import DemoHome, Now
from .prices import HourOfPrices
from .sensor import SENSORS

DAYS: Final = 14
BUY_PRICE: Final = "sensor.electricity_prices_buy_price"
SELL_PRICE: Final = "sensor.electricity_prices_sell_price"


@dataclass(frozen=True, slots=True)
class Hour:
    """A whole hour, by its minutes."""

    start: Instant
    minutes: Sequence[Now]


def start(now: Instant) -> Instant:
    """When the past begins: at a whole hour, two weeks before ``now``."""
    return Instant((now // HOUR - DAYS * 24) * HOUR)


def live_through(home: DemoHome, until: Instant) -> Sequence[Hour]:
    """Let the home live by its people's habits until ``until``; returns what it saw in each whole hour."""
    hours = []
    while home.now.until + HOUR <= until:
        begins = home.now.until
        hours.append(Hour(begins, home.advance(Instant(begins + HOUR))))
    home.advance(until)
    return hours


@callback
def import_measured(hass: HomeAssistant, hours: Sequence[Hour]) -> None:
    """Write what the home's sensors would have recorded."""
    registry = er.async_get(hass)
    for sensor in SENSORS:
        entity_id = registry.async_get_entity_id("sensor", DOMAIN, unique_id(sensor.device, sensor.key))
        assert entity_id, "the sensors were added before"
        if sensor.state_class is SensorStateClass.TOTAL_INCREASING:
            ends = [(hour.start, sensor.value(hour.minutes[-1])) for hour in hours]
            import_sum(hass, entity_id, sensor.native_unit_of_measurement, sensor.unit_class, ends)
        else:
            values = [(hour.start, [sensor.value(minute) for minute in hour.minutes]) for hour in hours]
            import_mean(hass, entity_id, sensor.native_unit_of_measurement, sensor.unit_class, values)


@callback
def import_prices(hass: HomeAssistant, hours: Sequence[Hour], prices: Sequence[HourOfPrices]) -> None:
    """Write what the temix integration's price sensors would have recorded, and what the energy then cost."""
    unit = f"{hass.config.currency}/kWh"
    import_mean(hass, BUY_PRICE, unit, None, [(hour.start, hour.buy) for hour in prices])
    import_mean(hass, SELL_PRICE, unit, None, [(hour.start, hour.sell) for hour in prices])
    for meter, kind, values in (
        (GRID_IMPORT, "cost", [fmean(hour.buy) for hour in prices]),
        (GRID_EXPORT, "compensation", [fmean(hour.sell) for hour in prices]),
    ):
        registers = [0.0, *(hour.minutes[-1].energy[meter.id] for hour in hours)]
        costs = accumulate(
            (after - before) / 1000 * price
            for (before, after), price in zip(pairwise(registers), values, strict=True)
        )
        rows = [(hour.start, cost) for hour, cost in zip(hours, costs, strict=True)]
        import_sum(hass, f"{meter.entity_id}_{kind}", hass.config.currency, None, rows)


def import_mean(
    hass: HomeAssistant,
    entity_id: str,
    unit: str | None,
    unit_class: str | None,
    rows: Sequence[tuple[Instant, Sequence[float]]],
) -> None:
    """Write each hour's mean, least and greatest of its values as if they had been recorded."""
    metadata = StatisticMetaData(
        mean_type=StatisticMeanType.ARITHMETIC,
        has_sum=False,
        name=None,
        source="recorder",
        statistic_id=entity_id,
        unit_class=unit_class,
        unit_of_measurement=unit,
    )
    statistics = [
        StatisticData(start=to_datetime(start), mean=fmean(values), min=min(values), max=max(values))
        for start, values in rows
    ]
    async_import_statistics(hass, metadata, statistics)


def import_sum(
    hass: HomeAssistant,
    entity_id: str,
    unit: str | None,
    unit_class: str | None,
    rows: Sequence[tuple[Instant, float]],
) -> None:
    """Write a register's value at each hour's end as if recorded, and where the recorder goes on."""
    metadata = StatisticMetaData(
        mean_type=StatisticMeanType.NONE,
        has_sum=True,
        name=None,
        source="recorder",
        statistic_id=entity_id,
        unit_class=unit_class,
        unit_of_measurement=unit,
    )
    statistics = [StatisticData(start=to_datetime(start), state=value, sum=value) for start, value in rows]
    async_import_statistics(hass, metadata, statistics)
    # The recorder adds to the last 5-minute row, which no public function writes.
    last = StatisticData(
        start=to_datetime(Instant(rows[-1][0] + HOUR - FIVE_MINUTES)), state=rows[-1][1], sum=rows[-1][1]
    )
    get_instance(hass).async_import_statistics(metadata, [last], StatisticsShortTerm)
