"""The ledger's tables, step by step: the file's ``user_version`` is the number of steps it has taken.

Every table but ``chain`` and ``reported`` holds records: a record has a number in the one chain
over all of them, and the chain's head after it is a hash over everything before. Instants and durations are
ms, energy Wh, prices µ/kWh, money nano. Nothing is ever updated or deleted: a correction is a new record, and
the newest one counts.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from temix_gateway.ledger.packing import pack
from temix_gateway.ledger.rows import PAIR_COLUMNS

APPLICATION_ID: Final = 0x54654D58
"""``TeMX``, by which ``file`` and this program know a ledger."""

UNREADABLE: Final = (sqlite3.Error, UnicodeDecodeError)
"""What reading a damaged file raises: where SQLite quotes it, even the message may be no text."""

type Step = Sequence[str]
"""The statements that lead from one schema version to the next."""

_LEG = """
  {0}_tender TEXT NOT NULL, {0}_author TEXT NOT NULL, {0}_price INTEGER NOT NULL,"""

_PAIR = f"""
  key TEXT NOT NULL UNIQUE,
  home TEXT NOT NULL,
  start INTEGER NOT NULL,
  duration INTEGER NOT NULL CHECK (duration > 0),
  side TEXT NOT NULL CHECK (side IN ('BUY', 'SELL')),
  quantity INTEGER NOT NULL CHECK (quantity > 0),
{_LEG.format("energy")}{_LEG.format("transport")}"""

_FIRST_RECORDS: Final = (
    "publications",
    "spots",
    "orders",
    "answers",
    "transactions",
    "deliveries",
    "settlements",
    "limits",
)

ARCHIVE_ID: Final = 0x54654D41
"""``TeMA``: a sealed archive, which is read and never opened as a ledger."""

RECORDS: Final = (*_FIRST_RECORDS, "restores", "archives", "messages", "mandates", "tenders")
"""The chained tables. In ``chain`` a table is its place in this order, from 0: a new one comes last."""


STANDING: Final = ("limits", "messages", "mandates")
"""Tables whose newest record holds until the next: it is written again where it would leave the live file."""


def append_only(table: str) -> list[str]:
    """The triggers that refuse any change of what was written."""
    return [
        f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for verb in ("update", "delete")
    ]


_FIRST: Step = (
    """CREATE TABLE chain (
  number INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  head BLOB NOT NULL
) STRICT""",
    # What every signed message of a peer was, so that the same id with other bytes is noticed.
    """CREATE TABLE inbox (
  peer TEXT NOT NULL,
  id TEXT NOT NULL,
  digest BLOB NOT NULL,
  PRIMARY KEY (peer, id)
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE publications (
  number INTEGER PRIMARY KEY REFERENCES chain,
  author TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  published_at INTEGER NOT NULL,
  digest TEXT NOT NULL,
  UNIQUE (author, sequence)
) STRICT""",
    """CREATE TABLE spots (
  number INTEGER PRIMARY KEY REFERENCES chain,
  author TEXT NOT NULL,
  start INTEGER NOT NULL,
  sell INTEGER NOT NULL,
  buy INTEGER NOT NULL,
  UNIQUE (start, author)
) STRICT""",
    # One row is intent, reservation and outbox at once: it reserves until an answer refers to it,
    # and `signed` holds the exact bytes that are sent.
    f"""CREATE TABLE orders (
  number INTEGER PRIMARY KEY REFERENCES chain,
  sequence INTEGER NOT NULL UNIQUE,
  placed_at INTEGER NOT NULL,
  not_after INTEGER NOT NULL,
{_PAIR}
  signed TEXT NOT NULL
) STRICT""",
    """CREATE TABLE answers (
  number INTEGER PRIMARY KEY REFERENCES chain,
  key TEXT NOT NULL UNIQUE REFERENCES orders (key),
  outcome TEXT NOT NULL CHECK (outcome IN ('booked', 'refused', 'voided')),
  code INTEGER NOT NULL,
  reason TEXT NOT NULL,
  answered_at INTEGER NOT NULL,
  energy_receipt TEXT NOT NULL,
  transport_receipt TEXT NOT NULL
) STRICT""",
    f"""CREATE TABLE transactions (
  number INTEGER PRIMARY KEY REFERENCES chain,
  kind TEXT NOT NULL CHECK (kind IN ('trade', 'subscription')),
  booked_at INTEGER NOT NULL,
{_PAIR}
  digest TEXT NOT NULL
) STRICT""",
    "CREATE INDEX transactions_by_start ON transactions (start)",
    """CREATE TABLE deliveries (
  number INTEGER PRIMARY KEY REFERENCES chain,
  start INTEGER NOT NULL,
  source TEXT NOT NULL CHECK (source IN ('home', 'retailer')),
  energy INTEGER NOT NULL,
  estimated INTEGER NOT NULL CHECK (estimated IN (0, 1)),
  received_at INTEGER NOT NULL
) STRICT""",
    "CREATE INDEX deliveries_by_start ON deliveries (start)",
    # One record for each party; the home owes it subscription + trades + deviation.
    """CREATE TABLE settlements (
  number INTEGER PRIMARY KEY REFERENCES chain,
  start INTEGER NOT NULL,
  party TEXT NOT NULL,
  position INTEGER NOT NULL,
  delivery INTEGER NOT NULL,
  estimated INTEGER NOT NULL CHECK (estimated IN (0, 1)),
  subscription INTEGER NOT NULL,
  trades INTEGER NOT NULL,
  deviation INTEGER NOT NULL
) STRICT""",
    "CREATE INDEX settlements_by_start ON settlements (start)",
    """CREATE TABLE limits (
  number INTEGER PRIMARY KEY REFERENCES chain,
  set_at INTEGER NOT NULL,
  terms TEXT NOT NULL
) STRICT""",
    *(trigger for table in ("chain", "inbox", *_FIRST_RECORDS) for trigger in append_only(table)),
)

_SECOND: Step = (
    # A backup was put back: until a `resynchronised` follows, what came after the backup may be missing.
    """CREATE TABLE restores (
  number INTEGER PRIMARY KEY REFERENCES chain,
  at INTEGER NOT NULL,
  event TEXT NOT NULL CHECK (event IN ('restored', 'resynchronised')),
  note TEXT NOT NULL
) STRICT""",
    *append_only("restores"),
)


_CODES: Final = " ".join(
    f"WHEN '{kind}' THEN {code}" for code, kind in enumerate((*_FIRST_RECORDS, "restores"))
)


def _rebuilt(table: str, definition: str, columns: str = "*") -> list[str]:
    """Statements that give a table another definition and fill it with ``columns`` of the old one."""
    return [
        f"CREATE TABLE rebuilt ({definition}) STRICT",
        f"INSERT INTO rebuilt SELECT {columns} FROM {table} ORDER BY number",
        f"DROP TABLE {table}",
        f"ALTER TABLE rebuilt RENAME TO {table}",
    ]


_PACKED: Step = (
    # Half the bytes of a home's ledger were names of tables, hexadecimal digits and base64.
    *_rebuilt(
        "chain",
        "number INTEGER PRIMARY KEY, kind INTEGER NOT NULL, head BLOB NOT NULL",
        f"number, CASE kind {_CODES} END, head",
    ),
    *_rebuilt(
        "publications",
        """
  number INTEGER PRIMARY KEY REFERENCES chain,
  author TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  published_at INTEGER NOT NULL,
  digest BLOB NOT NULL,
  UNIQUE (author, sequence)
""",
        "number, author, sequence, published_at, unhex(digest)",
    ),
    *_rebuilt(
        "orders",
        f"""
  number INTEGER PRIMARY KEY REFERENCES chain,
  sequence INTEGER NOT NULL UNIQUE,
  placed_at INTEGER NOT NULL,
  not_after INTEGER NOT NULL,
{_PAIR}
  signed BLOB NOT NULL
""",
        f"number, sequence, placed_at, not_after, {PAIR_COLUMNS}, pack(signed)",
    ),
    *_rebuilt(
        "answers",
        """
  number INTEGER PRIMARY KEY REFERENCES chain,
  key TEXT NOT NULL UNIQUE REFERENCES orders (key),
  outcome TEXT NOT NULL CHECK (outcome IN ('booked', 'refused', 'voided')),
  code INTEGER NOT NULL,
  reason TEXT NOT NULL,
  answered_at INTEGER NOT NULL,
  energy_receipt BLOB NOT NULL,
  transport_receipt BLOB NOT NULL
""",
        "number, key, outcome, code, reason, answered_at, pack(energy_receipt), pack(transport_receipt)",
    ),
    *_rebuilt(
        "transactions",
        f"""
  number INTEGER PRIMARY KEY REFERENCES chain,
  kind TEXT NOT NULL CHECK (kind IN ('trade', 'subscription')),
  booked_at INTEGER NOT NULL,
{_PAIR}
  digest BLOB NOT NULL
""",
        f"number, kind, booked_at, {PAIR_COLUMNS}, unhex(digest)",
    ),
    "CREATE INDEX transactions_by_start ON transactions (start)",
    # Each archive: its file beside the ledger, its last record, and what goes on after it. The newest says
    # where the chain of this file begins: by the link of a record that lies in the archive.
    """CREATE TABLE archives (
  number INTEGER PRIMARY KEY REFERENCES chain,
  at INTEGER NOT NULL,
  file TEXT NOT NULL,
  digest TEXT NOT NULL,
  last INTEGER NOT NULL,
  head TEXT NOT NULL,
  order_sequence INTEGER NOT NULL,
  order_digest TEXT NOT NULL,
  trades INTEGER NOT NULL
) STRICT""",
    *(
        trigger
        for table in ("chain", "publications", "orders", "answers", "transactions", "archives")
        for trigger in append_only(table)
    ),
)

_MESSAGES: Step = (
    # The retailer's messages to this home, in its own numbers: by them both sides compare what they have.
    # An answer's receipts stand in `answers`, unless its order was lost and voided: then they stand here.
    """CREATE TABLE messages (
  number INTEGER PRIMARY KEY REFERENCES chain,
  sequence INTEGER NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('answer', 'subscription', 'delivery')),
  key TEXT NOT NULL,
  order_number INTEGER NOT NULL,
  order_digest BLOB NOT NULL,
  energy BLOB NOT NULL,
  transport BLOB NOT NULL,
  head BLOB NOT NULL
) STRICT""",
    "CREATE INDEX messages_by_order ON messages (order_number)",
    # Up to which record the retailer has acknowledged the home's deliveries: not chained, for it changes no
    # figure, and what is reported twice counts once.
    "CREATE TABLE reported (through INTEGER PRIMARY KEY) STRICT",
    *append_only("messages"),
    *append_only("reported"),
)

_NO_INBOX: Step = (
    # It held publications alone, and a publication's own record says as well whether it came before.
    "DROP TABLE inbox",
)

_MANDATES: Step = (
    # What the owner signed, number by number; a revocation repeats the mandate that it ends, so that the
    # newest record alone says whose key counts and what the next mandate has to follow.
    """CREATE TABLE mandates (
  number INTEGER PRIMARY KEY REFERENCES chain,
  at INTEGER NOT NULL,
  event TEXT NOT NULL CHECK (event IN ('signed', 'revoked')),
  sequence INTEGER NOT NULL,
  owner TEXT NOT NULL,
  signed BLOB NOT NULL
) STRICT""",
    *append_only("mandates"),
)

_NO_EXPORT_PRICE: Step = (
    # Who only publishes prices may have none for export.
    *_rebuilt(
        "spots",
        """
  number INTEGER PRIMARY KEY REFERENCES chain,
  author TEXT NOT NULL,
  start INTEGER NOT NULL,
  sell INTEGER NOT NULL,
  buy INTEGER,
  UNIQUE (start, author)
