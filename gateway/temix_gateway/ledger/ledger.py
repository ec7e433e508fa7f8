"""The ledger: what was promised, bought, delivered and owed. Every call returns once that is durable."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import structlog
from temix_market.deliveries import Delivery
from temix_market.home_tenders import OpenTender
from temix_market.instants import FIVE_MINUTES, Instant
from temix_market.intervals import Interval
from temix_market.ports import Answer, Clock, Head, Heads, Pending, Seal, Told
from temix_market.settlement import Settlement, Spot
from temix_market.tenders import PartyId, Publication
from temix_market.transactions import Kind, Order, Pair
from temix_market.units import Energy, Money

from temix_gateway.errors import LedgerLocked, LedgerUnreadable, MessageReused
from temix_gateway.ledger import archive, chain, inbox, mandates, queries, readings, tenders
from temix_gateway.ledger.file import open_file
from temix_gateway.ledger.history import TenderHistory
from temix_gateway.ledger.mandates import MandateRecord
from temix_gateway.ledger.reading import opened
from temix_gateway.ledger.rows import PAIR_COLUMNS, publication_digest, row_pair, text_digest
from temix_gateway.ledger.schema import STEPS, Step, transaction
from temix_gateway.ledger.writer import Latency, ThreadWriter, Writer

HISTORY: Final = "tenders.db"
"""The tender history's file, beside the ledger."""

_ORDERING: Final = frozenset({"orders", "answers", "tenders"})
"""Records by which another order waits for its answer, or another tender is open."""

_LOG: Final = structlog.get_logger(__name__)


