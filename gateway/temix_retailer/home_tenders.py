"""The homes' own tenders in the book: which are open, what crosses the retailer's own, how they end."""

from collections.abc import Callable
from dataclasses import dataclass
from sqlite3 import Connection
from typing import Final

from temix_market.errors import Refused, TenderExpired
from temix_market.home_tenders import Acceptance, HomeTender, How, OpenTender, acceptance_key
from temix_market.instants import Duration, Instant, iso
from temix_market.intervals import Interval, lot
from temix_market.ladder import TenderBook
from temix_market.products import Instrument, Resource, Side
from temix_market.tenders import Line, PartyId
from temix_market.transactions import Leg, Pair, PairKey
from temix_market.units import Energy, Price

from temix_retailer.chain import Chain
from temix_retailer.news import Accepted, Ended
from temix_retailer.publications import Circuit
from temix_retailer.rows import add_pair
from temix_retailer.store import Store

MOST_OPEN: Final = 500
"""So many tenders of a home may be open."""


@dataclass(frozen=True, slots=True)
class Canceled:
    """What was accepted of a tender that its home asks to end, and what to tell where it ended just now."""

    accepted: Energy
    ended: Ended | None


@dataclass(frozen=True, slots=True)
class Attended:
    """What came of the open tenders, and when the next of those that are left lapses."""

    told: tuple[Accepted | Ended, ...]
    next_lapse: Instant | None


class HomeTenders:
    """The open ones in memory, in the order in which they were opened, over what the store has."""

    def __init__(
        self, store: Store, circuit: Circuit, chain: Chain, depth_of: Callable[[PartyId], TenderBook]
    ) -> None:
        """Take up where the store stands; ``depth_of`` are the retailer's own tenders as a home sees them."""
        self._store = store
        self._circuit = circuit
        self._chain = chain
        self._depth_of = depth_of
        self._open: dict[tuple[PartyId, PairKey], OpenTender] = {}
        self.load()

    def load(self) -> None:
        """Take up what the store has."""
        rows = self._store.reading.execute(
            "SELECT home, key, start, duration, side, price, quantity, expires_at FROM home_tenders AS made"
            " JOIN orders USING (home, key) WHERE NOT EXISTS"
            " (SELECT 1 FROM endings WHERE home = made.home AND tender = made.key) ORDER BY orders.sequence"
        ).fetchall()
        self._open.clear()
        for home, key, start, duration, side, price, quantity, expires_at in rows:
            tender = HomeTender(
                PairKey(key),
                PartyId(home),
                Interval(Instant(start), Duration(duration)),
                Side(side),
                Price(price),
                Energy(quantity),
                Instant(expires_at),
            )
            accepted, places = self._accepted(tender.home, tender.key)
            self._put(OpenTender(tender, self._circuit.energy, self._circuit.transport, accepted, places))

    def check(self, tender: HomeTender, not_after: Instant, now: Instant) -> None:
        """Whether a tender can be opened.

        Raises:
            Refused: it lapsed, its opening lapsed, or too many are open.
        """
        ends = min(not_after, tender.expires_at)
        if ends <= now:
            raise TenderExpired(tender.key, iso(ends))
        if sum(home == tender.home for home, _ in self._open) >= MOST_OPEN:
            raise Refused(f"{MOST_OPEN} tenders of {tender.home} are open: cancel some first")

    def opened(self, tender: HomeTender) -> None:
        """Remember a tender that was written."""
        self._put(OpenTender(tender, self._circuit.energy, self._circuit.transport))

    def attend(self) -> Attended:
        """Accept of the open tenders what crosses the retailer's own, and end what has lapsed by its clock.

        Each tender is a transaction of its own: what was told of it stays, whatever becomes of the others.

        Raises:
            StoreError: what is left is attended to when this is called again.
        """
        told = tuple(told for standing in tuple(self._open.values()) for told in self._attend(standing))
        left = (standing.tender.expires_at for standing in self._open.values())
        return Attended(told, min(left, default=None))

    def cancel(self, home: PartyId, key: PairKey) -> Canceled | None:
        """End a tender because its home asks; ``None``: there is none under this key.

        Raises:
            StoreError: nothing happened; the home may ask again.
        """
        standing = self._open.get((home, key))
        if standing is not None:
            with self._store.transaction() as rows:
                ended = self._end(rows, standing, How.CANCELED)
            del self._open[home, key]
            return Canceled(standing.accepted, ended)
        row = self._store.reading.execute(
            "SELECT 1 FROM endings WHERE home = ? AND tender = ?", (home, key)
        ).fetchone()
        return None if row is None else Canceled(self._accepted(home, key)[0], None)

    def _attend(self, standing: OpenTender) -> list[Accepted | Ended]:
        tender, now, told = standing.tender, self._chain.now(), list[Accepted | Ended]()
        lapsed = tender.expires_at <= now
        acceptance = None if lapsed else crossing(standing, self._depth_of(tender.home), now)
        if not lapsed and acceptance is None:
            return told
        with self._store.transaction() as rows:
            if acceptance is not None:
                told.append(self._accept(rows, tender.home, acceptance))
                standing = standing.accept(acceptance)
            if lapsed or not standing.left:
                told.append(self._end(rows, standing, How.LAPSED if lapsed else How.FILLED))
        if acceptance is not None:
            for leg in (acceptance.pair.energy, acceptance.pair.transport):
                self._depth_of(tender.home).take(leg)
        self._put(standing)
        if isinstance(told[-1], Ended):
            del self._open[tender.home, tender.key]
        return told

    def _accept(self, rows: Connection, home: PartyId, acceptance: Acceptance) -> Accepted:
        place = self._chain.next(home)
        messages = self._chain.voice.acceptance(home, acceptance, place)
        self._chain.add(rows, "acceptance", home, place, messages)
        add_pair(rows, acceptance.pair, place)
        values = home, acceptance.tender, acceptance.place, acceptance.pair.key
        rows.execute("INSERT INTO acceptances VALUES (?, ?, ?, ?)", values)
        return Accepted(home, acceptance, messages)

    def _end(self, rows: Connection, standing: OpenTender, how: How) -> Ended:
        home, ending = standing.tender.home, standing.ending(how)
        place = self._chain.next(home)
        message = self._chain.voice.ending(home, ending, place)
        self._chain.add(rows, "ending", home, place, (message, ""))
        values = home, ending.tender, how.value, place.sequence
        rows.execute("INSERT INTO endings VALUES (?, ?, ?, ?)", values)
        return Ended(home, ending, message)

    def _put(self, standing: OpenTender) -> None:
        self._open[standing.tender.home, standing.tender.key] = standing

    def _accepted(self, home: PartyId, key: PairKey) -> tuple[Energy, int]:
        accepted, places = self._store.reading.execute(
            "SELECT coalesce(sum(abs(quantity)), 0), count(*) FROM acceptances JOIN pairs USING (home, key)"
            " WHERE home = ? AND tender = ?",
            (home, key),
        ).fetchone()
        return Energy(accepted), places