""",
    ),
    *append_only("spots"),
)

_TENDERS: Step = (
    # Tenders of the home's own, event by event. In `orders` each stands as the pair that it comes to if all
    # of it is accepted; the pair of an acceptance stands in `transactions`.
    """CREATE TABLE tenders (
  number INTEGER PRIMARY KEY REFERENCES chain,
  tender TEXT NOT NULL REFERENCES orders (key),
  event TEXT NOT NULL CHECK (event IN ('made', 'accepted', 'ended')),
  place INTEGER NOT NULL,
  pair TEXT NOT NULL,
  until INTEGER NOT NULL,
  how TEXT NOT NULL CHECK (how IN ('', 'LAPSED', 'CANCELED', 'FILLED')),
  UNIQUE (tender, event, place)
) STRICT""",
    "CREATE INDEX tenders_by_pair ON tenders (pair)",
    *_rebuilt(
        "answers",
        """
  number INTEGER PRIMARY KEY REFERENCES chain,
  key TEXT NOT NULL UNIQUE REFERENCES orders (key),
  outcome TEXT NOT NULL CHECK (outcome IN ('booked', 'opened', 'refused', 'voided')),
  code INTEGER NOT NULL,
  reason TEXT NOT NULL,
  answered_at INTEGER NOT NULL,
  energy_receipt BLOB NOT NULL,
  transport_receipt BLOB NOT NULL
