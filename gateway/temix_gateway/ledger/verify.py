"""Is the ledger what was written? SQLite's structure, the schema, the chain, the figures, the signatures."""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

from temix_market.wire.keys import VerifyKey

from temix_gateway.errors import LedgerTooNew, LedgerUnreadable
from temix_gateway.ledger import chain
from temix_gateway.ledger.chain import START
from temix_gateway.ledger.figures import wrong_figure
from temix_gateway.ledger.schema import APPLICATION_ID, ARCHIVE_ID, STEPS, UNREADABLE, Step, migrate, versions
from temix_gateway.ledger.segments import NO_ORDER, Sealed, reader, sealed, unchanged, unite
from temix_gateway.ledger.signatures import wrong_signature

TAIL: Final = 30_000
"""How many of the last records are checked at every start: the ten days that are taken up again then."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found: the ledger's reach, what was done again and held, and the first fault or nothing."""

    sequence: int
    head: str
    settlements: int
    signatures: int
    fault: str
    archives: int = 0


def verify(path: Path, keys: Mapping[str, VerifyKey] | None = None) -> Verdict:
    """Check everything in the ledger at ``path`` and in its archives, without changing it.

    The gateway may be running.

    Args:
        path: the ledger, or a backup of one.
        keys: the public key of each party, the home included; without them no signature is checked.

    Raises:
        LedgerTooNew: a newer version wrote it.
        LedgerUnreadable: it is no ledger.
    """
    try:
        with closing(reader(path)) as connection:
            check_versions(connection, path, len(STEPS))
            fault = check(connection, tail=None)
        if fault:
            return Verdict(0, "", 0, 0, fault)
        archives = sealed(path)
        found, before = Verdict(0, START.hex(), 0, 0, ""), None
        for archive in archives:
            found = _go_on(found, archive.path, before, keys)
            fault = found.fault or _not_sealed(archive, found)
            if fault:
                return replace(found, fault=f"{archive.path.name}: {fault}")
            before = archive
        return replace(_go_on(found, path, before, keys), archives=len(archives))
    except UNREADABLE as error:
        raise LedgerUnreadable(path, str(error)) from error
    except LedgerUnreadable as error:
        if error.path == path:
            raise
        return Verdict(0, "", 0, 0, f"{error.path.name}: {error.reason}")


def _go_on(
    found: Verdict, path: Path, before: Sealed | None, keys: Mapping[str, VerifyKey] | None
) -> Verdict:
    """Check a file that continues where ``found`` ended, together with the archive before it."""
    with closing(reader(path)) as connection:
        if before is not None:  # what is settled in this file may have been delivered in the one before
            unite(connection, [before.path])
        connection.execute("BEGIN")  # one moment's view, whoever writes meanwhile
        fault = check(connection, tail=None, anchored=False)
        if fault:
            return replace(found, fault=fault)
        begun, opening = chain.opening(connection)
        if (begun, opening.hex()) != (found.sequence, found.head):
            return replace(found, fault=f"it goes on after record {begun}, the archives end with another")
        sequence, head = chain.head(connection)
        settlements, fault = wrong_figure(connection)
        signatures = 0
        if not fault and keys is not None:
            previous = before.carried.order if before is not None else NO_ORDER
            signatures, fault = wrong_signature(connection, keys, previous)
        return Verdict(
            sequence, head.hex(), found.settlements + settlements, found.signatures + signatures, fault
        )


def _not_sealed(archive: Sealed, found: Verdict) -> str:
    if (archive.last, archive.head) != (found.sequence, found.head):
        return f"it does not end with record {archive.last}, as the ledger says"
    return "" if unchanged(archive) else "the file is not what was sealed"


def check(
    connection: sqlite3.Connection,
    tail: int | None = TAIL,
    steps: Sequence[Step] = STEPS,
    *,
    anchored: bool = True,
) -> str:
    """What is wrong in structure, schema or the chain's ``tail`` (none: all of it), in words, or nothing."""
    try:
        # Not quick_check: it does not see an index that leads past its rows.
        (verdict,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        if verdict != "ok":
            return str(verdict)
        _, version = versions(connection)
        if _schema(connection) != _expected_schema(tuple(tuple(step) for step in steps[:version])):
            return f"the tables are not those of schema {version}"
        return chain.verify(connection, tail, anchored=anchored)
    except UNREADABLE as error:
        return str(error)


def check_versions(connection: sqlite3.Connection, path: Path, known: int) -> None:
    """Refuse what is no ledger, and a ledger of a schema beyond the ``known`` ones.

    Raises:
        LedgerTooNew: a newer version wrote it.
        LedgerUnreadable: another program did.
    """
    application, version = versions(connection)
    if application == ARCHIVE_ID:
        raise LedgerUnreadable(path, "it is a sealed archive, which is read together with its ledger")
    if application != APPLICATION_ID:
        raise LedgerUnreadable(path, "it is a database of another program")
    if version > known:
        raise LedgerTooNew(path, version, known)


def _schema(connection: sqlite3.Connection) -> list[tuple[str, str, str]]:
    return connection.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY type, name").fetchall()


@cache
def _expected_schema(steps: tuple[tuple[str, ...], ...]) -> list[tuple[str, str, str]]:
    with closing(sqlite3.connect(":memory:", autocommit=True)) as fresh:
        migrate(fresh, steps)
        return _schema(fresh)
