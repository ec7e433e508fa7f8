"""The ledger's file: opened by one writer, checked, migrated after a backup."""

import fcntl
import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from temix_gateway.errors import LedgerInUse, LedgerTooNew, LedgerUnreadable
from temix_gateway.ledger import chain
from temix_gateway.ledger.schema import APPLICATION_ID, STEPS, Step, migrate, versions

TAIL: Final = 1_000
"""How many of the last records are checked at every start."""


@dataclass(slots=True)
class LedgerFile:
    """An open ledger. With a ``fault`` it can be read only, and its content is not to be relied on."""

    path: Path
    connection: sqlite3.Connection
    lock: IO[bytes]
    fault: str = ""

    def close(self) -> None:
        """Close the file and let the next writer in."""
        self.connection.close()
        self.lock.close()


def open_file(path: Path, steps: Sequence[Step] = STEPS) -> LedgerFile:
    """Open or create the ledger at ``path``; a failed check opens it read-only, with the fault named.

    Raises:
        LedgerInUse: another process writes it.
        LedgerTooNew: a newer version wrote it; it is left as it is.
        LedgerUnreadable: it is no ledger.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = _take_lock(path)
    except OSError as error:
        raise LedgerUnreadable(path, error.strerror or str(error)) from error
    try:
        return _open_locked(path, steps, lock)
    except BaseException:
        lock.close()
        raise


def _open_locked(path: Path, steps: Sequence[Step], lock: IO[bytes]) -> LedgerFile:
    fresh = not path.exists() or path.stat().st_size == 0
    try:
        connection = _connect(path)
    except sqlite3.Error as error:
        raise LedgerUnreadable(path, str(error)) from error
    try:
        if not fresh:
            _check_versions(connection, path, len(steps))
        fault = "" if fresh else check(connection)
        if fault:
            connection.execute("PRAGMA query_only = ON")
            return LedgerFile(path, connection, lock, f"{path} failed its check: {fault}. Put back a backup")
        if fresh or versions(connection)[1] < len(steps):
            if not fresh:
                backup(connection, path.with_name(f"{path.stem}.schema-{versions(connection)[1]}.db"))
            migrate(connection, steps)
        if fresh:
            _sync_folder(path)
    except sqlite3.Error as error:
        connection.close()
        raise LedgerUnreadable(path, str(error)) from error
    except BaseException:
        connection.close()
        raise
    return LedgerFile(path, connection, lock)


def check(connection: sqlite3.Connection, tail: int | None = TAIL) -> str:
    """What is wrong in SQLite's structure or the chain's ``tail`` (none: all of it), in words, or nothing."""
    try:
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            return str(verdict)
        return chain.verify(connection, tail)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        return str(error)


def backup(connection: sqlite3.Connection, target: Path) -> None:
    """Copy the whole ledger to ``target``: checked, durable, and there only when complete."""
    partial = target.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    with closing(sqlite3.connect(partial, autocommit=True)) as copy:
        connection.backup(copy)
        (verdict,) = copy.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError(f"the backup {partial} is damaged: {verdict}")
    descriptor = os.open(partial, os.O_RDWR)
    os.fsync(descriptor)
    os.close(descriptor)
    partial.rename(target)
    _sync_folder(target)


def _take_lock(path: Path) -> IO[bytes]:
    # Beside the ledger, not on it: closing any descriptor of the file itself would drop SQLite's own locks.
    beside = path.with_name(path.name + ".lock")
    lock = os.fdopen(os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "rb+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise LedgerInUse(path) from None
    return lock


def _connect(path: Path) -> sqlite3.Connection:
    if not path.exists():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    # One thread at a time by the writer, but not always the one that opened it.
    connection = sqlite3.connect(path, autocommit=True, check_same_thread=False, cached_statements=256)
    try:
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "recursive_triggers = ON",  # or INSERT OR REPLACE would slip past the triggers
            "trusted_schema = OFF",
            "cell_size_check = ON",
            "temp_store = MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _check_versions(connection: sqlite3.Connection, path: Path, known: int) -> None:
    application, version = versions(connection)
    if application != APPLICATION_ID:
        raise LedgerUnreadable(path, "it is a database of another program")
    if version > known:
        raise LedgerTooNew(path, version, known)


def _sync_folder(path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
