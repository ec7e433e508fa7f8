"""``sqlite3.connect`` over apsw, whose SQLite lets a test watch and break every write.

The ledger's own code runs unchanged: its statements, its transactions and its order of steps are what is
tested. ``test_stand_in.py`` shows that it leaves the same bytes as the standard library does.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from functools import cache
from types import TracebackType
from typing import Any, Self

import apsw

_CLASSES: dict[int, type[sqlite3.Error]] = {
    apsw.SQLITE_CONSTRAINT: sqlite3.IntegrityError,
    apsw.SQLITE_MISMATCH: sqlite3.IntegrityError,
    apsw.SQLITE_CORRUPT: sqlite3.DatabaseError,
    apsw.SQLITE_NOTADB: sqlite3.DatabaseError,
}
"""As in CPython's ``_sqlite/util.c``; whatever else a disk can cause there is an OperationalError."""


class translated:  # noqa: N801 - used as a function; one made of a generator takes a tenth of a seed's time
    """Raise what the standard library would raise."""

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None
    ) -> None:
        if isinstance(error, apsw.Error):
            kind = _CLASSES.get(getattr(error, "result", apsw.SQLITE_ERROR), sqlite3.OperationalError)
            raise kind(str(error)) from error


@cache
def _secure_delete() -> int:
    """Whether the standard library's SQLite was built to overwrite what is freed: then so does this one."""
    with closing(sqlite3.Connection(":memory:")) as real:
        [(value,)] = real.execute("PRAGMA secure_delete").fetchall()
    return int(value)


class Cursor:
    """The rows of one statement."""

    def __init__(self, rows: Any) -> None:
        self._rows = rows

    def fetchone(self) -> tuple[Any, ...] | None:
        """The next row."""
        with translated():
            return next(self._rows, None)

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All remaining rows."""
        with translated():
            return list(self._rows)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> tuple[Any, ...]:
        with translated():
            return next(self._rows)


class Connection:
    """What the ledger uses of a ``sqlite3.Connection``."""

    def __init__(self, name: str, *, uri: bool, vfs: str, amend: Callable[[str], str]) -> None:
        flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE | (apsw.SQLITE_OPEN_URI if uri else 0)
        with translated():
            self._real = apsw.Connection(name, flags=flags, vfs=None if name == ":memory:" else vfs)
            self._real.execute(f"PRAGMA secure_delete = {_secure_delete()}")
        self._amend = amend

    def execute(self, statement: str, values: tuple[Any, ...] = ()) -> Cursor:
        """Run one statement, after the test's amendment of it."""
        with translated():
            return Cursor(iter(self._real.execute(self._amend(statement), values)))

    def create_function(self, name: str, arity: int, function: Callable[..., Any], **options: Any) -> None:
        """Let statements call a function."""
        self._real.create_scalar_function(name, function, arity, **options)

    def setconfig(self, option: int, enable: bool = True) -> None:
        """Switch an option of the connection."""
        self._real.config(option, int(enable))

    def executescript(self, script: str) -> None:
        """Run several statements."""
        with translated():
            self._real.execute(self._amend(script))

    def backup(self, target: Self) -> None:
        """Copy everything."""
        with translated(), target._real.backup("main", self._real, "main") as copying:
            while not copying.done:
                copying.step()

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self._real.in_transaction

    def close(self) -> None:
        """Close the file; a last checkpoint that fails is no error, since the log stays."""
        with suppress(apsw.Error):
            self._real.close()
