"""The book's file: what is not a book, not ours to read, or not ours alone, is told so."""

import sqlite3
from pathlib import Path

import pytest
from temix_retailer.errors import StoreError
from temix_retailer.store import APPLICATION_ID, SCHEMA, open_store


def test_a_new_file_is_a_book_and_opens_again(path: Path) -> None:
    store = open_store(path)
    settings = [
        store.reading.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "application_id", "user_version")
    ]
    assert settings == ["wal", 2, APPLICATION_ID, SCHEMA]
    store.close()
    open_store(path).close()


def test_it_is_open_once(path: Path) -> None:
    store = open_store(path)
    with pytest.raises(StoreError, match=r"open in another temix-retailer: stop that one"):
        open_store(path)
    store.close()
    open_store(path).close()


@pytest.mark.parametrize(
    "version, told",
    [(SCHEMA + 1, "newer temix-retailer .*update"), (1, "older than this temix-retailer can read")],
)
def test_another_schema(path: Path, version: int, told: str) -> None:
    open_store(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match=told):
        open_store(path)
    assert path.read_bytes() == before


def test_the_version_before_is_brought_up_to_date(path: Path) -> None:
    open_store(path).close()
    with sqlite3.connect(path) as connection:
        connection.executescript("DROP TABLE redemptions; DROP TABLE invitations; PRAGMA user_version = 2")
    connection.close()
    store = open_store(path)
    assert store.reading.execute("PRAGMA user_version").fetchone() == (SCHEMA,)
    with store.transaction() as rows:
        rows.execute("INSERT INTO invitations VALUES ('a', 'home', 2, 1)")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"), store.transaction() as rows:
        rows.execute("DELETE FROM invitations")
    store.close()


def test_something_else(path: Path) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE other (x)")
    connection.close()
    with pytest.raises(StoreError, match="something else"):
        open_store(path)
    path.write_bytes(b"no database at all, but long enough to look like one" * 100)
    with pytest.raises(StoreError, match=f"{path} cannot be opened .*restore a backup"):
        open_store(path)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="cannot be written"):
        open_store(tmp_path / "file" / "book.db")


def test_a_failed_write_leaves_nothing(path: Path) -> None:
    store = open_store(path)
    store.reading.execute("PRAGMA max_page_count = 1")
    text = "x" * 1_000_000
    with pytest.raises(StoreError, match="nothing was booked"), store.transaction() as rows:
        rows.execute("INSERT INTO alarms (home, text, raised_at) VALUES ('h', ?, 0)", (text,))
    assert store.reading.execute("SELECT count(*) FROM alarms").fetchone() == (0,)
    store.close()