def crossing(standing: OpenTender, tenders: TenderBook, now: Instant) -> Acceptance | None:
    """What of a tender to accept now: as far as the retailer's own tenders in force cross it and have depth.

    It happens at the retailer's own prices, which are the tender's or better ones for the home: nobody pays
    another price than what was published to all.
    """
    tender = standing.tender
    side = Side.SELL if tender.side is Side.BUY else Side.BUY
    own = []
    for author, resource in ((standing.energy, Resource.ENERGY), (standing.transport, Resource.TRANSPORT)):
        instrument = Instrument(tender.interval.start, tender.interval.duration, resource)
        found = tenders.newest(Line.of(author, instrument, side))
        if found is None or found.expires_at <= now:
            return None
        own.append(found)
    if not tender.meets(Price(own[0].price + own[1].price)):
        return None
    most = min(standing.left, *(tenders.remaining(each) for each in own))
    quantity = Energy(most - most % lot(tender.interval.duration))
    if not quantity:
        return None
    place = standing.places + 1
    legs = [Leg.taking(each, quantity) for each in own]
    pair = Pair(acceptance_key(tender.key, place), tender.home, legs[0], legs[1])
    return Acceptance(tender.key, place, pair)


def add_tender(rows: Connection, tender: HomeTender) -> None:
    """Write a tender that was opened."""
    interval = tender.interval
    terms = tender.side.value, tender.price, tender.quantity, tender.expires_at
    values = (tender.home, tender.key, interval.start, interval.duration, *terms)
    rows.execute(f"INSERT INTO home_tenders VALUES ({', '.join('?' * len(values))})", values)  # noqa: S608
