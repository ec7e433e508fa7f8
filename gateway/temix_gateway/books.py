"""Ledger and memory kept in step: first the record, then what is made of it."""

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog
from temix_market.deliveries import FINAL_AFTER, Delivery, is_late
from temix_market.home_tenders import OpenTender
from temix_market.instants import FIVE_MINUTES, HOUR, Duration, Instant, iso
from temix_market.intervals import Interval, enclosing
from temix_market.ports import (
    Answer,
    Booked,
    Clock,
    Head,
    Heads,
    Opened,
    OutcomeUnknown,
    RetailerLink,
    Told,
    ToldAcceptance,
    ToldAnswer,
    ToldEnding,
    ToldReadings,
    ToldSubscription,
)
from temix_market.settlement import Settlement, Spot, can_settle, settle
from temix_market.tenders import Publication
from temix_market.transactions import Kind, Pair

from temix_gateway.accounts import Accounts
from temix_gateway.ledger.inbox import RESYNC
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.market import Market
from temix_gateway.settling import settle_open
from temix_gateway.subscription import BACK, PAST, Subscription

REPORTED_AT_ONCE: Final = 500
"""Deliveries in one message: a retailer reads a quarter of a megabyte."""

MOST_WAITING: Final = 100_000
"""So many deliveries without an acknowledgement are counted: a year of them."""

KEPT: Final = Duration(FINAL_AFTER + HOUR)
"""Until a settlement is final, positions and spots stay in memory; what comes later the ledger settles."""

_LOG: Final = structlog.get_logger(__name__)


