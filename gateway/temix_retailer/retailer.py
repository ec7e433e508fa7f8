"""The retailer as a library: one circuit's market, callable in process; the server only translates.

Every method may be awaited from one event loop. The book is written in an executor of one thread, or at once
where none is given, as in a simulation. Time comes from the clock; waiting is the event loop's business.
"""

import asyncio
import secrets
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import batched
from typing import Final, Literal, cast

import structlog
from temix_market.deliveries import Delivery
from temix_market.errors import InvalidField
from temix_market.instants import SECOND, Duration, Instant, iso
from temix_market.intervals import Interval
from temix_market.ports import Clock
from temix_market.settlement import Settlement
from temix_market.tenders import DEMO_BOUNDS, PartyId, PriceBounds, Publication
from temix_market.transactions import Pair, PairKey
from temix_market.wire.codec import position_payload, read_deliveries, read_interval, read_order
from temix_market.wire.delivery import STEPS_A_MESSAGE, EiCreatedDelivery, EiCreateDelivery
from temix_market.wire.exchange import (
    ComparedHeads,
    CompareHeads,
    EiRequestDelivery,
    MessageRecord,
    ReconcileTransaction,
    RepliedDelivery,
    ReplyMessages,
    ReplySpots,
    RequestMessages,
    RequestSpots,
)
from temix_market.wire.keys import SigningKey, VerifyKey
from temix_market.wire.position import EiReplyPosition, EiRequestPosition
from temix_market.wire.records import head_payload, read_heads, read_steps
from temix_market.wire.registration import (
    CreatedEnrollment,
    CreateEnrollment,
    EiCanceledPartyRegistration,
    EiCancelPartyRegistration,
    EiCreatedPartyRegistration,
    EiCreatePartyRegistration,
    MarketContext,
    MarketParty,
)
from temix_market.wire.response import ok
from temix_market.wire.seal import digest, open_sealed
from temix_market.wire.stream import HeartbeatFrame, PublicationNumber
from temix_market.wire.transaction import CreateTransactionPair

from temix_retailer.access import Enrollment, Enrollments
from temix_retailer.accounts import Accounts
from temix_retailer.book import Book, Issued, MeterRead, Subscribed
from temix_retailer.commits import Commits
from temix_retailer.enrolment import Authority, Invitations, no_authority
from temix_retailer.errors import RegistrationError, StoreError, TooManyRequests
from temix_retailer.metering import Meter, Metering
from temix_retailer.outcome import Answered, Sent
from temix_retailer.publications import PERIOD, Circuit, slot
from temix_retailer.store import Store
from temix_retailer.subscriptions import Plan
from temix_retailer.voice import Randomness, Signatory, SigningVoice

_log = structlog.get_logger()

_WAITING: Final = 256
"""So many calls wait for the book's thread before further ones are turned away."""
_LONGEST_WAIT: Final = 60.0
_RETRY: Final = Duration(2_000)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a market is: its name, its money, its circuit, and the keys with which its parties sign."""

    market_id: str
    currency: str
    circuit: Circuit
    energy_key: SigningKey
    transport_key: SigningKey
    bounds: PriceBounds = DEMO_BOUNDS
    circuit_name: str = "circuit-1"
    metering: Metering | None = None
    """How its own meters are read; none: the homes' readings are all there is."""


@dataclass(slots=True)
class Published:
    """A publication; its signed message is made when it is first asked for, the same for every home."""

    publication: Publication
    _sign: Callable[[Publication], str]
    _message: str = field(default="", init=False)

    @property
    def message(self) -> str:
        """The author's signed message."""
        self._message = self._message or self._sign(self.publication)
        return self._message


type News = Published | Subscribed | MeterRead
"""What a home is told: a publication, hours of its subscription that were booked, or what its meter read."""

