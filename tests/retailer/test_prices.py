"""The price series: read by local date and hour, in any year and zone."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from temix_market.calendar import local_day
from temix_market.instants import HOUR, Instant, from_datetime
from temix_retailer.errors import SeriesError
from temix_retailer.prices import Wholesale, load_wholesale

CHICAGO = ZoneInfo("America/Chicago")


@pytest.fixture(scope="module")
def wholesale() -> Wholesale:
    return load_wholesale(CHICAGO)


def at(year: int, month: int, day: int, hour: int, *, fold: int = 0) -> Instant:
    return from_datetime(datetime(year, month, day, hour, tzinfo=CHICAGO, fold=fold))


@pytest.mark.parametrize(
    "instant, dollars_per_mwh",
    [
        (at(2021, 1, 1, 0), 18.31),  # "01/01/2021","01:00": the hour that ends at one
        (at(2021, 12, 31, 23), 26.7),
        (at(2021, 3, 14, 1), 16.7),
        (at(2021, 3, 14, 3), 15.5),  # 02:00 does not exist: "04:00" ends the hour after the shift
        (at(2021, 11, 7, 1), 24.68),
        (at(2021, 11, 7, 1, fold=1), 28.14),  # the repeated hour
        (at(2021, 11, 7, 2), 28.83),
    ],
)
def test_the_series_own_year(wholesale: Wholesale, instant: Instant, dollars_per_mwh: float) -> None:
    assert wholesale.hour_level(instant) == round(dollars_per_mwh * 1000)


def test_another_year_reads_the_same_date_and_hour(wholesale: Wholesale) -> None:
    assert wholesale.hour_level(at(2026, 8, 3, 17)) == wholesale.hour_level(at(2021, 8, 3, 17))
    # In 2026 summer time starts on 8 March and ends on 1 November.
    assert wholesale.hour_level(at(2026, 3, 14, 2)) == wholesale.hour_level(at(2021, 3, 14, 1))
    assert wholesale.hour_level(at(2026, 11, 1, 1, fold=1)) == wholesale.hour_level(at(2021, 11, 1, 1))


def test_leap_day_reads_the_day_before_and_the_year_wraps(wholesale: Wholesale) -> None:
    for hour in range(24):
        assert wholesale.hour_level(at(2028, 2, 29, hour)) == wholesale.hour_level(at(2021, 2, 28, hour))
    assert wholesale.hour_level(at(2027, 1, 1, 0)) == wholesale.hour_level(at(2021, 1, 1, 0))


@pytest.mark.parametrize(
    "name",
    ["America/Chicago", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca", "UTC"],
)
def test_every_hour_of_every_year_has_a_price_of_its_wall_clock_hour(name: str) -> None:
    zone = ZoneInfo(name)
    wholesale = load_wholesale(zone)
    instant = from_datetime(datetime(2024, 1, 1, tzinfo=UTC))
    end = from_datetime(datetime(2026, 1, 1, tzinfo=UTC))
    series = {(month, day, hour) for month, day, hour, _ in wholesale.levels}
    while instant < end:
        local = datetime.fromtimestamp(instant / 1000, zone)
        day = 28 if (local.month, local.day) == (2, 29) else local.day
        if (local.month, day, local.hour) in series:
            firsts = {wholesale.levels.get((local.month, day, local.hour, fold)) for fold in (False, True)}
            assert wholesale.hour_level(instant) in firsts
        else:
            assert (local.month, day, local.hour) == (3, 14, 2)
        assert len(wholesale.steps(instant)) == 12
        instant = Instant(instant + 7 * HOUR)  # coprime to 24: every hour of the day comes


@pytest.mark.parametrize(
    "day, hours", [(date(2026, 3, 8), 23), (date(2026, 11, 1), 25), (date(2026, 7, 1), 24)]
)
def test_days_of_23_24_and_25_hours_never_shift(wholesale: Wholesale, day: date, hours: int) -> None:
    interval = local_day(CHICAGO, day)
    levels = [wholesale.hour_level(part.start) for part in interval.split(HOUR)]
    assert len(levels) == hours
    assert levels[-1] == wholesale.hour_level(at(2021, day.month, day.day, 23))
    assert levels[-12] == wholesale.hour_level(at(2021, day.month, day.day, 12))


def test_steps_keep_the_level_of_their_hour(wholesale: Wholesale) -> None:
    for day in range(0, 365, 5):
        for hour in range(24):
            instant = Instant(at(2021, 1, 1, 0) + (day * 24 + hour) * HOUR)
            level = wholesale.hour_level(instant)
            steps = wholesale.steps(instant)
            assert abs(sum(steps) - 12 * level) <= 12  # rounding down, a millionth each
            assert max(abs(step - level) for step in steps) <= abs(level) * 3 // 10 + 1


def write(path: Path, change: str = "", **replace: str) -> Path:
    lines = ["Delivery Date,Hour Ending,Repeated Hour Flag,HUB"]
    start = date(2023, 1, 1)
    for number in range(365):
        day = start + timedelta(days=number)
        lines += [f"{day:%m/%d/%Y},{hour:02d}:00,N,{hour}.5" for hour in range(1, 25)]
    text = "\n".join(lines)
    for old, new in replace.items():
        text = text.replace(lines[int(old.removeprefix("line")) - 1], new)
    path.write_text(text + change)
    return path


def test_another_file_in_the_same_format(tmp_path: Path) -> None:
    wholesale = load_wholesale(CHICAGO, write(tmp_path / "prices.csv"), "HUB")
    assert wholesale.hour_level(at(2026, 5, 5, 12)) == 13_500


@pytest.mark.parametrize(
    "replace, told",
    [
        ({"line5": "01/01/2023,04:00,N,nan"}, "line 5"),
        ({"line5": "01/01/2023,04:00,N,1e9"}, "line 5"),
        ({"line5": "01/01/2023,04:00,N,13000"}, "is the unit right"),
        ({"line5": "01/01/2023,04:00,?,1"}, "line 5"),
        ({"line5": "01/01/2023,25:00,N,1"}, "line 5"),
        ({"line5": "nonsense"}, "line 5"),
        ({"line5": "01/01/2023,03:00,N,1"}, "came before"),
        ({"line5": "", "line6": ""}, "line 5"),
        ({"line1": "time,price"}, "line 1"),
        ({"line1": "Delivery Date,Hour Ending,Repeated Hour Flag,OTHER"}, "choose one of OTHER"),
    ],
)
def test_a_bad_file_is_told_where(tmp_path: Path, replace: dict[str, str], told: str) -> None:
    path = write(tmp_path / "prices.csv", **replace)
    with pytest.raises(SeriesError, match=told) as caught:
        load_wholesale(CHICAGO, path, "HUB")
    assert str(path) in str(caught.value)


def test_a_file_with_days_missing_or_none_at_all(tmp_path: Path) -> None:
    path = write(tmp_path / "prices.csv")
    path.write_text("\n".join(path.read_text().splitlines()[:-30]))
    with pytest.raises(SeriesError, match="12/30: 6 hours are missing"):
        load_wholesale(CHICAGO, path, "HUB")
    with pytest.raises(SeriesError, match=r"cannot be read .*give a CSV file"):
        load_wholesale(CHICAGO, tmp_path / "absent.csv")
