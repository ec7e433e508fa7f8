"""From a meter's registers to settled Wh: the client's code, its messages and the ledger together."""

import itertools
from collections.abc import Sequence
from datetime import timedelta

import msgspec
import pytest
from temix_gateway.home.messages import ReportReadings
from temix_market.calendar import local_date
from temix_market.deliveries import Delivery
from temix_market.instants import FIVE_MINUTES, Instant, to_datetime
from temix_market.intervals import Interval
from temix_market.units import Energy

from custom_components.temix.client.devices import Reading
from custom_components.temix.client.register import Look, passed
from tests.gateway.bench import Bench
from tests.gateway.market import NOW
from tests.gateway.market import readings as told_by_retailer

FIRST = Instant(NOW + FIVE_MINUTES)
"""The first interval of which a spot is frozen here."""
MOST = 24_000.0
LAST_DIGIT = 99_999_990.0
"""Shortly before a register of five digits of kWh has none left."""


def look(step: int, wh: float) -> Look:
    return Look(to_datetime(FIRST) + step * timedelta(minutes=5), {"meter": wh})


def readings(looks: Sequence[Look]) -> list[Reading]:
    found = [passed(before, now, MOST).reading for before, now in itertools.pairwise(looks)]
    return [reading for reading in found if reading is not None]


async def tell(bench: Bench, told: Sequence[Reading]) -> None:
    """As the integration's message: what the local API reads of it."""
    message = {"type": "report_readings", "id": 1, "readings": [each.to_message() for each in told]}
    await bench.core.report_readings(msgspec.convert(message, ReportReadings))


async def settled(bench: Bench) -> dict[int, Delivery]:
    """What was settled last, by the number of the step."""
    found = await bench.ledger.settled(NOW)
    return {(start - FIRST) // FIVE_MINUTES: delivery for start, (_, delivery) in found.items()}


async def recorded(bench: Bench) -> int:
    (count,) = bench.ledger._db.execute("SELECT count(*) FROM deliveries").fetchone()
    return int(count)


@pytest.fixture
async def later(bench: Bench) -> Bench:
    """An hour later: the spots of twelve intervals are frozen."""
    await bench.publish()
    for _ in range(14):
        await bench.next_step()
    return bench


@pytest.mark.parametrize(
    "looks,wh",
    [
        pytest.param([(0, 1_000.0), (1, 1_100.4), (2, 1_200.6), (3, 1_250.0)], [100, 101, 49], id="counts"),
        pytest.param([(0, 5_000.0), (1, 5_100.0), (2, 80.0), (3, 180.0)], [100, 80, 100], id="was reset"),
        pytest.param([(0, LAST_DIGIT), (1, 110.0), (2, 210.0)], [110, 100], id="rolled over"),
        pytest.param([(0, 1_000.0), (1, 77_000_000.0), (2, 77_000_100.0)], [None, 100], id="too much"),
        pytest.param([(0, 9_000_000.0), (1, 5_000_000.0), (2, 5_000_100.0)], [0, 100], id="other meter"),
        pytest.param([(0, 1_000.0), (4, 1_410.0), (5, 1_420.0)], [102, 103, 102, 103, 10], id="gap"),
    ],
)
async def test_what_a_register_moved_is_settled_once(
    later: Bench, looks: list[tuple[int, float]], wh: list[int | None]
) -> None:
    await tell(later, readings([look(*each) for each in looks]))
    found = await settled(later)
    assert [found[step].energy if step in found else None for step in range(len(wh))] == wh
    assert await recorded(later) == len(found)


async def test_where_digits_ran_out_the_retailers_reading_makes_the_day_right(later: Bench) -> None:
    """The register misses what came before its zero; what is told late does not win over the retailer."""
    looks = [look(0, LAST_DIGIT - 500), look(1, LAST_DIGIT), look(2, 110.0), look(3, 210.0)]
    moved = [500, 10 + 110, 100]
    metered = [
        Delivery(Interval(Instant(FIRST + step * FIVE_MINUTES), FIVE_MINUTES), Energy(energy))
        for step, energy in enumerate(moved)
    ]
    await tell(later, readings(looks[:3]))
    assert [each.energy for _, each in sorted((await settled(later)).items())] == [500, 110]
    await later.core.told(told_by_retailer(later.ledger, *metered))
    await tell(later, readings(looks))
    assert [each for _, each in sorted((await settled(later)).items())] == metered
    await later.restart()
    today = later.core.accounts.day(local_date(later.core.owner.rules.zone, FIRST))
    assert today.figures.imported == sum(moved)


async def test_time_without_looks_is_estimated_and_what_is_measured_is_not(later: Bench) -> None:
    await tell(later, readings([look(0, 1_000.0), look(4, 1_410.0), look(5, 1_420.0)]))
    assert [each.estimated for _, each in sorted((await settled(later)).items())] == [True] * 4 + [False]


async def test_doubled_late_and_reordered_reports_add_nothing(later: Bench) -> None:
    first, second, third = readings([look(0, 0.0), look(1, 100.0), look(2, 210.0), look(3, 330.0)])
    for told in ([second], [first, second], [third, first], [first, second, third]):
        await tell(later, told)
    await later.restart()
    await tell(later, [third, second])
    assert {step: each.energy for step, each in (await settled(later)).items()} == {0: 100, 1: 110, 2: 120}
    assert await recorded(later) == 3


async def test_all_that_the_registers_moved_is_owed(later: Bench) -> None:
    """Whatever was missed between: the sum of what is settled is what the register says."""
    looks = [look(0, 12_345.6), look(1, 12_400.2), look(7, 12_999.9), look(8, 13_000.4), look(11, 13_777.7)]
    await tell(later, readings(looks))
    await later.core.turn()
    total = Energy(sum(each.energy for each in (await settled(later)).values()))
    assert total == round(13_777.7) - round(12_345.6)
    assert sum(each.energy for each in later.retailer.reported) == total
