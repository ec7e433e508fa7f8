"""The book's file: what is not a book, not ours to read, or not ours alone, is told so."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from temix_retailer import store as module
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


@pytest.fixture
def older(path: Path) -> Path:
    """A book of schema 2 with an alarm in it."""
    open_store(path).close()
    with closing(sqlite3.connect(path, autocommit=True)) as file:
        later = ("endings", "acceptances", "home_tenders", "redemptions", "invitations")
        file.executescript("".join(f"DROP TABLE {table};" for table in later) + "PRAGMA user_version = 2")
        file.execute("INSERT INTO alarms (home, text, raised_at) VALUES ('h', 'kept', 0)")
    return path


def schema(path: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as file:
        return file.execute("SELECT name, sql FROM sqlite_schema ORDER BY name").fetchall()


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as file:
        return int(file.execute("PRAGMA user_version").fetchone()[0])


def test_an_older_book_is_backed_up_and_migrated_to_what_a_new_one_is(older: Path, tmp_path: Path) -> None:
    open_store(older).close()
    open_store(tmp_path / "new.db").close()
    assert schema(older) == schema(tmp_path / "new.db")
    assert version(older) == SCHEMA
    backup = older.with_name("book.db.schema-2")
    assert version(backup) == 2
    assert backup.stat().st_mode & 0o777 == 0o600
    for each in (older, backup):
        with closing(sqlite3.connect(each)) as file:
            assert file.execute("SELECT text FROM alarms").fetchall() == [("kept",)]


def test_a_migration_that_fails_changes_nothing_and_is_tried_again(
    older: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(module, "_SCRIPTS", {3: "schema-3.sql", 4: "schema-4.sql", 5: "schema.sql"})
        with pytest.raises(StoreError, match="already exists"):
            open_store(older)
    assert version(older) == 2
    assert "invitations" not in dict(schema(older))
    open_store(older).close()
    assert version(older) == SCHEMA


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
