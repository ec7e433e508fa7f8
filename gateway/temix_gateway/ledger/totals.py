"""What a ledger adds up to over all time, and by the hour: the figures that counters and statistics need."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog
from temix_market.instants import FIVE_MINUTES, HOUR, Instant
from temix_market.intervals import Interval
from temix_market.transactions import Kind, Pair
from temix_market.units import Energy, Money

from temix_gateway.errors import LedgerUnreadable
from temix_gateway.ledger.rows import PAIR_COLUMNS, row_pair
from temix_gateway.ledger.segments import attach, older, reader

_LOG: Final = structlog.get_logger(__name__)

# Of each interval and party the newest record; an interval with net export books its money as compensation,
# all else is cost, the subscription always.
_STEPS: Final = """
  SELECT start, delivery, max(number) AS record,
    sum(subscription) AS subscribed, sum(trades + deviation) AS rest
  FROM (
    SELECT start, party, delivery, subscription, trades, deviation, max(number) AS number
    FROM settlements WHERE start >= :start AND start < :end GROUP BY start, party
  ) GROUP BY start"""

_FIGURES: Final = """
  coalesce(sum(max(delivery, 0)), 0), coalesce(-sum(min(delivery, 0)), 0),
  coalesce(sum(subscribed + iif(delivery < 0, 0, rest)), 0), coalesce(-sum(iif(delivery < 0, rest, 0)), 0)"""


@dataclass(frozen=True, slots=True)
class Figures:
    """Energies (Wh) that came in and went out, and their money (nano): the total is cost − compensation."""

    imported: Energy = Energy(0)
    exported: Energy = Energy(0)
    cost: Money = Money(0)
    compensation: Money = Money(0)

    @property
    def total(self) -> Money:
        """What is owed."""
        return Money(self.cost - self.compensation)

    def __add__(self, other: Figures) -> Figures:
        """Both together."""
        return Figures(
            Energy(self.imported + other.imported),
            Energy(self.exported + other.exported),
            Money(self.cost + other.cost),
            Money(self.compensation + other.compensation),
        )

    def __sub__(self, other: Figures) -> Figures:
        """This without the other."""
        return Figures(
            Energy(self.imported - other.imported),
            Energy(self.exported - other.exported),
            Money(self.cost - other.cost),
            Money(self.compensation - other.compensation),
        )


@dataclass(frozen=True, slots=True)
class Step:
    """The figures of one settled interval, and the newest record that they come from."""

    start: Instant
    figures: Figures
    record: int

    @property
    def delivery(self) -> Energy:
        """Net import."""
        return Energy(self.figures.imported - self.figures.exported)


def steps(connection: sqlite3.Connection, period: Interval) -> Iterator[Step]:
    """Every settled interval of a period, in order."""
    query = f"SELECT start, record, {_FIGURES} FROM ({_STEPS}) GROUP BY start ORDER BY start"
    for start, record, *figures in connection.execute(query, {"start": period.start, "end": period.end}):
        yield Step(Instant(start), _figures(figures), record)


def hours(connection: sqlite3.Connection, period: Interval, after: int) -> list[Step]:
    """Every UTC hour of a period that is settled wholly, and not since before record ``after``."""
    query = (
        f"SELECT start - start % {HOUR}, max(record), {_FIGURES} FROM ({_STEPS}) "
        f"GROUP BY 1 HAVING count(*) = {HOUR // FIVE_MINUTES} AND max(record) > :after ORDER BY 1"
    )
    first, last = -(-period.start // HOUR) * HOUR, period.end - period.end % HOUR
    rows = connection.execute(query, {"start": first, "end": last, "after": after})
    return [Step(Instant(start), _figures(figures), record) for start, record, *figures in rows]


def whole(connection: sqlite3.Connection) -> Figures:
    """Everything that was ever settled."""
    (row,) = connection.execute(f"SELECT {_FIGURES} FROM ({_STEPS})", {"start": 0, "end": 2**62})
    return _figures(row)


def traded(connection: sqlite3.Connection) -> tuple[Energy, Energy]:
    """What was ever bought and sold beside the subscription (Wh, neither negative)."""
    sums = dict(
        connection.execute(
            "SELECT side, sum(quantity) FROM transactions WHERE kind = ? GROUP BY side", (Kind.TRADE.value,)
        )
    )
    return Energy(sums.get("SELL", 0)), Energy(sums.get("BUY", 0))  # the sides are the retailer's


@dataclass(frozen=True, slots=True)
class Older:
    """What archives add up to that are not read with the ledger; ``first`` is their first interval."""

    figures: Figures = Figures()
    bought: Energy = Energy(0)
    sold: Energy = Energy(0)
    first: Instant | None = None


def beyond(connection: sqlite3.Connection, path: Path) -> Older:
    """Add up the archives of the ledger at ``path`` that lie beyond the ten newest, one by one.

    What was settled anew in the file that follows counts there. No correction comes later than that. Where an
    archive is not there, all of these are left out, and the log says so: the start does not need them.
    """
    found = Older()
    try:
        archives = older(connection, path)
    except LedgerUnreadable as error:
        _LOG.warning("older archives are in no counter", reason=str(error))
        return found
    for archive, follower in archives:
        with closing(reader(archive)) as own:
            attach(own, follower, "after")
            own.execute(
                "CREATE TEMP VIEW settlements AS SELECT * FROM main.settlements "
                "WHERE start NOT IN (SELECT start FROM after.settlements)"
            )
            bought, sold = traded(own)
            found = Older(
                found.figures + whole(own),
                Energy(found.bought + bought),
                Energy(found.sold + sold),
                first(own) if found.first is None else found.first,
            )
    return found


def latest(connection: sqlite3.Connection) -> tuple[Interval, Energy, Energy] | None:
    """The last settled interval, with its position and its delivery."""
    row = connection.execute(
        "SELECT start, position, delivery FROM settlements ORDER BY start DESC, number DESC LIMIT 1"
    ).fetchone()
    return row and (Interval(Instant(row[0]), FIVE_MINUTES), Energy(row[1]), Energy(row[2]))


def spot_prices(connection: sqlite3.Connection, period: Interval) -> list[tuple[Instant, int, int]]:
    """Start, and both parties' frozen prices to sell and to buy together, of each interval that has both."""
    rows = connection.execute(
        "SELECT start, sum(sell), sum(buy) FROM spots WHERE start >= ? AND start < ? "
        "GROUP BY start HAVING count(*) = 2 ORDER BY start",
        (period.start, period.end),
    )
    return [(Instant(start), sell, buy) for start, sell, buy in rows]


def first(connection: sqlite3.Connection) -> Instant | None:
    """The first settled interval."""
    (start,) = connection.execute("SELECT min(start) FROM settlements").fetchone()
    return None if start is None else Instant(start)


def newest(connection: sqlite3.Connection) -> int:
    """The newest settlement record; 0 where there is none."""
    (number,) = connection.execute("SELECT coalesce(max(number), 0) FROM settlements").fetchone()
    return int(number)


def transactions(
    connection: sqlite3.Connection, period: Interval, after: int, limit: int
) -> list[tuple[int, Pair, Instant]]:
    """Transactions delivered in a period, newer than record ``after``: record, pair, when it was recorded."""
    rows = connection.execute(
        f"SELECT {PAIR_COLUMNS}, kind, number, booked_at FROM transactions "
        "WHERE start > ? AND start < ? AND start + duration > ? AND number > ? ORDER BY number LIMIT ?",
        (period.start - HOUR, period.end, period.start, after, limit),
    )
    return [(row[13], row_pair(row[:12], Kind(row[12])), Instant(row[14])) for row in rows]


def _figures(row: list[int]) -> Figures:
    imported, exported, cost, compensation = row
    return Figures(Energy(imported), Energy(exported), Money(cost), Money(compensation))
