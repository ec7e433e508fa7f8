"""Closed months leave the live file: they move to a sealed archive, whose end opens the rest of the chain.

The live file is never thinned out. The archive and a new live file are built beside it, checked and synced;
the new one then takes the old one's name. Whatever breaks, the name stands for the one or the other, whole.
"""

import hashlib
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from temix_market.calendar import local_date, local_day
from temix_market.instants import Instant

from temix_gateway.errors import LedgerNotArchived
from temix_gateway.ledger import chain, disk
from temix_gateway.ledger.packing import told, unpack
from temix_gateway.ledger.rows import text_digest
from temix_gateway.ledger.schema import ARCHIVE_ID, RECORDS, STANDING, Step, migrate, transaction
from temix_gateway.ledger.segments import carried, reader
from temix_gateway.ledger.verify import check

MONTHS_KEPT: Final = 13
"""So many closed months stay in the live file, beside the one under way."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Where to cut: after the record ``last``; the archive is named after its last month."""

    last: int
    month: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """An archive in its place, and beside it a live file up to ``copied`` that waits for what is newer."""

    cut: Cut
    live: Path
    copied: int
    archive: tuple[str, str, int, str, int, str, int]
    """The archive's record: file, SHA-256, last number, head, last order's number and digest, trades."""


def due(connection: sqlite3.Connection, now: Instant, zone: ZoneInfo) -> Cut | None:
    """What of the ledger is older than 13 closed months and can go; nothing, where that is nothing.

    It is cut where everything before was recorded before those months, by the retailer's clock, and where no
    order would be parted from its answer, and no tender from its end. A restored ledger is left alone until
    it is resynchronised.
    """
    today = local_date(zone, now)
    months = today.year * 12 + today.month - 1 - MONTHS_KEPT
    first = date(months // 12, months % 12 + 1, 1)
    before = local_day(zone, first).start
    oldest = connection.execute("SELECT published_at FROM publications ORDER BY number LIMIT 1").fetchone()
    if oldest is None or oldest[0] >= before:
        return None
    kept = "SELECT min(number) FROM publications WHERE published_at >= ?"
    (newer,) = connection.execute(kept, (before,)).fetchone()
    state = connection.execute("SELECT event FROM restores ORDER BY number DESC LIMIT 1").fetchone()
    if newer is None or state == ("restored",):
        return None
    last: int = newer - 1
    while (parted := _parted(connection, last)) is not None:
        last = parted - 1
    (begun,) = connection.execute("SELECT min(number) FROM chain").fetchone()
    return Cut(last, f"{first - timedelta(days=1):%Y-%m}") if last > begun else None


def prepare(path: Path, cut: Cut, steps: Sequence[Step]) -> Prepared:
    """Build the archive, and all but the end of the new live file; the ledger may be written meanwhile.

    Raises:
        LedgerNotArchived: it could not be read, or the disk did not take it; the live file is as it was.
    """
    archive = path.with_name(f"{path.stem}.archive-{cut.month}.db")
    live = path.with_name(path.name + ".shorter")
    try:
        with closing(reader(path)) as original:
            original.execute("BEGIN")
            (begun,) = original.execute("SELECT min(number) FROM chain").fetchone()
            copied, _ = chain.head(original)
            partial = archive.with_name(archive.name + ".partial")
            _build(original, partial, (begun, cut.last), steps)
            with closing(sqlite3.connect(partial, autocommit=True)) as copy:
                copy.execute(f"PRAGMA application_id = {ARCHIVE_ID}")
            disk.sync(partial)
            partial.chmod(0o400)
            digest = hashlib.sha256(partial.read_bytes()).hexdigest()
            disk.replace(partial, archive)
            _build(original, live, (cut.last, copied), steps)
            return Prepared(cut, live, copied, (archive.name, digest, *_standing(original, cut.last)))
    except (sqlite3.Error, OSError) as error:
        raise LedgerNotArchived(path, str(error)) from error


def swap(path: Path, old: sqlite3.Connection, prepared: Prepared, now: Instant) -> tuple[int, bytes]:
    """Finish the new live file and give it the name of the ``old`` one; the new head. The writer's work.

    Raises:
        LedgerNotArchived: the live file is as it was.
    """
    try:
        with closing(sqlite3.connect(prepared.live, autocommit=True)) as copy, transaction(copy):
            last, cut = chain.head(old), prepared.cut.last
            _copy(old, copy, prepared.copied + 1, last[0])
            for table in STANDING:
                row = old.execute(f"SELECT * FROM {table} ORDER BY number DESC LIMIT 1").fetchone()
                if row is not None and row[0] <= cut:
                    last = chain.append(copy, last, table, told(table, row)[1:])
            last = chain.append(copy, last, "archives", (now, *prepared.archive))
            for row in old.execute("SELECT max(through) FROM reported WHERE through IS NOT NULL"):
                copy.execute("INSERT INTO reported SELECT ? WHERE ? IS NOT NULL", (*row, *row))
        disk.sync(prepared.live)
        # One file without a log: a log that stayed would be applied to the file that comes in its place.
        if old.execute("PRAGMA journal_mode = DELETE").fetchone() != ("delete",):
            raise LedgerNotArchived(path, "it is being read")
        disk.sync(path.parent)
        disk.replace(prepared.live, path)
    except (sqlite3.Error, OSError) as error:
        raise LedgerNotArchived(path, str(error)) from error
    return last


def _parted(connection: sqlite3.Connection, last: int) -> int | None:
    """The first order up to ``last`` whose answer, or tender whose end, came later or has not come."""
    query = (
        "SELECT min(orders.number) FROM orders LEFT JOIN answers USING (key) "
        "LEFT JOIN tenders ON tender = key AND event = 'ended' WHERE orders.number <= ?1 "
        "AND (coalesce(answers.number, ?1 + 1) > ?1 "
        "OR outcome = 'opened' AND coalesce(tenders.number, ?1 + 1) > ?1)"
    )
    (number,) = connection.execute(query, (last,)).fetchone()
    return None if number is None else int(number)


def _standing(connection: sqlite3.Connection, last: int) -> tuple[int, str, int, str, int]:
    """What goes on after the cut: its number and head, the last order's number and digest, trades so far."""
    (head,) = connection.execute("SELECT head FROM chain WHERE number = ?", (last,)).fetchone()
    before = carried(connection)
    order = connection.execute(
        "SELECT sequence, signed FROM orders WHERE number <= ? ORDER BY number DESC LIMIT 1", (last,)
    ).fetchone()
    sequence, digest = (order[0], text_digest(unpack(order[1]))) if order else (before.sequence, before.order)
    void = connection.execute(
        "SELECT order_number, order_digest FROM messages WHERE number <= ? "
        "ORDER BY order_number DESC LIMIT 1",
        (last,),
    ).fetchone()
    if void and void[0] > sequence:  # an order that was lost and voided has its number all the same
        sequence, digest = void[0], void[1].hex()
    count = "SELECT count(*) FROM transactions WHERE kind = 'trade' AND number <= ?"
    (trades,) = connection.execute(count, (last,)).fetchone()
    return last, head.hex(), sequence, digest, before.trades + trades


def _build(original: sqlite3.Connection, target: Path, span: tuple[int, int], steps: Sequence[Step]) -> None:
    """Make a file with the records after the first number of ``span``, whose link alone opens it."""
    begun, last = span
    for suffix in ("", "-journal"):
        target.with_name(target.name + suffix).unlink(missing_ok=True)
    disk.create(target)
    with closing(sqlite3.connect(target, autocommit=True)) as copy:
        migrate(copy, steps)
        with transaction(copy):
            opening = original.execute("SELECT * FROM chain WHERE number = ?", (begun,)).fetchone()
            first = begun
            if begun > 1:
                copy.execute("INSERT INTO chain VALUES (?, ?, ?)", opening)
                first = begun + 1
            _copy(original, copy, first, last)
        fault = check(copy, tail=None, steps=steps, anchored=False)
        if fault:
            raise sqlite3.DatabaseError(fault)
    disk.sync(target)


def _copy(original: sqlite3.Connection, copy: sqlite3.Connection, first: int, last: int) -> None:
    for table in ("chain", *RECORDS):
        for row in original.execute(
            f"SELECT * FROM {table} WHERE number BETWEEN ? AND ? ORDER BY number", (first, last)
        ):
            copy.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
