"""A folder whose every write is recorded, whether SQLite or Python makes it, and can be made to fail."""

import errno
import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, override
from unittest.mock import patch

import apsw

from tests.faults.stand_in import Connection

_REAL_CONNECT: Final = sqlite3.connect
_JOURNALS: Final = apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_MAIN_JOURNAL


@dataclass(frozen=True, slots=True)
class Write:
    """Bytes of a file."""

    file: int
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Truncate:
    """A file's new end."""

    file: int
    size: int


@dataclass(frozen=True, slots=True)
class Sync:
    """A file was synced, or a sync failed: then its writes so far may be lost for good."""

    file: int
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Names:
    """Names that changed together: each now is a file, or nothing."""

    changes: tuple[tuple[str, int | None], ...]


@dataclass(frozen=True, slots=True)
class SyncNames:
    """The folder was synced."""


@dataclass(frozen=True, slots=True)
class Told:
    """Something was acknowledged; it must be there from now on."""

    what: Any


type Event = Write | Truncate | Sync | Names | SyncNames | Told
type Fault = Callable[[str, str], int | None]
"""Given an operation (open for writing, write, truncate, sync, rename, remove) and a file's name, the SQLite
result with which it fails, or nothing."""


class Recording:
    """Everything that happened in one folder."""

    def __init__(self, folder: Path) -> None:
        """Take what lies in the folder to be on the disk."""
        self.folder = folder
        self.fault: Fault = lambda _operation, _name: None
        self.begin()

    def begin(self) -> None:
        """Begin anew, as after a restart: what lies in the folder now is on the disk."""
        files = [path for path in sorted(self.folder.iterdir()) if self.watches(path) and path.is_file()]
        self.first = {path.name: number for number, path in enumerate(files)}
        self.contents = [path.read_bytes() for path in files]
        self.events: list[Event] = []
        self.names = dict(self.first)
        self._next = len(files)

    def told(self, what: Any) -> None:
        """Note that ``what`` was acknowledged."""
        self.events.append(Told(what))

    def create(self, name: str) -> int:
        """Note a new file, unless there is one of that name; its number."""
        if name not in self.names:
            self.names[name] = self._next
            self.events.append(Names(((name, self._next),)))
            self._next += 1
        return self.names[name]

    def rename(self, old: str, new: str) -> None:
        """Note a renaming."""
        self.names[new] = self.names.pop(old)
        self.events.append(Names(((old, None), (new, self.names[new]))))

    def remove(self, name: str) -> None:
        """Note a removal."""
        del self.names[name]
        self.events.append(Names(((name, None),)))

    def check(self, operation: str, name: str) -> None:
        """Fail where the test says so."""
        result = self.fault(operation, name)
        if result is not None:
            error = apsw.exception_for(result)
            error.args = (f"{operation} of {name} failed",)
            raise error

    def watches(self, path: str | os.PathLike[str]) -> bool:
        """Whether a file's content counts: locks and the log's index do not outlive the machine."""
        return Path(path).parent == self.folder and not str(path).endswith(("-shm", ".lock"))


