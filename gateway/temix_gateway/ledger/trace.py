"""Where a settled interval's figures come from: every record of the ledger that is in them."""

import sqlite3
from dataclasses import dataclass
from typing import Any, Final

from temix_market.instants import FIVE_MINUTES, HOUR, Instant, iso
from temix_market.products import Side
from temix_market.tenders import PartyId
from temix_market.units import Energy, Money, Price, cost, money_text

from temix_gateway.ledger.packing import unpack
from temix_gateway.ledger.tenders import has_tenders

_PAIRS: Final = (
    "SELECT t.number, t.kind, t.key, t.side, t.quantity, t.duration, t.energy_tender, t.energy_author, "
    "t.energy_price, t.transport_tender, t.transport_author, t.transport_price, o.number, a.number, "
    "a.energy_receipt, a.transport_receipt{columns} "
    "FROM transactions t LEFT JOIN orders o USING (key) LEFT JOIN answers a USING (key) {joined}"
    "WHERE t.start > ? AND t.start <= ? AND t.start + t.duration >= ? ORDER BY t.number"
)


@dataclass(frozen=True, slots=True)
class Source:
    """One record: its number and table, what it says, and the money (nano) that it puts into the interval."""

    record: int
    table: str
    says: str
    party: PartyId | None = None
    money: Money | None = None


def trace(connection: sqlite3.Connection, start: Instant) -> list[Source]:
    """The records behind the 5 minutes from ``start``, in the order of the ledger's tables."""
    return [
        *_deliveries(connection, start),
        *_spots(connection, start),
        *_transactions(connection, start),
        *_settlements(connection, start),
    ]


def _deliveries(connection: sqlite3.Connection, start: Instant) -> list[Source]:
    rows = connection.execute(
        "SELECT number, source, energy, estimated, received_at FROM deliveries WHERE start = ? "
        "ORDER BY number",
        (start,),
    )
    return [
        Source(
            number,
            "deliveries",
            f"the {source}'s meter: {energy} Wh{', estimated' if estimated else ''}, "
            f"received {iso(Instant(received))}",
        )
        for number, source, energy, estimated, received in rows
    ]


def _spots(connection: sqlite3.Connection, start: Instant) -> list[Source]:
    rows = connection.execute(
        "SELECT number, author, sell, buy FROM spots WHERE start = ? ORDER BY number", (start,)
    )
    return [
        Source(number, "spots", f"sells at {_price(sell)}, buys at {_price(buy)} a kWh", PartyId(author))
        for number, author, sell, buy in rows
    ]


def _transactions(connection: sqlite3.Connection, start: Instant) -> list[Source]:
    query = _PAIRS.format(columns=", '', 0", joined="")
    if has_tenders(connection):
        query = _PAIRS.format(columns=", p.tender, p.place", joined="LEFT JOIN tenders p ON p.pair = t.key ")
    rows = connection.execute(query, (start - HOUR, start, start + FIVE_MINUTES)).fetchall()
    return [source for row in rows for source in _pair(row)]


def _pair(row: tuple[Any, ...]) -> list[Source]:
    number, kind, key, side, quantity, duration = row[:6]
    order, answer, *receipts = row[12:16]
    tendered, place = row[16:]
    share = Energy(Side(side).sign * int(quantity or 0) // (int(duration or 1) // FIVE_MINUTES))
    booked = f"order {order}, answer {answer}" if order is not None else "booked by the retailer"
    if tendered:
        booked = f"accepted as part {place} of the home's own tender {tendered}"
    found = []
    for index, leg in enumerate(("energy", "transport")):
        tender, author, price = row[6 + 3 * index : 9 + 3 * index]
        receipt = receipts[index]
        signed = f", signed {_text(receipt)[-16:]}" if receipt else ""
        at = f"{share} Wh of {leg} at {_price(int(price or 0))} by tender {tender}"
        says = f"{kind} {key}: {at} ({booked}{signed})"
        money = cost(share, Price(int(price or 0)))
        found.append(Source(int(number or 0), "transactions", says, PartyId(str(author)), money))
    return found


def _settlements(connection: sqlite3.Connection, start: Instant) -> list[Source]:
    rows = connection.execute(
        "SELECT number, party, position, delivery, subscription, trades, deviation, "
        "number = max(number) OVER (PARTITION BY party) FROM settlements WHERE start = ? ORDER BY number",
        (start,),
    )
    found = []
    for number, party, position, delivery, subscription, trades, deviation, counts in rows:
        parts = ", ".join(
            f"{name} {money_text(Money(money))}"
            for name, money in (
                ("subscription", subscription),
                ("transactions", trades),
                ("deviation", deviation),
            )
        )
        says = f"position {position} Wh, delivery {delivery} Wh: {parts}"
        if not counts:
            says += " (corrected since: does not count)"
        money = Money(subscription + trades + deviation) if counts else None
        found.append(Source(number, "settlements", says, PartyId(party), money))
    return found


def _text(receipt: int | str | bytes) -> str:
    return str(receipt) if isinstance(receipt, int) else unpack(receipt)


def _price(price: int) -> str:
    return money_text(Money(price * 1_000))