""",
    ),
    *_rebuilt(
        "messages",
        """
  number INTEGER PRIMARY KEY REFERENCES chain,
  sequence INTEGER NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('answer', 'subscription', 'delivery', 'acceptance', 'ending')),
  key TEXT NOT NULL,
  order_number INTEGER NOT NULL,
  order_digest BLOB NOT NULL,
  energy BLOB NOT NULL,
  transport BLOB NOT NULL,
  head BLOB NOT NULL
""",
    ),
    "CREATE INDEX messages_by_order ON messages (order_number)",
    *(trigger for table in ("tenders", "answers", "messages") for trigger in append_only(table)),
)

STEPS: Final[Sequence[Step]] = (
    _FIRST,
    _SECOND,
    _PACKED,
    _MESSAGES,
    _NO_INBOX,
    _MANDATES,
    _NO_EXPORT_PRICE,
    _TENDERS,
)
"""All steps, in order; released ones are never changed."""


def versions(connection: sqlite3.Connection) -> tuple[int, int]:
    """The file's application id and schema version."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return application, version


def migrate(connection: sqlite3.Connection, steps: Sequence[Step]) -> None:
    """Take the missing steps in one transaction: either all are taken or none."""
    _, version = versions(connection)
    connection.create_function("pack", 1, pack, deterministic=True)
    (enforced,) = connection.execute("PRAGMA foreign_keys").fetchone()
    connection.execute("PRAGMA foreign_keys = OFF")  # a table that is rebuilt is gone for a moment
    with transaction(connection):
        for statement in (statement for step in steps[version:] for statement in step):
            connection.execute(statement)
        if connection.execute("PRAGMA foreign_key_check").fetchone():
            raise sqlite3.IntegrityError("a record refers to one that is not there")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(steps)}")
    connection.execute(f"PRAGMA foreign_keys = {enforced}")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """``BEGIN IMMEDIATE`` … ``COMMIT``, or ``ROLLBACK`` where anything was raised."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
