"""Three independent looks at the home's position: retailer's book, gateway's ledger, Home Assistant.

The two files are read by themselves, read-only, beside the programs that write them.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from temix_gateway.ledger.rows import PAIR_COLUMNS
from temix_gateway.ledger.rows import row_pair as ledger_pair
from temix_market.instants import FIVE_MINUTES, Instant, from_datetime
from temix_market.intervals import Interval
from temix_market.positions import Positions
from temix_market.transactions import Kind, Pair
from temix_retailer.rows import PAIR as BOOK_COLUMNS
from temix_retailer.rows import row_pair as book_pair

from demo.home_assistant import HomeAssistant, Json

type Curve = Mapping[Instant, int]
"""Wh in each 5 minutes, by start; where nothing is held, nothing is named."""


@dataclass(frozen=True, slots=True)
class Look:
    """A curve, and how many pairs were traded for it; ``head`` is the ledger's, where it was seen."""

    curve: Curve
    trades: int = 0
    head: str = ""


def book(file: Path, home: str) -> Look:
    """What the retailer has booked for a home."""
    with closing(_read(file)) as rows:
        found = rows.execute(f"SELECT {BOOK_COLUMNS} FROM pairs WHERE home = ?", (home,)).fetchall()  # noqa: S608
    pairs = [book_pair(row) for row in found]
    return Look(_curve(pairs), _trades(pairs))


def ledger(file: Path) -> Look:
    """What the gateway has transacted, at its chain's head."""
    with closing(_read(file)) as rows:
        rows.execute("BEGIN")  # one snapshot for both
        found = rows.execute(f"SELECT kind, {PAIR_COLUMNS} FROM transactions").fetchall()  # noqa: S608
        head = rows.execute("SELECT head FROM chain ORDER BY number DESC LIMIT 1").fetchone()
    pairs = [ledger_pair(row[1:], Kind(row[0])) for row in found]
    return Look(_curve(pairs), _trades(pairs), head[0].hex() if head else "")


async def shown(home_assistant: HomeAssistant) -> Look:
    """What the temix integration shows."""
    answer: Json = await home_assistant.response("temix.get_positions")
    curve: dict[Instant, int] = {}
    for step in answer["positions"]:
        start, end = (from_datetime(datetime.fromisoformat(step[name])) for name in ("start", "end"))
        parts = (end - start) // FIVE_MINUTES
        assert step["quantity"] % parts == 0, f"not a constant rate: {step}"
        for at in range(start, end, FIVE_MINUTES):
            curve[Instant(at)] = step["quantity"] // parts
    return Look(_held(curve), head=answer["ledger"]["head"])


def differences(first: Look, second: Look, since: Instant) -> list[Instant]:
    """The 5-minute intervals from ``since`` on in which two looks differ."""
    return sorted(
        start
        for start in first.curve.keys() | second.curve.keys()
        if start >= since and first.curve.get(start, 0) != second.curve.get(start, 0)
    )


def _curve(pairs: Iterable[Pair]) -> Curve:
    held = tuple(pairs)
    positions = Positions(held)
    steps = {step for pair in held for step in pair.interval.split(FIVE_MINUTES)}
    return _held({step.start: positions.at(Interval(step.start, FIVE_MINUTES)) for step in steps})


def _held(curve: Mapping[Instant, int]) -> Curve:
    return {start: quantity for start, quantity in curve.items() if quantity}


def _trades(pairs: Iterable[Pair]) -> int:
    return sum(pair.kind is Kind.TRADE for pair in pairs)


def _read(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)
