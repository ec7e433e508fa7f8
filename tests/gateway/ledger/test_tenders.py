"""Tenders of the home's own in the ledger: open from the answer to the end, and nothing that does not fit."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest
from temix_gateway.errors import TenderBroken
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.ledger.verify import verify
from temix_gateway.ledger.writer import InlineWriter
from temix_market.home_tenders import Acceptance, Ending, HomeTender, How, OpenTender, acceptance_key
from temix_market.instants import FIVE_MINUTES, HOUR, MINUTE, Duration, Instant
from temix_market.intervals import Interval
from temix_market.ports import Booked, NotBooked, Opened, Place, ToldAcceptance, ToldEnding, Voided
from temix_market.products import Side
from temix_market.tenders import TenderId
from temix_market.transactions import Order, Pair, PairKey
from temix_market.units import Energy, Price

from tests.gateway.ledger.test_ledger import RECEIPTS, intrude, reopen, seal
from tests.gateway.market import DO, HOME, LSE, NOW, FakeClock, order

KEY = PairKey("017a766a-1a66-7362-ba9e-0123456789ab")
AHEAD = Interval(Instant(NOW // HOUR * HOUR + HOUR), Duration(HOUR))
TENDER = HomeTender(KEY, HOME, AHEAD, Side.BUY, Price(100_000), Energy(1_200), Instant(AHEAD.start - MINUTE))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with closing(Ledger(tmp_path / "ledger.db", FakeClock(), InlineWriter())) as opened:
        yield opened


async def make(ledger: Ledger, tender: HomeTender = TENDER) -> None:
    pair = tender.pair(tender.quantity, LSE, DO)
    await ledger.place(Order(pair, Instant(NOW + MINUTE), tender), seal)


async def opened(ledger: Ledger) -> None:
    await make(ledger)
    await ledger.resolve(Opened(KEY, RECEIPTS))


def accepted(quantity: int, place: int = 1, price: int = 90_000) -> Acceptance:
    whole = TENDER.pair(Energy(quantity), LSE, DO)
    legs = [
        replace(whole.energy, price=Price(price - 20_000), tender_id=TenderId("e")),
        replace(whole.transport, price=Price(20_000), tender_id=TenderId("t")),
    ]
    return Acceptance(KEY, place, Pair(acceptance_key(KEY, place), HOME, legs[0], legs[1]))


def place(ledger: Ledger) -> Place:
    last = ledger.heads.messages
    return Place(last.sequence + 1, last.head)


async def accept(ledger: Ledger, acceptance: Acceptance) -> bool:
    said = f"accepted {acceptance.place}"
    return await ledger.take(ToldAcceptance(place(ledger), acceptance, (f"e {said}", f"t {said}")))


async def end(ledger: Ledger, how: How, quantity: int, places: int) -> bool:
    return await ledger.take(ToldEnding(place(ledger), Ending(KEY, how, Energy(quantity), places), "ended"))


async def test_it_is_reserved_until_its_answer_and_open_until_its_end(ledger: Ledger) -> None:
    await make(ledger)
    (waiting,) = await ledger.pending()
    assert (waiting.pair.quantity, waiting.pair.price) == (1_200, 100_000)
    assert [pair.key for pair, _ in await ledger.ordered(NOW)] == [KEY]
    assert await ledger.open_tenders() == []
    await ledger.resolve(Opened(KEY, RECEIPTS))
    (standing,) = await ledger.open_tenders()
    assert (standing.tender, standing.left) == (TENDER, 1_200)
    assert await ledger.ordered(NOW) == [], "an open one stands elsewhere"
    assert await ledger.unanswered() == {step.start for step in AHEAD.split(FIVE_MINUTES)}
    await accept(ledger, accepted(480))
    await accept(ledger, accepted(120, 2))
    (standing,) = await ledger.open_tenders()
    assert (standing.left, standing.places) == (600, 2)
    assert [pair.quantity for pair, _ in await ledger.ordered(NOW)] == [480, 120]
    again = reopen(ledger)
    assert await again.open_tenders() == [standing]
    await end(again, How.LAPSED, 600, 2)
    assert await again.open_tenders() == []
    assert await again.unanswered() == frozenset()
    assert await again.trades() == 2
    again.close()
    assert not verify(ledger.path).fault


@pytest.mark.parametrize("answer", [NotBooked(KEY, 410, "expired", "", RECEIPTS), Voided(KEY, RECEIPTS)])
async def test_one_that_was_refused_or_voided_is_gone(ledger: Ledger, answer: NotBooked | Voided) -> None:
    await make(ledger)
    await ledger.resolve(answer)
    assert (await ledger.open_tenders(), await ledger.ordered(NOW), await ledger.pending()) == ([], [], [])
    ledger.close()
    assert not verify(ledger.path).fault


async def test_a_message_that_is_known_adds_nothing(ledger: Ledger) -> None:
    await opened(ledger)
    told = ToldAcceptance(place(ledger), accepted(480), ("e", "t"))
    assert await ledger.take(told)
    head = ledger.head
    assert await ledger.take(told)
    assert ledger.head == head


async def test_what_does_not_fit_the_tender_is_not_filed(ledger: Ledger) -> None:
    with pytest.raises(TenderBroken, match="not open"):
        await accept(ledger, accepted(480))
    await opened(ledger)
    head = ledger.head
    for wrong in (accepted(1_212), accepted(480, price=100_001), accepted(480, 2)):
        with pytest.raises(TenderBroken):
            await accept(ledger, wrong)
    for how, quantity, places in ((How.FILLED, 0, 0), (How.LAPSED, 480, 1)):
        with pytest.raises(TenderBroken):
            await end(ledger, how, quantity, places)
    assert ledger.head == head
    await end(ledger, How.CANCELED, 0, 0)
    with pytest.raises(TenderBroken, match="not open"):
        await accept(ledger, accepted(480))


async def test_a_tender_is_never_booked_and_an_order_never_opened(ledger: Ledger) -> None:
    await make(ledger)
    with pytest.raises(TenderBroken, match="booked"):
        await ledger.resolve(Booked(KEY, RECEIPTS))
    await ledger.resolve(Opened(KEY, RECEIPTS))
    await ledger.place(order("order"), seal)
    with pytest.raises(TenderBroken, match="opened"):
        await ledger.resolve(Opened(PairKey("order"), RECEIPTS))


async def test_nothing_of_it_can_be_changed(ledger: Ledger) -> None:
    await opened(ledger)
    with closing(sqlite3.connect(ledger.path, autocommit=True)) as intruder:
        for statement in ("DELETE FROM tenders", "UPDATE tenders SET until = 0"):
            with pytest.raises(sqlite3.IntegrityError, match="tenders is append-only"):
                intruder.execute(statement)
    ledger.close()
    with intrude(ledger.path) as intruder:
        intruder.execute("UPDATE tenders SET until = until + 1")
    assert "(tenders) is not what was written" in verify(ledger.path).fault


async def test_figures_that_do_not_follow_from_the_tender_are_noticed(ledger: Ledger) -> None:
    """Where somebody writes the chain anew, too: more was accepted than was tendered."""
    await opened(ledger)
    with patch.object(OpenTender, "accept", lambda self, _: self):
        await accept(ledger, accepted(2_400))
    ledger.close()
    assert "(tenders) does not follow from the tender" in verify(ledger.path).fault
