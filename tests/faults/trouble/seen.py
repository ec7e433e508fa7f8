"""What the simulation has seen: both sides' records, and what was observed on the way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from temix_gateway.ledger.ledger import Ledger
from temix_gateway.ledger.packing import unpack
from temix_gateway.ledger.rows import PAIR_COLUMNS
from temix_gateway.ledger.rows import row_pair as ledger_pair
from temix_gateway.rules import Rules
from temix_market.instants import Instant
from temix_market.tenders import Publication, Tender, TenderId
from temix_market.transactions import Kind, Order, Pair, PairKey
from temix_retailer.book import Book
from temix_retailer.rows import PAIR as BOOK_COLUMNS
from temix_retailer.rows import row_pair as book_pair


@dataclass(frozen=True, slots=True)
class Sealed:
    """An order when the home signed it: by its own clock, and what it could rely on then."""

    order: Order
    at: Instant
    rules: Rules
    proven: bool
    """The retailer's clock was heard within the hour, at most 2 s apart, and not otherwise since."""
    connected: bool
    signed: str


@dataclass(frozen=True, slots=True)
class Placed:
    """An order in the ledger."""

    number: int
    sequence: int
    at: Instant
    not_after: Instant
    pair: Pair
    signed: str


@dataclass(frozen=True, slots=True)
class Told:
    """A definite answer in the ledger."""

    number: int
    outcome: str
    receipts: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Made:
    """A tender of the home's own in the ledger: the numbers of its record, its acceptances' and its end's."""

    number: int
    accepted: dict[PairKey, int] = field(default_factory=dict)
    ended: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Part:
    """An acceptance in the book: of which tender, and which of its acceptances."""

    tender: PairKey
    place: int


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of a key in the book."""

    code: int
    signed: str | None
    sequence: int


@dataclass(frozen=True, slots=True)
class Booking:
    """A pair in the book, and when it came there by the retailer's clock."""

    pair: Pair
    sequence: int
    at: Instant


@dataclass(slots=True)
class New:
    """The keys of what came into the ledger since it was read before."""

    orders: list[PairKey] = field(default_factory=list)
    answers: list[PairKey] = field(default_factory=list)
    ended: list[PairKey] = field(default_factory=list)
    pairs: list[PairKey] = field(default_factory=list)


@dataclass(slots=True)
class InLedger:
    """The ledger's records, as far as they were read."""

    heads: dict[int, bytes] = field(default_factory=dict)
    orders: dict[PairKey, Placed] = field(default_factory=dict)
    answers: dict[PairKey, Told] = field(default_factory=dict)
    pairs: dict[PairKey, tuple[int, Pair]] = field(default_factory=dict)
    spots: dict[tuple[str, int], tuple[int, int]] = field(default_factory=dict)
    deliveries: dict[int, int] = field(default_factory=dict)
    """What the home's meter read."""
    readings: dict[int, tuple[int, bool]] = field(default_factory=dict)
    """What the retailer's meter read, and whether that is estimated."""
    settlements: dict[tuple[int, str], tuple[int, ...]] = field(default_factory=dict)
    tenders: dict[PairKey, Made] = field(default_factory=dict)
    booked_at: dict[PairKey, Instant] = field(default_factory=dict)
    told: set[PairKey] = field(default_factory=set)
    """Keys of orders about which the retailer told: a void one may have been lost with what it ordered."""
    number: int = 0

    def read(self, ledger: Ledger) -> New:
        """Read on; what came since the last time."""
        rows, after, new = ledger._db, (self.number,), New()
        for number, head in rows.execute("SELECT number, head FROM chain WHERE number > ?", after).fetchall():
            self.heads[number] = head
            self.number = max(self.number, number)
        columns = f"{PAIR_COLUMNS}, number, sequence, placed_at, not_after, signed"
        query = f"SELECT {columns} FROM orders WHERE number > ?"
        for row in rows.execute(query, after).fetchall():
            pair = ledger_pair(row[:12], Kind.TRADE)
            number, sequence, at, not_after, signed = row[12:]
            self.orders[pair.key] = Placed(
                number, sequence, Instant(at), Instant(not_after), pair, unpack(signed)
            )
            new.orders.append(pair.key)
        for number, key, outcome, *receipts in rows.execute(
            "SELECT number, key, outcome, energy_receipt, transport_receipt FROM answers WHERE number > ?",
            after,
        ).fetchall():
            self.answers[key] = Told(number, outcome, (unpack(receipts[0]), unpack(receipts[1])))
            new.answers.append(key)
        query = f"SELECT {PAIR_COLUMNS}, kind, number, booked_at FROM transactions WHERE number > ?"
        for row in rows.execute(query, after).fetchall():
            pair = ledger_pair(row[:12], Kind(row[12]))
            self.pairs[pair.key] = row[13], pair
            self.booked_at[pair.key] = Instant(row[14])
            new.pairs.append(pair.key)
        query = "SELECT key FROM messages WHERE number > ? AND kind = 'answer'"
        self.told.update(key for (key,) in rows.execute(query, after).fetchall())
        new.ended = self._read_tenders(ledger, after)
        for author, start, *prices in rows.execute(
            "SELECT author, start, sell, buy FROM spots WHERE number > ?", after
        ).fetchall():
            self.spots[author, start] = prices[0], prices[1]
        for start, energy in rows.execute(
            "SELECT start, energy FROM deliveries WHERE number > ? AND source = 'home' ORDER BY number", after
        ).fetchall():
            self.deliveries[start] = energy
        for start, energy, estimated in rows.execute(
            "SELECT start, energy, estimated FROM deliveries WHERE number > ? AND source = 'retailer' "
            "ORDER BY number",
            after,
        ).fetchall():
            self.readings[start] = energy, bool(estimated)
        for start, party, *figures in rows.execute(
            "SELECT start, party, position, delivery, subscription, trades, deviation FROM settlements "
            "WHERE number > ? ORDER BY number",
            after,
        ).fetchall():
            self.settlements[start, party] = tuple(figures)
        return new

    def _read_tenders(self, ledger: Ledger, after: tuple[int]) -> list[PairKey]:
        """Read on in the tenders; those that ended since the last time."""
        ended = []
        for number, tender, event, accepted in ledger._db.execute(
            "SELECT number, tender, event, pair FROM tenders WHERE number > ? ORDER BY number", after
        ).fetchall():
            if event == "made":
                self.tenders[tender] = Made(number)
            elif event == "accepted":
                self.tenders[tender].accepted[accepted] = number
            else:
                self.tenders[tender].ended.append(number)
                ended.append(tender)
        return ended


