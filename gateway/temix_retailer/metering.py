"""The retailer's own meters, simulated: they see what homes report, later, and not always the same.

A real retailer has a meter of its own at each home; this one has what the home's meter reported. What a home
never reported, this meter has not seen either. Which steps are missing, estimated at first or differ follows
from the seed alone, so that a restart changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from heapq import heappop, heappush

from temix_market.calendar import day_at
from temix_market.deliveries import FINAL_AFTER, Delivery
from temix_market.instants import FIVE_MINUTES, HOUR, Duration, Instant
from temix_market.intervals import enclosing
from temix_market.tenders import PartyId
from temix_market.units import Energy

from temix_retailer.publications import Circuit
from temix_retailer.rows import row_delivery
from temix_retailer.store import Store

PER_MILLE = 1_000


@dataclass(frozen=True, slots=True)
class Metering:
    """How the meters are read.

    Attributes:
        delay: how long after the end of a local day its readings come, and corrections of them after those.
        hourly: after the end of each hour instead.
        gaps: so many steps in a thousand are never read.
        estimates: so many are told as estimated first, and wrong, and corrected later.
        error: by so many Wh in a thousand the retailer's meter differs from the home's, up or down.
    """

    delay: Duration = Duration(6 * HOUR)
    hourly: bool = False
    gaps: int = 0
    estimates: int = 0
    error: int = 0


class Meter:
    """Every home's meter at one retailer, in the thread of its book."""

    def __init__(self, store: Store, metering: Metering, circuit: Circuit) -> None:
        """Read what homes reported from ``store``; nothing is written."""
        self._store = store
        self._metering = metering
        self._circuit = circuit
        self._waiting: list[tuple[Instant, PartyId, Instant]] = []
        self._queued: set[tuple[PartyId, Instant]] = set()
        self._seen = -1
        """Up to which row the homes' reports were looked at; below zero: none yet."""

    def due(self, now: Instant) -> Mapping[PartyId, list[Delivery]]:
        """What was read by ``now`` and not told before, by home, in order of time."""
        self._look(now)
        found: dict[PartyId, list[Delivery]] = {}
        while self._waiting and self._waiting[0][0] <= now:
            _, home, start = heappop(self._waiting)
            self._queued.discard((home, start))
            if start + FINAL_AFTER <= now:
                continue
            reading = self._read(home, start)
            found.setdefault(home, []).append(reading)
            if reading.estimated:
                self._queue(home, start, Instant(now + max(self._metering.delay, FIVE_MINUTES)))
        return {home: sorted(steps, key=lambda step: step.interval.start) for home, steps in found.items()}

    def begin_anew(self) -> None:
        """Look at everything again: what was due could not be booked."""
        self._waiting, self._queued, self._seen = [], set(), -1

    def _look(self, now: Instant) -> None:
        """Queue what homes reported since, and at the start what was not told before."""
        if self._seen < 0:
            self._take_up(now)
        rows = self._store.reading.execute(
            "SELECT id, home, start FROM deliveries WHERE id > ? AND source = 'home' ORDER BY id",
            (self._seen,),
        )
        for number, home, start in rows:
            self._seen = number
            if not self._told(home, start):
                self._queue(home, start, self._due_at(start))

    def _take_up(self, now: Instant) -> None:
        reading = self._store.reading
        (self._seen,) = reading.execute("SELECT coalesce(max(id), 0) FROM deliveries").fetchone()
        for (home,) in reading.execute("SELECT DISTINCT home FROM homes").fetchall():
            rows = reading.execute(
                "SELECT DISTINCT start FROM deliveries WHERE home = ? AND start > ?",
                (home, now - FINAL_AFTER),
            ).fetchall()
            for (start,) in rows:
                if not self._told(home, start):
                    self._queue(home, start, self._due_at(start))

    def _told(self, home: PartyId, start: Instant) -> bool:
        """Whether there is a reading that is not estimated."""
        row = self._store.reading.execute(
            "SELECT estimated FROM deliveries WHERE home = ? AND start = ? AND source = 'retailer'"
            " ORDER BY id DESC LIMIT 1",
            (home, start),
        ).fetchone()
        return row is not None and not row[0]

    def _queue(self, home: PartyId, start: Instant, at: Instant) -> None:
        if (home, start) not in self._queued and not self._happens("gap", home, start, self._metering.gaps):
            self._queued.add((home, start))
            heappush(self._waiting, (at, home, start))

    def _due_at(self, start: Instant) -> Instant:
        zone = self._circuit.wholesale.zone
        span = enclosing(start, HOUR) if self._metering.hourly else day_at(zone, start)
        return Instant(span.end + self._metering.delay)

    def _read(self, home: PartyId, start: Instant) -> Delivery:
        row = self._store.reading.execute(
            "SELECT start, energy, estimated FROM deliveries WHERE home = ? AND start = ? AND source = 'home'"
            " ORDER BY id DESC LIMIT 1",
            (home, start),
        ).fetchone()
        seen = row_delivery(row)
        metering = self._metering
        sign = 1 if self._draw("error", home, start) % 2 else -1
        energy = Energy(seen.energy + sign * (abs(seen.energy) * metering.error // PER_MILLE))
        first = self._store.reading.execute(
            "SELECT 1 FROM deliveries WHERE home = ? AND start = ? AND source = 'retailer'", (home, start)
        ).fetchone()
        if first is None and self._happens("estimate", home, start, metering.estimates):
            return Delivery(seen.interval, Energy(energy // 2), estimated=True)
        return Delivery(seen.interval, energy)

    def _happens(self, what: str, home: PartyId, start: Instant, per_mille: int) -> bool:
        return self._draw(what, home, start) % PER_MILLE < per_mille

    def _draw(self, what: str, home: PartyId, start: Instant) -> int:
        text = f"{self._circuit.seed}/{what}/{home}/{start}"
        return int.from_bytes(sha256(text.encode()).digest()[:8])
