"""The bill guard: sheds in the owner's order, no more than it must, and says why with numbers."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temix_gateway.forecast import Forecast
from temix_gateway.guard import RELEASE, SENTENCE, Guard, guard, without_device
from temix_gateway.planning import Plan
from temix_gateway.planning.example import example
from temix_gateway.planning.planner import plan
from temix_gateway.planning.result import Why
from temix_market.instants import HOUR, Instant
from temix_market.intervals import Interval
from temix_market.outlook import Expected
from temix_market.units import Energy, Money

from tests.gateway.bench import rules
from tests.gateway.market import NOW as NOW_IS
from tests.gateway.test_account import Metered

PLANNED = plan(example(NOW_IS), budget=0.0)
UNTIL = Instant(PLANNED.steps[0].start + 12 * HOUR)
NOW = Expected(PLANNED.steps[0], Energy(0), Energy(0), Money(0))
LOADS = [device.id for device in PLANNED.devices if device.kind not in ("battery", "pv_curtailment")]


def ahead(plan: Plan) -> Forecast:
    """A kWh costs 1 until the horizon's end; the month costs three times today."""
    cost = Money(sum(plan.net_load) * 1_000_000)
    return Forecast(cost, Money(3 * cost), NOW, (), ())


def worth(device: str) -> Money:
    less = without_device(PLANNED, device, UNTIL)
    return Money((ahead(PLANNED).today or 0) - (ahead(less).today or 0))


def test_a_device_told_off_draws_nothing_until_midnight_and_as_planned_after() -> None:
    for name in LOADS:
        before, less = PLANNED.device(name), without_device(PLANNED, name, UNTIL)
        after = less.device(name)
        for index, step in enumerate(PLANNED.steps):
            assert after.power[index] == (
                min(0, before.power[index]) if step.start < UNTIL else before.power[index]
            )
            gone = (before.power[index] - after.power[index]) * step.duration // HOUR
            assert less.net_load[index] == PLANNED.net_load[index] - gone
            assert after.reason(index).sentence
        if any(before.power[: len([s for s in PLANNED.steps if s.start < UNTIL])]):
            assert (after.reason(0).sentence, after.reason(0).why) == (SENTENCE, Why.SHED)
            (wish,) = set(less.unmet) - set(PLANNED.unmet)
            drawn = sum(PLANNED.net_load) - sum(less.net_load)
            assert (wish.device, wish.wish, wish.amount, wish.unit) == (name, "bill_guard", drawn, "Wh")
        assert [each for each in less.devices if each.id != name] == [
            each for each in PLANNED.devices if each.id != name
        ]


def test_what_gives_is_never_shed_nor_what_is_not_there() -> None:
    assert without_device(PLANNED, "nobody", UNTIL) is PLANNED
    for device in PLANNED.devices:
        if device.kind in ("battery", "pv_curtailment"):
            assert without_device(PLANNED, device.id, UNTIL) is PLANNED


@given(st.permutations(LOADS), st.integers(0, 100))
def test_no_more_is_shed_than_must_be_and_in_order(order: list[str], percent: int) -> None:
    whole = ahead(PLANNED).today or Money(0)
    limit = Money(whole * percent // 100)
    done = guard(Guard(limit, None, tuple(order)), PLANNED, UNTIL, ahead)
    shed = [each.device for each in done.shed]
    useful = [name for name in order if worth(name) > 0]
    assert shed == useful[: len(shed)]
    assert (done.forecast.today or 0) == whole - sum(each.saved for each in done.shed)
    if shed:
        assert (done.forecast.today or 0) + done.shed[-1].saved > limit
    if len(shed) < len(useful):
        assert (done.forecast.today or 0) <= limit
    assert bool(done.warning) == (whole > limit)


def test_the_month_alone_can_shed_and_the_warning_has_numbers() -> None:
    whole = ahead(PLANNED).month or Money(0)
    name = max(LOADS, key=worth)
    done = guard(Guard(None, Money(whole - 1), (name,)), PLANNED, UNTIL, ahead)
    assert [each.device for each in done.shed] == [name]
    assert done.warning.startswith("this month is expected to cost")
    assert f"off until midnight: {name} (saves " in done.warning
    nothing = guard(Guard(None, Money(whole - 1), ()), PLANNED, UNTIL, ahead)
    assert nothing.warning.endswith("nothing that may be shed would help")
    assert guard(Guard(), PLANNED, UNTIL, ahead).warning == ""


def test_what_is_shed_comes_back_only_with_room_to_spare() -> None:
    name = max(LOADS, key=worth)
    whole = ahead(PLANNED).today or Money(0)
    just = Guard(Money(whole + 1), None, (name,))
    assert guard(just, PLANNED, UNTIL, ahead).shed == ()
    assert [each.device for each in guard(just, PLANNED, UNTIL, ahead, [name]).shed] == [name]
    room = Guard(Money(whole * 100 // RELEASE + 100), None, (name,))
    assert guard(room, PLANNED, UNTIL, ahead, [name]).shed == ()


async def test_the_core_warns_sheds_and_trades_by_the_guarded_plan(tmp_path: Path) -> None:
    made = Metered(tmp_path / "ledger.db")
    made.core.owner.rules = replace(rules(), guard=Guard(Money(1), None, ("pump",)))
    await made.connect()
    assert made.core.state().bill_guard is not None
    await made.publish()
    await made.report()
    await made.core.turn()
    state = made.core.state()
    guarded = state.bill_guard
    assert guarded is not None
    assert [shed.device for shed in guarded.shed] == ["pump"]
    assert "above the limit of 0" in guarded.warning
    assert state.plan is not None
    [device] = state.plan.devices
    assert {step.power for step in device.steps} == {0}
    assert SENTENCE in {step.reason for step in device.steps}
    kept = made.core.market.positions.at(Interval(made.clock.now(), HOUR))
    made.core.owner.rules = replace(made.core.owner.rules, guard=Guard(Money(10**12), None, ("pump",)))
    await made.core.turn()
    after = made.core.state()
    assert after.bill_guard is not None
    assert (after.bill_guard.warning, after.bill_guard.shed) == ("", [])
    assert after.plan is not None
    assert max(step.power for step in after.plan.devices[0].steps) == 1_200
    made.ledger.close()
    assert kept >= 0


@pytest.mark.parametrize("today,month", [(None, None), (Money(5), None)])
def test_without_a_forecast_there_is_no_excess(today: Money | None, month: Money | None) -> None:
    forecast = Forecast(today, month, NOW, (), ())
    assert Guard(Money(10), Money(10)).excess(forecast) <= 0
