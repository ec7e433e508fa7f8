"""More archives than SQLite reads beside a ledger: statements, their explanations and look-ups reach all."""

import asyncio
from pathlib import Path

import pytest
from temix_gateway.errors import LedgerUnreadable
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.ledger.reading import opened
from temix_gateway.ledger.segments import MOST_ATTACHED, sealed
from temix_gateway.ledger.statements import read_statement
from temix_gateway.ledger.totals import hours, transactions
from temix_gateway.ledger.trace import Source, trace
from temix_gateway.ledger.verify import verify
from temix_gateway.ledger.writer import InlineWriter
from temix_market.instants import HOUR, Duration, Instant
from temix_market.intervals import Interval
from temix_market.statement import Settled

from tests.gateway.ledger.test_archive import DAYS, FIRST, ZONE, live, month
from tests.gateway.ledger.test_verify import KEYS
from tests.gateway.market import FakeClock

pytestmark = pytest.mark.timeout(60)

MONTHS = 28
OLD = Interval(Instant(month(0) - 24 * HOUR), Duration(40 * 24 * HOUR))
"""The first two months that were lived."""
YEARS = Interval(FIRST, Duration(MONTHS * 31 * 24 * HOUR))


def settled(path: Path, period: Interval) -> list[Settled]:
    with opened(path, period) as connection:
        return list(read_statement(path, connection, period, ZONE, month(0)).settled)


def says(sources: list[Source]) -> list[tuple[str, str]]:
    return [(source.table, source.says) for source in sources]


def sources(path: Path, start: Instant) -> list[tuple[str, str]]:
    with opened(path, Interval(start, Duration(HOUR))) as connection:
        return says(trace(connection, start))


class Lived:
    """A ledger with more than ten archives, and what it said while all was in the live file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        clock = FakeClock(FIRST)
        ledger = Ledger(path, clock, InlineWriter())
        number = 0
        for count in range(MONTHS):
            for day in range(DAYS):
                number += 1
                asyncio.run(live(ledger, clock, Instant(month(count) + day * 24 * HOUR), number))
            if count == 1:
                self.before = settled(path, OLD)
                self.sources = sources(path, month(0))
            asyncio.run(ledger.archive(ZONE))
        ledger.close()


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    made = Lived(tmp_path_factory.mktemp("lived") / "ledger.db")
    assert len(sealed(made.path)) > MOST_ATTACHED + 2
    return made


def test_a_statement_of_the_oldest_months_says_what_it_said(lived: Lived) -> None:
    assert len(lived.before) == 2
    assert settled(lived.path, OLD) == lived.before


def test_a_figure_of_the_oldest_months_is_traced_to_its_records(lived: Lived) -> None:
    assert {table for table, _ in lived.sources} == {"deliveries", "spots", "transactions", "settlements"}
    assert any("(order " in told for _, told in lived.sources)
    assert sources(lived.path, month(0)) == lived.sources


def test_a_period_over_all_archives_counts_each_interval_once(lived: Lived) -> None:
    found = settled(lived.path, YEARS)
    assert len(found) == MONTHS  # a day is settled on the next one, of two in each month
    assert len({step.start for step in found}) == len(found)


def test_transactions_and_hours_are_looked_up_in_all_archives(lived: Lived) -> None:
    with opened(lived.path, YEARS) as connection:
        assert len(transactions(connection, YEARS, 0, 10_000)) == 2 * MONTHS * DAYS
        assert hours(connection, YEARS, 0) == []  # no hour was settled whole
    with opened(lived.path) as connection:
        assert len(transactions(connection, YEARS, 0, 10_000)) < 2 * MONTHS * DAYS


def test_all_of_them_verify(lived: Lived) -> None:
    assert verify(lived.path, KEYS).archives == len(sealed(lived.path))


def test_what_is_no_archive_is_said(lived: Lived, tmp_path: Path) -> None:
    for file in lived.path.parent.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / sealed(lived.path)[0].path.name).write_bytes(b"holiday pictures" * 100)
    with pytest.raises(LedgerUnreadable):
        settled(tmp_path / "ledger.db", OLD)
