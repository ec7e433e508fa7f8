"""The ledger as one, though it lies in several files: sealed archives, oldest first, then the live file."""

import hashlib
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from temix_market.instants import HOUR, Duration, Instant, to_datetime
from temix_market.intervals import Interval

from temix_gateway.errors import LedgerUnreadable

NO_ORDER: Final = bytes(32).hex()
"""What the first order names as the digest of the one before."""

MOST_ATTACHED: Final = 10
"""So many files SQLite reads beside one."""

RECORDED_AHEAD: Final = Duration(3 * 24 * HOUR)
"""Longer than before an interval anything is recorded of it, time zones included."""

AROUND: Final = Duration(26 * HOUR)
"""As much more than a period is read as its first and its last local day may need."""

_UNITED: Final = ("spots", "transactions", "orders", "answers", "deliveries", "settlements", "tenders")

_WITHIN: Final = "WHERE start >= :start AND start < :end"
_OF_PAIRS: Final = f"WHERE key IN (SELECT key FROM older.transactions {_WITHIN})"
_PARTS: Final = {
    "orders": _OF_PAIRS,
    "answers": _OF_PAIRS,
    "tenders": f"WHERE pair IN (SELECT key FROM older.transactions {_WITHIN})",
}
"""What is copied of a table for a period, where that is not what starts within."""


@dataclass(frozen=True, slots=True)
class Carried:
    """What the archives hand on: the last order's number, the digest of its signed bytes, trades so far."""

    sequence: int
    order: str
    trades: int


@dataclass(frozen=True, slots=True)
class Sealed:
    """An archive as its record in the ledger has it: its last record, the head after it, what it hands on."""

    path: Path
    digest: str
    last: int
    head: str
    carried: Carried


def carried(connection: sqlite3.Connection) -> Carried:
    """What the archives before this file hand on."""
    row = connection.execute(
        "SELECT order_sequence, order_digest, trades FROM archives ORDER BY number DESC LIMIT 1"
    ).fetchone()
    return Carried(*row) if row else Carried(0, NO_ORDER, 0)


def reader(path: Path) -> sqlite3.Connection:
    """A connection that changes nothing and sees what is committed, also beside a running gateway.

    Raises:
        sqlite3.Error: there is no such file, or it cannot be opened.
    """
    uri = f"{path.absolute().as_uri()}?mode=ro"
    if not path.with_name(path.name + "-wal").exists():
        uri += "&immutable=1"  # no log: all is in the file, and nothing is made beside it
    return sqlite3.connect(uri, uri=True, autocommit=True)


def archived_at(connection: sqlite3.Connection) -> int:
    """When months were last moved to an archive; 0 where that never was."""
    if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'archives'").fetchone():
        return 0  # of a schema before there were archives
    (at,) = connection.execute("SELECT coalesce(max(at), 0) FROM archives").fetchone()
    return int(at)


def has_messages(connection: sqlite3.Connection) -> bool:
    """Whether the file's schema numbers the retailer's messages; an older archive's does not."""
    query = "SELECT 1 FROM main.sqlite_schema WHERE name = 'messages'"
    return connection.execute(query).fetchone() is not None


def sealed(path: Path) -> list[Sealed]:
    """Every archive that the ledger at ``path`` knows, oldest first: the older ones by their successors.

    Raises:
        LedgerUnreadable: an archive is not there, or cannot be read.
    """
    found: dict[str, Sealed] = {}
    unread = [path]
    while unread:
        for archive in _recorded(unread.pop(), path):
            if archive.path.name not in found:
                found[archive.path.name] = archive
                unread.append(archive.path)
    return sorted(found.values(), key=lambda archive: archive.last)


def newest(connection: sqlite3.Connection, path: Path) -> list[Path]:
    """The newest archives of the ledger at ``path`` that are there, as many as can be read together."""
    if not archived_at(connection):
        return []
    files = connection.execute("SELECT file FROM archives ORDER BY last DESC LIMIT ?", (MOST_ATTACHED,))
    beside = [path.with_name(Path(file).name) for (file,) in files]
    return [archive for archive in reversed(beside) if archive.exists()]


