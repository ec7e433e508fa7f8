"""The retailer's readings win, are corrected until they are final, and then no more."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from temix_gateway.errors import MessageReused
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.ledger.writer import InlineWriter
from temix_market.calendar import local_day
from temix_market.deliveries import FINAL_AFTER, Delivery
from temix_market.instants import FIVE_MINUTES, Instant
from temix_market.ports import Place

from tests.gateway.market import NOW, FakeClock, delivery, readings

BERLIN = ZoneInfo("Europe/Berlin")
LONGEST = local_day(BERLIN, date(2026, 10, 25))
"""It has 25 hours."""


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger(tmp_path / "ledger.db", FakeClock(), InlineWriter())
    yield made
    made.close()


async def counts(ledger: Ledger, start: int = NOW) -> list[tuple[int, bool]]:
    """What counts as delivered from ``start`` on."""
    return [(each.energy, each.estimated) for each in await ledger.deliveries(Instant(start))]


async def test_a_correction_is_a_new_row_and_the_same_again_is_none(ledger: Ledger) -> None:
    await ledger.deliver([delivery(NOW, 40)])
    await ledger.take(readings(ledger, delivery(NOW, 39, estimated=True)))
    before = ledger.head.sequence
    await ledger.take(readings(ledger, delivery(NOW, 39, estimated=True)))
    assert ledger.head.sequence == before + 1, "the message alone"
    await ledger.take(readings(ledger, delivery(NOW, 38), delivery(NOW, 37)))
    assert ledger.head.sequence == before + 3
    await ledger.deliver([delivery(NOW, 50)])
    assert await counts(ledger) == [(37, False)]
    assert await ledger.read_by_retailer(NOW) == {NOW}


async def test_ten_days_after_its_interval_a_reading_counts_no_more(ledger: Ledger) -> None:
    end = NOW + FIVE_MINUTES
    await ledger.take(readings(ledger, delivery(NOW, 1), at=end + FINAL_AFTER - 1))
    await ledger.take(readings(ledger, delivery(NOW, 2), at=end + FINAL_AFTER))
    await ledger.take(readings(ledger, delivery(NOW - FIVE_MINUTES, 3), at=end + FINAL_AFTER))
    assert await counts(ledger, NOW - FIVE_MINUTES) == [(1, False)]
    assert ledger.heads.messages.sequence == 3, "every message is kept as evidence"


async def test_a_day_that_was_measured_whole_is_corrected_no_more(ledger: Ledger) -> None:
    steps = [delivery(step.start, 10) for step in LONGEST.split(FIVE_MINUTES)]
    assert len(steps) == 300
    first, last = steps[0].interval.start, steps[-1].interval.start

    async def tell(*told: Delivery) -> None:
        await ledger.take(readings(ledger, *told, at=LONGEST.end, zone="Europe/Berlin"))

    await tell(*steps[:-1])
    await tell(delivery(first, 11))
    await tell(delivery(last, 12, estimated=True))
    await tell(delivery(first, 13))
    await tell(delivery(last, 14))
    assert (await counts(ledger, first))[:2] == [(13, False), (10, False)]
    await tell(delivery(first, 15), delivery(LONGEST.end, 16))
    assert (await counts(ledger, first))[0] == (13, False)
    assert await counts(ledger, LONGEST.end) == [(16, False)], "the next day is open"


async def test_a_message_out_of_turn_waits_and_one_of_other_content_is_refused(ledger: Ledger) -> None:
    first = readings(ledger, delivery(NOW, 1), signed="first")
    assert await ledger.take(first)
    second = readings(ledger, delivery(NOW, 2), signed="second")
    other = readings(ledger, delivery(NOW, 3), signed="other")
    assert await ledger.take(second)
    assert await ledger.take(first), "known"
    assert await counts(ledger) == [(2, False)]
    assert await ledger.take(other), "its number is known: it is not read again"
    assert await counts(ledger) == [(2, False)]
    forged = replace(other, place=Place(3, other.place.before))
    with pytest.raises(MessageReused):
        await ledger.take(forged)
    later = replace(other, place=Place(9, other.place.before))
    assert not await ledger.take(later)
