"""Days of a home's trading in a few calls to the ledger, drawn from a seed."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from random import Random
from typing import Any

from temix_gateway.ledger.ledger import Ledger
from temix_gateway.ledger.writer import InlineWriter
from temix_market.instants import FIVE_MINUTES, HOUR, Instant
from temix_market.ports import Booked, Head, NotBooked, Voided
from temix_market.positions import Positions
from temix_market.settlement import settle
from temix_market.transactions import Kind, Order, PairKey

from tests.gateway.market import (
    LSE,
    NOW,
    FakeClock,
    delivery,
    order,
    pair,
    publication,
    spots,
    subscription,
    tender,
)

RECEIPTS = ("energy receipt " * 20, "transport receipt " * 20)


PAYLOAD = "UHVibGljYXRpb25z" * 50
"""As long as a small publication."""


def seal(order: Order, sequence: int, before: str) -> str:
    """Some bytes as long as a signed order."""
    return f"{sequence} {before} {order.pair.key} " + "signature " * 120


class Home:
    """A home whose ledger is called in the order that ``chance`` draws."""

    def __init__(self, chance: Random) -> None:
        self.clock = FakeClock()
        self._chance = chance
        self._count = 0
        self._pending: list[PairKey] = []

    def open(self, path: Path) -> Ledger:
        """Open the ledger, whose work is done at once."""
        return Ledger(path, self.clock, InlineWriter())

    async def act(self, ledger: Ledger) -> None:
        """One call, whatever it is: one transaction at the most."""
        self._count += 1
        self.clock.wall = Instant(self.clock.wall + self._chance.randrange(1, 60_000))
        acts: list[Callable[[Ledger], Coroutine[Any, Any, Any]]] = [
            self._place, self._place, self._answer, self._answer, self._tenders, self._subscribe, self._meter,
            self._freeze, self._settle, self._limit,
        ]  # fmt: skip
        await self._chance.choice(acts)(ledger)

    async def _place(self, ledger: Ledger) -> None:
        key = PairKey(f"order-{self._count}")
        await ledger.place(order(key, self._hour(), self.clock.wall + 60_000), seal)
        self._pending.append(key)

    async def _answer(self, ledger: Ledger) -> None:
        if not self._pending:
            return
        key = self._pending.pop(self._chance.randrange(len(self._pending)))
        answers = (
            Booked(key, RECEIPTS),
            NotBooked(key, 416, "beyond_depth", "", RECEIPTS),
            Voided(key, RECEIPTS),
        )
        await ledger.resolve(self._chance.choice(answers))

    async def _tenders(self, ledger: Ledger) -> None:
        await ledger.file_publication(
            publication(LSE, self._count, tender(LSE, self._hour())), f"header.{PAYLOAD}.{self._count}"
        )

    async def _subscribe(self, ledger: Ledger) -> None:
        hours = range(self._chance.randrange(1, 24))
        pairs = [
            pair(f"hour-{self._count}-{hour}", NOW + hour * HOUR, kind=Kind.SUBSCRIPTION) for hour in hours
        ]
        await ledger.take(subscription(ledger, *pairs))

    async def _meter(self, ledger: Ledger) -> None:
        starts = range(NOW, NOW + self._chance.randrange(1, 12) * FIVE_MINUTES, FIVE_MINUTES)
        await ledger.deliver([delivery(start, self._chance.randrange(-99, 999)) for start in starts])

    async def _freeze(self, ledger: Ledger) -> None:
        start = NOW + self._chance.randrange(12) * FIVE_MINUTES
        await ledger.freeze(spots(start, self._chance.randrange(50_000, 90_000)))

    async def _settle(self, ledger: Ledger) -> None:
        frozen = await ledger.spots(NOW)
        positions = Positions(pair for pair, _ in await ledger.pairs(NOW))
        settled = []
        for read in await ledger.deliveries(NOW):
            known = [spot for spot in frozen if spot.interval == read.interval]
            if known:
                settled.append(settle(read, positions.enclosing(read.interval), known))
        await ledger.settle(settled)

    async def _limit(self, ledger: Ledger) -> None:
        await ledger.set_limits(f'{{"money_a_day": {self._chance.randrange(99)}}}')

    def _hour(self) -> int:
        return NOW + self._chance.randrange(30) * HOUR


def head_of(path: Path) -> Head:
    """How far the ledger at ``path`` reaches."""
    ledger = Ledger(path, FakeClock(), InlineWriter())
    ledger.close()
    assert not ledger.fault, ledger.fault
    return ledger.head


async def figures(ledger: Ledger) -> list[Any]:
    """Everything that the ledger tells."""
    return [
        ledger.head,
        await ledger.pairs(NOW),
        await ledger.trades(),
        await ledger.ordered(NOW),
        await ledger.pending(),
        await ledger.spots(NOW),
        await ledger.deliveries(NOW),
        await ledger.settled(NOW),
    ]
