"""The signed tenders of the last 30 days, in a file apart: not chained, and no money is lost with it."""

import sqlite3
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from contextlib import closing
from pathlib import Path
from typing import Final

from temix_market.instants import HOUR, Duration, Instant
from temix_market.tenders import PartyId, Publication

KEPT: Final = Duration(30 * 24 * HOUR)

_TABLE: Final = """CREATE TABLE IF NOT EXISTS publications (
  author TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  published_at INTEGER NOT NULL,
  header TEXT NOT NULL,
  payload BLOB NOT NULL,
  signature TEXT NOT NULL,
  PRIMARY KEY (author, sequence)
) STRICT"""
_INDEX: Final = "CREATE INDEX IF NOT EXISTS by_time ON publications (author, published_at)"
"""Without it each publication would look through all 17,000 of the month for what has become old."""


class TenderHistory:
    """What each party published, as it was signed (compact JWS); of one thread at a time."""

    def __init__(self, path: Path) -> None:
        """Open or create the file; one that cannot be read is moved aside and begun anew."""
        try:
            self._db = _open(path)
        except sqlite3.DatabaseError:
            path.replace(path.with_suffix(".damaged"))
            self._db = _open(path)

    def keep(self, publication: Publication, signed: str) -> None:
        """Keep a publication and drop what is older than 30 days before it."""
        header, payload, signature = signed.split(".")
        row = (
            publication.author,
            publication.sequence,
            publication.published_at,
            header,
            zlib.compress(_decoded(payload), 1),  # the text within shrinks tenfold, its base64 only threefold
            signature,
        )
        self._db.execute("INSERT OR IGNORE INTO publications VALUES (?, ?, ?, ?, ?, ?)", row)
        oldest = publication.published_at - KEPT
        self._db.execute(
            "DELETE FROM publications WHERE author = ? AND published_at < ?", (publication.author, oldest)
        )

    def signed(self, author: PartyId, since: Instant) -> list[str]:
        """A party's publications since an instant, oldest first, exactly as they were signed."""
        rows = self._db.execute(
            "SELECT header, payload, signature FROM publications WHERE author = ? AND published_at >= ? "
            "ORDER BY sequence",
            (author, since),
        )
        return [f"{header}.{_encoded(zlib.decompress(text))}.{signature}" for header, text, signature in rows]

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def _open(path: Path) -> sqlite3.Connection:
    with closing(sqlite3.connect(path, autocommit=True)) as first:
        first.execute("PRAGMA journal_mode = WAL")
        first.execute(_TABLE)
        first.execute(_INDEX)
    path.chmod(0o600)
    history = sqlite3.connect(path, autocommit=True, check_same_thread=False)
    history.execute("PRAGMA synchronous = NORMAL")
    return history


def _decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _encoded(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
