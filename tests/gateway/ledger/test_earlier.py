"""A ledger of every earlier schema says after the upgrade what it said before, and is traded on with.

The files in ``earlier`` were written by the programs of their time, with ``fill`` of test_ledger.py and an
order that is open: who adds a step to the schema adds a file of the one before.
"""

import gzip
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.ledger.reading import opened
from temix_gateway.ledger.schema import STEPS
from temix_gateway.ledger.statements import read_statement
from temix_gateway.ledger.verify import verify
from temix_gateway.ledger.writer import InlineWriter
from temix_market.instants import FIVE_MINUTES, HOUR, Instant
from temix_market.intervals import Interval
from temix_market.ports import Booked
from temix_market.settlement import settle
from temix_market.statement import Statement
from temix_market.transactions import PairKey

from tests.gateway.ledger.test_ledger import RECEIPTS, fill, seal
from tests.gateway.market import NOW, FakeClock, delivery, order, spots

EARLIER = Path(__file__).with_name("earlier")


def begin(path: Path) -> Ledger:
    return Ledger(path, FakeClock(), InlineWriter())


async def trade(ledger: Ledger) -> None:
    """The open order is booked, another placed, and five minutes more are settled."""
    await ledger.resolve(Booked(PairKey("open"), RECEIPTS))
    await ledger.place(order("next"), seal)
    later = delivery(NOW + FIVE_MINUTES, 30)
    await ledger.deliver([later])
    await ledger.freeze(spots(NOW + FIVE_MINUTES))
    await ledger.settle([settle(later, [], spots(NOW + FIVE_MINUTES))])


def statement(path: Path) -> Statement:
    with opened(path) as connection:
        return read_statement(path, connection, Interval(NOW, HOUR), ZoneInfo("UTC"), Instant(NOW + HOUR))


async def told(ledger: Ledger) -> tuple[object, ...]:
    """What the ledger says of trade and money."""
    found = statement(ledger.path)
    # An older ledger has fewer records before it.
    settled = [replace(each, record=0) for each in found.settled]
    return await ledger.pairs(NOW), await ledger.pending(), settled, found.missing


@pytest.fixture
async def newest(tmp_path: Path) -> AsyncIterator[Ledger]:
    """What the same calls make today."""
    with closing(begin(tmp_path / "newest.db")) as ledger:
        await fill(ledger)
        await ledger.place(order("open"), seal)
        yield ledger


@pytest.mark.parametrize("schema", range(1, len(STEPS)))
async def test_a_ledger_of_every_earlier_schema_is_traded_on_with(
    tmp_path: Path, newest: Ledger, schema: int
) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(gzip.decompress((EARLIER / f"schema-{schema}.db.gz").read_bytes()))
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("PRAGMA user_version").fetchone() == (schema,)
        (head,) = file.execute("SELECT head FROM chain ORDER BY number DESC LIMIT 1").fetchone()
    with closing(begin(path)) as ledger:
        assert (ledger.fault, ledger.head.head) == ("", head.hex())
        assert (tmp_path / f"ledger.schema-{schema}.db").exists()
        assert await told(ledger) == await told(newest)
        for each in (ledger, newest):
            await trade(each)
        assert await told(ledger) == await told(newest)
    assert (statement(path).total.settled, verify(path).fault) == (2, "")
