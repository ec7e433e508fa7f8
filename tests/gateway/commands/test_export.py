"""An export holds everything, from one moment, beside a running gateway, and no secret."""

import asyncio
import csv
import json
import tarfile
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
import typer
from temix_gateway.commands import export as export_commands
from temix_gateway.commands.export import NotExported
from temix_gateway.errors import LedgerError
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.ledger.schema import RECORDS
from temix_gateway.ledger.segments import MOST_ATTACHED
from temix_gateway.ledger.verify import verify
from temix_gateway.ledger.writer import InlineWriter
from typer.testing import CliRunner

from benchmarks.statement import CONFIG, StillClock, make_ledger
from tests.gateway.ledger.test_archive import DAYS, FIRST, years
from tests.gateway.ledger.test_verify import KEYS
from tests.gateway.market import FakeClock

app = typer.Typer()
app.command()(export_commands.export)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A gateway's folder with one day in its ledger, and its secrets."""
    data = tmp_path / "data"
    data.mkdir()
    make_ledger(data / "ledger.db", days=1)
    for secret in ("tender-key.json", "clients.json", "status.token", "certificate.pem"):
        (data / secret).write_text("canary")
    (data / "bills").mkdir()
    (data / "bills" / "2026-10.json").write_text('{"period": "2026-10"}')
    path = tmp_path / "temix-gateway.toml"
    path.write_text(CONFIG)
    return path


def test_everything_is_in_it_and_adds_up(config: Path, tmp_path: Path) -> None:
    target = tmp_path / "all.tar.gz"
    running = Ledger(tmp_path / "data" / "ledger.db", StillClock(), InlineWriter())
    result = CliRunner().invoke(app, [str(target), "--config", str(config)])
    running.close()
    assert result.exit_code == 0, result.output
    with tarfile.open(target) as archive:
        archive.extractall(tmp_path / "out", filter="data")
        names = archive.getnames()
    out = tmp_path / "out"
    manifest = json.loads((out / "manifest.json").read_text())
    counts = {table: len((out / "records" / f"{table}.jsonl").read_text().splitlines()) for table in RECORDS}
    assert manifest["tables"] == counts
    assert sum(counts.values()) == manifest["ledger"]["records"]
    verdict = verify(out / "ledger.db")
    assert verdict.head == manifest["ledger"]["head"]
    settled = [json.loads(line) for line in (out / "records" / "settlements.jsonl").read_text().splitlines()]
    assert set(settled[0]) == set(json.loads((out / "schema.json").read_text())["settlements"])
    nano = sum(row["subscription"] + row["trades"] + row["deviation"] for row in settled)
    rows = csv.DictReader(StringIO((out / "statements" / "2026-10-intervals.csv").read_text()))
    assert sum(Decimal(row["market"]) for row in rows) == Decimal(nano) / 10**9
    assert {"README.md", "statements/2026-10.csv", "bills/2026-10.json"} <= set(names)
    assert all(name.split("/")[0] in (out / "README.md").read_text() for name in names if name != "README.md")
    assert "canary" not in "".join(path.read_text("latin-1") for path in out.rglob("*") if path.is_file())
    assert target.stat().st_mode & 0o077 == 0


@pytest.mark.timeout(60)
def test_what_lies_in_archives_is_in_it(tmp_path: Path) -> None:
    data, clock = tmp_path / "data", FakeClock(FIRST)
    data.mkdir()
    ledger = Ledger(data / "ledger.db", clock, InlineWriter())
    files = asyncio.run(years(ledger, clock, 28))
    ledger.close()
    assert len(files) > MOST_ATTACHED + 2
    config = tmp_path / "temix-gateway.toml"
    config.write_text(CONFIG)
    result = CliRunner().invoke(app, [str(tmp_path / "all.tar.gz"), "--config", str(config)])
    assert result.exit_code == 0, result.output
    with tarfile.open(tmp_path / "all.tar.gz") as archive:
        archive.extractall(tmp_path / "out", filter="data")
    out = tmp_path / "out"
    assert {file.name for file in out.glob("ledger.archive-*.db")} == set(files)
    manifest = json.loads((out / "manifest.json").read_text())
    assert sum(manifest["tables"].values()) == manifest["ledger"]["records"]
    assert manifest["tables"]["orders"] == 28 * DAYS
    numbers = [
        json.loads(line)["number"] for line in (out / "records" / "orders.jsonl").read_text().splitlines()
    ]
    assert numbers == sorted(set(numbers))
    rows = list(csv.DictReader(StringIO((out / "statements" / "2026-10-intervals.csv").read_text())))
    assert len(rows) == 1
    assert int(rows[0]["settled"]) == 1
    assert verify(out / "ledger.db", KEYS).archives == len(files)


def test_a_failed_export_leaves_nothing(config: Path, tmp_path: Path) -> None:
    missing = tmp_path / "none" / "all.tar.gz"
    result = CliRunner().invoke(app, [str(missing), "--config", str(config)])
    assert isinstance(result.exception, NotExported)
    (tmp_path / "data" / "ledger.db").write_bytes(b"no ledger")
    target = tmp_path / "all.tar.gz"
    result = CliRunner().invoke(app, [str(target), "--config", str(config)])
    assert isinstance(result.exception, LedgerError)
    assert result.exit_code == 1
    assert not list(tmp_path.glob("*.tar.gz*"))