class Books:
    """What the home has bought, used and owes; ``ordered`` are the day's orders not refused, and when.

    ``open`` are the home's own tenders of which more may be accepted: they end by the retailer's word alone.
    What was accepted of them is among the ordered, by the time when it was told.
    """

    def __init__(self, ledger: Ledger, market: Market, accounts: Accounts, clock: Clock) -> None:
        """Keep ``ledger``, ``market`` and ``accounts`` in step."""
        self.ordered: list[tuple[Pair, Instant]] = []
        self.open: list[OpenTender] = []
        self.trades = 0
        self.unreported = 0
        """How many readings the retailer has not acknowledged."""
        self.last: tuple[Pair, Instant] | None = None
        self._ledger = ledger
        self._market = market
        self._accounts = accounts
        self._clock = clock
        self._open: dict[Instant, Delivery] = {}
        self._read: set[Instant] = set()
        """What the retailer's own meter has read: there the home's readings no longer count."""
        self._subscribed: Instant | None = None
        """The hour in which it was last looked what is due of a subscription."""
        self._kept_from = Instant(0)
        self._one_at_a_time = asyncio.Lock()

    @property
    def fault(self) -> str:
        """Why the ledger is locked, or nothing."""
        return self._ledger.fault

    @property
    def head(self) -> Head:
        """How far the ledger reaches."""
        return self._ledger.head

    @property
    def heads(self) -> Heads:
        """How far the ledger has the chains between home and retailer."""
        return self._ledger.heads

    @property
    def restored(self) -> str:
        """Why a ledger that was restored is not traded on, or nothing."""
        restored = self._ledger.restored
        return f"the backup {restored} was put back, and what came after it may be missing: {RESYNC}" * bool(
            restored
        )

    async def apart(self, told: Head, theirs: Heads) -> str:
        """In what the retailer's book and the ledger differ, in words, or nothing."""
        return await self._ledger.apart(told, theirs)

    async def load(self, midnight: Instant) -> None:
        """Take up what the ledger holds."""
        self._kept_from = since = Instant(self._clock.now() - KEPT)
        self._read = await self._ledger.read_by_retailer(since)
        for pair, at in await self._ledger.pairs(since):
            self._market.add(pair)
            if pair.kind is Kind.TRADE:
                self.last = pair, at
        self.trades = await self._ledger.trades()
        self.unreported = 0 if self.fault else len(await self._ledger.unreported(MOST_WAITING))
        await self.recall(midnight)
        self._market.freeze(await self._ledger.spots(since))
        settled = await self._ledger.settled(since)
        for delivery in await self._ledger.deliveries(since):
            start = delivery.interval.start
            if settled.get(start) != (self._market.positions.at(delivery.interval), delivery):
                self._open[start] = delivery
        await self._settle()

    async def recall(self, midnight: Instant) -> None:
        """Take up the orders of the day and of the last hour, and the open tenders, from the ledger."""
        self.ordered = await self._ledger.ordered(min(midnight, Instant(self._clock.now() - HOUR)))
        self.open = await self._ledger.open_tenders()

    async def published(self, publication: Publication, signed: str) -> None:
        """Record a publication, then use it; with a locked ledger its prices are shown all the same."""
        if not self.fault:
            await self._ledger.file_publication(publication, signed)
        frozen = self._market.publish(publication)
        if frozen:
            await self._freeze(frozen)

    async def told(self, told: Told) -> bool:
        """File a numbered message and take it up; say whether it came in its turn, or was known.

        Raises:
            LedgerError: it is not what follows, or answers an order that the ledger does not have.
        """
        if self.fault or not await self._ledger.take(told):
            return False
        match told:
            case ToldAnswer(answer=answer):
                await self.answered(answer)
            case ToldSubscription(pairs=pairs):
                for pair in pairs:
                    self._market.add(pair)
            case ToldReadings(steps=steps):
                await self._take_readings({step.interval.start for step in steps})
            case ToldAcceptance(acceptance=acceptance):
                await self._accepted(acceptance.pair)
            case ToldEnding():
                self.open = await self._ledger.open_tenders()
                await self._settle()
        return True

    async def subscribe(self, subscription: Subscription) -> None:
        """Book what is due of a subscription at a service that only publishes prices."""
        if self.fault:
            return
        now = self._clock.now()
        hour = enclosing(now, HOUR).start
        if self._subscribed == hour:
            return
        booked = [pair for pair, _ in await self._ledger.pairs(Instant(now - PAST))]
        delivered = await self._ledger.deliveries(Instant(now - PAST - BACK))
        pairs = subscription.due(now, booked, delivered)
        await self._ledger.subscribe(pairs)
        for pair in pairs:
            self._market.add(pair)
        self._subscribed = hour

    def lacking_spots(self, until: Instant) -> list[Instant]:
        """The intervals that began before ``until`` and have a delivery but no spots, in order of time."""
        return sorted(start for start in self._open if start < until and self._market.settling(start) is None)

    async def frozen(self, spots: Sequence[Spot]) -> None:
        """Take in spots that were missed, and settle what waited for them; what was frozen stays."""
        known = self._market.spots
        missed = [spot for spot in spots if spot.author not in known.get(spot.interval.start, {})]
        self._market.freeze(missed)
        await self._freeze(missed)

    async def answered(self, answer: Answer) -> None:
        """Take up a definite answer that the ledger has."""
        found = next(((pair, at) for pair, at in self.ordered if pair.key == answer.key), None)
        if not isinstance(answer, Booked):
            if isinstance(answer, Opened):
                self.open = await self._ledger.open_tenders()
            self.ordered = [(pair, at) for pair, at in self.ordered if pair.key != answer.key]
        elif found is None:  # ordered before the last midnight
            now = self._clock.now()
            for pair, _ in await self._ledger.pairs(Instant(now - KEPT)):
                self._count(pair, now)
        else:
            self._count(found[0], self._clock.now())
        await self._settle()

    async def delivered(self, deliveries: Sequence[Delivery]) -> None:
        """Record what the home's meter read in 5-minute steps, and settle what that completes.

        What comes after ten days is left out, and said so: the settlement is final, or there will be none.
        """
        now = self._clock.now()
        late = [delivery for delivery in deliveries if is_late(delivery.interval, now)]
        if late:
            first = iso(min(delivery.interval.start for delivery in late))
            _LOG.warning("readings more than ten days late left out", count=len(late), first=first)
        new = await self._ledger.deliver([each for each in deliveries if not is_late(each.interval, now)])
        for delivery in new:
            if delivery.interval.start not in self._read:
                self._open[delivery.interval.start] = delivery
        self.unreported += len(new)
        await self._settle()

    async def report(self, link: RetailerLink) -> None:
        """Report deliveries to the retailer; what is not acknowledged is reported again, restart or not."""
        while not self.fault and self.unreported:
            waiting = await self._ledger.unreported(REPORTED_AT_ONCE)
            if not waiting:
                self.unreported = 0
                return
            try:
                await link.report([delivery for _, delivery in waiting])
            except OutcomeUnknown as error:
                _LOG.info("deliveries not acknowledged", count=self.unreported, reason=str(error))
                return
            await self._ledger.acknowledged(waiting[-1][0])
            self.unreported = max(0, self.unreported - len(waiting))

    def forget(self, now: Instant) -> None:
        """Drop from memory what is final."""
        self._kept_from = kept_from = Instant(now - KEPT)
        self._market.forget_before(now, kept_from)
        self._read = {start for start in self._read if start >= kept_from}
        self._open = {start: each for start, each in self._open.items() if start >= kept_from}
        day_ago = now - 25 * HOUR
        self.ordered = [(pair, at) for pair, at in self.ordered if at >= day_ago]

    async def _accepted(self, pair: Pair) -> None:
        """Take up what was accepted of a tender."""
        now = self._clock.now()
        if all(known.key != pair.key for known, _ in self.ordered):
            self.ordered.append((pair, now))
        self._count(pair, now)
        self.open = await self._ledger.open_tenders()
        await self._settle()

    def _count(self, pair: Pair, at: Instant) -> None:
        if self._market.add(pair) and pair.kind is Kind.TRADE:
            self._accounts.booked(pair)
            self.trades += 1
            self.last = pair, at

    async def _take_readings(self, starts: set[Instant]) -> None:
        """Settle anew what the retailer has read, which wins, however long ago it was."""
        settled = await self._ledger.settled(min(starts))
        for delivery in await self._ledger.deliveries(min(starts)):
            start = delivery.interval.start
            if start in starts and (start not in settled or settled[start][1] != delivery):
                self._open[start] = delivery
        self._read |= starts
        await self._settle()

    async def _freeze(self, spots: Sequence[Spot]) -> None:
        if not self.fault:
            await self._ledger.freeze(spots)
            await self._settle()

    async def _settle(self) -> None:
        """Settle every open interval whose spots are frozen; what memory has forgotten from the ledger.

        What an order without an answer may have bought waits for it: a settlement without it would be wrong.
        """
        async with self._one_at_a_time:
            if self.fault:
                return
            older = [start for start in self._open if start < self._kept_from]
            if older:
                self._settled(await settle_open(self._ledger, min(older)))
            done = []
            for start, delivery in self._open.items():
                spots = self._market.settling(start) if start >= self._kept_from else None
                pairs = self._market.positions.enclosing(Interval(start, FIVE_MINUTES))
                if spots is not None and can_settle(delivery, pairs, spots):
                    done.append(settle(delivery, pairs, spots))
            if done:
                unanswered = await self._ledger.unanswered()
                done = [settled for settled in done if settled.interval.start not in unanswered]
                await self._ledger.settle(done)
                self._settled(done)

    def _settled(self, done: Sequence[Settlement]) -> None:
        self._accounts.settled(done, self._ledger.head.sequence)
        for settled in done:
            waiting = self._open.get(settled.interval.start)
            if waiting == Delivery(settled.interval, settled.delivery, settled.estimated):
                del self._open[settled.interval.start]  # else it was read anew meanwhile
