"""Carbon intensity: read from a file, and published beside energy that is sold, or not at all."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from temix_market.instants import FIVE_MINUTES, HOUR, Instant, from_datetime, parse_instant
from temix_market.intervals import Interval
from temix_market.products import Resource, Side
from temix_market.tenders import PartyId
from temix_retailer.carbon import CarbonSeries, load_carbon
from temix_retailer.config import Config, Folder, circuit
from temix_retailer.errors import SeriesError
from temix_retailer.prices import load_wholesale
from temix_retailer.publications import Circuit, publish

CHICAGO = ZoneInfo("America/Chicago")
NOON = parse_instant("2026-11-24T18:00:00Z")


def write(path: Path, *, days: int = 2, **replaced: str) -> Path:
    """Day d, hour h, step s: 100 d + 10 h + s grams; ``line3`` and so on replace a line."""
    lines = ["Day,Hour,M00,M05,M10,M15,M20,M25,M30,M35,M40,M45,M50,M55"]
    for day in range(days):
        for hour in range(24):
            first = 100 * day + 10 * hour
            lines.append(",".join(map(str, (day, hour, *range(first, first + 12)))))
    for name, line in replaced.items():
        lines[int(name.removeprefix("line")) - 1] = line
    path.write_text("\n".join(line for line in lines if line))
    return path


@pytest.fixture
def series(tmp_path: Path) -> CarbonSeries:
    return load_carbon(CHICAGO, write(tmp_path / "carbon.csv"))


def at(text: str, fold: int = 0) -> Instant:
    return from_datetime(datetime.fromisoformat(text).replace(tzinfo=CHICAGO, fold=fold))


def test_days_take_turns_by_the_local_clock(series: CarbonSeries) -> None:
    first = [series.of(Interval(at(f"2026-11-{day}T07:10"), FIVE_MINUTES)) for day in (24, 25, 26, 27)]
    assert sorted(set(first)) == [72, 172]
    assert first[:2] == first[2:]


def test_an_hour_has_the_mean_of_its_steps(series: CarbonSeries) -> None:
    start = at("2026-11-24T07:00")
    steps = [series.of(Interval(Instant(start + n * FIVE_MINUTES), FIVE_MINUTES)) for n in range(12)]
    assert series.of(Interval(start, HOUR)) == round(sum(steps) / 12)


def test_an_hour_that_comes_twice_is_twice_the_same(series: CarbonSeries) -> None:
    once, again = at("2026-11-01T01:20"), at("2026-11-01T01:20", fold=1)
    assert again - once == HOUR
    assert series.of(Interval(once, FIVE_MINUTES)) == series.of(Interval(again, FIVE_MINUTES))


def test_the_shipped_one_is_whole() -> None:
    shipped = load_carbon(CHICAGO)
    assert shipped.days == 14
    grams = [value for steps in shipped.hours.values() for value in steps]
    assert (min(grams), max(grams), len(grams)) == (0, 664, 14 * 288)  # the source: 0 to 0.66375 kg


@pytest.mark.parametrize(
    "replaced, told",
    [
        ({"line1": "time,grams"}, "line 1"),
        ({"line3": "0,1,1,2,3"}, "line 3: must hold 12"),
        ({"line3": "0,1," + ",".join(["0.4"] * 12)}, "line 3: not all whole"),
        ({"line3": "0,1," + ",".join(["-1"] * 12)}, "line 3.*unit"),
        ({"line3": "0,1," + ",".join(["400000"] * 12)}, "line 3.*unit"),
        ({"line3": "0,0," + ",".join(["4"] * 12)}, "line 3.*came before"),
        ({"line3": ""}, "hours are missing"),
        ({"line3": "5,1," + ",".join(["4"] * 12)}, "hours are missing"),
    ],
)
def test_a_bad_file_is_told_where(tmp_path: Path, replaced: dict[str, str], told: str) -> None:
    path = write(tmp_path / "carbon.csv", **replaced)
    with pytest.raises(SeriesError, match=told) as caught:
        load_carbon(CHICAGO, path)
    assert str(path) in str(caught.value)


def test_no_file_and_an_empty_one_are_told(tmp_path: Path) -> None:
    with pytest.raises(SeriesError, match="cannot be read"):
        load_carbon(CHICAGO, tmp_path / "absent.csv")
    with pytest.raises(SeriesError, match="hours are missing"):
        load_carbon(CHICAGO, write(tmp_path / "carbon.csv", days=0))


def test_it_stands_beside_energy_that_is_sold_and_nowhere_else(series: CarbonSeries) -> None:
    market = Circuit(PartyId("lse"), PartyId("do"), load_wholesale(CHICAGO), 7, carbon=series)
    energy, transport = publish(market, NOON, {})
    sold = [tender for tender in energy.tenders if tender.side is Side.SELL]
    assert sold
    for tender in sold:
        assert tender.carbon_intensity == series.of(tender.instrument.interval)
    others = [tender for tender in (*energy.tenders, *transport.tenders) if tender not in sold]
    assert {tender.carbon_intensity for tender in others} == {None}
    assert {tender.instrument.resource for tender in sold} == {Resource.ENERGY}
    plain = publish(replace(market, carbon=None), NOON, {})
    assert [tender.price for each in plain for tender in each.tenders] == [
        tender.price for each in (energy, transport) for tender in each.tenders
    ]


def test_the_configuration_says_whether_and_which(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    assert circuit(Config(), folder).carbon is None
    shipped = circuit(Config(carbon_intensity="caiso-sce-2021"), folder).carbon
    assert shipped is not None
    assert shipped.days == 14
    write(tmp_path / "mine.csv")
    mine = circuit(Config(carbon_intensity="mine.csv"), folder).carbon
    assert mine is not None
    assert mine.days == 2
    with pytest.raises(SeriesError, match=r"other\.csv"):
        circuit(Config(carbon_intensity="other.csv"), folder)
