"""The retailer as a library: one circuit's market, callable in process; the server only translates.

Every method may be awaited from one event loop. The book is written in an executor of one thread, or at once
where none is given, as in a simulation. Time comes from the clock; waiting is the event loop's business.
"""

import asyncio
import secrets
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from functools import partial
from itertools import batched
from typing import Final

import structlog
from temix_market.deliveries import Delivery
from temix_market.errors import InvalidField, UnknownTender
from temix_market.instants import SECOND, Instant, iso
from temix_market.ports import Clock
from temix_market.tenders import PartyId, Publication
from temix_market.transactions import PairKey
from temix_market.wire.codec import read_deliveries, read_home_tender, read_order
from temix_market.wire.delivery import STEPS_A_MESSAGE, EiCreatedDelivery, EiCreateDelivery
from temix_market.wire.exchange import (
    ReconcileTransaction,
)
from temix_market.wire.home_tender import EiCanceledTender, EiCancelTender, EiCreateTender
from temix_market.wire.records import head_payload
from temix_market.wire.response import failed, ok
from temix_market.wire.seal import digest, open_sealed
from temix_market.wire.stream import HeartbeatFrame, PublicationNumber
from temix_market.wire.transaction import CreateTransactionPair

from temix_retailer.access import Enrollments
from temix_retailer.accounts import Accounts
from temix_retailer.book import Book, Issued
from temix_retailer.desk import RETRY, Desk
from temix_retailer.enrolment import Authority, Invitations, no_authority
from temix_retailer.errors import StoreError, TooManyRequests
from temix_retailer.homes import Homes
from temix_retailer.inquiries import Inquiries
from temix_retailer.metering import Meter
from temix_retailer.news import Hear, MeterRead, News, Published
from temix_retailer.outcome import Answered, Sent
from temix_retailer.publications import PERIOD, slot
from temix_retailer.store import Store
from temix_retailer.subscriptions import Plan
from temix_retailer.terms import Terms
from temix_retailer.voice import Randomness, Signatory, SigningVoice

_log = structlog.get_logger()

_LONGEST_WAIT: Final = 60.0
_SHORTEST_WAIT: Final = 1.0


