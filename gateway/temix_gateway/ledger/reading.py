"""Reads a ledger beside whoever writes it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from temix_market.intervals import Interval

from temix_gateway.errors import LedgerUnreadable
from temix_gateway.ledger.schema import STEPS, UNREADABLE
from temix_gateway.ledger.segments import beyond, copy_period, newest, reader, unite
from temix_gateway.ledger.verify import check_versions


@contextmanager
def opened(path: Path, period: Interval | None = None) -> Iterator[sqlite3.Connection]:
    """A ledger as of one moment, to be read only, with its newest ten archives; the gateway may be running.

    Of the archives before them what concerns ``period`` is seen, where one is given. Of an archive that is
    not there nothing is seen.

    Raises:
        LedgerUnreadable: it is no ledger, or damaged where it was read.
        LedgerTooNew: a newer version wrote it.
    """
    try:
        with closing(reader(path)) as connection:
            check_versions(connection, path, len(STEPS))
            united = newest(connection, path)
            older = [] if period is None else beyond(path, united, period)
            if period is not None and older:
                copy_period(connection, older, period)
            unite(connection, united, copied=bool(older))
            connection.execute("BEGIN")
            yield connection
    except UNREADABLE as error:
        raise LedgerUnreadable(path, str(error)) from error
