"""The one chain over all records: a head is a hash over everything written before."""

import sqlite3
from typing import Final

from temix_market.wire.seal import chain_hash

from temix_gateway.ledger.schema import RECORDS

START: Final = bytes(32)
"""The head of an empty ledger."""


def head(connection: sqlite3.Connection) -> tuple[int, bytes]:
    """The number of the last record and the chain's head after it."""
    row = connection.execute("SELECT number, head FROM chain ORDER BY number DESC LIMIT 1").fetchone()
    return (row[0], row[1]) if row else (0, START)


def step(previous: bytes, kind: str, row: tuple[int | str, ...]) -> bytes:
    """The head after a record: its table and all its columns, its number first."""
    return chain_hash(previous, [kind, *row])


def append(
    connection: sqlite3.Connection, last: tuple[int, bytes], kind: str, values: tuple[int | str, ...]
) -> tuple[int, bytes]:
    """Write a record of table ``kind`` after ``last``, within the caller's transaction; the new head."""
    number = last[0] + 1
    row = (number, *values)
    new = step(last[1], kind, row)
    connection.execute("INSERT INTO chain VALUES (?, ?, ?)", (number, kind, new))
    connection.execute(f"INSERT INTO {kind} VALUES ({', '.join('?' * len(row))})", row)
    return number, new


def verify(connection: sqlite3.Connection, tail: int | None = None) -> str:
    """The first fault of the chain, in words, or nothing.

    Numbers have no gaps, and each head follows from its record and the one before. ``tail`` limits it to
    the last records; the head before those is taken as it stands.
    """
    last, _ = head(connection)
    first = 1 if tail is None else max(1, last - tail + 1)
    before = connection.execute("SELECT head FROM chain WHERE number = ?", (first - 1,)).fetchone()
    previous = before[0] if before else START
    expected = first
    for number, kind, recorded in connection.execute(
        "SELECT number, kind, head FROM chain WHERE number >= ? ORDER BY number", (first,)
    ):
        if number != expected:
            return f"record {expected} is missing"
        if kind not in RECORDS:
            return f"record {number} is of unknown kind {kind!r}"
        row = connection.execute(f"SELECT * FROM {kind} WHERE number = ?", (number,)).fetchone()
        if row is None:
            return f"record {number} is missing in {kind}"
        previous = step(previous, kind, row)
        if previous != recorded:
            return f"record {number} ({kind}) is not what was written"
        expected += 1
    return ""