def missing(before: Mapping[int, bytes], now: Mapping[int, bytes], acknowledged: int) -> list[int]:
    """Numbers of acknowledged records that were seen, and are no more there as they were.

    What was missing when the ledger was seen before was a loss then, and was told then.
    """
    return [number for number, head in before.items() if number <= acknowledged and now.get(number) != head]


@dataclass(slots=True)
class InBook:
    """The book's records, as far as they were read."""

    messages: list[tuple[str, str, str]] = field(default_factory=list)
    """Head, and both parties' signed messages."""
    decided: dict[PairKey, Decided] = field(default_factory=dict)
    booked: dict[PairKey, Booking] = field(default_factory=dict)
    parts: dict[PairKey, Part] = field(default_factory=dict)
    """Pairs that were accepted of the home's own tenders."""
    ended: dict[PairKey, tuple[str, int]] = field(default_factory=dict)
    """How they ended, and by which message."""
    spots: dict[tuple[str, int], tuple[int, int]] = field(default_factory=dict)
    deliveries: dict[int, int] = field(default_factory=dict)
    readings: dict[int, list[tuple[int, bool]]] = field(default_factory=dict)
    """What the retailer's meter read, corrections last."""
    undone: list[int] = field(default_factory=list)
    """Steps in which a report took the place of one that the home had signed after it."""
    alarms: int = 0
    _signed: dict[int, int] = field(default_factory=dict)
    """When the home signed what counts of its reports, by step."""
    _delivery: int = 0
    _frozen: int = -1

    def read(self, book: Book) -> list[PairKey]:
        """Read on; the keys booked since the last time."""
        rows, after = book._store.reading, (len(self.messages),)
        new = []
        for row in rows.execute(
            f"SELECT {BOOK_COLUMNS}, sequence, booked_at FROM pairs WHERE sequence > ?", after
        ).fetchall():
            pair = book_pair(row[:12])
            self.booked[pair.key] = Booking(pair, row[12], Instant(row[13]))
            new.append(pair.key)
        for key, code, signed, sequence in rows.execute(
            "SELECT key, code, signed, sequence FROM orders WHERE sequence > ?", after
        ).fetchall():
            self.decided[key] = Decided(code, signed, sequence)
        query = "SELECT tender, place, key FROM acceptances JOIN pairs USING (home, key) WHERE sequence > ?"
        for tender, place, key in rows.execute(query, after).fetchall():
            self.parts[key] = Part(tender, place)
        query = "SELECT tender, reason, sequence FROM endings WHERE sequence > ?"
        for tender, reason, sequence in rows.execute(query, after).fetchall():
            self.ended[tender] = reason, sequence
        for head, energy, transport in rows.execute(
            "SELECT head, energy, transport FROM messages WHERE sequence > ? ORDER BY sequence", after
        ).fetchall():
            self.messages.append((head, energy, transport))
        for number, start, source, energy, estimated, at in rows.execute(
            "SELECT id, start, source, energy, estimated, received_at FROM deliveries WHERE id > ? "
            "ORDER BY id",
            (self._delivery,),
        ).fetchall():
            self._delivery = number
            if source == "home":
                self.undone += [start] if at < self._signed.get(start, at) else []
                self.deliveries[start], self._signed[start] = energy, at
            else:
                self.readings.setdefault(start, []).append((energy, bool(estimated)))
        for author, start, sell, buy, frozen in rows.execute(
            "SELECT author, start, sell, buy, frozen_at FROM spots WHERE frozen_at >= ?", (self._frozen,)
        ).fetchall():
            self.spots[author, start] = sell, buy
            self._frozen = max(self._frozen, frozen)
        (self.alarms,) = rows.execute("SELECT count(*) FROM alarms").fetchone() or (0,)
        return new


