"""The security log: who was let in, who was not, and who changed what; kept for the owner to read."""

import asyncio
import os
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock
from typing import Final

import msgspec
import structlog

KEPT: Final = 500
"""So many entries are kept, the newest ones."""
REFUSALS: Final = 100
"""So many of them at most are of what somebody was refused: who tries for ever pushes out nothing else."""
REFUSALS_A_MINUTE: Final = 20
"""More of them say nothing new, and wear the disk."""

_ROOM: Final = 2 * KEPT
"""With more lines than this the file is written anew."""

_LOG = structlog.get_logger("temix_gateway.security")


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """What happened ``at`` (ms since 1970): a word for it, by whom, and the particulars."""

    at: int
    what: str
    who: str = ""
    about: dict[str, str] = {}


class Journal:
    """Notes what happened in memory at once, and in a file of JSON lines as soon as the disk allows."""

    def __init__(self, path: Path | None, now: Callable[[], int]) -> None:
        """Go on with what ``path`` holds (none: keep no file); ``now`` gives milliseconds since 1970."""
        self._path, self._now = path, now
        self._writing, self._lines = Lock(), 0
        self._last: asyncio.Future[None] | None = None
        self._recent: list[Entry] = []
        self._minute, self._refused = 0, 0
        self._unwritten: deque[Entry] = deque(maxlen=KEPT)
        for line in path.read_bytes().splitlines() if path is not None and path.exists() else ():
            self._lines += 1
            try:
                self._keep(msgspec.json.decode(line, type=Entry))
            except ValueError:  # a power cut amid a line
                continue

    def note(self, what: str, who: str = "", **about: str) -> None:
        """Note something; ``about`` holds no secret."""
        _LOG.info(what, who=who, **about)
        entry = Entry(self._now(), what, who, about)
        if _is_refusal(entry) and not self._within_bounds(entry.at):
            return
        self._keep(entry)
        if self._path is None:
            return
        self._unwritten.append(entry)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._write()
        else:
            self._last = loop.run_in_executor(None, self._write)

    def entries(self) -> Sequence[Entry]:
        """What was noted, newest first."""
        return tuple(reversed(self._recent))

    def _keep(self, entry: Entry) -> None:
        """Keep an entry, and forget the oldest where there are too many of its kind, or in all."""
        self._recent.append(entry)
        refusals = [each for each in self._recent if _is_refusal(each)]
        if len(refusals) > REFUSALS:
            self._recent.remove(refusals[0])
        elif len(self._recent) > KEPT:
            self._recent.remove(next(each for each in self._recent if not _is_refusal(each)))

    def _within_bounds(self, at: int) -> bool:
        """Count a refusal."""
        minute = at // 60_000
        if minute != self._minute:
            self._minute, self._refused = minute, 0
        self._refused += 1
        return self._refused <= REFUSALS_A_MINUTE

    def _write(self) -> None:
        assert self._path is not None, "without a path nothing waits to be written"
        with self._writing:
            new = [self._unwritten.popleft() for _ in range(len(self._unwritten))]
            again = self._lines + len(new) > _ROOM
            entries = list(self._recent) if again else new
            self._lines = len(entries) if again else self._lines + len(new)
            try:
                _put(self._path, b"".join(msgspec.json.encode(entry) + b"\n" for entry in entries), again)
            except OSError as error:
                _LOG.warning("security log not written", reason=str(error))


def _is_refusal(entry: Entry) -> bool:
    return entry.what.endswith("refused")


def _put(path: Path, lines: bytes, again: bool) -> None:
    target = path.with_name(path.name + ".new") if again else path
    flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if again else os.O_APPEND)
    with os.fdopen(os.open(target, flags, 0o600), "wb") as file:
        file.write(lines)
    if again:
        target.replace(path)
