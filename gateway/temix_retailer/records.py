"""What a home may ask for again, or compare: its orders' and messages' chains, spots and alarms."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import structlog
from temix_market.errors import KeyVoided
from temix_market.instants import Instant
from temix_market.intervals import Interval
from temix_market.ports import Clock, Head, Heads
from temix_market.settlement import Spot
from temix_market.tenders import PartyId
from temix_market.wire.response import OPENED

from temix_retailer.outcome import BOOKED
from temix_retailer.publications import Circuit
from temix_retailer.rows import row_spot
from temix_retailer.store import Store

GENESIS: Final = "00" * 32
"""The head of a chain with nothing in it."""

_log = structlog.get_logger()

_MOST_CHARACTERS: Final = 400_000
"""Of the messages in one reply; a reader takes a megabyte."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message to a home as the book has it; the last four are those of answers."""

    sequence: int
    kind: str
    energy: str
    transport: str
    key: str | None
    order_sequence: int | None
    order_digest: str | None
    order: str | None


class History:
    """The homes' chains over an open store, in the thread of its book; ``raised`` counts the alarms."""

    def __init__(self, store: Store, circuit: Circuit, clock: Clock) -> None:
        """Read ``store``; only alarms are written."""
        self._store = store
        self._circuit = circuit
        self._clock = clock
        self.raised = 0
        self.count_alarms()

    def count_alarms(self) -> None:
        """Count the alarms in the store."""
        (self.raised,) = self._store.reading.execute("SELECT count(*) FROM alarms").fetchone()

    def sent(self, home: PartyId) -> Head:
        """How far the chain of a home's orders goes: the number and digest of the last one."""
        return self._head("SELECT home_number, digest FROM orders WHERE home = ? ORDER BY 1 DESC", home)

    def told(self, home: PartyId) -> Head:
        """How far the chain of messages to a home goes."""
        return self._head("SELECT sequence, head FROM messages WHERE home = ? ORDER BY 1 DESC", home)

    def compare(self, home: PartyId, own: Heads) -> Heads:
        """How far the book has both chains; an alarm where the home proves that the book is not whole.

        Raises:
            StoreError: the alarm could not be recorded.
        """
        known = Heads(self.sent(home), self.told(home))
        if not self._has("SELECT head FROM messages WHERE home = ? AND sequence = ?", home, own.messages):
            self.alarm(
                home,
                f"{home} has message {own.messages.sequence} of this retailer, which this book, with "
                f"{known.messages.sequence}, lacks or has otherwise: was an older book put back?",
            )
        query = "SELECT digest FROM orders WHERE home = ? AND home_number = ?"
        if own.orders.sequence <= known.orders.sequence and not self._has(query, home, own.orders):
            self.alarm(
                home,
                f"{home} has another order {own.orders.sequence} than this book: "
                "two gateways trade for it, or an older ledger was put back",
            )
        return known

    def messages(self, home: PartyId, after: int) -> Sequence[Message]:
        """The messages to a home after a number, in order: as many as a reply takes."""
        rows = self._store.reading.execute(
            "SELECT sequence, kind, energy, transport, key, home_number, digest, signed FROM messages"
            " LEFT JOIN orders USING (home, sequence) WHERE home = ? AND sequence > ? ORDER BY sequence",
            (home, after),
        )
        found: list[Message] = []
        size = 0
        for row in rows:
            message = Message(*row)
            size += len(message.energy) + len(message.transport) + len(message.order or "")
            if found and size > _MOST_CHARACTERS:
                break
            found.append(message)
        return found

    def spots(self, interval: Interval) -> tuple[Sequence[Spot], Sequence[Spot]]:
        """The frozen spots within an interval: energy's, then transport's."""
        energy, transport = (
            [
                row_spot(row)
                for row in self._store.reading.execute(
                    "SELECT author, start, sell, buy FROM spots"
                    " WHERE author = ? AND start >= ? AND start < ? ORDER BY start",
                    (author, interval.start, interval.end),
                )
            ]
            for author in (self._circuit.energy, self._circuit.transport)
        )
        return energy, transport

    def alarm(self, home: PartyId, text: str) -> None:
        """Record what must not happen; the same again at once adds nothing.

        Raises:
            StoreError: it was not recorded.
        """
        last = self._store.reading.execute(
            "SELECT text FROM alarms WHERE home = ? ORDER BY id DESC LIMIT 1", (home,)
        ).fetchone()
        if last is not None and last[0] == text:
            return
        with self._store.transaction() as rows:
            rows.execute(
                "INSERT INTO alarms (home, text, raised_at) VALUES (?, ?, ?)",
                (home, text, self._clock.now()),
            )
        self.raised += 1
        _log.error("alarm", home=home, reason=text)

    def counts(self) -> dict[str, int]:
        """How many orders there are by what became of them, and how many rows of other kinds."""
        rows = self._store.reading
        codes = dict(rows.execute("SELECT code, count(*) FROM orders GROUP BY code").fetchall())
        booked, opened, voided = (codes.pop(code, 0) for code in (BOOKED, OPENED, KeyVoided.code))
        found = {"booked": booked, "opened": opened, "voided": voided, "refused": sum(codes.values())}
        for table, what in (
            ("pairs", "*"),
            ("messages", "*"),
            ("deliveries", "*"),
            ("homes", "DISTINCT home"),
        ):
            query = f"SELECT count({what}) FROM {table}"  # noqa: S608 - our own names
            (found[table],) = rows.execute(query).fetchone()
        return found

    def alarms(self) -> Sequence[tuple[PartyId, str, Instant]]:
        """Every alarm, oldest first."""
        rows = self._store.reading.execute("SELECT home, text, raised_at FROM alarms ORDER BY id")
        return [(PartyId(home), text, Instant(at)) for home, text, at in rows]

    def _head(self, query: str, home: PartyId) -> Head:
        row = self._store.reading.execute(f"{query} LIMIT 1", (home,)).fetchone()
        return Head(*row) if row else Head(0, GENESIS)

    def _has(self, query: str, home: PartyId, head: Head) -> bool:
        row = self._store.reading.execute(query, (home, head.sequence)).fetchone()
        return (row[0] if row else GENESIS) == head.head if head.sequence else head.head == GENESIS
