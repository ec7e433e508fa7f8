"""However readings come, late, lost, doubled or corrected: home and retailer agree once all is final."""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from shutil import copy
from tempfile import TemporaryDirectory
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from temix_gateway.accounts import Accounts, Bills
from temix_gateway.books import Books
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.ledger.verify import verify
from temix_gateway.ledger.writer import InlineWriter
from temix_gateway.market import Market
from temix_gateway.retailer.inbox import Inbox
from temix_gateway.retailer.market import registered
from temix_gateway.retailer.voice import Voice
from temix_market.calendar import local_date, local_day
from temix_market.deliveries import FINAL_AFTER, Delivery
from temix_market.errors import InvalidField
from temix_market.instants import FIVE_MINUTES, HOUR, SECOND, Duration, Instant
from temix_market.intervals import Interval
from temix_market.tenders import DEMO_BOUNDS
from temix_market.units import Energy
from temix_market.wire.exchange import RequestMessages
from temix_retailer.publications import Circuit
from temix_retailer.retailer import Retailer
from temix_retailer.store import open_store

from tests.gateway.market import HOME, FakeClock
from tests.gateway.retailer.conftest import HOME_KEY
from tests.retailer.homes import randomness, terms

CHICAGO: Final = ZoneInfo("America/Chicago")
START: Final = Instant(1_795_543_200_000)
"""18:00 UTC on 24 November 2026."""
DAY: Final = local_day(CHICAGO, local_date(CHICAGO, START))
STEPS: Final = list(Interval(START, Duration(6 * FIVE_MINUTES)).split(FIVE_MINUTES))
FOR_GOOD: Final = Instant(DAY.end + FINAL_AFTER + HOUR)

numbers = st.integers(0, len(STEPS) - 1)
energies = st.integers(-900, 900).map(Energy)


@dataclass(frozen=True)
class Report:
    """The home's meter read a step; the retailer may not hear of it at once."""

    step: int
    energy: Energy
    told: bool


@dataclass(frozen=True)
class Read:
    """The retailer's meter read a step; the message may be lost on its way."""

    step: int
    energy: Energy
    estimated: bool
    lost: bool
    twice: bool = False


@dataclass(frozen=True)
class ReadDay:
    """The retailer's meter read all of the day."""

    energy: Energy
    lost: bool


@dataclass(frozen=True)
class Wait:
    """Hours pass."""

    hours: int


@dataclass(frozen=True)
class Restart:
    """The gateway starts anew."""


events = st.one_of(
    st.builds(Report, numbers, energies, st.booleans()),
    st.builds(Read, numbers, energies, st.booleans(), st.booleans(), st.booleans()),
    st.builds(ReadDay, energies, st.booleans()),
    st.builds(Wait, st.sampled_from((1, 5, 24, 120))),
    st.just(Restart()),
)


class Both:
    """A home's books and the retailer's, with messages that are verified between them."""

    def __init__(self, folder: Path, circuit: Circuit, clock: FakeClock) -> None:
        self.clock = clock
        self.path = folder / "ledger.db"
        self.store = open_store(folder / "book.db")
        self.retailer = Retailer(clock, self.store, terms(circuit), randomness=randomness())
        market = registered(self.retailer.terms.context())
        self.inbox = Inbox(HOME, HOME_KEY.public, market)
        self.voice = Voice(HOME, HOME_KEY, clock, Random(1))
        self._open()

    def _open(self) -> None:
        self.ledger = Ledger(self.path, self.clock, InlineWriter())
        accounts = Accounts(Bills(CHICAGO), self.clock.now)
        self.books = Books(self.ledger, Market(DEMO_BOUNDS), accounts, self.clock)

    async def begin(self) -> None:
        """Take up what the ledger holds."""
        await self.books.load(DAY.start)

    async def do(self, event: object) -> None:
        """Let something happen, and some seconds pass."""
        self.clock.wall = Instant(self.clock.wall + 2 * SECOND)
        match event:
            case Report(step, energy, told):
                await self.books.delivered([Delivery(STEPS[step], energy)])
                if told:
                    await self.tell()
            case Read(step, energy, estimated, lost, twice):
                await self._read([Delivery(STEPS[step], energy, estimated)], lost, twice)
            case ReadDay(energy, lost):
                await self._read([Delivery(each, energy) for each in DAY.split(FIVE_MINUTES)], lost)
            case Wait(hours):
                self.clock.wall = Instant(self.clock.wall + hours * HOUR)
                self.books.forget(self.clock.wall)
            case Restart():
                self.ledger.close()
                self._open()
                await self.begin()

    async def _read(self, readings: list[Delivery], lost: bool, twice: bool = False) -> None:
        try:
            told = await self.retailer.read(HOME, readings)
        except InvalidField:
            return  # it is final
        for _ in range(0 if told is None or lost else 1 + twice):
            assert told is not None
            await self.books.told(self.inbox.readings(told.message))

    async def tell(self) -> None:
        """Report what the retailer has not acknowledged."""
        await self.books.report(_Reporting(self))  # type: ignore[arg-type]

    async def catch_up(self) -> None:
        """Ask for the messages that were lost."""
        after = self.ledger.heads.messages
        asked = RequestMessages(request_id="r", party_id=HOME, after=after.sequence)
        reply = await self.retailer.inquiries.messages(HOME, asked)
        for told in self.inbox.messages(after, reply.messages):
            assert await self.books.told(told)
        assert self.ledger.heads.messages.sequence == self.retailer._book.history.told(HOME).sequence

    async def compare(self) -> int:
        """Both accounts of every step, to the nano; how many are settled."""
        settled = 0
        for step in STEPS:
            there = await self.retailer.inquiries.settle(HOME, step)
            with closing(sqlite3.connect(self.path)) as file:
                here = dict(file.execute(_OWED, (step.start,)).fetchall())
            gets = {} if there is None else {account.party: account.total for account in there.accounts}
            assert here == gets
            settled += bool(gets)
        return settled

    def close(self) -> None:
        """Close both files."""
        self.ledger.close()
        self.store.close()


