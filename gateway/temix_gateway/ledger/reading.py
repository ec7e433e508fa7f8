"""Reads a ledger beside whoever writes it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from temix_gateway.errors import LedgerUnreadable
from temix_gateway.ledger.schema import STEPS, UNREADABLE
from temix_gateway.ledger.verify import check_versions, reader


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A ledger as of one moment, to be read only; the gateway may be running.

    Raises:
        LedgerUnreadable: it is no ledger, or damaged where it was read.
        LedgerTooNew: a newer version wrote it.
    """
    try:
        with closing(reader(path)) as connection:
            connection.execute("BEGIN")
            check_versions(connection, path, len(STEPS))
            yield connection
    except UNREADABLE as error:
        raise LedgerUnreadable(path, str(error)) from error