class Ledger:
    """One home's records, written by one writer, one transaction a call.

    Every method may raise ``LedgerLocked`` where the file failed its check and the call would write.
    """

    def __init__(
        self,
        path: Path,
        clock: Clock,
        writer: Writer | None = None,
        steps: Sequence[Step] = STEPS,
        *,
        synced: bool = True,
    ) -> None:
        """Open the file at ``path`` (blocking); see ``open_file`` for the errors."""
        self._clock = clock
        self._steps = steps
        self._writer = writer or ThreadWriter()
        self._file = open_file(path, steps, synced=synced)
        self._db = self._file.connection
        self._head = (0, chain.START)
        self._unanswered: Sequence[Pending] | None = None
        self._open: Sequence[OpenTender] | None = None
        """What waits for an answer, and open tenders: asked for at each turn, kept until records change."""
        self.answered: Counter[str] = Counter()
        """How many orders got which definite answer since the start."""
        self._heads = Heads(Head(0, chain.START.hex()), Head(0, chain.START.hex()))
        self.fault = self._file.fault
        """Why the ledger is locked, or nothing."""
        self.restored = ""
        """The backup that was put back and not resynchronised since: no trade until then. Or nothing."""
        if not self.fault:
            self._head = chain.head(self._db)
            self._heads = inbox.heads(self._db)
            last = self._db.execute(
                "SELECT event, note FROM restores ORDER BY number DESC LIMIT 1"
            ).fetchone()
            self.restored = last[1] if last and last[0] == "restored" else ""
        try:
            self._history = TenderHistory(path.with_name(HISTORY))
        except (sqlite3.Error, OSError) as error:
            self._file.close()
            raise LedgerUnreadable(path.with_name(HISTORY), str(error)) from error

    @property
    def latency(self) -> Latency:
        """How long the writer takes."""
        return self._writer.latency

    async def alive(self) -> None:
        """Return once the writer has answered."""
        await self._writer.run(lambda: None)

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self._file.path

    @property
    def head(self) -> Head:
        """How far the ledger reaches now."""
        return Head(self._head[0], self._head[1].hex())

    @property
    def heads(self) -> Heads:
        """How far it has what the home sent to the retailer, and what the retailer told the home."""
        return self._heads

    def close(self) -> None:
        """Finish what is being written and close the file."""
        self._writer.close()
        self._file.close()
        self._history.close()

    async def place(self, order: Order, seal: Seal) -> Pending:
        """Write an order, or a tender: intent, reservation and outbox row in one, under the next number."""

        def work() -> Pending:
            last = self._heads.orders
            signed = seal(order, last.sequence + 1, last.head)
            self._append(inbox.order_records(order, last.sequence + 1, self._clock.now(), signed))
            self._heads = Heads(Head(last.sequence + 1, text_digest(signed)), self._heads.messages)
            return Pending(order.pair.key, order.pair, signed, order.not_after)

        return await self._write(work)

    async def resolve(self, answer: Answer) -> None:
        """Write the definite answer; a booked pair becomes a transaction with it. A second one is ignored.

        Raises:
            TenderBroken: a tender was booked, or an order opened.
        """

        def work() -> None:
            if self._db.execute("SELECT 1 FROM answers WHERE key = ?", (answer.key,)).fetchone():
                return
            row = self._db.execute(
                f"SELECT {PAIR_COLUMNS} FROM orders WHERE key = ?", (answer.key,)
            ).fetchone()
            numbered, told = inbox.answer_message(self._db, self._heads.messages, answer)
            tender = inbox.is_tender(self._db, answer.key)
            answered = inbox.answered(answer, row_pair(row, Kind.TRADE), self._clock.now(), tender=tender)
            self._append([*answered, *numbered])
            self._heads = Heads(self._heads.orders, told)
            self.answered[inbox.OUTCOME[type(answer)]] += 1

        await self._write(work)

    async def take(self, told: Told, *, lost: bool = False) -> bool:
        """File a numbered message of the retailer; say whether it is filed, now or before.

        One that does not come next is not: ask for those before it. ``lost`` lets in the orders that an
        older ledger has lost.

        Raises:
            MessageReused: it does not follow the message before it, or a key came with other content.
            OrderLost: it answers an order that this ledger does not have.
            TenderBroken: it accepts or ends a tender otherwise than that was made.
        """

        def work() -> bool:
            if told.place.sequence > self._heads.messages.sequence + 1:
                return False
            records, heads = inbox.told_records(self._db, self._heads, told, self._clock.now(), lost=lost)
            self._append(records)
            self._heads = heads
            return True

        return await self._write(work)

    async def subscribe(self, pairs: Sequence[Pair]) -> None:
        """Record what is subscribed at a service that only publishes prices, and so sends no messages.

        Raises:
            MessageReused: a key came with other content before.
        """

        def work() -> None:
            now = self._clock.now()
            self._append([inbox.transaction_record(pair, now) for pair in inbox.new_pairs(self._db, pairs)])

        await self._write(work)

    async def apart(self, told: Head, theirs: Heads) -> str:
        """In what the retailer's book and this ledger differ, in words, or nothing; see ``inbox.apart``."""
        return await self._writer.run(lambda: inbox.apart(self._db, told, theirs))

    async def pending(self) -> Sequence[Pending]:
        """Every order without a definite answer, oldest first."""

        def work() -> Sequence[Pending]:
            if self._unanswered is None:
                self._unanswered = queries.pending(self._db)
            return self._unanswered

        return await self._look(work)

    async def unanswered(self) -> frozenset[Instant]:
        """The starts of the 5-minute steps for which an order has no definite answer, or a tender is open."""
        waiting = [order.pair.interval for order in await self.pending()]
        waiting += [standing.tender.interval for standing in await self.open_tenders()]
        return frozenset(step.start for interval in waiting for step in interval.split(FIVE_MINUTES))

    async def open_tenders(self) -> list[OpenTender]:
        """The home's tenders of which more may be accepted, in the order in which they were made."""

        def work() -> Sequence[OpenTender]:
            if self._open is None:
                self._open = tenders.open_tenders(self._db)
            return self._open

        return list(await self._look(work))

    async def file_publication(self, publication: Publication, signed: str) -> bool:
        """Record that a publication was accepted, by the hash of its content; False: it was known.

        A retailer that starts anew may sign the same publication again: so it is not the hash of what was
        signed, as it is in records that older versions made.

        Raises:
            MessageReused: the party used this number for other content before.
        """

        def work() -> bool:
            author, number = publication.author, publication.sequence
            content = publication_digest(publication)
            known = self._db.execute(
                "SELECT digest FROM publications WHERE author = ? AND sequence = ?", (author, number)
            ).fetchone()
            if known is None:
                self._append([("publications", (author, number, publication.published_at, content))])
                self._keep(publication, signed)
            elif known[0].hex() not in {content, text_digest(signed)}:
                raise MessageReused(author, f"publication/{number}")
            return known is None

        return await self._write(work)

    async def freeze(self, spots: Iterable[Spot]) -> None:
        """Record frozen spots; a party's spot of an interval is recorded once."""

        def work() -> None:
            known = "SELECT 1 FROM spots WHERE start = ? AND author = ?"
            self._append(
                [
                    ("spots", (spot.author, spot.interval.start, spot.sell, spot.buy))
                    for spot in spots
                    if not self._db.execute(known, (spot.interval.start, spot.author)).fetchone()
                ]
            )

        await self._write(work)

    async def deliver(self, deliveries: Iterable[Delivery]) -> list[Delivery]:
        """Record what the home's meter read in 5-minute steps; return those that differ from the newest."""

        def work() -> list[Delivery]:
            new = readings.changed(self._db, deliveries, readings.HOME)
            self._append(readings.delivery_rows(new, readings.HOME, self._clock.now()))
            return new

        return await self._write(work)

    async def unreported(self, most: int) -> list[tuple[int, Delivery]]:
        """The home's oldest deliveries without an acknowledgement, with their records' numbers."""
        return await self._writer.run(lambda: queries.unreported(self._db, most))

    async def acknowledged(self, through: int) -> None:
        """Remember that the retailer has the home's deliveries up to the record ``through``."""

        def work() -> None:
            with transaction(self._db):
                self._db.execute("INSERT INTO reported VALUES (?) ON CONFLICT DO NOTHING", (through,))

        await self._write(work)

    async def settle(self, settlements: Iterable[Settlement]) -> None:
        """Record what each party is owed for settled intervals; a later record for an interval wins."""

        def work() -> None:
            self._append(
                [
                    (
                        "settlements",
                        (
                            settled.interval.start,
                            account.party,
                            settled.position,
                            settled.delivery,
                            int(settled.estimated),
                            account.subscription,
                            account.transactions,
                            account.deviation,
                        ),
                    )
                    for settled in settlements
                    for account in settled.accounts
                ]
            )

        await self._write(work)

    async def set_limits(self, terms: str) -> None:
        """Record the limits in force (canonical text), where they differ from the last record."""

        def work() -> None:
            last = self._db.execute("SELECT terms FROM limits ORDER BY number DESC LIMIT 1").fetchone()
            if last is None or last[0] != terms:
                self._append([("limits", (self._clock.now(), terms))])

        await self._write(work)

    async def mandate(self) -> MandateRecord | None:
        """The newest record of the owner's mandate: what holds, or was revoked; or nothing."""
        return await self._look(lambda: mandates.newest(self._db))

    async def sign_mandate(
        self, signed: str, owner: str, home: PartyId, *, new_key: bool = False
    ) -> MandateRecord | None:
        """Record a mandate that the owner signed; the newest record then. See ``mandates.signed_row``.

        Raises:
            MandateRefused: it does not count.
        """

        def work() -> MandateRecord | None:
            row = mandates.signed_row(mandates.newest(self._db), signed, owner, home, new_key=new_key)
            if row is not None:
                self._append([("mandates", (self._clock.now(), *row))])
            return mandates.newest(self._db)

        return await self._write(work)

    async def revoke_mandate(self) -> MandateRecord | None:
        """Record that the owner's mandate holds no more, where one does; the newest record then."""

        def work() -> MandateRecord | None:
            row = mandates.revoked_row(mandates.newest(self._db))
            if row is not None:
                self._append([("mandates", (self._clock.now(), *row))])
            return mandates.newest(self._db)

        return await self._write(work)

    async def restored_unnoticed(self, note: str) -> None:
        """Record that an older ledger was put back, though not by ``restore``; ``note`` says how."""
        await self._write(lambda: self._append([("restores", (self._clock.now(), "restored", note))]))
        self.restored = note

    async def resynchronise(self, note: str) -> None:
        """Record that a restored ledger has again what the retailer has."""
        await self._write(lambda: self._append([("restores", (self._clock.now(), "resynchronised", note))]))
        self.restored = ""

    async def archive(self, zone: ZoneInfo) -> str:
        """Move what is older than 13 closed months to an archive; the file it went to, or nothing.

        Raises:
            LedgerNotArchived: the disk has no room, or somebody reads the file; it is as it was.
        """
        if self.fault:
            return ""
        cut = await self._writer.run(lambda: archive.due(self._db, self._clock.now(), zone))
        if cut is None:
            return ""
        prepared = await self._writer.aside(lambda: archive.prepare(self.path, cut, self._steps))

        def work() -> None:
            try:
                self._head = archive.swap(self.path, self._db, prepared, self._clock.now())
            finally:
                self._db = self._file.reopen()
                self._unanswered = self._open = None

        await self._write(work)
        return prepared.archive[0]

    async def pairs(self, since: Instant) -> list[tuple[Pair, Instant]]:
        """Every transaction delivered, at least in part, after ``since``, and when it was recorded."""
        return await self._look(lambda: queries.pairs(self._db, since))

    async def trades(self) -> int:
        """How many pairs the home has transacted beside its subscription."""
        return await self._look(lambda: queries.trades(self._db))

    async def ordered(self, since: Instant) -> list[tuple[Pair, Instant]]:
        """Every order placed at or after ``since`` that was not refused or voided, and when.

        Of tenders: those without an answer, and what was accepted since then.
        """
        return await self._look(lambda: queries.ordered(self._db, since))

    async def spots(self, since: Instant) -> list[Spot]:
        """Every frozen spot of an interval that starts at or after ``since``."""
        return await self._look(lambda: queries.spots(self._db, since))

    async def deliveries(self, since: Instant) -> list[Delivery]:
        """The delivery of each interval since ``since``: the retailer's newest, else the home's newest."""
        return await self._look(lambda: queries.deliveries(self._db, since))

    async def read_by_retailer(self, since: Instant) -> set[Instant]:
        """The starts of the steps since ``since`` that the retailer's own meter has read."""
        return await self._look(lambda: queries.read_by_retailer(self._db, since))

    async def settled(self, since: Instant) -> dict[Instant, tuple[Energy, Delivery]]:
        """Of each settled interval since ``since``, the position and the delivery that were settled last."""
        return await self._look(lambda: queries.settled(self._db, since))

    async def owed(self, since: Instant) -> dict[tuple[Instant, PartyId], Money]:
        """What was settled last with each party for each interval since ``since``."""
        return await self._look(lambda: queries.owed(self._db, since))

    async def read[T](self, work: Callable[[sqlite3.Connection], T], period: Interval | None = None) -> T:
        """Run ``work`` on a connection that sees one moment of the file and changes nothing; see ``opened``.

        It does not wait for the writer, nor the writer for it.

        Raises:
            LedgerUnreadable: what it reads is damaged.
        """

        def reading() -> T:
            with opened(self.path, period) as connection:
                return work(connection)

        return await self._writer.aside(reading)

    def _append(self, records: Iterable[tuple[str, tuple[int | str | None, ...]]]) -> None:
        head = self._head
        with transaction(self._db):
            for kind, values in records:
                if kind in _ORDERING:
                    self._unanswered = self._open = None
                head = chain.append(self._db, head, kind, values)
        self._head = head

    def _keep(self, publication: Publication, signed: str) -> None:
        try:
            self._history.keep(publication, signed)
        except (sqlite3.Error, ValueError) as error:
            _LOG.warning("tender not kept in the history", author=publication.author, reason=str(error))

    async def _look[T](self, work: Callable[[], T]) -> T:
        """Read, on the writer's connection.

        Raises:
            LedgerUnreadable: what is read is damaged.
        """
        try:
            return await self._writer.run(work)
        except sqlite3.Error as error:
            raise LedgerUnreadable(self.path, str(error)) from error

    async def _write[T](self, work: Callable[[], T]) -> T:
        if self.fault:
            raise LedgerLocked(self.fault)
        try:
            return await self._writer.run(work)
        except sqlite3.IntegrityError:
            raise  # the file is sound: the record was not
        except sqlite3.Error as error:
            # Whether later writes would succeed or not: nothing is traded on a disk that failed once.
            self.fault = self._file.fault = (
                f"{self.path} cannot be written ({error}): mend the disk, then start it anew"
            )
            raise LedgerLocked(self.fault) from error
