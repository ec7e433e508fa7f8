"""The retailer's book: what was published, and who took what.

Everything here happens in one thread, and each method that writes is one transaction of the store: when it
returns, it is on the disk. Deciding, signing and storing are one commit, so the same key always gets the
same bytes.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from sqlite3 import Connection
from typing import Final

from temix_market.calendar import local_date, local_day
from temix_market.deliveries import FINAL_AFTER, Delivery, is_late, of_whole_days
from temix_market.errors import (
    InvalidField,
    KeyReused,
    KeyVoided,
    OutOfSequence,
    Refused,
    TenderExpired,
    TermsDiffer,
)
from temix_market.instants import HOUR, Instant, iso
from temix_market.ladder import TenderBook
from temix_market.ports import Clock
from temix_market.tenders import PartyId, Publication
from temix_market.transactions import Kind, Order, Pair, PairKey
from temix_market.units import Energy, Price
from temix_market.wire.response import OPENED

from temix_retailer.accounts import deliver, differs, measured
from temix_retailer.chain import Chain
from temix_retailer.home_tenders import HomeTenders, add_tender
from temix_retailer.news import MeterRead, Subscribed
from temix_retailer.outcome import BOOKED, Answered, Outcome, Place, Sent, Voice
from temix_retailer.publications import Circuit, publish
from temix_retailer.quotes import Quotes
from temix_retailer.records import History
from temix_retailer.rows import (
    PAIR,
    add_pair,
    profile_text,
    row_pair,
    text_profile,
)
from temix_retailer.store import Store
from temix_retailer.subscriptions import Plan, hours_ahead


@dataclass(frozen=True, slots=True)
class Issued:
    """What one turn of the market brought: both publications (energy's first) and subscriptions."""

    publications: tuple[Publication, Publication]
    subscribed: tuple[Subscribed, ...]


class Book:
    """The book of one circuit, over an open store."""

    def __init__(self, store: Store, circuit: Circuit, clock: Clock, voice: Voice) -> None:
        """Take up where the store stands."""
        self._store = store
        self._circuit = circuit
        self._clock = clock
        self._voice = voice
        self.history: Final = History(store, circuit, clock)
        self._tenders = TenderBook()
        self._depth: dict[PartyId, TenderBook] = {}
        self._plans: dict[PartyId, Plan] = {}
        self._quotes = Quotes(store)
        self.chain: Final = Chain(self.history, clock, voice)
        self.home_tenders: Final = HomeTenders(store, circuit, self.chain, self._depth_of)
        self._load()

    # --- the market's turn

    @property
    def opened(self) -> bool:
        """Whether anything was ever published."""
        return self._quotes.last > 0

    def issue(self, issued: Instant) -> Issued | None:
        """Publish for ``issued`` (on the 5-minute grid), freeze the spots it ends, book subscriptions ahead.

        Repeating the latest turn, as after a restart, gives the same publications. ``None`` where that is not
        possible: the clock went back, or the prices are not those of before the restart. Then the next turn
        comes.

        Raises:
            StoreError: nothing was published.
        """
        last = self._quotes.last
        if issued < last:
            return None
        publications = publish(self._circuit, issued, self._traded(issued))
        if issued == last and not self._quotes.has(publications):
            return None
        with self._store.transaction() as rows:
            if issued > last:
                self._quotes.freeze(rows, issued)
                self._quotes.write(rows, publications)
            subscribed = [self._subscribe(rows, home) for home in self._plans]
        for publication in publications:
            self._tenders.publish(publication)
        self._quotes.take(publications)
        self._forget(issued)
        return Issued(publications, tuple(told for told in subscribed if told is not None))

    # --- orders

    def order(self, order: Order, sent: Sent) -> Answered:
        """Book a pair, all or none and once, or refuse it; ``sent`` is the home's message with these terms.

        An order that makes a tender opens that instead, in the same sequence.

        The same message again gets the same answer. Another message under the same key is refused and
        raises an alarm; it changes nothing. The retailer's clock decides what has expired.

        Raises:
            OutOfSequence: it does not follow the home's last order; nothing happened, and there is an alarm.
            StoreError: nothing happened; the home may send the same again.
        """
        pair = order.pair
        known = self._answer(pair.home, pair.key)
        if known is not None:
            answered, digest = known
            return answered if digest == sent.digest else self._reused(pair.home, pair.key)
        self._check_sequence(pair.home, sent)
        place = self.chain.next(pair.home)
        try:
            outcome = self._decide(order, place.at)
        except Refused as refusal:
            outcome = Outcome.refused(pair.key, refusal, of_tender=order.tender is not None)
        with self._store.transaction() as rows:
            answered = self._tell(rows, pair.home, outcome, sent, place)
            if outcome.code == BOOKED:
                add_pair(rows, pair, place)
            if order.tender is not None and outcome.code == OPENED:
                add_tender(rows, order.tender)
        if outcome.code == BOOKED:
            self._take(pair)
        if order.tender is not None and outcome.code == OPENED:
            self.home_tenders.opened(order.tender)
        return answered

    def reconcile(self, home: PartyId, key: PairKey, asked: Sent) -> Answered:
        """What became of an order. One that never came is voided by asking: it can no longer take effect.

        The void key fills the order's number, so that the next order follows it.

        Raises:
            OutOfSequence: it would not follow the home's last order; nothing happened, and there is an alarm.
            StoreError: nothing happened; the home may ask again.
        """
        known = self._answer(home, key)
        if known is not None:
            answered, digest = known
            return answered if digest == asked.digest else self._reused(home, key)
        self._check_sequence(home, asked)
        outcome = Outcome.refused(key, KeyVoided(key))
        with self._store.transaction() as rows:
            return self._tell(rows, home, outcome, asked, self.chain.next(home))

    def undo(self) -> None:
        """Forget what memory took of tenders beyond what the store has: a commit of several orders failed."""
        self._depth.clear()
        self._take_booked()
        self.home_tenders.load()
        self.history.count_alarms()

    # --- subscription

    def plan(self, home: PartyId, plan: Plan) -> None:
        """Give a home a subscription; hours that are booked stay as they are."""
        with self._store.transaction() as rows:
            rows.execute(
                "INSERT INTO plans (home, quantities, energy_price, transport_price, planned_at)"
                " VALUES (?, ?, ?, ?, ?)",
                (home, profile_text(plan.profile), plan.energy, plan.transport, self._clock.now()),
            )
        self._plans[home] = plan

    def subscribe(self, home: PartyId) -> Subscribed | None:
        """Book the hours of a home's subscription that are not booked yet, as far as tenders reach."""
        if home not in self._plans:
            return None
        with self._store.transaction() as rows:
            return self._subscribe(rows, home)

    def subscribed(self, home: PartyId) -> list[Subscribed]:
        """What a home was told of its subscription in the last ten days, after which all is settled."""
        told = self._store.reading.execute(
            "SELECT sequence, energy FROM messages WHERE home = ? AND kind = 'subscription' AND sent_at > ?"
            " ORDER BY sequence",
            (home, self._clock.now() - FINAL_AFTER),
        ).fetchall()
        return [Subscribed(home, self._pairs_told(home, sequence), message) for sequence, message in told]

    # --- the retailer's own meter

    def read(self, home: PartyId, readings: Iterable[Delivery]) -> MeterRead | None:
        """Book what the retailer's own meter saw, which wins over the home's; ``None``: nothing is new.

        The same value again adds nothing, another one is a correction in a new row. Of two values for an
        interval the later one counts.

        Raises:
            InvalidField: an interval that is not over, or that is final: ten days are past, or its whole
                local day was measured. Nothing is booked.
            StoreError: nothing was booked.
        """
        place = self.chain.next(home)
        newest = {step.interval.start: step for reading in readings for step in reading.steps()}
        new = tuple(
            step for _, step in sorted(newest.items()) if differs(self._store.reading, home, step, "retailer")
        )
        self._check_readings(home, new, place.at)
        if not new:
            return None
        with self._store.transaction() as rows:
            message = self._voice.readings(home, new, place)
            self.chain.add(rows, "delivery", home, place, (message, ""))
            for step in new:
                deliver(rows, home, step, place.at, "retailer")
        return MeterRead(home, new, message)

    # --- inside

    def _check_readings(self, home: PartyId, steps: Iterable[Delivery], now: Instant) -> None:
        zone = self._circuit.wholesale.zone
        days = {local_date(zone, step.interval.start) for step in steps}
        final = of_whole_days(
            zone, (start for day in days for start in measured(self._store, home, local_day(zone, day)))
        )
        for step in steps:
            if step.interval.end > now:
                raise InvalidField("deliveries.interval", f"{step.interval} is not over at {iso(now)}")
            if is_late(step.interval, now) or step.interval.start in final:
                raise InvalidField("deliveries.interval", f"{step.interval} is final")

    def _load(self) -> None:
        rows = self._store.reading
        zone = self._circuit.wholesale.zone
        for home, quantities, energy, transport in rows.execute(
            "SELECT home, quantities, energy_price, transport_price FROM plans ORDER BY id"
        ):
            self._plans[home] = Plan(text_profile(quantities, zone), Price(energy), Price(transport))
        self._take_booked()

    def _take_booked(self) -> None:
        for row in self._store.reading.execute(
            f"SELECT {PAIR} FROM pairs WHERE kind = 'trade' AND start > ?",  # noqa: S608
            (self._clock.now() - HOUR,),
        ):
            self._take(row_pair(row))

    def _pairs_told(self, home: PartyId, sequence: int) -> tuple[Pair, ...]:
        rows = self._store.reading.execute(
            f"SELECT {PAIR} FROM pairs WHERE home = ? AND sequence = ? ORDER BY start",  # noqa: S608
            (home, sequence),
        )
        return tuple(row_pair(row) for row in rows)

    def _decide(self, order: Order, now: Instant) -> Outcome:
        if order.tender is not None:
            self.home_tenders.check(order.tender, order.not_after, now)
            return Outcome.opened(order.tender)
        self._check(order, now)
        return Outcome.booked(order.pair)

    def _check(self, order: Order, now: Instant) -> None:
        pair = order.pair
        if pair.kind is not Kind.TRADE:
            raise TermsDiffer("a home orders trades; the retailer books the subscription")
        if order.not_after <= now:
            raise TenderExpired(pair.energy.tender_id, iso(order.not_after))
        tenders = self._depth_of(pair.home)
        for leg in (pair.energy, pair.transport):
            tenders.check(leg, now)

    def _depth_of(self, home: PartyId) -> TenderBook:
        if home not in self._depth:
            self._depth[home] = TenderBook(self._tenders)
        return self._depth[home]

    def _take(self, pair: Pair) -> None:
        for leg in (pair.energy, pair.transport):
            self._depth_of(pair.home).take(leg)

    def _answer(self, home: PartyId, key: PairKey) -> tuple[Answered, str] | None:
        row = self._store.reading.execute(
            "SELECT code, reason, text, newer, remaining, energy, transport, digest FROM orders"
            " JOIN messages USING (home, sequence) WHERE home = ? AND key = ?",
            (home, key),
        ).fetchone()
        if row is None:
            return None
        code, reason, text, newer, remaining, energy, transport, digest = row
        return Answered(Outcome(key, code, reason, text, newer, remaining), energy, transport), digest

    def _tell(self, rows: Connection, home: PartyId, outcome: Outcome, sent: Sent, place: Place) -> Answered:
        answered = Answered(outcome, *self._voice.answer(home, outcome, place))
        messages = answered.energy, answered.transport
        self.chain.add(rows, "answer" if sent.signed else "void", home, place, messages)
        number = sent.sequence, sent.digest, sent.signed
        told = outcome.code, outcome.reason, outcome.text, outcome.newer, outcome.remaining
        rows.execute(
            "INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (home, outcome.key, *number, *told, place.sequence),
        )
        return answered

    def _reused(self, home: PartyId, key: PairKey) -> Answered:
        outcome = Outcome.refused(key, KeyReused(key))
        self.history.alarm(home, outcome.text)
        return Answered(outcome, *self._voice.answer(home, outcome, self.chain.last(home)))

    def _check_sequence(self, home: PartyId, sent: Sent) -> None:
        last = self.history.sent(home)
        if (sent.sequence, sent.previous) != (last.sequence + 1, last.head):
            refusal = OutOfSequence(home, last.sequence, sent.sequence)
            self.history.alarm(home, str(refusal))
            raise refusal

    def _subscribe(self, rows: Connection, home: PartyId) -> Subscribed | None:
        booked = rows.execute(
            "SELECT max(start) FROM pairs WHERE home = ? AND kind = 'subscription'", (home,)
        ).fetchone()[0]
        plan, circuit, place = self._plans[home], self._circuit, self.chain.next(home)
        pairs = tuple(
            plan.pair(home, (circuit.energy, circuit.transport), hour)
            for hour in hours_ahead(circuit.wholesale.zone, place.at)
            if (booked is None or hour.start > booked) and plan.profile.quantity(hour)
        )
        if not pairs:
            return None
        message = self._voice.subscription(home, pairs, place)
        self.chain.add(rows, "subscription", home, place, (message, ""))
        for pair in pairs:
            add_pair(rows, pair, place)
        return Subscribed(home, pairs, message)

    def _traded(self, before: Instant) -> dict[Instant, Energy]:
        # Only what was booked before the turn counts, so that the turn can be repeated after a restart.
        traded: defaultdict[Instant, Energy] = defaultdict(lambda: Energy(0))
        for start, quantity in self._store.reading.execute(
            "SELECT start, sum(quantity) FROM pairs WHERE kind = 'trade' AND start > ? AND booked_at < ?"
            " GROUP BY start, duration",
            (before - HOUR, before),
        ):
            hour = Instant(start - start % HOUR)
            traded[hour] = Energy(traded[hour] + quantity)
        return traded

    def _forget(self, issued: Instant) -> None:
        for book in (self._tenders, *self._depth.values()):
            book.forget_before(issued)
