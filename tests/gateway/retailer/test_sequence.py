"""Whatever the network loses or repeats: the numbers have no gap, and both sides have the same chains."""

import asyncio
import tempfile
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.ledger.writer import InlineWriter
from temix_gateway.trading.outbox import Outbox
from temix_market.instants import HOUR, MINUTE, Instant
from temix_market.intervals import Interval, lot
from temix_market.ladder import TenderBook
from temix_market.ports import Answer, OutcomeUnknown
from temix_market.products import Side
from temix_market.transactions import Leg, Order, Pair, PairKey
from temix_market.units import Energy
from temix_market.wire.keys import uuid7
from temix_replay.link import InProcessLink
from temix_retailer.publications import Circuit
from temix_retailer.retailer import Retailer
from temix_retailer.store import open_store

from tests.gateway.market import HOME, NOW, FakeClock
from tests.gateway.retailer.conftest import HOME_KEY
from tests.retailer.homes import randomness, terms

FATES = st.sampled_from(["arrives", "request lost", "answer lost", "doubled", "comes late"])
STEPS = st.lists(st.sampled_from(["order", "order", "chase", "restart", "wait"]), max_size=14)


@dataclass
class Lossy:
    """A link whose messages meet the fates that were drawn; then all arrive."""

    link: InProcessLink
    fates: list[str]
    late: list[tuple[PairKey, str]] = field(default_factory=list)

    async def order(self, key: PairKey, signed: str) -> Answer:
        fate = self.fates.pop() if self.fates else "arrives"
        if fate == "request lost":
            raise OutcomeUnknown(fate)
        if fate == "comes late":
            self.late.append((key, signed))
            raise OutcomeUnknown(fate)
        answer = await self.link.order(key, signed)
        if fate == "answer lost":
            raise OutcomeUnknown(fate)
        if fate == "doubled":
            assert await self.link.order(key, signed) == answer
        return answer

    async def reconcile(self, key: PairKey, signed: str) -> Answer:
        fate = self.fates.pop() if self.fates else "arrives"
        if fate in {"request lost", "comes late"}:
            raise OutcomeUnknown(fate)
        answer = await self.link.reconcile(key, signed)
        if fate == "answer lost":
            raise OutcomeUnknown(fate)
        return answer

    async def deliver_late(self) -> None:
        """What was under way all the time arrives now; nobody hears the answers."""
        for key, signed in self.late:
            await self.link.order(key, signed)
        self.late.clear()


async def run(circuit: Circuit, folder: Path, steps: list[str], fates: list[str]) -> None:
    clock, store = FakeClock(), open_store(None)
    with closing(store):
        retailer = Retailer(clock, store, terms(circuit), randomness=randomness())
        await retailer.turn()
        link = InProcessLink(retailer, HOME, HOME_KEY, clock, Random(1))
        await link.register()
        lossy = Lossy(link, fates)
        book = TenderBook()
        for publication in retailer.in_force:
            book.publish(publication)
        rungs = [r for r in book.rungs(NOW) if r.side is Side.SELL and r.interval.duration == HOUR]
        ledger = Ledger(folder / "ledger.db", clock, InlineWriter())
        for number, step in enumerate(steps):
            outbox = Outbox(ledger, lossy, clock)
            if step == "restart":
                ledger.close()
                ledger = Ledger(folder / "ledger.db", clock, InlineWriter())
            elif step == "wait":
                clock.wall = Instant(clock.wall + MINUTE)
                await lossy.deliver_late()
            elif step == "order" and not await outbox.waiting():
                legs = [
                    Leg.taking(t, Energy(lot(HOUR))) for t in (rungs[number].energy, rungs[number].transport)
                ]
                key = PairKey(uuid7(clock.now(), bytes([number] * 10)))
                order = Order(Pair(key, HOME, *legs), Instant(clock.now() + MINUTE))
                await outbox.submit(order, link.seal)
            else:
                await outbox.chase()
        fates.clear()
        await lossy.deliver_late()
        await Outbox(ledger, lossy, clock).chase()
        assert await ledger.pending() == []
        booked = {pair.key for pair in await retailer.inquiries.pairs(HOME, Interval(NOW, 48 * HOUR))}
        assert {pair.key for pair, _ in await ledger.pairs(NOW)} == booked
        before = ledger.heads.messages
        theirs = await link.heads(ledger.heads)
        assert theirs.orders == ledger.heads.orders
        assert await ledger.apart(before, theirs) == ""
        assert theirs == ledger.heads
        assert await retailer.inquiries.alarms() == []
        ledger.close()


@pytest.mark.timeout(60)
@settings(max_examples=60, deadline=None)
@given(STEPS, st.lists(FATES, max_size=20))
def test_no_loss_leaves_a_gap_or_an_alarm(circuit: Circuit, steps: list[str], fates: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(circuit, Path(folder), steps, fates))