class _File(apsw.VFSFile):
    """A file of SQLite's."""

    def __init__(self, recording: Recording, name: Any, flags: list[int]) -> None:
        self._name = Path(name.filename() if isinstance(name, apsw.URIFilename) else name).name
        self._recording = recording
        if flags[0] & apsw.SQLITE_OPEN_READWRITE:
            recording.check("open", self._name)
        super().__init__("", name, flags)
        self._new_journal = flags[0] & _JOURNALS and self._name not in recording.names
        self._number = recording.create(self._name)

    @override
    def xWrite(self, data: bytes, offset: int) -> None:
        try:
            self._recording.check("write", self._name)
        except apsw.Error:  # a part of it may have come to the disk
            self._write(data[: len(data) // 2], offset)
            raise
        self._write(data, offset)

    def _write(self, data: bytes, offset: int) -> None:
        self._recording.events.append(Write(self._number, offset, bytes(data)))
        super().xWrite(data, offset)

    @override
    def xTruncate(self, newsize: int) -> None:
        self._recording.check("truncate", self._name)
        self._recording.events.append(Truncate(self._number, newsize))
        super().xTruncate(newsize)

    @override
    def xSync(self, flags: int) -> None:
        try:
            self._recording.check("sync", self._name)
        except apsw.Error:
            self._recording.events.append(Sync(self._number, failed=True))
            raise
        self._recording.events.append(Sync(self._number))
        if self._new_journal:  # as SQLite's unix VFS does: a new journal's name is synced with it
            self._recording.events.append(SyncNames())
            self._new_journal = False


class _Vfs(apsw.VFS):
    """SQLite's way to the recorded folder."""

    def __init__(self, recording: Recording) -> None:
        self.name = f"recording-{id(recording)}"
        self._recording = recording
        super().__init__(self.name, "")

    @override
    def xOpen(self, name: Any, flags: list[int]) -> Any:
        return _File(self._recording, name, flags)

    @override
    def xDelete(self, filename: str, syncdir: bool) -> None:
        name = Path(filename).name
        self._recording.check("remove", name)
        super().xDelete(filename, syncdir)
        if self._recording.watches(filename):
            self._recording.remove(name)
            if syncdir:
                self._recording.events.append(SyncNames())


@contextmanager
def recording(
    folder: Path, *, checkpoint: int = 1000, amend: Callable[[str], str] = str
) -> Iterator[Recording]:
    """Record what the code within does in ``folder``, through ``sqlite3`` and through ``os``.

    Recordings of different folders may be nested; what is done elsewhere goes its usual way.

    Args:
        folder: where.
        checkpoint: pages of log after which SQLite moves them to the file (its default: 1000).
        amend: changes statements, to show that a change would be noticed.
    """
    record = Recording(folder)
    vfs = _Vfs(record)
    usual_connect = sqlite3.connect

    def connect(name: Any, **options: Any) -> Any:
        elsewhere = Path(str(name).removeprefix("file://").partition("?")[0]).parent != folder
        if elsewhere and usual_connect is not _REAL_CONNECT:
            return usual_connect(name, **options)
        connection = Connection(str(name), uri=options.get("uri", False), vfs=vfs.name, amend=amend)
        connection.execute(f"PRAGMA wal_autocheckpoint = {checkpoint}")
        return connection

    def unraisable(happened: Any, usual: Callable[[Any], object] = sys.unraisablehook) -> None:
        if not isinstance(happened.exc_value, apsw.Error):  # SQLite chose to go on after a fault of ours
            usual(happened)

    try:
        with (
            _recorded_os(record),
            patch.object(sqlite3, "connect", connect),
            patch.object(sys, "unraisablehook", unraisable),
        ):
            yield record
    finally:
        vfs.unregister()


@contextmanager
def _recorded_os(record: Recording) -> Iterator[None]:  # noqa: C901 - one function for each of os's
    real = {name: getattr(os, name) for name in ("open", "pwrite", "fsync", "replace", "unlink")}

    def check(operation: str, path: Any) -> None:
        result = record.fault(operation, Path(path).name)
        if result is not None:
            code = _ERRNO.get(result & 0xFF, errno.EIO)
            raise OSError(code, os.strerror(code), str(path))

    def open_(path: Any, flags: int, *rest: Any, **options: Any) -> int:
        if flags & os.O_RDWR and Path(path).parent == record.folder:
            check("open", path)
        descriptor: int = real["open"](path, flags, *rest, **options)
        if record.watches(path) and flags & os.O_CREAT:
            record.create(Path(path).name)
        return descriptor

    def pwrite(descriptor: int, data: bytes, offset: int) -> int:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if not record.watches(path):
            return int(real["pwrite"](descriptor, data, offset))
        name = path.name
        check("write", name)
        record.events.append(Write(record.names[name], offset, bytes(data)))
        written: int = real["pwrite"](descriptor, data, offset)
        return written

    def fsync(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if record.folder not in {path, path.parent}:
            real["fsync"](descriptor)
            return
        check("sync", path)
        record.events.append(SyncNames() if path == record.folder else Sync(record.names[path.name]))

    def replace(old: Any, new: Any) -> None:
        if not record.watches(old):
            real["replace"](old, new)
            return
        check("rename", old)
        real["replace"](old, new)
        record.rename(Path(old).name, Path(new).name)

    def unlink(path: Any) -> None:
        real["unlink"](path)
        if record.watches(path):
            record.remove(Path(path).name)

    with patch.multiple(os, open=open_, pwrite=pwrite, fsync=fsync, replace=replace, unlink=unlink):
        yield


_ERRNO: Final = {
    apsw.SQLITE_FULL: errno.ENOSPC,
    apsw.SQLITE_READONLY: errno.EROFS,
    apsw.SQLITE_CANTOPEN: errno.EROFS,
}
"""What Python is told where SQLite would be told this; else an input/output error."""
