"""What was planned, and the audits made of it: a file beside the ledger, not chained, kept for a while."""

import sqlite3
import zlib
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec
from temix_market.instants import HOUR, Duration
from temix_market.intervals import Interval

from temix_gateway.audit.day import Planned
from temix_gateway.home.account import Audit
from temix_gateway.planning import Plan, Problem

KEPT: Final = Duration(40 * 24 * HOUR)
"""Longer than a month and the ten days after which its settlements are final."""

_PLANNED: Final = """CREATE TABLE IF NOT EXISTS planned (
  made_at INTEGER PRIMARY KEY,
  content BLOB NOT NULL
) STRICT"""

_AUDITS: Final = """CREATE TABLE IF NOT EXISTS audits (
  day TEXT PRIMARY KEY,
  revision INTEGER NOT NULL,
  content BLOB NOT NULL
) STRICT, WITHOUT ROWID"""


class _Content(msgspec.Struct):
    problem: Problem
    plan: Plan


class AuditHistory:
    """Plans with their problems, and audits by day. Each call opens the file: any thread may make it."""

    def __init__(self, path: Path) -> None:
        """Of the file at ``path``, made at the first write."""
        self._path = path

    def keep(self, problem: Problem, plan: Plan) -> None:
        """Keep what was planned; what is older than forty days goes."""
        content = zlib.compress(msgspec.msgpack.encode(_Content(problem, plan)), 1)
        with self._open() as file:
            file.execute("INSERT OR REPLACE INTO planned VALUES (?, ?)", (plan.made_at, content))
            file.execute("DELETE FROM planned WHERE made_at < ?", (plan.made_at - KEPT,))

    def planned(self, day: Interval) -> list[Planned]:
        """What was planned in a day, from the last plan within the hour before it on."""
        if not self._path.exists():
            return []
        with self._open() as file:
            (before,) = file.execute(
                "SELECT coalesce(max(made_at), ?) FROM planned WHERE made_at <= ? AND made_at > ?",
                (day.start, day.start, day.start - HOUR),
            ).fetchone()
            rows = file.execute(
                "SELECT content FROM planned WHERE made_at >= ? AND made_at < ? ORDER BY made_at",
                (before, day.end),
            ).fetchall()
        found = [msgspec.msgpack.decode(zlib.decompress(content), type=_Content) for (content,) in rows]
        return [Planned(each.problem, each.plan) for each in found]

    def audit(self, day: str, revision: int) -> Audit | None:
        """The audit of a day, where one was made of settlements as new as ``revision``."""
        if not self._path.exists():
            return None
        with self._open() as file:
            row = file.execute(
                "SELECT content FROM audits WHERE day = ? AND revision = ?", (day, revision)
            ).fetchone()
        return None if row is None else msgspec.json.decode(row[0], type=Audit)

    def audits(self) -> dict[str, tuple[int, Audit]]:
        """Every kept audit by its day, with the newest settlement that it was made of."""
        if not self._path.exists():
            return {}
        with self._open() as file:
            rows = file.execute("SELECT day, revision, content FROM audits").fetchall()
        return {day: (revision, msgspec.json.decode(content, type=Audit)) for day, revision, content in rows}

    def file(self, audit: Audit, revision: int) -> None:
        """Keep an audit, made of settlements up to record ``revision``."""
        with self._open() as file:
            file.execute(
                "INSERT OR REPLACE INTO audits VALUES (?, ?, ?)",
                (audit.day, revision, msgspec.json.encode(audit)),
            )

    def _open(self) -> closing[sqlite3.Connection]:
        first = not self._path.exists()
        file = sqlite3.connect(self._path, autocommit=True, timeout=5.0)
        file.execute("PRAGMA journal_mode = WAL")
        file.execute("PRAGMA synchronous = NORMAL")
        for table in (_PLANNED, _AUDITS):
            file.execute(table)
        if first:
            self._path.chmod(0o600)
        return closing(file)
