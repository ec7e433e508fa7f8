"""The file under the book: SQLite, write-ahead log, synchronous, append-only; one connection, one thread."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.resources import files
from pathlib import Path
from typing import IO, Final

from temix_retailer.errors import StoreError

APPLICATION_ID: Final = 0x544D5842  # "TMXB"
SCHEMA: Final = 4
"""Version of the schema, in the file's ``user_version``."""

_OLDEST: Final = 2
"""The oldest version that is brought up to date when it is opened."""

_SCRIPTS: Final = {2: "schema.sql", 3: "schema-3.sql", 4: "schema-4.sql"}
"""What makes each version of the one before it."""

_SETTINGS: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cell_size_check = ON",
)


class Store:
    """An open book file. Whoever owns it calls it from one thread at a time.

    What is written inside ``transaction()`` is on the disk when that ends, or was never there.
    """

    def __init__(self, connection: sqlite3.Connection, lock: IO[bytes] | None) -> None:
        """Take over a connection whose file has been checked; ``open_store`` makes one."""
        self._connection = connection
        self._lock = lock

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; within another one it is undone by itself, and durable when that is.

        Raises:
            StoreError: the disk did not take it (full, read-only, failing); nothing was written.
        """
        inner = self._connection.in_transaction
        try:
            self._connection.execute("SAVEPOINT part" if inner else "BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("RELEASE part" if inner else "COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK TO part" if inner else "ROLLBACK")
                    if inner:
                        self._connection.execute("RELEASE part")
                raise
        except sqlite3.IntegrityError:
            raise  # ours to mend, no fault of the disk
        except sqlite3.Error as err:
            raise StoreError(
                f"the book could not be written ({err}): check the disk; nothing was booked"
            ) from err

    @property
    def reading(self) -> sqlite3.Connection:
        """The connection, for queries outside a transaction."""
        return self._connection

    def close(self) -> None:
        """Close the file and let another process open it."""
        self._connection.close()
        if self._lock is not None:
            self._lock.close()


def open_store(path: Path | None, *, synced: bool = True) -> Store:
    """Open the book at ``path``, making it where there is none; without a path, one in memory.

    What is written is on the disk when that ends, unless it is not to be ``synced``, as in a simulation.

    Raises:
        StoreError: not a book, of another version, damaged, not writable, or open in another process.
    """
    if path is None:
        return Store(_connect(":memory:"), None)
    lock = _claim(path)
    try:
        return Store(_connect(str(path), synced=synced), lock)
    except sqlite3.Error as err:
        lock.close()
        raise StoreError(
            f"{path} cannot be opened ({err}): restore a backup, or give another data folder"
        ) from err
    except StoreError:
        lock.close()
        raise


def _claim(path: Path) -> IO[bytes]:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = path.with_suffix(".lock").open("ab")
    except OSError as err:
        raise StoreError(
            f"{path} cannot be written ({err.strerror}): check the folder and its owner"
        ) from err
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise StoreError(f"{path} is open in another temix-retailer: stop that one first") from None
    return lock


def _connect(name: str, *, synced: bool = True) -> sqlite3.Connection:
    connection = sqlite3.connect(name, isolation_level=None, check_same_thread=False)
    try:
        _check(connection, name)
        for setting in (*_SETTINGS, f"PRAGMA synchronous = {'FULL' if synced else 'OFF'}"):
            connection.execute(setting)
        if (version := connection.execute("PRAGMA user_version").fetchone()[0]) < SCHEMA:
            if version:
                _back_up(connection, Path(f"{name}.schema-{version}"))
            _bring_up_to_date(connection, version)
    except BaseException:
        connection.close()
        raise
    return connection


def _check(connection: sqlite3.Connection, name: str) -> None:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if not tables and not version:
        return
    if application != APPLICATION_ID:
        raise StoreError(f"{name} is a database of something else: give another data folder")
    if version > SCHEMA:
        raise StoreError(
            f"{name} was written by a newer temix-retailer (schema {version}, this one knows {SCHEMA}): "
            "update this one"
        )
    if version < _OLDEST:
        raise StoreError(
            f"{name} has schema {version}, older than this temix-retailer can read ({_OLDEST}): "
            "open it with the version that wrote it, or give another data folder"
        )
    found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise StoreError(f"{name} is damaged ({found}): restore a backup")


def _back_up(connection: sqlite3.Connection, target: Path) -> None:
    """Copy a book before it is migrated: checked, on the disk, and only then under its name."""
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    with closing(sqlite3.connect(part)) as copy:
        connection.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
        found = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise StoreError(f"{part} is damaged as soon as it was made ({found}): check the disk")
    part.chmod(0o600)
    for place in (part, target.parent):
        if place == target.parent:
            part.replace(target)
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _bring_up_to_date(connection: sqlite3.Connection, version: int) -> None:
    scripts = [name for made, name in _SCRIPTS.items() if made > version]
    schema = "".join((files("temix_retailer") / name).read_text(encoding="utf-8") for name in scripts)
    connection.execute("PRAGMA foreign_keys = OFF")  # a table that is rebuilt is gone for a moment
    connection.executescript(f"BEGIN IMMEDIATE; {schema}")
    tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    for (table,) in tables:
        for change in ("UPDATE", "DELETE"):
            connection.execute(
                f"CREATE TRIGGER IF NOT EXISTS {table}_no_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    if connection.execute("PRAGMA foreign_key_check").fetchone():
        raise StoreError("the book has a row that refers to none: restore a backup")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {SCHEMA}")
    connection.execute("COMMIT")
    connection.execute("PRAGMA foreign_keys = ON")
