"""Deliveries, and what follows from them and the book: positions and settlement."""

from collections.abc import Iterable, Sequence
from sqlite3 import Connection

from temix_market.deliveries import Delivery
from temix_market.errors import InvalidField
from temix_market.instants import FIVE_MINUTES, HOUR, SECOND, Duration, Instant, iso
from temix_market.intervals import Interval
from temix_market.ports import Clock
from temix_market.positions import Positions
from temix_market.settlement import Settlement, settle
from temix_market.tenders import PartyId
from temix_market.transactions import Pair

from temix_retailer.publications import Circuit
from temix_retailer.rows import PAIR, row_delivery, row_pair, row_spot
from temix_retailer.store import Store

CLOCK_ERROR = Duration(2 * SECOND)
"""How far a home's clock may be ahead."""


class Accounts:
    """The homes' accounts over an open store, in the thread of its book."""

    def __init__(self, store: Store, circuit: Circuit, clock: Clock) -> None:
        """Read and write ``store``."""
        self._store = store
        self._circuit = circuit
        self._clock = clock

    def report(self, home: PartyId, deliveries: Iterable[Delivery], issued: Instant) -> int:
        """Record a home's deliveries by 5-minute interval; say how many rows were added.

        The same interval with the same value adds nothing; with another value a correction, which then
        counts. Of two values in one report the later one counts. A report that comes late, or again, does not
        undo what was reported after it.

        Args:
            home: who reports.
            deliveries: what its meter read.
            issued: when it signed them, by its own clock.

        Raises:
            InvalidField: an interval that has not begun, or is off the grid; signed before what it would
                correct was, or by a clock that is ahead. Nothing is recorded.
            StoreError: nothing was recorded.
        """
        now = self._clock.now()
        if issued > now + CLOCK_ERROR:
            raise InvalidField("iat", f"{iso(issued)} is ahead of this clock, {iso(now)}: set the home's")
        newest = {step.interval.start: step for delivery in deliveries for step in delivery.steps()}
        steps = newest.values()
        for step in steps:
            if step.interval.start >= now:
                raise InvalidField("deliveries.interval", f"{step.interval} has not begun at {iso(now)}")
        with self._store.transaction() as rows:
            return sum(_report(rows, home, step, issued) for step in steps)

    def reported(self, home: PartyId, interval: Interval) -> Sequence[Delivery]:
        """What a home has reported within an interval: of each 5 minutes the newest row, in order of time."""
        rows = self._store.reading.execute(
            "SELECT start, energy, estimated FROM deliveries"
            " WHERE home = ? AND source = 'home' AND start >= ? AND start < ? ORDER BY start, id",
            (home, interval.start, interval.end),
        )
        newest = {row[0]: row_delivery(row) for row in rows}
        return list(newest.values())

    def delivery(self, home: PartyId, step: Interval) -> Delivery | None:
        """What counts as delivered in a 5-minute interval: the retailer's newest row, else the home's."""
        row = self._store.reading.execute(
            "SELECT start, energy, estimated FROM deliveries WHERE home = ? AND start = ?"
            " ORDER BY source = 'retailer' DESC, id DESC LIMIT 1",
            (home, step.start),
        ).fetchone()
        return row_delivery(row) if row and step.duration == FIVE_MINUTES else None

    def pairs(self, home: PartyId, interval: Interval) -> Sequence[Pair]:
        """Every pair of a home whose interval overlaps ``interval``, in order of time."""
        rows = self._store.reading.execute(
            f"SELECT {PAIR} FROM pairs"  # noqa: S608
            " WHERE home = ? AND start > ? AND start < ? AND start + duration > ?"
            " ORDER BY start, duration, sequence, key",
            (home, interval.start - HOUR, interval.end, interval.start),
        )
        return [row_pair(row) for row in rows]

    def positions(self, home: PartyId, interval: Interval) -> Positions:
        """A home's position as the book has it, complete within ``interval``."""
        return Positions(self.pairs(home, interval))

    def settle(self, home: PartyId, step: Interval) -> Settlement | None:
        """Settle a 5-minute interval of a home; ``None`` until its delivery and both spots are there."""
        delivery = self.delivery(home, step)
        spots = self._store.reading.execute(
            "SELECT author, start, sell, buy FROM spots WHERE start = ? AND author IN (?, ?)",
            (step.start, self._circuit.energy, self._circuit.transport),
        ).fetchall()
        if delivery is None or len(spots) < 2:
            return None
        return settle(delivery, self.pairs(home, step), [row_spot(row) for row in spots])


def _report(rows: Connection, home: PartyId, step: Delivery, issued: Instant) -> bool:
    last = rows.execute(
        "SELECT energy, estimated, received_at FROM deliveries"
        " WHERE home = ? AND start = ? AND source = 'home' ORDER BY id DESC LIMIT 1",
        (home, step.interval.start),
    ).fetchone()
    if last is not None and last[:2] != (step.energy, int(step.estimated)) and issued <= last[2]:
        raise InvalidField(
            "iat", f"{iso(issued)} is not after the report of {step.interval} that it would correct"
        )
    return deliver(rows, home, step, issued, "home")


def deliver(rows: Connection, home: PartyId, step: Delivery, at: Instant, source: str) -> bool:
    """Record a reading within the caller's transaction, unless it is the newest of its source already.

    ``at`` is when the retailer read it, or when the home signed its report.
    """
    before = _newest(rows, home, step, source)
    if before is not None and before[1:] == (step.energy, int(step.estimated)):
        return False
    rows.execute(
        "INSERT INTO deliveries (home, start, source, energy, estimated, corrects, received_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (home, step.interval.start, source, step.energy, int(step.estimated), before and before[0], at),
    )
    return True


def differs(rows: Connection, home: PartyId, step: Delivery, source: str) -> bool:
    """Whether a step's newest row of a source says otherwise, or there is none."""
    newest = _newest(rows, home, step, source)
    return newest is None or newest[1:] != (step.energy, int(step.estimated))


def measured(store: Store, home: PartyId, period: Interval) -> list[Instant]:
    """The steps of a period whose newest reading by the retailer is not estimated."""
    rows = store.reading.execute(
        "SELECT start, estimated, max(id) FROM deliveries"
        " WHERE home = ? AND source = 'retailer' AND start >= ? AND start < ? GROUP BY start",
        (home, period.start, period.end),
    )
    return [Instant(start) for start, estimated, _ in rows if not estimated]


def _newest(rows: Connection, home: PartyId, step: Delivery, source: str) -> tuple[int, int, int] | None:
    found: tuple[int, int, int] | None = rows.execute(
        "SELECT id, energy, estimated FROM deliveries WHERE home = ? AND start = ? AND source = ?"
        " ORDER BY id DESC LIMIT 1",
        (home, step.interval.start, source),
    ).fetchone()
    return found
