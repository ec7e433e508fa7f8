"""Files that hold money: made for the owner alone, locked to one writer, on the disk before they count."""

import fcntl
import os
from pathlib import Path
from typing import IO, Final

from temix_gateway.errors import LedgerInUse

_BLOCK: Final = 1 << 20


def create(path: Path) -> None:
    """Make an empty file that only its owner may read.

    Raises:
        FileExistsError: there is one.
    """
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def take_lock(path: Path) -> IO[bytes]:
    """Keep every other writer from the ledger at ``path`` until the lock is closed.

    Raises:
        LedgerInUse: another process writes it.
    """
    # Beside the ledger, not on it: closing any descriptor of the file itself would drop SQLite's own locks.
    beside = path.with_name(path.name + ".lock")
    lock = os.fdopen(os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "rb+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise LedgerInUse(path) from None
    return lock


def replace(source: Path, target: Path) -> None:
    """Give ``source`` the name ``target`` in the same folder, durably: it is the new file or the old."""
    source.replace(target)
    sync(target.parent)


def write_again(path: Path) -> None:
    """Write a file's bytes once more in their place, and sync them.

    After a sync that failed the system may take for written what the disk does not have, for good.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        offset = 0
        while block := os.pread(descriptor, _BLOCK, offset):
            offset += os.pwrite(descriptor, block, offset)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync(path: Path) -> None:
    """Wait until what was written to the file, or the names in the folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