@dataclass(slots=True)
class Seen:
    """Everything; what is ``new`` came since the invariants were last checked."""

    ledger: InLedger = field(default_factory=InLedger)
    book: InBook = field(default_factory=InBook)
    new: New = field(default_factory=New)
    """In the ledger. ``orders`` are only those that no former life of the gateway was seen to place."""
    new_pairs: Sequence[PairKey] = ()
    """In the book."""
    behind: bool | None = False
    """A backup of the ledger was put back and is not resynchronised yet; nothing: whether it lacks an order
    is not known yet."""
    paused_at: Instant = Instant(0)
    """When the owner paused in the end, by all clocks: they are right then."""
    sealed: dict[PairKey, Sealed] = field(default_factory=dict)
    sealed_twice: list[PairKey] = field(default_factory=list)
    accepted: dict[tuple[str, int], Publication] = field(default_factory=dict)
    """What the gateway took in, by author and number."""
    offered: dict[TenderId, Tender] = field(default_factory=dict)
    """Every tender that the retailer published."""
    superseded: dict[TenderId, int] = field(default_factory=dict)
    """After which message of the retailer a newer one took its place."""
    _newest: dict[Any, Tender] = field(default_factory=dict)
    _placed: set[PairKey] = field(default_factory=set)

    def lacking(self) -> list[PairKey]:
        """The orders that the retailer decided on and the ledger does not know."""
        return [
            key
            for key, decided in self.book.decided.items()
            if key not in self.ledger.orders and not (decided.code == VOID and key in self.ledger.told)
        ]

    def read_ledger(self, ledger: Ledger) -> None:
        """Read on in the ledger."""
        self.new, self.new_pairs = self.ledger.read(ledger), ()
        self.new.orders = [key for key in self.new.orders if key not in self._placed]
        self._placed.update(self.new.orders)

    def read_book(self, book: Book) -> None:
        """Read on in the book."""
        self.new, self.new_pairs = New(), self.book.read(book)

    def ledger_again(self, ledger: Ledger) -> InLedger:
        """Read the ledger from its beginning; what was seen of it before."""
        before, self.ledger = self.ledger, InLedger()
        self.read_ledger(ledger)
        return before

    def book_again(self, book: Book) -> InBook:
        """Read the book from its beginning, all of the ledger being new beside it; what was seen before."""
        before, self.book = self.book, InBook()
        self.read_book(book)
        self.new_pairs = [key for key in self.new_pairs if key not in before.booked]
        ended = [key for key, made in self.ledger.tenders.items() if made.ended]
        self.new = New(answers=list(self.ledger.answers), ended=ended, pairs=list(self.ledger.pairs))
        return before

    def published(self, publication: Publication, after: int) -> None:
        """Note what the retailer publishes after its message of number ``after``."""
        for tender in publication.tenders:
            older = self._newest.get(tender.line)
            if older is not None and older.id != tender.id and older.revision < tender.revision:
                self.superseded.setdefault(older.id, after)
            if older is None or older.revision < tender.revision:
                self._newest[tender.line] = tender
            self.offered.setdefault(tender.id, tender)


BOOKED: Final = 200
OPENED: Final = 201
VOID: Final = 423
