"""``temix-gateway statement``: the same figures in every form, each traceable to the ledger's records."""

import csv
import json
import re
import xml.etree.ElementTree as ET
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
import typer
from temix_gateway.commands import statement as statement_commands
from temix_gateway.commands.statement import COLUMNS, WrongPeriod, find_period
from temix_gateway.config import load
from temix_gateway.errors import GatewayError
from temix_gateway.home.account import Statement
from temix_gateway.ledger.reading import opened
from temix_gateway.ledger.trace import trace
from temix_gateway.statement.chart import Bar, bars
from temix_gateway.statement.explaining import NoSuchLine
from temix_market.instants import HOUR
from typer.testing import CliRunner

from benchmarks.statement import CONFIG, make_ledger
from tests.gateway.market import NOW
from tests.gateway.test_account import Metered

app = typer.Typer()
app.command()(statement_commands.statement)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gateway's folder with some days of October in its ledger."""
    folder = tmp_path_factory.mktemp("gateway")
    (folder / "data").mkdir()
    make_ledger(folder / "data" / "ledger.db", days=3)
    (folder / "data" / "terms.json").write_text('{"currency": "USD", "zone": "America/Chicago"}')
    path = folder / "temix-gateway.toml"
    path.write_text(CONFIG)
    return path


def run(config: Path, *arguments: str) -> str:
    result = CliRunner().invoke(app, ["--config", str(config), *arguments])
    if isinstance(result.exception, GatewayError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_json_csv_and_the_ledger_agree(config: Path) -> None:
    by_day = json.loads(run(config, "--from", "2026-10-01", "--to", "2026-10-03", "--json"))
    rows = list(csv.DictReader(StringIO(run(config, "--from", "2026-10-01", "--to", "2026-10-03", "--csv"))))
    steps = list(
        csv.DictReader(
            StringIO(
                run(config, "--from", "2026-10-01", "--to", "2026-10-03", "--csv", "--level", "interval")
            )
        )
    )
    assert by_day["currency"] == "USD"
    assert tuple(rows[0]) == COLUMNS
    assert [row["id"] for row in rows] == ["2026-10-01", "2026-10-02", "2026-10-03"]
    total = Decimal(by_day["total"]["total"])
    assert sum(Decimal(line["total"]) for line in by_day["lines"]) == total
    assert sum(Decimal(row["total"]) for row in rows) == total
    market = sum(Decimal(row["market"]) for row in steps)
    assert market == Decimal(by_day["total"]["market"])
    with opened(config.parent / "data" / "ledger.db") as ledger:
        (nano,) = ledger.execute("SELECT sum(subscription + trades + deviation) FROM settlements").fetchone()
    assert market == Decimal(nano) / 10**9
    assert len(steps) == 3 * 288


def test_a_month_of_which_little_is_known_says_so(config: Path) -> None:
    shown = run(config, "--month", "2026-10")
    assert "2026-10-03" in shown
    assert re.search(r"Missing, in no sum: .*8064 intervals", shown.replace("\n", " "))
    assert "On flat the same deliveries would have cost" in shown.replace("\n", " ")


def test_a_figure_is_traced_to_days_intervals_and_records(config: Path) -> None:
    days = run(config, "--month", "2026-10", "--explain", "2026-10/energy/deviation")
    parts = [Decimal(text) for text in re.findall(r"2026-10-\d\d\s+│\s+(-?[\d.]+)", days)]
    whole = re.search(r"intervals, (-?[\d.]+)", days)
    assert whole is not None
    assert len(parts) == 31
    assert sum(parts) == Decimal(whole[1])
    steps = run(config, "--month", "2026-10", "--explain", "2026-10-02")
    assert steps.count("2026-10-02T") + steps.count("2026-10-03T") == 288
    records = run(config, "--month", "2026-10", "--explain", "2026-10-02T12:05Z")
    for table in ("deliveries", "spots", "transactions", "settlements"):
        assert table in records
    owed = re.search(r"intervals, (-?[\d.]+)", records)
    assert owed is not None
    rows = [line for line in records.splitlines() if "settlements" in line]
    assert sum(Decimal(line.split("│")[-2].strip()) for line in rows) == Decimal(owed[1])


@pytest.mark.parametrize("part", ["charges", "tariff/flat", "tariff/time of use"])
def test_charges_and_tariffs_are_traced_to_items_and_days(config: Path, part: str) -> None:
    period = ("--month", "2026-10")
    line = json.loads(run(config, *period, "--json"))["total"]
    bills = {f"tariff/{tariff['name']}": Decimal(tariff["total"]) for tariff in line["tariffs"]}
    bills["charges"] = sum(Decimal(charge["money"]) for charge in line["charges"])
    month = run(config, *period, "--explain", f"2026-10/{part}")
    items, _, days = month.partition("by day")
    for column in (items, days):
        rows = [text.split("│")[-2].strip() for text in column.splitlines() if text.count("│") > 1]
        assert sum(map(Decimal, rows)) == bills[part]
    day = run(config, *period, "--explain", f"2026-10-02/{part}")
    assert "of 2026-10-02: imported" in day
    assert day.splitlines()[0].partition(": ")[2] in days


@pytest.mark.parametrize(
    "name",
    [
        *("2026-11", "2026-10-09T00:00Z", "energy", "2026-10/energy/all"),
        *("2026-10-02T12:05Z/charges", "2026-10/tariff/none", "2026-10/charges/flat"),
    ],
)
def test_an_id_that_is_none_is_said_so(config: Path, name: str) -> None:
    with pytest.raises(NoSuchLine, match="no line"):
        run(config, "--month", "2026-10", "--explain", name)


@pytest.mark.parametrize("arguments", [["--month", "2026-10"], ["--day", "2026-10-02"]])
def test_the_page_stands_alone_and_is_well_formed(config: Path, tmp_path: Path, arguments: list[str]) -> None:
    target = tmp_path / "page.html"
    run(config, *arguments, "--html", str(target))
    page = target.read_text()
    assert not re.search(r"https?://|<script|<link|@import|url\(", page)
    for svg in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        drawn = ET.fromstring(svg)
        assert drawn.findall("rect")
    assert page.count("<svg") == 2
    assert "Delivery charge" in page
    for scheme in ("prefers-color-scheme: dark", "@media print", "max-width: 640px"):
        assert scheme in page


def test_bars_stand_on_zero_and_mean_their_values() -> None:
    drawn = ET.fromstring(
        bars([Bar("1", {"a": 2.0, "b": 1.0, "c": -1.0})], [("a", "A"), ("b", "B"), ("c", "C")], "")
    )
    a, b, c = [(float(rect.get("y", "")), float(rect.get("height", ""))) for rect in drawn.findall("rect")]
    zero = float(drawn.findall("line[@class='zero']")[0].get("y1", ""))
    assert (a[0] + a[1], c[0]) == pytest.approx((zero, zero), abs=0.1)
    assert b[0] + b[1] == pytest.approx(a[0], abs=0.1)
    assert a[1] == pytest.approx(2 * b[1], abs=0.05)
    assert "Nothing is settled" in bars([], [], "USD")


@pytest.mark.parametrize(
    "given", [("", "", "", ""), ("2026-10", "2026-10-01", "", ""), ("2026", "", "", ""), ("", "x", "", "")]
)
def test_a_period_must_be_one(config: Path, given: tuple[str, str, str, str]) -> None:
    with pytest.raises(WrongPeriod):
        find_period(load(config), *given)


def test_a_day_of_the_time_shift_is_as_long_as_it_is(config: Path) -> None:
    loaded = load(config)
    assert find_period(loaded, "", "2026-11-01", "", "").duration == 25 * HOUR
    assert find_period(loaded, "2026-11", "", "", "").duration == (30 * 24 + 1) * HOUR
    assert find_period(loaded, "", "", "2026-03-07", "2026-03-08").duration == 47 * HOUR
    assert isinstance(
        statement_commands.read_message(loaded, find_period(loaded, "", "2026-10-02", "", ""), "day"),
        Statement,
    )


async def test_an_order_is_traced_to_its_receipts(tmp_path: Path) -> None:
    made = Metered(tmp_path / "ledger.db")
    await made.connect()
    await made.publish()
    await made.report()
    await made.core.turn()
    booked = [found for found, _ in await made.ledger.pairs(NOW)]
    sources = await made.ledger.read(lambda ledger: trace(ledger, booked[0].interval.start))
    made.ledger.close()
    says = [source.says for source in sources if source.table == "transactions"]
    assert any(booked[0].key in text and "signed energy" in text for text in says)
    assert any(booked[0].key in text and "signed transport" in text for text in says)
