"""Is the ledger what was written? SQLite's structure, the schema, the chain, the figures, the signatures."""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from temix_market.wire.keys import VerifyKey

from temix_gateway.errors import LedgerTooNew, LedgerUnreadable
from temix_gateway.ledger import chain
from temix_gateway.ledger.figures import wrong_figure
from temix_gateway.ledger.schema import APPLICATION_ID, STEPS, UNREADABLE, Step, migrate, versions
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


def verify(path: Path, keys: Mapping[str, VerifyKey] | None = None) -> Verdict:
    """Check everything in the ledger at ``path``, without changing it; the gateway may be running.

    Args:
        path: the ledger, or a backup of one.
        keys: the public key of each party, the home included; without them no signature is checked.

    Raises:
        LedgerTooNew: a newer version wrote it.
        LedgerUnreadable: it is no ledger.
    """
    try:
        with closing(reader(path)) as connection:
            connection.execute("BEGIN")  # one moment's view, whoever writes meanwhile
            check_versions(connection, path, len(STEPS))
            fault = check(connection, tail=None)
            if fault:
                return Verdict(0, "", 0, 0, fault)
            sequence, head = chain.head(connection)
            settlements, fault = wrong_figure(connection)
            signatures = 0
            if not fault and keys is not None:
                signatures, fault = wrong_signature(connection, keys)
            return Verdict(sequence, head.hex(), settlements, signatures, fault)
    except UNREADABLE as error:
        raise LedgerUnreadable(path, str(error)) from error


def check(connection: sqlite3.Connection, tail: int | None = TAIL, steps: Sequence[Step] = STEPS) -> str:
    """What is wrong in structure, schema or the chain's ``tail`` (none: all of it), in words, or nothing."""
    try:
        # Not quick_check: it does not see an index that leads past its rows.
        (verdict,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        if verdict != "ok":
            return str(verdict)
        _, version = versions(connection)
        if _schema(connection) != _expected_schema(steps[:version]):
            return f"the tables are not those of schema {version}"
        return chain.verify(connection, tail)
    except UNREADABLE as error:
        return str(error)


def check_versions(connection: sqlite3.Connection, path: Path, known: int) -> None:
    """Refuse what is no ledger, and a ledger of a schema beyond the ``known`` ones.

    Raises:
        LedgerTooNew: a newer version wrote it.
        LedgerUnreadable: another program did.
    """
    application, version = versions(connection)
    if application != APPLICATION_ID:
        raise LedgerUnreadable(path, "it is a database of another program")
    if version > known:
        raise LedgerTooNew(path, version, known)


def reader(path: Path) -> sqlite3.Connection:
    """A connection that changes nothing and sees what is committed, also beside a running gateway.

    Raises:
        sqlite3.Error: there is no such file, or it cannot be opened.
    """
    uri = f"{path.absolute().as_uri()}?mode=ro"
    if not path.with_name(path.name + "-wal").exists():
        uri += "&immutable=1"  # no log: all is in the file, and nothing is made beside it
    return sqlite3.connect(uri, uri=True, autocommit=True)


def _schema(connection: sqlite3.Connection) -> list[tuple[str, str, str]]:
    return connection.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY type, name").fetchall()


def _expected_schema(steps: Sequence[Step]) -> list[tuple[str, str, str]]:
    with closing(sqlite3.connect(":memory:", autocommit=True)) as fresh:
        migrate(fresh, steps)
        return _schema(fresh)