type Hear = Callable[[News], None]
"""Takes news at once, without waiting."""


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
        self._executor = executor
        self._voice = SigningVoice(
            Signatory(circuit.energy, terms.energy_key),
            Signatory(circuit.transport, terms.transport_key),
            terms.market_id,
            randomness,
        )
        self._book = Book(store, circuit, clock, self._voice)
        self.commits = None if executor is None else Commits(store, executor, self._book.undo)
        """What becomes durable together; none where the book is kept in the caller's thread."""
        self._accounts = Accounts(store, circuit, clock)
        self._history = self._book.history
        self._meter = None if terms.metering is None else Meter(store, terms.metering, circuit)
        self._enrollments = Enrollments(store, clock, randomness)
        self._invitations = Invitations(store, clock, randomness, authority)
        self._keys: dict[PartyId, VerifyKey] = {}
        self._latest: tuple[Published, ...] = ()
        self._before: tuple[Published, ...] = ()
        self._hearing: defaultdict[PartyId, list[Hear]] = defaultdict(list)
        self._waiting = 0

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
        await self._read_meters()
        return turned

    async def _publish(self, issued: Instant) -> Issued | None:
        turned = await self._run(self._book.issue, issued)
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
        told = await self._run(self._book.read, home, readings)
        if told is not None:
            self._tell(told, (home,))
        return told

    async def _read_meters(self) -> None:
        if self._meter is None:
            return
        try:
            for home, readings in (await self._run(self._meter.due, self.clock.now())).items():
                for some in batched(readings, STEPS_A_MESSAGE, strict=False):
                    await self.read(home, some)
        except StoreError, TooManyRequests:
            self._meter.begin_anew()
            raise

    async def run(self) -> None:
        """Take a turn at the start and every 5 minutes on the clock, until cancelled."""
        done = Instant(-1)
        while True:
            due = slot(self.clock.now())
            if due != done:
                try:
                    await self.turn()
                    done = due
                except StoreError as err:
                    _log.error("not published", slot=iso(due), error=str(err))
                    await asyncio.sleep(_RETRY / SECOND)
                    continue
            # Not the whole way at once: a clock that is set meanwhile is noticed.
            wait = (slot(self.clock.now()) + PERIOD - self.clock.now()) / SECOND
            await asyncio.sleep(min(wait, _LONGEST_WAIT))

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
        for booked in await self._run(self._book.subscribed, home):
            hear(booked)
        return partial(self._stop, home, hear)

    async def heartbeat(self, home: PartyId) -> HeartbeatFrame:
        """A sign of life: the clock, how far the home's chain goes, and the last publications."""
        messages, orders = await self._run(lambda: (self._history.told(home), self._history.sent(home)))
        return HeartbeatFrame(
            now=iso(self.clock.now()),
            sequence=messages.sequence,
            head=messages.head,
            orders=head_payload(orders),
            publications=tuple(
                PublicationNumber(party_id=one.author, sequence=one.sequence) for one in self.in_force
            ),
        )

    # --- homes

    async def enroll(self, home: PartyId, life: Duration) -> Enrollment:
        """Give a home credentials."""
        return await self._run(self._enrollments.enroll, home, life)

    async def redeem(self, request: CreateEnrollment) -> CreatedEnrollment:
        """Enrol a home by its code.

        Raises:
            AccessDenied: the code is not accepted.
            InvalidField: the certificate request is none.
        """
        made = await self._run(self._invitations.redeem, request.code, request.certificate_request)
        return CreatedEnrollment(
            party_id=made.home,
            client_id=made.client_id,
            client_secret=made.client_secret,
            certificate=made.certificate,
            expires=iso(made.expires_at),
        )

    async def authenticate(self, client_id: str, secret: str, certificate: bytes | None = None) -> PartyId:
        """The home that logs in, with the certificate (DER) that it shows.

        Raises:
            AccessDenied: the credentials are not accepted.
        """

        def check() -> PartyId:
            home = self._enrollments.home_of(client_id, secret)
            self._invitations.check(client_id, certificate)
            return home

        return await self._run(check)

    async def cancel(self, home: PartyId, request: EiCancelPartyRegistration) -> EiCanceledPartyRegistration:
        """End a home's account; its transactions stay.

        Raises:
            InvalidField: it is another registration than its own.
        """
        if request.registration_id != self._registration_id(home):
            raise InvalidField("registrationId", f"{request.registration_id} is none of {home}")
        await self._run(self._enrollments.cancel, home)
        return EiCanceledPartyRegistration(response=ok(request.request_id, self.clock.now()))

    def _registration_id(self, home: PartyId) -> str:
        return f"{self.terms.market_id}/{home}"

    async def register(self, home: PartyId, request: EiCreatePartyRegistration) -> EiCreatedPartyRegistration:
        """Remember a home's key and tell it the terms of the market.

        Raises:
            InvalidField: it registers another home than itself, or no Ed25519 key.
            RegistrationError: it registered another key since it was enrolled.
        """
        if request.registree_party_id != home:
            raise InvalidField(
                "registreePartyId", f"{request.registree_party_id} is not {home}, who logged in"
            )
        key = VerifyKey.from_jwk(request.registration_info.key, "registrationInfo.key")
        await self._run(self._enrollments.register, home, key)
        self._keys[home] = key
        return EiCreatedPartyRegistration(
            response=ok(request.request_id, self.clock.now()),
            registrar_party_id=self.terms.circuit.energy,
            registree_party_id=home,
            registration_id=self._registration_id(home),
            market_context=self.context(),
        )

    def context(self) -> MarketContext:
        """The terms of the market as a home learns them."""
        terms, circuit = self.terms, self.terms.circuit
        return MarketContext(
            market_id=terms.market_id,
            currency=terms.currency,
            price_scale=6,
            quantity_scale=3,
            lowest_price=terms.bounds.lowest,
            highest_price=terms.bounds.highest,
            time_zone=circuit.wholesale.zone.key,
            circuit=terms.circuit_name,
            parties=(
                MarketParty(
                    party_id=circuit.energy,
                    resource_designator="ENERGY",
                    key=terms.energy_key.public.jwk,
                ),
                MarketParty(
                    party_id=circuit.transport,
                    resource_designator="TRANSPORT",
                    key=terms.transport_key.public.jwk,
                ),
            ),
        )

    async def plan(self, home: PartyId, plan: Plan) -> None:
        """Give a home a subscription, book its hours as far as tenders reach, and tell it."""
        await self._run(self._book.plan, home, plan)
        booked = await self._run(self._book.subscribe, home)
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
        sealed = open_sealed(signed, CreateTransactionPair, await self._signers(home), self.terms.market_id)
        order = read_order(sealed.body, self.terms.bounds)
        if order.pair.home != home:
            raise InvalidField("energy.partyId", f"{order.pair.home} is not {home}, who logged in")
        sent = Sent(sealed.seq, digest(signed), sealed.prev, signed)
        return await self._commit(self._book.order, order, sent)

    async def reconcile(self, home: PartyId, key: PairKey, asked: ReconcileTransaction) -> Answered:
        """What became of an order; one that never came is voided by asking.

        Raises:
            OutOfSequence: it would not follow the home's last order; nothing happened.
            StoreError, TooManyRequests: nothing happened; ask again.
        """
        sent = Sent(asked.sequence, asked.digest, asked.previous)
        return await self._commit(self._book.reconcile, home, key, sent)

    # --- what keeps both records equal

    async def compare(self, home: PartyId, request: CompareHeads) -> ComparedHeads:
        """How far the book has both chains; an alarm where the home's show that the book is not whole.

        Raises:
            InvalidField: of another home.
            StoreError, TooManyRequests: ask again.
        """
        _own(home, request.party_id)
        known = await self._run(self._history.compare, home, read_heads(request))
        return ComparedHeads(
            response=ok(request.request_id, self.clock.now()),
            orders=head_payload(known.orders),
            messages=head_payload(known.messages),
        )

    async def messages(self, home: PartyId, request: RequestMessages) -> ReplyMessages:
        """The messages to a home again, with the orders that they answer.

        Raises:
            InvalidField: of another home.
            StoreError, TooManyRequests: ask again.
        """
        _own(home, request.party_id)
        found = await self._run(self._history.messages, home, request.after)
        return ReplyMessages(
            response=ok(request.request_id, self.clock.now()),
            messages=tuple(
                MessageRecord(
                    sequence=message.sequence,
                    kind=cast("Literal['answer', 'void', 'subscription', 'delivery']", message.kind),
                    energy=message.energy,
                    transport=message.transport,
                    key=message.key,
                    order_sequence=message.order_sequence,
                    order_digest=message.order_digest,
                    order=message.order or "",
                )
                for message in found
            ),
        )

    async def spots(self, home: PartyId, request: RequestSpots) -> ReplySpots:
        """The frozen spots of a span, signed by each party.

        Raises:
            InvalidField: of another home, off the 5-minute marks, or too long.
            StoreError, TooManyRequests: ask again.
        """
        _own(home, request.party_id)
        bounding = read_steps(request.bounding_interval)
        energy, transport = await self._run(self._history.spots, bounding)
        now = self.clock.now()
        return ReplySpots(
            response=ok(request.request_id, now),
            energy=self._voice.spots(self.terms.circuit.energy, bounding, energy, now),
            transport=self._voice.spots(self.terms.circuit.transport, bounding, transport, now),
        )

    async def deliveries(self, home: PartyId, request: EiRequestDelivery) -> RepliedDelivery:
        """What a home has reported of its meter in a span, signed by the load-serving entity.

        Raises:
            InvalidField: of another home, off the 5-minute marks, or too long.
            StoreError, TooManyRequests: ask again.
        """
        _own(home, request.requestor_party_id, "requestorPartyId")
        bounding = read_steps(request.bounding_interval)
        found = await self._run(self._accounts.reported, home, bounding)
        now = self.clock.now()
        return RepliedDelivery(
            response=ok(request.request_id, now), message=self._voice.deliveries(home, found, now)
        )

    @property
    def alarm_count(self) -> int:
        """How many alarms the book holds."""
        return self._history.raised

    @property
    def listening(self) -> int:
        """How many homes listen."""
        return len(self._hearing)

    async def counts(self) -> dict[str, int]:
        """How many orders the book has by what became of them, and how many rows of other kinds."""
        return await self._run(self._history.counts)

    async def alarms(self) -> Sequence[tuple[PartyId, str, Instant]]:
        """Every alarm in the book, oldest first: the home, what happened, and when."""
        return await self._run(self._history.alarms)

    async def pairs(self, home: PartyId, interval: Interval) -> Sequence[Pair]:
        """Every pair of a home that overlaps an interval."""
        return await self._run(self._accounts.pairs, home, interval)

    async def position(self, home: PartyId, request: EiRequestPosition) -> EiReplyPosition:
        """A home's position as the book has it, and how far its chain goes.

        Raises:
            InvalidField: of another home or market, or not made of whole 5-minute steps.
        """
        if request.position_party != home:
            raise InvalidField("positionParty", f"{request.position_party} is not {home}, who logged in")
        if request.market_id != self.terms.market_id:
            raise InvalidField("marketId", f"{request.market_id} is not {self.terms.market_id}")
        bounding = read_interval(request.bounding_interval, "boundingInterval")
        positions = await self._run(self._accounts.positions, home, bounding)
        place = await self._run(self._book.place, home)
        return EiReplyPosition(
            requestor=request.requestor,
            position_party=home,
            bounding_interval=request.bounding_interval,
            positions=position_payload(positions, bounding),
            quantity_scale=3,
            response=ok(request.request_id, place.at),
            sequence=place.sequence,
            head=place.previous,
        )

    async def report(self, home: PartyId, signed: str) -> EiCreatedDelivery:
        """Record deliveries: the home's signed ``EiCreateDelivery``; the same interval counts once.

        Raises:
            SealBroken: not signed by this home for this market.
            InvalidField: another home's, malformed, of an interval that has not begun, or older than what it
                would correct: what still holds is to be reported anew.
            StoreError, TooManyRequests: nothing was recorded; the same may be sent again.
        """
        sealed = open_sealed(signed, EiCreateDelivery, await self._signers(home), self.terms.market_id)
        if sealed.body.requestor_party_id != home:
            raise InvalidField("requestorPartyId", f"{sealed.body.requestor_party_id} is not {home}")
        issued = Instant(sealed.iat * SECOND)
        await self._commit(self._accounts.report, home, read_deliveries(sealed.body), issued)
        return EiCreatedDelivery(response=ok(sealed.body.request_id, self.clock.now()))

    async def settle(self, home: PartyId, step: Interval) -> Settlement | None:
        """Settle a 5-minute interval; ``None`` until its delivery and both spots are in the book."""
        return await self._run(self._accounts.settle, home, step)

    # --- inside

    async def _run[**P, T](self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        done = partial(_told_as_ours, work, *args, **kwargs)
        if self._executor is None:
            return done()
        with self._waits():
            return await asyncio.get_running_loop().run_in_executor(self._executor, done)

    async def _commit[**P, T](self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do what writes, in one commit with what others ask meanwhile."""
        done = partial(_told_as_ours, work, *args, **kwargs)
        if self.commits is None:
            return done()
        with self._waits():
            return await self.commits.run(done)

    @contextmanager
    def _waits(self) -> Iterator[None]:
        if self._waiting >= _WAITING:
            raise TooManyRequests("the book is busy", _RETRY)
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1

    async def _signers(self, home: PartyId) -> dict[str, VerifyKey]:
        if home not in self._keys:
            key = await self._run(self._enrollments.key_of, home)
            if key is None:
                raise RegistrationError(f"{home} has no key here: register first")
            self._keys[home] = key
        return {home: self._keys[home]}

    def _tell(self, news: News, homes: Sequence[PartyId] | dict[PartyId, list[Hear]]) -> None:
        for home in tuple(homes):
            for hear in tuple(self._hearing.get(home, ())):
                hear(news)

    def _stop(self, home: PartyId, hear: Hear) -> None:
        self._hearing[home].remove(hear)
        if not self._hearing[home]:
            del self._hearing[home]


def _own(home: PartyId, asking: str, field: str = "partyId") -> None:
    if asking != home:
        raise InvalidField(field, f"{asking} is not {home}, who logged in")


def _told_as_ours[**P, T](work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return work(*args, **kwargs)
    except sqlite3.IntegrityError:
        raise  # ours to mend, no fault of the disk
    except sqlite3.Error as err:
        raise StoreError(f"the book cannot be read: check the disk ({err})") from err
