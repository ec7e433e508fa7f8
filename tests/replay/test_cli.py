"""The command: its output, its files, and what it says of bad arguments."""

import json
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import typer
from click.testing import Result
from temix_replay import cli
from temix_replay.errors import ReplayError
from temix_replay.run import BOOK, LEDGER
from temix_replay.telling import EVEN_HOURS
from typer.testing import CliRunner

from tests.replay.conftest import simplest_plans

APP = typer.Typer()
APP.command()(cli.replay)


def call(*arguments: str) -> Result:
    return CliRunner().invoke(APP, ["--from", "2021-02-16", "--days", "1", *arguments])


def refused(*arguments: str) -> str:
    """What the command says when it refuses."""
    error = call(*arguments).exception
    assert isinstance(error, ReplayError)
    return str(error)


@pytest.mark.parametrize(
    "arguments,text",
    [
        (["--days", "0"], "--days: 0 is not between 1 and 366"),
        (["--days", "-3"], "--days: -3 is not between 1 and 366"),
        (["--days", "400"], "--days: 400 is not between 1 and 366"),
        (["--prices", "missing.csv"], "missing.csv: cannot be read"),
        (["--point", "MARS"], "has no settlement point 'MARS': choose one of HB_NORTH, LZ_HOUSTON, LZ_WEST"),
        (["--svg", "nowhere/picture.svg"], "--svg: nowhere is no folder"),
        (["--svg", "."], "--svg: . is a folder"),
    ],
)
def test_bad_arguments_are_named(
    arguments: Sequence[str], text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert text in refused(*arguments)


@pytest.mark.long
def test_a_day_is_held_against_perfect_foresight() -> None:
    told = json.loads(call("--audit", "--json").stdout)
    assert [audit["day"] for audit in told["audits"]] == ["2021-02-16"]


@pytest.mark.parametrize("first", ["2021-02-30", "13.02.2021", "yesterday"])
def test_a_date_that_is_none_is_refused_with_the_format(first: str) -> None:
    result = call("--from", first)
    assert result.exit_code == 2
    assert "%Y-%m-%d" in result.output


def test_a_price_that_is_no_number_is_named_by_its_line(tmp_path: Path) -> None:
    prices = tmp_path / "prices.csv"
    prices.write_text(
        "Delivery Date,Hour Ending,Repeated Hour Flag,LZ_HOUSTON\n"
        "01/01/2020,01:00,N,20.5\n01/01/2020,02:00,N,nan\n",
        encoding="utf-8",
    )
    assert f"{prices}: line 3" in refused("--prices", str(prices))


def test_an_earlier_replay_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / LEDGER).write_bytes(b"mine")
    assert "is there already" in refused("--keep", str(tmp_path))
    assert (tmp_path / LEDGER).read_bytes() == b"mine"
    assert not (tmp_path / BOOK).exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot be made" in refused("--keep", str(tmp_path / "file" / "kept"))


def test_another_year_of_prices_is_read_kept_drawn_and_told(tmp_path: Path) -> None:
    """Prices that are 50 $/MWh all year: the flat tariff can then be checked by hand."""
    lines = ["Delivery Date,Hour Ending,Repeated Hour Flag,LZ_HOUSTON"]
    for day in range(365):
        month, of_month = _date(day)
        lines += [f"{month:02}/{of_month:02}/2019,{hour:02}:00,N,50.0" for hour in range(1, 25)]
    prices = tmp_path / "even.csv"
    prices.write_text("\n".join(lines), encoding="utf-8")
    kept, svg = tmp_path / "kept", tmp_path / "picture.svg"
    with simplest_plans():
        result = call(
            "--prices", str(prices), "--keep", str(kept), "--svg", str(svg), "--even-hours", "--json"
        )
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["prices"]["source"] == "Hourly level: even.csv."
    assert told["prices"]["within_the_hour"] == EVEN_HOURS
    assert 0.08 < float(told["calibration"]["flat_price_per_kwh"]) < 0.15
    assert (kept / LEDGER).stat().st_size > 0
    assert (kept / BOOK).stat().st_size > 0
    ET.fromstring(svg.read_text(encoding="utf-8"))


def _date(day: int) -> tuple[int, int]:
    lengths = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    for month, length in enumerate(lengths, 1):
        if day < length:
            return month, day + 1
        day -= length
    raise AssertionError(day)
