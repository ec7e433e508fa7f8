"""The ledger's file: opened by one writer, checked, migrated after a backup."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from temix_gateway.errors import LedgerUnreadable
from temix_gateway.ledger import disk
from temix_gateway.ledger.backup import backup, finish_restore
from temix_gateway.ledger.schema import STEPS, UNREADABLE, Step, migrate, versions
from temix_gateway.ledger.verify import check, check_versions

RESTORE: Final = "put back a backup by `temix-gateway restore`"


@dataclass(slots=True)
class LedgerFile:
    """An open ledger. With a ``fault`` it can be read only, and its content is not to be relied on."""

    path: Path
    connection: sqlite3.Connection
    lock: IO[bytes]
    fault: str = ""
    synced: bool = True

    def reopen(self) -> sqlite3.Connection:
        """Open the file that has the ledger's name now, and close the one that had it before."""
        before, self.connection = self.connection, _connect(self.path, synced=self.synced)
        before.close()
        return self.connection

    def close(self) -> None:
        """Close the file and let the next writer in."""
        if self.fault and not self.lock.closed:  # the log may not be on the disk: the file stays as it is
            self.connection.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE)
        self.connection.close()
        self.lock.close()


def open_file(path: Path, steps: Sequence[Step] = STEPS, *, synced: bool = True) -> LedgerFile:
    """Open or create the ledger at ``path``; a failed check opens it read-only, with the fault named.

    What is written is on the disk when that ends, unless it is not to be ``synced``, as in a simulation.
    Of a file that is no database nothing is read, and it is left as it is.

    Raises:
        LedgerInUse: another process writes it.
        LedgerTooNew: a newer version wrote it; it is left as it is.
        LedgerNotCopied: it is of an older schema, and no backup could be made; it is left as it is.
        LedgerUnreadable: it is no ledger.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = disk.take_lock(path)
    except OSError as error:
        raise LedgerUnreadable(path, error.strerror or str(error)) from error
    try:
        return _open_locked(path, steps, lock, synced=synced)
    except BaseException:
        lock.close()
        raise


def _open_locked(path: Path, steps: Sequence[Step], lock: IO[bytes], *, synced: bool) -> LedgerFile:
    try:
        finish_restore(path)
        if not path.exists():
            _create(path, steps)
        log = path.with_name(path.name + "-wal")
        if log.exists():  # it did not end in peace, perhaps for a disk that failed to sync the log
            disk.write_again(log)
        if path.stat().st_size == 0:
            return _nothing_in(path, steps, lock, "it is empty")
        connection = _connect(path, synced=synced)
    except (*UNREADABLE, OSError) as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_NOTADB:
            return _nothing_in(path, steps, lock, str(error))
        raise LedgerUnreadable(path, str(error)) from error
    try:
        check_versions(connection, path, len(steps))
        fault = check(connection, steps=steps)
        if fault:
            connection.execute("PRAGMA query_only = ON")
            return LedgerFile(path, connection, lock, f"{path} failed its check: {fault}; {RESTORE}")
        _, version = versions(connection)
        if version < len(steps):
            backup(path, path.with_name(f"{path.stem}.schema-{version}.db"))
            migrate(connection, steps)
    except UNREADABLE as error:
        connection.close()
        raise LedgerUnreadable(path, str(error)) from error
    except BaseException:
        connection.close()
        raise
    return LedgerFile(path, connection, lock, synced=synced)


def _nothing_in(path: Path, steps: Sequence[Step], lock: IO[bytes], fault: str) -> LedgerFile:
    """A faulty ledger of which nothing can be read: the file stays as it is, an empty one stands in."""
    connection = sqlite3.connect(":memory:", autocommit=True, check_same_thread=False)
    migrate(connection, steps)
    connection.execute("PRAGMA query_only = ON")
    return LedgerFile(path, connection, lock, f"{path} failed its check: {fault}; {RESTORE}")


def _create(path: Path, steps: Sequence[Step]) -> None:
    """Make an empty ledger beside, then name it: an empty or half-made file never is one."""
    if path.with_name(path.name + "-wal").exists():
        raise LedgerUnreadable(path, "the file is missing, but its log is there")
    partial = path.with_name(path.name + ".partial")
    for left_over in (partial, partial.with_name(partial.name + "-journal")):
        left_over.unlink(missing_ok=True)
    disk.create(partial)
    with closing(sqlite3.connect(partial, autocommit=True)) as connection:
        migrate(connection, steps)  # SQLite syncs it
    disk.replace(partial, path)


def _connect(path: Path, *, synced: bool) -> sqlite3.Connection:
    # One thread at a time by the writer, but not always the one that opened it.
    connection = sqlite3.connect(path, autocommit=True, check_same_thread=False, cached_statements=256)
    try:
        for pragma in (
            "journal_mode = WAL",
            f"synchronous = {'FULL' if synced else 'OFF'}",
            "foreign_keys = ON",
            "recursive_triggers = ON",  # or INSERT OR REPLACE would slip past the triggers
            "trusted_schema = OFF",
            "cell_size_check = ON",
            "temp_store = MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()
        raise
    return connection