def older(connection: sqlite3.Connection, path: Path) -> list[tuple[Path, Path]]:
    """The archives beyond those that can be read together, oldest first, each with the one that follows it.

    Raises:
        LedgerUnreadable: an archive is not there, or cannot be read.
    """
    if not archived_at(connection):
        return []
    files = [archive.path for archive in sealed(path)]
    return list(pairwise(files))[: max(0, len(files) - MOST_ATTACHED)]


def beyond(path: Path, united: Sequence[Path], period: Interval) -> list[Path]:
    """The archives of the ledger at ``path`` before those ``united`` that may know of a period, oldest first.

    An archive is named after the last month that was recorded in it. Of an interval nothing is recorded
    before its prices, two days ahead at most; what comes late may be in any archive that follows.
    """
    if len(united) < MOST_ATTACHED:
        return []
    month = f"{to_datetime(Instant(period.start - RECORDED_AHEAD)):%Y-%m}"
    beside = sorted(path.parent.glob(f"{path.stem}.archive-????-??.db"))
    return [each for each in beside if each.name < united[0].name and each.stem[-len(month) :] >= month]


def unchanged(archive: Sealed) -> bool:
    """Whether the file is byte for byte what was sealed."""
    with archive.path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == archive.digest


def unite(connection: sqlite3.Connection, others: Sequence[Path], *, copied: bool = False) -> None:
    """Let queries of a reader see the records of ``others``, at most ten archives, together with its own.

    Call it outside a transaction. ``main.`` before a table's name still means the reader's own records.
    ``copied``: what ``copy_period`` has copied comes before them.
    """
    names = [f"archive_{number}" for number in range(len(others))]
    for name, other in zip(names, others, strict=True):
        attach(connection, other, name)
    for table in _known(connection, "main"):
        files = [name for name in (*names, "main") if table in _known(connection, name)]
        sources = [f"temp.copied_{table}"] * copied + [f"{name}.{table}" for name in files]
        union = " UNION ALL ".join(f"SELECT * FROM {source}" for source in sources)
        connection.execute(f"CREATE TEMP VIEW {table} AS {union}")


def copy_period(connection: sqlite3.Connection, archives: Sequence[Path], period: Interval) -> None:
    """Copy what ``archives``, however many, have of a period and of its days into a reader's memory.

    Call it before ``unite``, outside a transaction.
    """
    for table in _known(connection, "main"):
        connection.execute(f"CREATE TEMP TABLE copied_{table} AS SELECT * FROM main.{table} WHERE 0")
    within = {"start": period.start - AROUND, "end": period.end + AROUND}
    for archive in archives:
        attach(connection, archive, "older")
        for table in _known(connection, "older"):
            connection.execute(
                f"INSERT INTO temp.copied_{table} SELECT * FROM older.{table} {_PARTS.get(table, _WITHIN)}",
                within,
            )
        connection.execute("DETACH older")


def _known(connection: sqlite3.Connection, file: str) -> list[str]:
    """The tables to unite that a file has: one of an older schema lacks the newest."""
    there = {name for (name,) in connection.execute(f"SELECT name FROM {file}.sqlite_schema")}
    return [table for table in _UNITED if table in there]


def attach(connection: sqlite3.Connection, archive: Path, name: str) -> None:
    """Read an archive under a name beside a reader's own file.

    Raises:
        sqlite3.Error: it is not there, or is no database.
    """
    connection.execute(f"ATTACH ? AS {name}", (f"{archive.absolute().as_uri()}?mode=ro&immutable=1",))


def _recorded(path: Path, ledger: Path) -> list[Sealed]:
    try:
        with closing(reader(path)) as connection:
            if not archived_at(connection):
                return []
            rows = connection.execute(
                "SELECT file, digest, last, head, order_sequence, order_digest, trades FROM archives"
            ).fetchall()
    except sqlite3.Error as error:
        raise LedgerUnreadable(path, str(error)) from error
    return [
        Sealed(ledger.with_name(Path(file).name), digest, last, head, Carried(*rest))
        for file, digest, last, head, *rest in rows
    ]
