"""A disk that can lose its power at any moment of a recording.

What a cut leaves is drawn from everything that honest hardware may leave: of each file the writes that were
synced, and of the others any subset, in any sectors; of the folder the names that were synced, and of later
creations, renamings and removals any subset. A disk that reports a sync it did not make is not modelled:
nothing can be promised on one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Final

from tests.faults.recording import Event, Names, Recording, Sync, SyncNames, Told, Truncate, Write

SECTOR: Final = 512
KEPT: Final = ("nothing", "everything", "a prefix", "a subset", "some sectors", "all but one")
"""What a cut may leave of what was not synced."""


@dataclass(slots=True)
class _Change:
    event: Write | Truncate
    certain: bool = False
    lost: bool = False  # a sync of it failed: no later one makes it certain


class Platter:
    """What is on the disk for certain, and what may be, as a recording goes on."""

    def __init__(self, record: Recording) -> None:
        """Begin where the recording began."""
        self._sure = {file: bytearray(content) for file, content in enumerate(record.contents)}
        self._open: dict[int, list[_Change]] = {}
        self._names = dict(record.first)
        self._open_names: list[Names] = []

    def take(self, event: Event) -> None:
        """Let an event happen."""
        match event:
            case Write() | Truncate():
                self._open.setdefault(event.file, []).append(_Change(event))
            case Sync(file, failed):
                self._sync(file, failed)
            case Names():
                self._open_names.append(event)
            case SyncNames():
                for names in self._open_names:
                    _rename(self._names, names)
                self._open_names.clear()
            case Told():
                pass

    def _sync(self, file: int, failed: bool) -> None:
        changes = self._open.setdefault(file, [])
        for change in changes:
            if failed:
                change.lost = change.lost or not change.certain
            elif not change.lost:
                change.certain = True
        content = self._sure.setdefault(file, bytearray())
        while changes and changes[0].certain:
            _apply(content, changes.pop(0).event)

    def image(self, chance: Random, kept: str) -> dict[str, bytes]:
        """Every file as a power cut now may leave it."""
        names = dict(self._names)
        for change in _survivors(self._open_names, chance, chance.choice(KEPT)):
            _rename(names, change)
        return {name: self._content(file, chance, kept) for name, file in names.items()}

    def _content(self, file: int, chance: Random, kept: str) -> bytes:
        content = bytearray(self._sure.get(file, b""))
        changes = self._open.get(file, [])
        unsure = [change for change in changes if not change.certain]
        survivors = {id(change) for change in _survivors(unsure, chance, kept)}
        for change in changes:
            if change.certain or id(change) in survivors:
                _apply(content, change.event)
            elif kept == "some sectors" and isinstance(change.event, Write):
                for sector in _sectors(change.event):
                    if chance.random() < 0.5:
                        _apply(content, sector)
        return bytes(content)


@dataclass(frozen=True, slots=True)
class Cut:
    """One power cut: what had been told until then, what it left, and where it was, in words."""

    told: Sequence[Any]
    files: dict[str, bytes]
    where: str

    def put(self, folder: Path) -> None:
        """Make ``folder`` what the cut left."""
        for old in folder.iterdir():
            old.unlink()
        for name, content in self.files.items():
            (folder / name).write_bytes(content)


def cuts(record: Recording, chance: Random, count: int) -> Iterator[Cut]:
    """Cut the power ``count`` times, anywhere in the recording."""
    platter, told = Platter(record), list[Any]()
    positions = sorted(chance.randrange(len(record.events) + 1) for _ in range(count))
    at = 0
    for position in positions:
        for event in record.events[at:position]:
            platter.take(event)
            if isinstance(event, Told):
                told.append(event.what)
        at = position
        kept = chance.choice(KEPT)
        where = f"after {position} of {len(record.events)} events, {kept} of what was not synced kept"
        yield Cut(tuple(told), platter.image(chance, kept), where)


def _rename(names: dict[str, int], change: Names) -> None:
    for name, file in change.changes:
        if file is None:
            names.pop(name, None)
        else:
            names[name] = file


def _survivors[T](unsure: Sequence[T], chance: Random, kept: str) -> Sequence[T]:
    match kept:
        case "everything":
            return unsure
        case "a prefix":
            return unsure[: chance.randrange(len(unsure) + 1)]
        case "a subset":
            return [change for change in unsure if chance.random() < 0.5]
        case "all but one" if unsure:
            left_out = chance.randrange(len(unsure))
            return [change for number, change in enumerate(unsure) if number != left_out]
        case _:
            return []


def _sectors(write: Write) -> Iterator[Write]:
    start = 0
    while start < len(write.data):
        end = min(len(write.data), start + SECTOR - (write.offset + start) % SECTOR)
        yield Write(write.file, write.offset + start, write.data[start:end])
        start = end


def _apply(content: bytearray, change: Write | Truncate) -> None:
    if isinstance(change, Truncate):
        del content[change.size :]
        content.extend(bytes(max(0, change.size - len(content))))
        return
    end = change.offset + len(change.data)
    content.extend(bytes(max(0, change.offset - len(content))))
    content[change.offset : end] = change.data
