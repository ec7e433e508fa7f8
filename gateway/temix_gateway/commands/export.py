"""``temix-gateway export``: everything that the owner has, in one archive whose format is documented."""

import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer
from temix_market.calendar import local_date
from temix_market.instants import Instant, iso
from temix_market.intervals import Interval
from temix_market.statement import month as whole_month

from temix_gateway import config as configuration
from temix_gateway.clock import SystemClock
from temix_gateway.commands.options import DEFAULT, ConfigPath
from temix_gateway.commands.statement import csv_text, read_message
from temix_gateway.config import Config
from temix_gateway.errors import GatewayError
from temix_gateway.files import Files
from temix_gateway.ledger import totals
from temix_gateway.ledger.backup import backup
from temix_gateway.ledger.chain import head
from temix_gateway.ledger.packing import told
from temix_gateway.ledger.reading import opened
from temix_gateway.ledger.schema import RECORDS
from temix_gateway.ledger.segments import reader

FORMAT: Final = "temix-export/1"


class NotExported(GatewayError):
    """The archive was not written."""

    def __init__(self, target: Path, reason: str) -> None:
        """Name the file and what stood in the way."""
        super().__init__(f"{target} was not written ({reason}): nothing is left of it")


def export(
    target: Annotated[Path, typer.Argument(metavar="FILE", help="The archive: a .tar.gz.")],
    config: ConfigPath = DEFAULT,
) -> None:
    """Write everything that the gateway knows about the home into one archive; it may be running."""
    loaded = configuration.load(config)
    files = Files(Path(loaded.gateway.data))
    partial = target.with_name(target.name + ".partial")
    try:
        with tempfile.TemporaryDirectory(dir=target.absolute().parent) as folder:
            copy = Path(folder) / "ledger.db"
            backup(files.ledger, copy)
            archives = sorted(files.folder.glob("ledger.archive-*.db"))
            for sealed in archives:  # the copy is read with them, as the ledger is
                copy.with_name(sealed.name).symlink_to(sealed.absolute())
            partial.touch(mode=0o600)
            with tarfile.open(partial, "w:gz") as archive:
                for name, content in _contents(loaded, files, [*archives, copy]):
                    _add(archive, name, content)
                archive.add(copy, "ledger.db")
                for sealed in archives:
                    archive.add(sealed, sealed.name)
        partial.replace(target)
    except (OSError, sqlite3.Error, tarfile.TarError) as error:
        raise NotExported(target, str(error)) from error
    finally:
        partial.unlink(missing_ok=True)
    print(f"{target} holds everything: see README.md in it")


def _contents(config: Config, files: Files, segments: Sequence[Path]) -> Iterator[tuple[str, bytes]]:
    """The archive's files, one by one; records are those of the ledger's ``segments``, its copy the last."""
    tables: dict[str, int] = {}
    for table in RECORDS:
        lines = [line for segment in segments for line in _lines(segment, table)]
        tables[table] = len(lines)
        yield f"records/{table}.jsonl", b"".join(line + b"\n" for line in lines)
    copy = segments[-1]
    with opened(copy) as ledger:
        schema = {table: _columns(ledger, table) for table in RECORDS}
        number, hash_ = head(ledger)
        first, last = totals.beyond(ledger, copy).first or totals.first(ledger), totals.latest(ledger)
    yield "schema.json", _json(schema)
    if first is not None and last is not None:
        for month, period in _months(config, first, last[0].end):
            yield f"statements/{month}.csv", csv_text(read_message(config, period, "day").lines).encode()
            steps = read_message(config, period, "interval").lines
            yield f"statements/{month}-intervals.csv", csv_text(steps).encode()
    for bill in sorted(files.bills.glob("*.json")):
        yield f"bills/{bill.name}", bill.read_bytes()
    if files.choices.exists():
        yield "choices.json", files.choices.read_bytes()
    manifest = {
        "format": FORMAT,
        "made": iso(SystemClock().now()),
        "party": config.home.party,
        "zone": config.gateway.time_zone,
        "currency": files.currency,
        "ledger": {"records": number, "head": hash_.hex()},
        "tables": tables,
    }
    yield "manifest.json", _json(manifest)
    yield "README.md", _README.encode()


def _lines(segment: Path, table: str) -> Iterator[bytes]:
    with closing(reader(segment)) as file:
        if not file.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (table,)).fetchone():
            return  # of a schema before there was such a table
        rows = file.execute(f"SELECT * FROM {table} ORDER BY number")  # noqa: S608 (a name of our own)
        names = [column[0] for column in rows.description]
        for row in rows:
            yield msgspec.json.encode(dict(zip(names, told(table, row), strict=True)))


def _columns(ledger: sqlite3.Connection, table: str) -> dict[str, str]:
    return {name: kind for _, name, kind, *_ in ledger.execute(f"PRAGMA main.table_info({table})")}


def _months(config: Config, first: Instant, end: Instant) -> Iterator[tuple[str, Interval]]:
    at = first
    while at < end:
        day = local_date(config.zone, at)
        period = whole_month(config.zone, day.year, day.month)
        yield f"{day:%Y-%m}", period
        at = period.end


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), 0o600
    archive.addfile(entry, BytesIO(content))


def _json(content: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(content), indent=2)


_README: Final = """# What a TeMIX gateway knows about a home

| file | what it is |
|---|---|
| `manifest.json` | format, when it was made, the home's name, currency, zone, how far the ledger reaches |
| `ledger.db` | the whole ledger, as one SQLite file: `temix-gateway verify ledger.db` checks it |
| `ledger.archive-*.db` | older months, sealed, as files of the same tables |
| `records/*.jsonl` | the records of all of these, one JSON object a line, a file for each table |
| `schema.json` | the columns of each table and their types |
| `statements/2026-11.csv` | each month by day; `-intervals` by 5 minutes |
| `bills/*.json` | the bills that you entered |
| `choices.json` | the mode that you chose |

Instants and durations are milliseconds (since 1970-01-01T00:00Z), energy is Wh (buying and import
positive), prices are millionths of the currency unit per kWh, money is billionths in records and
currency units in statements. A correction is a new record: the newest counts. No key and no token
is in here.
"""
