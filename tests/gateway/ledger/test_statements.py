"""A statement read from a ledger is the sum of its settlement records, corrections counted once."""

import sqlite3
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import msgspec
import pytest
from temix_gateway.errors import LedgerUnreadable, PartyUnknown
from temix_gateway.ledger import statements
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.ledger.reading import opened
from temix_gateway.ledger.writer import InlineWriter
from temix_market.calendar import local_date, local_day
from temix_market.deliveries import FINAL_AFTER
from temix_market.instants import FIVE_MINUTES, HOUR, Duration, Instant
from temix_market.intervals import Interval
from temix_market.positions import Positions
from temix_market.products import Resource, Side
from temix_market.settlement import settle
from temix_market.statement import Gap, Statement
from temix_market.transactions import Kind, Pair
from temix_market.units import Energy
from temix_market.wire.codec import publication_payload

from tests.gateway.market import (
    DO,
    LSE,
    NOW,
    FakeClock,
    delivery,
    pair,
    publication,
    readings,
    spots,
    subscription,
    tender,
)

UTC = ZoneInfo("UTC")
PERIOD = Interval(NOW, Duration(4 * HOUR))


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    """A ledger of one morning: subscribed, traded, read, settled, partly corrected."""
    made = Ledger(tmp_path / "ledger.db", FakeClock(), InlineWriter())
    random = Random(7)
    pairs = [
        pair(f"s{hour}", NOW + hour * HOUR, quantity=1200 + 12 * hour, kind=Kind.SUBSCRIPTION)
        for hour in range(4)
    ]
    booked = [pair(f"t{n}", NOW + n * HOUR, side=random.choice(list(Side)), quantity=24) for n in range(4)]
    await made.take(subscription(made, *pairs, *booked))
    await _settle(made, [*pairs, *booked], random, range(40))
    await _settle(made, [*pairs, *booked], random, range(10, 20))
    yield made
    made.close()


async def _settle(ledger: Ledger, pairs: list[Pair], random: Random, numbers: range) -> None:
    positions = Positions(pairs)
    for number in numbers:
        start = NOW + number * FIVE_MINUTES
        each = spots(start, 60_000 + number, 50_000 - number)
        read = delivery(start, random.randrange(-500, 800), estimated=number % 3 == 0)
        await ledger.deliver([read])
        await ledger.freeze(each)
        await ledger.settle([settle(read, positions.enclosing(read.interval), each)])


def _read(ledger: Ledger, period: Interval = PERIOD, now: int = PERIOD.end) -> Statement:
    with opened(ledger.path) as connection:
        return statements.read_statement(ledger.path, connection, period, UTC, Instant(now))


async def test_its_total_is_the_sum_of_the_settlements_that_count(ledger: Ledger) -> None:
    statement = _read(ledger)
    with closing(sqlite3.connect(ledger.path)) as file:
        newest = file.execute(
            "SELECT party, subscription, trades, deviation FROM settlements s WHERE NOT EXISTS ("
            "SELECT 1 FROM settlements n WHERE n.start = s.start "
            "AND n.party = s.party AND n.number > s.number)"
        ).fetchall()
    assert len(newest) == 80
    total = statement.total
    for party, account in ((LSE, total.energy), (DO, total.transport)):
        mine = [row[1:] for row in newest if row[0] == party]
        assert (account.subscription, account.transactions, account.deviation) == tuple(
            map(sum, zip(*mine, strict=True))
        )
    assert (
        total.total
        == sum(sum(row[1:]) for row in newest)
        == sum(line.total for line in statement.intervals())
    )
    assert (total.settled, total.provisional, total.estimated) == (40, 40, 14)
    assert total.subscribed == 1200 + 1212 + 1224 + 4 * (1236 // 12)


async def test_gaps_have_their_reason(ledger: Ledger) -> None:
    await ledger.deliver([delivery(NOW + 40 * FIVE_MINUTES, 5), delivery(NOW + 41 * FIVE_MINUTES, 5)])
    await ledger.freeze(spots(NOW + 41 * FIVE_MINUTES))
    early = Interval(Instant(NOW - FIVE_MINUTES), Duration(PERIOD.duration + FIVE_MINUTES))
    missing = _read(ledger, early, NOW + 43 * FIVE_MINUTES).missing
    assert [((gap.interval.start - NOW) // FIVE_MINUTES, gap.why) for gap in missing] == [
        (-1, Gap.NOT_RECORDED),
        (40, Gap.NO_SPOT),
        (41, Gap.WAITING),
        (42, Gap.NO_READING),
    ]


async def test_final_by_the_retailers_readings_of_the_whole_day_or_by_age(ledger: Ledger) -> None:
    day = local_day(UTC, local_date(UTC, NOW))
    steps = [delivery(step.start, 5) for step in day.split(FIVE_MINUTES)]
    await ledger.take(readings(ledger, *steps[:-1]))
    total = _read(ledger).total
    assert (total.by_retailer, total.provisional, total.settled) == (40, 40, 40)
    await ledger.take(readings(ledger, delivery(steps[-1].interval.start, 4, estimated=True)))
    assert _read(ledger).total.provisional == 40
    await ledger.take(readings(ledger, steps[-1]))
    assert _read(ledger).total.provisional == 0


async def test_final_by_age(ledger: Ledger) -> None:
    late = NOW + FIVE_MINUTES + FINAL_AFTER
    assert [step.final for step in _read(ledger, now=late).settled] == [True] + [False] * 39
    assert _read(ledger, now=late + HOUR).total.provisional == 40 - 13


async def test_without_a_transaction_the_tenders_say_who_is_who(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.db", FakeClock(), InlineWriter())
    each = spots(NOW)
    await ledger.deliver([delivery(NOW, 100)])
    await ledger.freeze(each)
    await ledger.settle([settle(delivery(NOW, 100), [], each)])
    with pytest.raises(PartyUnknown, match=r"do .*energy or transport"):
        _read(ledger)
    for author in (LSE, DO):
        offered = publication(author, 1, tender(author, NOW + HOUR))
        body = msgspec.json.encode({"body": publication_payload(offered)})
        payload = urlsafe_b64encode(body).rstrip(b"=").decode()
        await ledger.file_publication(offered, f"header.{payload}.signature")
    with opened(ledger.path) as connection:
        assert statements.roles(ledger.path, connection) == {LSE: Resource.ENERGY, DO: Resource.TRANSPORT}
    assert _read(ledger).total.energy.deviation == 100 * 60_000
    ledger.close()


def test_no_ledger_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(LedgerUnreadable), opened(tmp_path / "none.db"):
        pass


def test_an_empty_ledger_misses_everything(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.db", FakeClock(), InlineWriter())
    statement = _read(ledger)
    ledger.close()
    assert [gap.why for gap in statement.missing] == [Gap.NOT_RECORDED]
    assert statement.total.total == 0
    assert Energy(0) == statement.total.delivery
