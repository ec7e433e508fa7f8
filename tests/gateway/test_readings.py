"""The home's meter readings: settled once, reported until they are acknowledged."""

import pytest
from temix_gateway.home.errors import CommandRefused
from temix_gateway.home.messages import Reading, ReportReadings
from temix_market.instants import FIVE_MINUTES, HOUR, Instant
from temix_market.transactions import Kind

from tests.gateway.bench import Bench
from tests.gateway.market import (
    NOW,
    delivery,
    pair,
    subscription,
)


async def test_deliveries_are_settled_reported_and_kept(bench: Bench) -> None:
    subscribed = pair("s", NOW + HOUR, quantity=1_200, kind=Kind.SUBSCRIPTION)
    await bench.core.told(subscription(bench.ledger, subscribed))
    for _ in range(14):
        await bench.next_step()
    reading = Reading(start=NOW + HOUR, end=NOW + HOUR + FIVE_MINUTES, energy=130)
    await bench.core.report_readings(ReportReadings(id=1, readings=[reading]))
    [settled] = (await bench.ledger.settled(NOW)).items()
    assert settled == (NOW + HOUR, (100, delivery(NOW + HOUR, 130)))
    await bench.core.turn()
    assert [delivery.energy for delivery in bench.retailer.reported] == [130]


async def test_deliveries_without_an_acknowledgement_outlive_a_restart(bench: Bench) -> None:
    bench.retailer.lose_reports = 1
    await bench.publish()
    starts = [NOW - (number + 1) * FIVE_MINUTES for number in range(600)]
    await bench.core.books.delivered([delivery(start, 7) for start in starts])
    await bench.core.turn()
    assert bench.retailer.reported == []
    await bench.restart()
    assert bench.core.books.unreported == 600
    await bench.core.turn()
    assert [found.interval.start for found in bench.retailer.reported] == starts
    assert bench.core.books.unreported == 0
    await bench.restart()
    await bench.core.turn()
    assert len(bench.retailer.reported) == 600


async def test_a_reading_before_its_spot_is_settled_later(bench: Bench) -> None:
    await bench.publish()
    bench.clock.wall = Instant(NOW + 2 * FIVE_MINUTES)
    reading = Reading(start=NOW + FIVE_MINUTES, end=NOW + 2 * FIVE_MINUTES, energy=5)
    await bench.core.report_readings(ReportReadings(id=1, readings=[reading]))
    assert await bench.ledger.settled(NOW) == {}
    bench.clock.wall = Instant(NOW + FIVE_MINUTES)
    await bench.publish()
    assert list(await bench.ledger.settled(NOW)) == [NOW + FIVE_MINUTES]


@pytest.mark.parametrize(
    "start,end,reason",
    [(1, 300_001, "5-minute mark"), (0, 7_200_000, "future"), (600, 300, "positive")],
)
async def test_impossible_readings_are_refused(bench: Bench, start: int, end: int, reason: str) -> None:
    report = ReportReadings(id=1, readings=[Reading(start=NOW + start, end=NOW + end, energy=1)])
    with pytest.raises(CommandRefused, match=reason):
        await bench.core.report_readings(report)
