"""The owner's limits: kept by every order, moved at once, and on record."""

import json
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from temix_gateway.home.errors import CommandRefused
from temix_gateway.home.messages import Limits, SetLimits
from temix_gateway.own_limits import Choices
from temix_market.instants import HOUR, Instant
from temix_market.ports import (
    Answer,
)
from temix_market.transactions import PairKey
from temix_market.units import Money

from tests.gateway.bench import Bench, bought, trading
from tests.gateway.market import (
    NOW,
)


async def test_money_a_day_is_never_passed(bench: Bench) -> None:
    await bench.publish()
    object.__setattr__(bench.core.owner.rules, "money_a_day", Money(30_000_000))
    await bench.report()
    for _ in range(5):
        await bench.core.turn()
    bought = [pair.cost for pair, _ in await bench.ledger.pairs(NOW)]
    assert 0 < sum(cost for cost in bought if cost > 0) <= 30_000_000


async def test_a_highest_price_below_the_market_stops_purchases_at_once(bench: Bench) -> None:
    await bench.core.owner.set_limits(
        SetLimits(id=1, highest_price=110_000)
    )  # a kWh costs 120,000 with transport
    await trading(bench)
    assert bench.retailer.answers == {}
    await bench.core.owner.set_limits(SetLimits(id=2, highest_price=130_000))
    await bench.core.turn()
    assert bought(await bench.ledger.pairs(NOW))


async def test_a_limit_lowered_amid_a_turn_ends_its_orders(bench: Bench) -> None:
    order = bench.retailer.order

    async def order_then_lower(key: PairKey, signed: str) -> Answer:
        await bench.core.owner.set_limits(SetLimits(id=1, highest_price=0))
        return await order(key, signed)

    bench.retailer.order = order_then_lower  # type: ignore[method-assign]
    await trading(bench)
    assert len(bench.retailer.booked) == 1
    await bench.core.turn()
    assert len(bench.retailer.booked) == 1


async def test_a_lowered_money_a_day_counts_what_was_spent_before(bench: Bench) -> None:
    await trading(bench)
    before = len(bought(await bench.ledger.pairs(NOW)))
    assert before
    await bench.core.owner.set_limits(SetLimits(id=1, money_a_day="0.000000001"))
    await bench.core.turn()
    assert len(bought(await bench.ledger.pairs(NOW))) == before


async def test_limits_outlive_a_restart_and_stand_in_the_ledger(bench: Bench) -> None:
    await bench.core.owner.set_limits(SetLimits(id=1, highest_price=110_000))
    await bench.core.owner.set_limits(SetLimits(id=2, money_a_day="7.25"))
    await bench.restart()
    await trading(bench)
    assert bench.retailer.answers == {}
    assert bench.core.state().limits == Limits(
        money_a_day="7.25",
        highest_price=110_000,
        money_a_day_ceiling="20",
        highest_price_ceiling=2_000_000,
    )
    with closing(sqlite3.connect(bench.path)) as rows:
        terms = [json.loads(terms) for (terms,) in rows.execute("SELECT terms FROM limits ORDER BY number")]
    assert [(each["moneyADay"], each["highestPrice"]) for each in terms] == [
        (20_000_000_000, 2_000_000),
        (20_000_000_000, 110_000),
        (7_250_000_000, 110_000),
    ]


async def test_a_ceiling_that_was_lowered_since_wins_over_what_is_remembered(bench: Bench) -> None:
    await bench.core.owner.set_limits(SetLimits(id=1, money_a_day="7"))
    bench.core.owner.rules = replace(bench.core.owner.rules, money_a_day=Money(5_000_000_000))
    assert bench.core.owner.in_force.money_a_day == 5_000_000_000


@pytest.mark.parametrize(
    "asked,reason",
    [
        (
            {"money_a_day": "20.000000001"},
            "money_a_day: 20.000000001 is above the ceiling of installer and mandate, 20",
        ),
        ({"money_a_day": "-0.01"}, "money_a_day: -0.01 is negative"),
        ({"money_a_day": "1e1"}, "money_a_day: '1e1' is not a decimal number"),
        (
            {"highest_price": 2_000_001},
            "highest_price: 2000001 µ/kWh is above the ceiling of installer and mandate",
        ),
        ({"highest_price": -5_000_001}, "highest_price: -5000001 µ/kWh is outside the market's bounds"),
        ({"money_a_day": "1", "highest_price": 10**30}, "highest_price: "),
    ],
)
async def test_limits_that_cannot_be_are_refused_whole(
    bench: Bench, asked: dict[str, Any], reason: str
) -> None:
    before = bench.core.state().limits
    with pytest.raises(CommandRefused, match=re.escape(reason)):
        await bench.core.owner.set_limits(SetLimits(id=1, **asked))
    assert bench.core.state().limits == before
    assert bench.chosen == Choices("automatic")


async def test_the_ceiling_itself_may_be_chosen(bench: Bench) -> None:
    await bench.core.owner.set_limits(SetLimits(id=1, money_a_day="20", highest_price=2_000_000))
    assert bench.core.owner.in_force == bench.core.owner.rules


async def test_limits_that_cannot_be_recorded_are_refused(bench: Bench) -> None:
    bench.ledger._db.execute("DROP TABLE limits")
    with pytest.raises(CommandRefused):
        await bench.core.owner.set_limits(SetLimits(id=1, money_a_day="1"))
    assert bench.core.owner.in_force == bench.core.owner.rules
    assert bench.chosen == Choices("automatic")
    assert bench.core.locked()


async def test_money_a_day_is_not_spent_again_after_the_clock_went_wrong(bench: Bench) -> None:
    await bench.publish()
    object.__setattr__(bench.core.owner.rules, "money_a_day", Money(30_000_000))
    await bench.report()
    for jump in (30 * HOUR, 0):
        for _ in range(5):
            await bench.core.turn()
        bench.clock.wall = Instant(NOW + jump)
        await bench.core.turn()
        heads = bench.core.books.heads
        bench.core.heard(NOW, heads)
    for _ in range(5):
        await bench.core.turn()
    bought = [pair.cost for pair, _ in await bench.ledger.pairs(NOW)]
    assert 0 < sum(cost for cost in bought if cost > 0) <= 30_000_000
