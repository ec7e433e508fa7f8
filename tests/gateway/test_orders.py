"""Orders of the core, turn by turn: towards the plan, once each, whatever is lost."""

import asyncio
from collections import Counter
from dataclasses import replace
from random import Random

import pytest
from temix_gateway.home.devices import ReportHome, RunTime
from temix_gateway.home.messages import Mode
from temix_market.instants import HOUR, SECOND, Duration, Instant
from temix_market.ports import Answer, Voided
from temix_market.transactions import PairKey

from tests.gateway.bench import Bench, trading
from tests.gateway.market import (
    NOW,
)


async def test_the_position_moves_towards_the_plan(bench: Bench) -> None:
    await trading(bench)
    assert bench.core.locked() == []
    state = bench.core.state()
    assert state.transactions.count == len(bench.retailer.booked) > 0
    gap = bench.gap()
    for _ in range(4):
        await bench.core.turn()
    assert bench.gap() < gap
    assert bench.core.plans.made == 1


async def test_ledger_book_and_state_agree(bench: Bench) -> None:
    await trading(bench)
    ledger = {pair.key for pair, _ in await bench.ledger.pairs(NOW)}
    assert ledger == bench.retailer.booked
    state = bench.core.state()
    total = sum(pair.quantity for pair, _ in await bench.ledger.pairs(NOW))
    assert sum(step.quantity for step in state.positions) == total
    assert state.ledger.sequence == bench.ledger.head.sequence


async def test_a_lost_answer_is_found_and_counts_once(bench: Bench) -> None:
    bench.retailer.lose_answers = 1
    await trading(bench)
    [pending] = await bench.ledger.pending()
    assert pending.key in bench.retailer.booked
    await bench.core.turn()
    assert await bench.ledger.pending() == []
    assert {pair.key for pair, _ in await bench.ledger.pairs(NOW)} == bench.retailer.booked
    assert bench.core.books.trades == len(bench.retailer.booked)


async def test_nothing_is_traded_while_an_order_has_no_answer(bench: Bench) -> None:
    bench.retailer.lose_orders = 10**6
    await trading(bench)
    [pending] = await bench.ledger.pending()
    await bench.core.turn()
    assert [order.key for order in await bench.ledger.pending()] == [pending.key]
    bench.retailer.lose_orders = 0
    await bench.core.turn()
    assert await bench.ledger.pending() == []
    assert len(bench.retailer.booked) > 1


async def test_after_its_time_a_lost_order_is_voided_not_sent(bench: Bench) -> None:
    bench.retailer.lose_orders = 10**6
    await trading(bench)
    pending = await bench.ledger.pending()
    assert pending
    bench.clock.wall = Instant(bench.clock.wall + 2 * 60_000)
    await bench.core.turn()
    found = {order.key for order in await bench.ledger.pending()}
    assert not found & {order.key for order in pending}
    assert all(isinstance(bench.retailer.answers[order.key], Voided) for order in pending)


async def test_what_lapses_amid_a_turn_is_not_ordered(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where answers come late, or the clock is set: an order after its tender's end could only be voided."""
    decide = bench.retailer.order

    async def late(key: PairKey, signed: str) -> Answer:
        answer = await decide(key, signed)
        bench.clock.wall = Instant(bench.clock.wall + HOUR // 2)
        return answer

    monkeypatch.setattr(bench.retailer, "order", late)
    await trading(bench)
    assert len(bench.retailer.answers) == len(bench.retailer.booked) == 1


async def test_a_restart_amid_orders_loses_and_doubles_nothing(bench: Bench) -> None:
    bench.retailer.lose_answers = 1
    await trading(bench)
    await bench.restart()
    await bench.publish()
    await bench.core.turn()
    assert {pair.key for pair, _ in await bench.ledger.pairs(NOW)} == bench.retailer.booked
    assert bench.core.books.trades == len(bench.retailer.booked)


@pytest.mark.parametrize("mode", ["monitor", "advise"])
async def test_only_automatic_trades(bench: Bench, mode: Mode) -> None:
    await bench.core.owner.set_mode(mode)
    await trading(bench)
    assert bench.retailer.answers == {}
    assert (bench.core.plans.in_force is None) == (mode == "monitor")


async def test_a_pause_stops_new_transactions(bench: Bench) -> None:
    await bench.core.owner.pause_trading(True)
    await trading(bench)
    assert bench.retailer.answers == {}
    assert bench.core.state().trading.paused
    await bench.core.owner.pause_trading(False)
    await bench.core.turn()
    assert bench.retailer.booked


async def test_nothing_is_traded_for_a_device_on_advise(bench: Bench) -> None:
    await bench.publish()
    pump = RunTime(
        id="pump", advise=True, power=1_200, remaining=2 * HOUR, finish_by=bench.clock.now() + 5 * HOUR
    )
    await bench.core.report_home(ReportHome(id=1, at=bench.clock.now(), devices=[pump]))
    await bench.core.turn()
    assert any(bench.core.plans.in_force.device("pump").power)
    assert bench.retailer.answers == {}


async def test_homes_that_hear_the_same_prices_do_not_act_at_the_same_moment(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []

    async def noted(seconds: float) -> None:
        waits.append(seconds)
        raise asyncio.CancelledError

    monkeypatch.setattr("temix_gateway.core.asyncio.sleep", noted)
    core = bench.core
    core.owner.rules = replace(core.owner.rules, jitter=Duration(5 * SECOND))
    core.look_again()
    for seed in range(100):
        core._outside = replace(core._outside, random=Random(seed))
        with pytest.raises(asyncio.CancelledError):
            await core._wheel()
    assert 0 <= min(waits) < 0.5
    assert 4.5 < max(waits) <= 5
    assert max(Counter(int(wait) for wait in waits).values()) < 35, "spread over all five seconds"