class Retailer:
    """The reference retailer of one circuit: load-serving entity and distribution operator with one book."""

    def __init__(  # noqa: PLR0913 (what it is made of, each by its name)
        self,
        clock: Clock,
        store: Store,
        terms: Terms,
        *,
        executor: Executor | None = None,
        randomness: Randomness = secrets.token_bytes,
        authority: Callable[[], Authority] = no_authority,
    ) -> None:
        """Take up where ``store`` stands, reading it now; nothing is published before ``turn`` or ``run``.

        Args:
            clock: wall time decides what has expired.
            store: an open book; whoever opened it closes it.
            terms: the market.
            executor: of exactly one thread, in which the book is kept; ``None`` keeps it in the caller's.
            randomness: for message ids and secrets.
            authority: signs the certificates of homes that enrol by a code.
        """
        circuit = terms.circuit
        self.terms: Final = terms
        self.clock: Final = clock
        self._voice = SigningVoice(
            Signatory(circuit.energy, terms.energy_key),
            Signatory(circuit.transport, terms.transport_key),
            terms.market_id,
            randomness,
        )
        self._book = Book(store, circuit, clock, self._voice)
        self._accounts = Accounts(store, circuit, clock)
        self._meter = None if terms.metering is None else Meter(store, terms.metering, circuit)
        self.desk: Final = Desk(store, executor, self._book.undo)
        self.homes: Final = Homes(
            self.desk,
            clock,
            terms,
            Enrollments(store, clock, randomness),
            Invitations(store, clock, randomness, authority),
        )
        self.inquiries: Final = Inquiries(self.desk, clock, terms, self._book, self._accounts, self._voice)
        self._latest: tuple[Published, ...] = ()
        self._before: tuple[Published, ...] = ()
        self._hearing: defaultdict[PartyId, list[Hear]] = defaultdict(list)

    # --- the market's turn

    async def turn(self) -> Issued | None:
        """Publish for the current 5 minutes, freeze spots, book subscriptions ahead, and tell the homes.

        Repeating it changes nothing. ``None``: nothing can be published now (see ``Book.issue``). A new
        market opens with the turn before this one, too: from it come the spots of the 5 minutes under way.

        Raises:
            StoreError: nothing was published.
        """
        issued = slot(self.clock.now())
        if not self._book.opened:
            await self._publish(Instant(issued - PERIOD))
        turned = await self._publish(issued)
        await self.attend()
        await self._read_meters()
        return turned

    async def _publish(self, issued: Instant) -> Issued | None:
        turned = await self.desk.run(self._book.issue, issued)
        if turned is None:
            _log.warning("nothing published", slot=iso(issued), reason="clock set back, or other prices")
            return None
        if turned.publications != self.in_force:
            self._before = self._latest
        self._latest = tuple(Published(one, self._voice.publication) for one in turned.publications)
        for told in self._latest:
            self._tell(told, self._hearing)
        for booked in turned.subscribed:
            self._tell(booked, (booked.home,))
        return turned

    async def read(self, home: PartyId, readings: Sequence[Delivery]) -> MeterRead | None:
        """Book what the retailer's own meter saw at a home, and tell it; ``None``: nothing is new.

        Raises:
            InvalidField: an interval that is not over, or is final; nothing is booked.
            StoreError: nothing is booked.
        """
        told = await self.desk.run(self._book.read, home, readings)
        if told is not None:
            self._tell(told, (home,))
        return told

    async def _read_meters(self) -> None:
        if self._meter is None:
            return
        try:
            for home, readings in (await self.desk.run(self._meter.due, self.clock.now())).items():
                for some in batched(readings, STEPS_A_MESSAGE, strict=False):
                    await self.read(home, some)
        except StoreError, TooManyRequests:
            self._meter.begin_anew()
            raise

    async def run(self) -> None:
        """Take a turn at the start and every 5 minutes on the clock, until cancelled.

        Between turns it attends to the homes' own tenders: every minute, and when one of them lapses.
        """
        done = Instant(-1)
        lapse: Instant | None = None
        while True:
            due = slot(self.clock.now())
            if due != done:
                try:
                    await self.turn()
                    done = due
                except StoreError as err:
                    _log.error("not published", slot=iso(due), error=str(err))
                    await asyncio.sleep(RETRY / SECOND)
                    continue
            # Not the whole way at once: a clock that is set meanwhile is noticed.
            now = self.clock.now()
            wait = (min(slot(now) + PERIOD, lapse or now + PERIOD) - now) / SECOND
            await asyncio.sleep(min(max(wait, _SHORTEST_WAIT), _LONGEST_WAIT))
            try:
                lapse = await self.attend()
            except (StoreError, TooManyRequests) as err:
                _log.error("homes' tenders not attended to", error=str(err))

    @property
    def in_force(self) -> tuple[Publication, ...]:
        """The latest publication of each party, energy's first; empty before the first turn."""
        return tuple(told.publication for told in self._latest)

    async def listen(self, home: PartyId, hear: Hear) -> Callable[[], None]:
        """Tell a home what is in force and what comes; call what is returned to stop.

        The turn before is told first: the spots of the 5 minutes under way are in it.
        Subscriptions of the last ten days come again, since the home may have missed them: a pair counts once
        by its key.
        """
        self._hearing[home].append(hear)
        for told in (*self._before, *self._latest):
            hear(told)
        for booked in await self.desk.run(self._book.subscribed, home):
            hear(booked)
        return partial(self._stop, home, hear)

    async def heartbeat(self, home: PartyId) -> HeartbeatFrame:
        """A sign of life: the clock, how far the home's chain goes, and the last publications."""
        messages, orders = await self.desk.run(
            lambda: (self._book.history.told(home), self._book.history.sent(home))
        )
        return HeartbeatFrame(
            now=iso(self.clock.now()),
            sequence=messages.sequence,
            head=messages.head,
            orders=head_payload(orders),
            publications=tuple(
                PublicationNumber(party_id=one.author, sequence=one.sequence) for one in self.in_force
            ),
        )

    async def plan(self, home: PartyId, plan: Plan) -> None:
        """Give a home a subscription, book its hours as far as tenders reach, and tell it."""
        await self.desk.run(self._book.plan, home, plan)
        booked = await self.desk.run(self._book.subscribe, home)
        if booked is not None:
            self._tell(booked, (home,))

    # --- trade

    async def order(self, home: PartyId, signed: str) -> Answered:
        """Book or refuse an order: the home's signed ``CreateTransactionPair``, addressed to the market.

        Raises:
            SealBroken: not signed by this home for this market.
            InvalidField: signed, but no well-formed order of this home; the field is named.
            OutOfSequence: it does not follow the home's last order; nothing happened.
            StoreError, TooManyRequests: nothing happened; the same may be sent again.
        """
        sealed = open_sealed(
            signed, CreateTransactionPair, await self.homes.signers(home), self.terms.market_id
        )
        order = read_order(sealed.body, self.terms.bounds)
        if order.pair.home != home:
            raise InvalidField("energy.partyId", f"{order.pair.home} is not {home}, who logged in")
        sent = Sent(sealed.seq, digest(signed), sealed.prev, signed)
        return await self.desk.commit(self._book.order, order, sent)

    async def reconcile(self, home: PartyId, key: PairKey, asked: ReconcileTransaction) -> Answered:
        """What became of an order; one that never came is voided by asking.

        Raises:
            OutOfSequence: it would not follow the home's last order; nothing happened.
            StoreError, TooManyRequests: nothing happened; ask again.
        """
        sent = Sent(asked.sequence, asked.digest, asked.previous)
        return await self.desk.commit(self._book.reconcile, home, key, sent)

    async def tender(self, home: PartyId, signed: str) -> Answered:
        """Open or refuse a tender of a home's own: its signed ``EiCreateTender``, addressed to the market.

        Raises:
            As ``order``; ``InvalidField``, too, where this market takes none.
        """
        if not self.terms.home_tenders:
            raise InvalidField("message", "this market takes no tenders of homes")
        sealed = open_sealed(signed, EiCreateTender, await self.homes.signers(home), self.terms.market_id)
        circuit = self.terms.circuit
        order = read_home_tender(sealed.body, self.terms.bounds, circuit.energy, circuit.transport)
        if order.pair.home != home:
            raise InvalidField("partyId", f"{order.pair.home} is not {home}, who logged in")
        sent = Sent(sealed.seq, digest(signed), sealed.prev, signed)
        return await self.desk.commit(self._book.order, order, sent)

    async def cancel_tender(self, home: PartyId, signed: str) -> EiCanceledTender:
        """End a tender of a home's own, by its signed ``EiCancelTender``; the same again does no harm.

        Raises:
            SealBroken: not signed by this home for this market.
            InvalidField: of another home.
            StoreError, TooManyRequests: nothing happened; ask again.
        """
        sealed = open_sealed(signed, EiCancelTender, await self.homes.signers(home), self.terms.market_id)
        asked = sealed.body
        if asked.party_id != home:
            raise InvalidField("partyId", f"{asked.party_id} is not {home}, who logged in")
        known = await self.desk.run(self._book.home_tenders.cancel, home, PairKey(asked.tender_id))
        if known is not None and known.ended is not None:
            self._tell(known.ended, (home,))
        now = self.clock.now()
        unknown = failed(asked.request_id, now, UnknownTender(asked.tender_id))
        return EiCanceledTender(
            party_id=self.terms.circuit.energy,
            counter_party_id=home,
            tender_id=asked.tender_id,
            response=unknown if known is None else ok(asked.request_id, now),
            accepted_quantity=0 if known is None else known.accepted,
        )

    async def attend(self) -> Instant | None:
        """Accept what crosses of the homes' own tenders, end what has lapsed, and tell the homes.

        Returns:
            When the next one lapses, of those that are open now.

        Raises:
            StoreError, TooManyRequests: what is left waits for the next time.
        """
        attended = await self.desk.run(self._book.home_tenders.attend)
        for told in attended.told:
            self._tell(told, (told.home,))
        return attended.next_lapse

    @property
    def listening(self) -> int:
        """How many homes listen."""
        return len(self._hearing)

    async def report(self, home: PartyId, signed: str) -> EiCreatedDelivery:
        """Record deliveries: the home's signed ``EiCreateDelivery``; the same interval counts once.

        Raises:
            SealBroken: not signed by this home for this market.
            InvalidField: another home's, malformed, of an interval that has not begun, or older than what it
                would correct: what still holds is to be reported anew.
            StoreError, TooManyRequests: nothing was recorded; the same may be sent again.
        """
        sealed = open_sealed(signed, EiCreateDelivery, await self.homes.signers(home), self.terms.market_id)
        if sealed.body.requestor_party_id != home:
            raise InvalidField("requestorPartyId", f"{sealed.body.requestor_party_id} is not {home}")
        issued = Instant(sealed.iat * SECOND)
        await self.desk.commit(self._accounts.report, home, read_deliveries(sealed.body), issued)
        return EiCreatedDelivery(response=ok(sealed.body.request_id, self.clock.now()))

    # --- inside

    def _tell(self, news: News, homes: Sequence[PartyId] | dict[PartyId, list[Hear]]) -> None:
        for home in tuple(homes):
            for hear in tuple(self._hearing.get(home, ())):
                hear(news)

    def _stop(self, home: PartyId, hear: Hear) -> None:
        self._hearing[home].remove(hear)
        if not self._hearing[home]:
            del self._hearing[home]
