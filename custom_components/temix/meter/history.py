"""What the home drew and its roof gave in past hours, from the recorder's statistics, for the forecasts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .sources import Sources

BACK: Final = timedelta(weeks=4)
HOUR: Final = timedelta(hours=1)
MOST_WH: Final = 100_000
"""More in an hour is no home's."""


@dataclass(frozen=True, slots=True)
class Hours:
    """Whole hours from ``start`` on, Wh: what the home used beside the devices led, and what its roof gave.

    None where the statistics have a gap.
    """

    start: datetime
    load: tuple[int | None, ...]
    sun: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Led:
    """Registers of the devices led: what they drew, and what their batteries gave."""

    drew: tuple[str, ...] = ()
    gave: tuple[str, ...] = ()


type Changes = Mapping[str, Mapping[int, float]]
"""By how much each register rose in each hour, counted from a first one; Wh."""


async def read(hass: HomeAssistant, sources: Sources, led: Led, now: datetime) -> Hours | None:
    """The last four weeks; none without statistics."""
    if not sources.registers:
        return None
    end = now.replace(minute=0, second=0, microsecond=0)
    wanted = {*sources.registers, *sources.produced, *led.drew, *led.gave}
    found = await changes(hass, wanted, end - BACK, end)
    return together(found, sources, led, end - BACK, BACK // HOUR) if found else None


async def changes(hass: HomeAssistant, registers: set[str], start: datetime, end: datetime) -> Changes:
    """What the recorder's statistics know; an hour of which they know nothing is not there."""
    if "recorder" not in hass.config.components or not registers:
        return {}
    from homeassistant.components.recorder.statistics import statistics_during_period  # noqa: PLC0415
    from homeassistant.helpers.recorder import get_instance  # noqa: PLC0415 - only where it is set up

    found = await get_instance(hass).async_add_executor_job(
        statistics_during_period, hass, start, end, registers, "hour", {"energy": "Wh"}, {"change"}
    )
    return {
        name: {
            round((dt_util.utc_from_timestamp(row["start"]) - start) / HOUR): change
            for row in rows
            if (change := row.get("change")) is not None
        }
        for name, rows in found.items()
    }


def together(changes: Changes, sources: Sources, led: Led, start: datetime, count: int) -> Hours:
    """Sum the statistics hour by hour: used = imported + given by the roof − exported − devices led."""

    def summed(hour: int, names: Iterable[str]) -> float | None:
        values = [changes.get(name, {}).get(hour) for name in names]
        return None if any(value is None for value in values) else sum(value or 0.0 for value in values)

    load: list[int | None] = []
    sun: list[int | None] = []
    for hour in range(count):
        imported, exported = summed(hour, sources.imported), summed(hour, sources.exported)
        given = summed(hour, sources.produced)
        drew, gave = (sum(changes.get(each, {}).get(hour, 0.0) for each in of) for of in (led.drew, led.gave))
        sun.append(None if given is None else _plausible(given))
        known = imported is not None and exported is not None and given is not None
        load.append(_plausible(imported + given - exported - drew + gave) if known else None)  # type: ignore[operator]
    return Hours(start, tuple(load), tuple(sun))


def _plausible(energy: float) -> int | None:
    return round(max(0.0, energy)) if energy < MOST_WH else None
