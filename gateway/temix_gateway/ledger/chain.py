"""The one chain over all records: a head is a hash over everything written before."""

import sqlite3
from typing import Final

from temix_market.wire.seal import chain_hash

from temix_gateway.ledger.packing import Row, stored, told
from temix_gateway.ledger.schema import RECORDS

START: Final = bytes(32)
"""The head of an empty ledger."""

_LEAST: Final = -(2**63)
"""The least number that SQLite knows: nothing hides below the first record."""


def head(connection: sqlite3.Connection) -> tuple[int, bytes]:
    """The number of the last record and the chain's head after it."""
    row = connection.execute("SELECT number, head FROM chain ORDER BY number DESC LIMIT 1").fetchone()
    return (row[0], row[1]) if row else (0, START)


def step(previous: bytes, kind: str, row: tuple[int | str | None, ...]) -> bytes:
    """The head after a record: its table and all its columns, its number first."""
    return chain_hash(previous, [kind, *row])


def append(
    connection: sqlite3.Connection, last: tuple[int, bytes], kind: str, values: tuple[int | str | None, ...]
) -> tuple[int, bytes]:
    """Write a record of table ``kind`` after ``last``, within the caller's transaction; the new head."""
    number = last[0] + 1
    row = (number, *values)
    new = step(last[1], kind, row)
    connection.execute("INSERT INTO chain VALUES (?, ?, ?)", (number, RECORDS.index(kind), new))
    connection.execute(f"INSERT INTO {kind} VALUES ({', '.join('?' * len(row))})", stored(kind, row))
    return number, new


def opening(connection: sqlite3.Connection) -> tuple[int, bytes]:
    """The number and the head before this file's first record: those of the archive that it continues."""
    row = connection.execute("SELECT number, head FROM chain ORDER BY number LIMIT 1").fetchone()
    return (row[0], row[1]) if row and row[0] > 1 else (0, START)


def verify(connection: sqlite3.Connection, tail: int | None = None, *, anchored: bool = True) -> str:
    """The first fault of the chain, in words, or nothing.

    Numbers have no gaps, each head follows from its record and the one before, and there is no record beside
    them. ``tail`` limits it to the last records; the head before those is taken as it stands. What the chain
    begins after is what the newest archive ended with, unless ``anchored`` says that the caller knows it.
    """
    last, _ = head(connection)
    begun, previous = opening(connection)
    if anchored and begun and not _archived(connection, begun, previous):
        return f"record 1 is missing: the records begin after {begun}, where no archive ends"
    first, expected = _LEAST, begun + 1
    if tail is not None and tail < last - begun:
        first = expected = last - tail + 1
        before = connection.execute("SELECT head FROM chain WHERE number = ?", (first - 1,)).fetchone()
        previous = before[0] if before else START
    records = _records(connection, first)
    for number, code, recorded in connection.execute(
        "SELECT number, kind, head FROM chain WHERE number >= ? ORDER BY number", (expected,)
    ):
        kind = name(code)
        row = next(records[kind], None) if kind in records else None
        if number != expected:
            return f"record {expected} is missing"
        if row is None or row[0] != number:
            return _misplaced(number, kind, row)
        previous = step(previous, kind, told(kind, row))
        if previous != recorded:
            return f"record {number} ({kind}) is not what was written"
        expected += 1
    beside = ((kind, row) for kind, rest in records.items() for row in rest)
    return next((_misplaced(row[0] + 1, kind, row) for kind, row in beside), "")


def _archived(connection: sqlite3.Connection, last: int, head_there: bytes) -> bool:
    newest = "SELECT last, head FROM archives ORDER BY number DESC LIMIT 1"
    found: tuple[int, str] | None = connection.execute(newest).fetchone()
    return found == (last, head_there.hex())


def name(code: int | str) -> str:
    """The table that ``chain`` means; files of the first two schemas name it."""
    if isinstance(code, str):
        return code
    return RECORDS[code] if 0 <= code < len(RECORDS) else f"table {code:d}"


def _misplaced(number: int, kind: str, row: Row | None) -> str:
    """What is wrong where another ``row`` of its table stands in the place of a record."""
    if row is None or int(row[0] or 0) > number:
        return f"record {number} is missing in {kind}"
    return f"record {row[0]!r} ({kind}) is not in the chain"


def _records(connection: sqlite3.Connection, first: int) -> dict[str, sqlite3.Cursor]:
    """The records from ``first`` on of each table that this schema has, by number."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    return {
        kind: connection.execute(f"SELECT * FROM main.{kind} WHERE number >= ? ORDER BY number", (first,))
        for kind in RECORDS
        if kind in tables
    }
