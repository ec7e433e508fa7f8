"""What is recorded in place of the standard library's SQLite does what that does."""

import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random

import apsw
import pytest

from tests.faults.recording import recording
from tests.faults.stand_in import Connection
from tests.faults.workload import Home

VERSION = slice(96, 100)
"""Where a file names the SQLite that wrote it last."""


async def trade(folder: Path) -> bytes:
    home = Home(Random(1))
    ledger = home.open(folder / "ledger.db")
    for _ in range(100):
        await home.act(ledger)
    ledger.close()
    content = bytearray((folder / "ledger.db").read_bytes())
    content[VERSION] = bytes(4)
    return bytes(content)


async def test_it_leaves_the_same_bytes(folder: Path) -> None:
    recorded, real = folder / "recorded", folder / "real"
    recorded.mkdir()
    real.mkdir()
    with recording(recorded) as record:
        through_apsw = await trade(recorded)
    assert record.events
    assert through_apsw == await trade(real)


ERRORS = [
    ["nonsense"],
    ["SELECT * FROM nothing"],
    ["CREATE TABLE t (a UNIQUE)", "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (1)"],
    ["CREATE TABLE t (a INT) STRICT", "INSERT INTO t VALUES ('text')"],
    ["PRAGMA query_only = ON", "CREATE TABLE t (a)"],
    ["COMMIT"],
]


@pytest.mark.parametrize("statements", ERRORS, ids=[statements[-1] for statements in ERRORS])
def test_it_raises_the_same_errors(folder: Path, statements: list[str]) -> None:
    vfs = apsw.VFS("the usual", "")
    real = sqlite3.connect(folder / "real.db", autocommit=True)
    other = Connection(str(folder / "other.db"), uri=False, vfs="the usual", amend=str)
    raised = []
    for connection in (real, other):
        for statement in statements[:-1]:
            connection.execute(statement)
        with closing(connection), pytest.raises(sqlite3.Error) as caught:
            connection.execute(statements[-1])
        raised.append(type(caught.value))
    assert raised[0] is raised[1]
    vfs.unregister()


def test_a_file_that_is_no_database_is_the_same_error(folder: Path) -> None:
    (folder / "x.db").write_bytes(b"no database" * 100)
    vfs = apsw.VFS("the usual", "")
    real = sqlite3.connect(folder / "x.db", autocommit=True)
    other = Connection(str(folder / "x.db"), uri=False, vfs="the usual", amend=str)
    for connection in (real, other):
        with closing(connection), pytest.raises(sqlite3.DatabaseError) as caught:
            connection.execute("SELECT * FROM sqlite_schema")
        assert type(caught.value) is sqlite3.DatabaseError
    vfs.unregister()