_OWED: Final = (
    "SELECT party, subscription + trades + deviation FROM (SELECT *, max(number) FROM settlements "
    "WHERE start = ? GROUP BY party)"
)


class _Reporting:
    """The part of a link that reports."""

    def __init__(self, both: Both) -> None:
        self._both = both

    async def report(self, deliveries: list[Delivery]) -> None:
        both = self._both
        signed = both.voice.deliveries(both.inbox.market.market_id, deliveries)
        await both.retailer.report(HOME, signed)


@dataclass(frozen=True)
class Begun:
    """Where both sides begin."""

    folder: Path
    circuit: Circuit = field(repr=False)

    def copied(self, folder: Path) -> Both:
        """Both sides once more, the readings' day over."""
        for file in self.folder.iterdir():
            copy(file, folder)
        return Both(folder, self.circuit, FakeClock(DAY.end))


@pytest.fixture(scope="module")
def begun(circuit: Circuit, tmp_path_factory: pytest.TempPathFactory) -> Begun:
    """Both files after half an hour: subscribed, spots frozen, nothing read."""
    folder = tmp_path_factory.mktemp("begun")
    clock = FakeClock(Instant(START - FIVE_MINUTES))

    async def fill() -> None:
        both = Both(folder, circuit, clock)
        await both.begin()
        enrolled = await both.retailer.homes.enroll(HOME, Duration(1000 * HOUR))
        assert enrolled
        await both.retailer.homes.register(HOME, both.voice.registration())
        while clock.wall <= STEPS[-1].end:
            await both.retailer.turn()
            clock.wall = Instant(clock.wall + FIVE_MINUTES)
        spots = both.retailer._book.history.spots(Interval(START, HOUR))
        await both.ledger.freeze([*spots[0], *spots[1]])
        both.close()

    asyncio.run(fill())
    return Begun(folder, circuit)


@pytest.mark.timeout(60)
@settings(max_examples=40, deadline=None)
@given(happened=st.lists(events, max_size=25))
def test_both_sides_agree_once_all_is_final(begun: Begun, happened: list[object]) -> None:
    with TemporaryDirectory() as folder:
        both = begun.copied(Path(folder))

        async def live() -> None:
            await both.begin()
            for event in happened:
                await both.do(event)
            both.clock.wall = max(both.clock.wall, FOR_GOOD)
            both.books.forget(both.clock.wall)
            await both.tell()
            await both.catch_up()
            await both.compare()

        try:
            asyncio.run(live())
        finally:
            both.close()
        assert verify(both.path).fault == ""


async def test_the_last_word_is_the_retailers_newest_before_it_is_final(begun: Begun, tmp_path: Path) -> None:
    both = begun.copied(tmp_path)
    await both.begin()
    for event in (
        Report(0, Energy(100), told=True),
        Read(0, Energy(90), estimated=True, lost=True),
        Read(0, Energy(80), estimated=False, lost=False),
        Report(0, Energy(70), told=True),
        Wait(120),
        Read(0, Energy(60), estimated=False, lost=True),
        Wait(120),
        Read(0, Energy(50), estimated=False, lost=False),
        Report(0, Energy(40), told=True),
    ):
        await both.do(event)
    assert (await both.ledger.settled(START))[START][1].energy == 70, "a message before the readings was lost"
    await both.catch_up()
    assert (await both.ledger.settled(START))[START][1].energy == 60
    assert await both.compare() == 1
    both.close()


async def test_a_gateway_that_was_off_for_weeks_settles_what_was_read_meanwhile(
    begun: Begun, tmp_path: Path
) -> None:
    both = begun.copied(tmp_path)
    await both.begin()
    await both.do(ReadDay(Energy(33), lost=True))
    await both.do(Wait(40 * 24))
    await both.do(Restart())
    await both.catch_up()
    assert await both.compare() == len(STEPS)
    assert both.books.lacking_spots(both.clock.wall), "those of the rest of the day are asked for"
    both.close()
