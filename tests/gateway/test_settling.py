"""Settling from the ledger alone, whatever was learned late."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.ledger.writer import InlineWriter
from temix_gateway.settling import settle_open
from temix_market.instants import FIVE_MINUTES, HOUR, Instant
from temix_market.products import Side
from temix_market.transactions import Kind
from temix_market.units import Price

from tests.gateway.market import NOW, FakeClock, delivery, pair, spots, subscription

START = Instant(NOW + HOUR)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with closing(Ledger(tmp_path / "ledger.db", FakeClock(), InlineWriter())) as opened:
        yield opened


async def test_pairs_that_leave_the_position_as_it_was_are_settled_too(ledger: Ledger) -> None:
    """Bought and sold again dearer or cheaper: the same position, but not the same money."""
    await ledger.freeze(spots(START))
    await ledger.deliver([delivery(START, 40)])
    [before] = await settle_open(ledger, NOW)
    bought = pair("bought", START, duration=FIVE_MINUTES, kind=Kind.SUBSCRIPTION)
    sold = pair("sold", START, duration=FIVE_MINUTES, side=Side.BUY, kind=Kind.SUBSCRIPTION)
    cheaper = replace(sold, energy=replace(sold.energy, price=Price(sold.energy.price - 10_000)))
    await ledger.take(subscription(ledger, bought, cheaper))
    [after] = await settle_open(ledger, NOW)
    assert after.position == before.position == 0
    assert after.total == before.total + 120 * 10_000
    assert await settle_open(ledger, NOW) == []
