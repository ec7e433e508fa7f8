"""Copies of the ledger, and how one is put back."""

import sqlite3
from contextlib import closing
from pathlib import Path

from temix_market.instants import Instant

from temix_gateway.errors import LedgerNotCopied, LedgerNotWritten, LedgerUnreadable
from temix_gateway.ledger import chain, disk
from temix_gateway.ledger.schema import STEPS, UNREADABLE, migrate, transaction
from temix_gateway.ledger.segments import reader
from temix_gateway.ledger.verify import check, check_versions


def backup(path: Path, target: Path) -> None:
    """Copy the ledger at ``path`` to ``target``: one moment's view, checked, and there only when complete.

    A reader of its own makes the copy, so that a running gateway is never kept waiting.

    Raises:
        LedgerNotCopied: it cannot be read, or the copy not written; an older ``target`` is left as it was.
        LedgerUnreadable: the ledger is damaged, or none; the same.
    """
    _copy(path, target, None)


def restore(source: Path, path: Path, at: Instant) -> None:
    """Put the backup ``source`` back as the ledger at ``path``, and record in it that this was done.

    What was there stays beside it, as ``….replaced-1.db``. Whatever breaks, ``path`` afterwards is
    wholly the old ledger or wholly the restored one.

    Raises:
        LedgerInUse: a gateway runs on it.
        LedgerNotCopied: the backup cannot be read, or the copy not written; nothing was changed.
        LedgerNotWritten: the disk fails; try again, or start the gateway, which finishes what was begun.
        LedgerTooNew: a newer version wrote the backup.
        LedgerUnreadable: the backup is damaged, or no ledger; nothing was changed.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with disk.take_lock(path):
            finish_restore(path)  # one that was broken off
            _copy(source, _restoring(path), at)
            finish_restore(path)
    except OSError as error:
        raise LedgerNotWritten(path, str(error)) from error


def finish_restore(path: Path) -> None:
    """Put a restored ledger in its place, if one waits; the caller holds the lock."""
    restoring = _restoring(path)
    if not restoring.exists():
        return
    # The log goes first and never stays behind: SQLite would apply it to the wrong file.
    count = 1
    while (replaced := path.with_name(f"{path.stem}.replaced-{count}.db")).exists():
        count += 1
    for suffix in ("-wal", "-journal", ""):
        old = path.with_name(path.name + suffix)
        if old.exists():
            disk.replace(old, replaced.with_name(replaced.name + suffix))
    disk.replace(restoring, path)


def _copy(source: Path, target: Path, restored_at: Instant | None) -> None:
    partial = target.with_name(target.name + ".partial")
    try:
        _remove(partial, "", "-wal", "-shm", "-journal")
        disk.create(partial)
        with closing(reader(source)) as original, closing(sqlite3.connect(partial, autocommit=True)) as copy:
            check_versions(original, source, len(STEPS))
            original.backup(copy)
            # One file without a log: it can be read anywhere, and no log is left that fits no more.
            copy.execute("PRAGMA journal_mode = DELETE")
            copy.execute("PRAGMA synchronous = FULL")
            fault = check(copy) if restored_at is None else check(copy, tail=None)
            if fault:
                raise LedgerUnreadable(source, fault)
            if restored_at is not None:
                migrate(copy, STEPS)
                with transaction(copy):
                    chain.append(copy, chain.head(copy), "restores", (restored_at, "restored", source.name))
        disk.sync(partial)
        _remove(target, "-wal", "-shm", "-journal")
        disk.sync(target.parent)
        disk.replace(partial, target)
    except (*UNREADABLE, OSError) as error:
        raise LedgerNotCopied(source, target, str(error)) from error
    finally:
        _remove(partial, "", "-wal", "-shm", "-journal")


def _restoring(path: Path) -> Path:
    return path.with_name(path.name + ".restoring")


def _remove(path: Path, *suffixes: str) -> None:
    for suffix in suffixes:
        path.with_name(path.name + suffix).unlink(missing_ok=True)
