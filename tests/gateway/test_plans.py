"""When the core plans anew, and what a preview says."""

import threading
from dataclasses import replace

import pytest
from temix_gateway.home.devices import (
    Battery,
    Device,
    EvCharger,
    PreviewPlan,
    ReportHome,
    RunTime,
    Thermostat,
    WaterHeater,
)
from temix_gateway.home.errors import CommandRefused
from temix_gateway.home.messages import ReportHistory, RoomHistory
from temix_gateway.planning import Plan, Problem
from temix_gateway.planning.devices import Climate
from temix_gateway.planning.explain import explain
from temix_gateway.planning.forecast import FIRST_DAY_WATTS, foresee
from temix_gateway.planning.past import Building, Foreseen, Past, PastRoom
from temix_gateway.planning.planner import plan
from temix_gateway.question import targets
from temix_market.instants import FIVE_MINUTES, HOUR, Instant
from temix_market.intervals import Interval
from temix_market.units import Money, Price

from tests.gateway.bench import Bench, trading
from tests.gateway.market import (
    NOW,
)


async def test_a_preview_says_what_a_device_would_do_and_changes_nothing(bench: Bench) -> None:
    await bench.publish()
    await bench.report()
    pump = RunTime(id="new", power=2_000, remaining=HOUR, finish_by=bench.clock.now() + 4 * HOUR)
    told = await bench.core.preview_plan(PreviewPlan(id=1, device=pump))
    runs = [step for step in told.plan.steps if step.power]
    assert sum((step.end - step.start) * step.power for step in runs) == 2_000 * HOUR
    assert {step.why for step in runs} == {"runs"}
    assert all(step.price == 120_000 for step in runs)
    assert (told.energy, told.cost) == (2_000, "0.24")
    assert bench.core.plans.in_force is None
    await bench.core.turn()
    planned = bench.core.plans.in_force
    again = await bench.core.preview_plan(PreviewPlan(id=2, device=pump))
    assert again.energy == 2_000
    assert bench.core.plans.in_force is planned


async def test_a_preview_beside_the_plan_leaves_out_what_the_device_does_there(bench: Bench) -> None:
    await trading(bench)
    pump = RunTime(id="pump", power=1_200, remaining=2 * HOUR, finish_by=bench.clock.now() + 5 * HOUR)
    told = await bench.core.preview_plan(PreviewPlan(id=1, device=pump))
    assert told.energy == 2_400


async def test_a_device_that_cannot_be_planned_costs_no_other_its_plan(bench: Bench) -> None:
    await bench.publish()
    pump = RunTime(id="pump", power=1_200, remaining=HOUR, finish_by=bench.clock.now() + 5 * HOUR)
    tank = WaterHeater(
        id="tank", power=2_000, volume=200_000, temperature=50_000, minimum=40_000, maximum=60_000, draw=-1
    )
    await bench.core.report_home(ReportHome(id=1, at=bench.clock.now(), devices=[tank, pump], base_load=[]))
    await bench.core.turn()
    plan = bench.core.state().plan
    assert plan is not None
    assert [device.device for device in plan.devices] == ["pump"]
    assert list(plan.left_out) == ["tank"]
    assert plan.left_out["tank"].startswith("draws[0]: ")


TANK = {"volume": 200_000, "temperature": 50_000, "maximum": 60_000}
STORE = {"capacity": 5_000, "max_charge": 1_000, "max_discharge": 1_000}


@pytest.mark.parametrize(
    "device,says",
    [
        (EvCharger(id="it", connected=True, needed=9_000, max_power=0), "max_power: Expected `int` >= 1"),
        (
            EvCharger(id="it", connected=True, needed=9_000, max_power=1_000, min_power=2_000),
            "min_power: 2000 is above max_power 1000",
        ),
        (Battery(id="it", stored=6_000, **STORE), "stored: 6000 is above the capacity 5000"),
        (Battery(id="it", stored=-600, **STORE), "stored: Expected `int` >= 0"),
        (Battery(id="it", stored=0, reserve=6_000, **STORE), "reserve: 6000 is above the capacity 5000"),
        (WaterHeater(id="it", power=0, minimum=45_000, **TANK), "power: Expected `int` >= 1"),
        (
            WaterHeater(id="it", power=2_000, minimum=65_000, **TANK),
            "reserve: 5815 is above the capacity 4652",
        ),
        (RunTime(id="it", power=0, remaining=HOUR, finish_by=NOW + HOUR), "power: Expected `int` >= 1"),
    ],
)
async def test_what_contradicts_itself_is_named_and_not_made_up_for(
    bench: Bench, device: Device, says: str
) -> None:
    await bench.publish()
    await bench.core.report_home(ReportHome(id=1, at=bench.clock.now(), devices=[device], base_load=[]))
    await bench.core.turn()
    plan = bench.core.state().plan
    assert plan is not None
    assert plan.left_out == {"it": says}


@pytest.mark.parametrize("stored,planned", [(5_090, 5_000), (-90, 0)])
async def test_a_sensor_that_rounds_is_no_contradiction(bench: Bench, stored: int, planned: int) -> None:
    await bench.publish()
    battery = Battery(id="it", stored=stored, **STORE)
    await bench.core.report_home(ReportHome(id=1, at=bench.clock.now(), devices=[battery], base_load=[]))
    await bench.core.turn()
    assert bench.core.plans.problem is not None
    assert [device.stored for device in bench.core.plans.problem.devices] == [planned]


async def test_hours_that_do_not_fit_any_more_are_a_wish_that_is_missed(bench: Bench) -> None:
    await bench.publish()
    pump = RunTime(id="it", power=1_000, remaining=3 * HOUR, finish_by=bench.clock.now() + HOUR)
    await bench.core.report_home(ReportHome(id=1, at=bench.clock.now(), devices=[pump], base_load=[]))
    await bench.core.turn()
    plan = bench.core.plans.in_force
    assert plan is not None
    assert [(wish.wish, wish.amount, wish.unit) for wish in plan.unmet] == [("run_time", 2.0, "h")]


async def test_a_device_is_planned_again_once_it_can_be_and_left_out_once_it_cannot(bench: Bench) -> None:
    await bench.publish()
    wrong, right = (
        WaterHeater(
            id="tank",
            power=2_000,
            volume=200_000,
            temperature=50_000,
            minimum=40_000,
            maximum=60_000,
            draw=draw,
        )
        for draw in (-1, 5_000)
    )
    for tank, planned in ((wrong, []), (right, ["tank"]), (wrong, [])):
        await bench.core.report_home(ReportHome(id=1, at=bench.clock.now(), devices=[tank], base_load=[]))
        await bench.core.turn()
        plan = bench.core.state().plan
        assert plan is not None
        assert [device.device for device in plan.devices] == planned
        assert list(plan.left_out) == ([] if planned else ["tank"])
        await bench.next_step()


async def test_a_preview_is_refused_with_the_reason(bench: Bench) -> None:
    pump = RunTime(id="new", power=2_000, remaining=HOUR, finish_by=bench.clock.now() + 4 * HOUR)
    with pytest.raises(CommandRefused, match="no valid price"):
        await bench.core.preview_plan(PreviewPlan(id=1, device=pump))
    await bench.publish()
    done = RunTime(id="new", power=2_000, remaining=0, finish_by=bench.clock.now() + 4 * HOUR)
    with pytest.raises(CommandRefused, match="nothing to do"):
        await bench.core.preview_plan(PreviewPlan(id=1, device=done))
    tank = WaterHeater(
        id="tank", power=2_000, volume=200_000, temperature=50_000, minimum=40_000, maximum=60_000, draw=-1
    )
    with pytest.raises(CommandRefused, match=r"tank cannot be planned: devices\[0\]\.draws"):
        await bench.core.preview_plan(PreviewPlan(id=1, device=tank))


async def test_changed_wishes_plan_anew_and_small_changes_do_not(bench: Bench) -> None:
    await trading(bench)
    await bench.publish(101_000)
    await bench.core.turn()
    assert bench.core.plans.made == 1
    await bench.publish(200_000)
    await bench.core.turn()
    assert bench.core.plans.made == 2
    await bench.core.report_home(ReportHome(id=2, at=NOW, devices=[], base_load=[]))
    await bench.core.turn()
    assert bench.core.plans.made == 3


async def test_past_days_are_looked_through_off_the_event_loop(bench: Bench) -> None:
    threads = []

    def look(past: Past) -> Foreseen:
        threads.append(threading.current_thread())
        return foresee(past)

    asking = bench.core._asking
    asking._outside = replace(asking._outside, foresee=look)
    start = Instant((NOW // HOUR - 14 * 24) * HOUR)
    await bench.core.report_history(ReportHistory(id=1, start=start, load=[600] * 336, sun=[0] * 336))
    await bench.publish()
    await bench.core.report_home(ReportHome(id=2, at=NOW, devices=[], base_load=[]))
    await bench.core.turn()
    assert threads
    assert threading.main_thread() not in threads
    assert max(abs(load - 50) for load in targets(bench.core.plans.in_force).values()) <= 1, "600 W are 50 Wh"


async def test_a_room_is_planned_as_its_past_has_taught(bench: Bench) -> None:
    asked: list[PastRoom] = []

    def learn(past: PastRoom) -> Building:
        asked.append(past)
        return Building(
            heat_capacity=9_000,
            loss=150,
            gains=(300.0,) * 24,
            capacity_factor=1.1,
            loss_factor=1.1,
            days=9,
            efficiency=room.cop / 100,
        )

    asking = bench.core._asking
    asking._outside = replace(asking._outside, learn=learn)
    room = Thermostat(
        id="room", power=2_000, temperature=20_000, outdoor=0, minimum=19_000, maximum=22_000, cooling=False
    )
    hours = RoomHistory(device="room", cooling=False, start=NOW, indoor=[20_000], outdoor=[0], drawn=[0])
    await bench.core.report_history(ReportHistory(id=1, start=NOW, load=[], sun=[], rooms=[hours]))
    await bench.publish()
    for _ in range(2):
        await bench.core.report_home(ReportHome(id=2, at=NOW, devices=[room]))
        await bench.core.plan_again()
        await bench.core.turn()

    (climate,) = bench.core.plans.problem.devices
    assert isinstance(climate, Climate)
    assert (climate.heat_capacity, climate.loss_hours, set(climate.gains)) == (9_000, 60, {300.0})
    assert len(asked) == 1, "asked once, not with every plan"


async def test_before_anything_is_known_a_usual_home_is_planned_for(bench: Bench) -> None:
    asking = bench.core._asking
    asking._outside = replace(asking._outside, foresee=foresee)
    await bench.publish()
    await bench.core.report_home(ReportHome(id=1, at=NOW, devices=[]))
    await bench.core.turn()

    loads = [step.base_load for step in bench.core.plans.problem.steps if step.interval.start >= NOW + HOUR]
    assert 200 < min(loads) < FIRST_DAY_WATTS < max(loads) < 1_000
    assert all(step.pv == 0 for step in bench.core.plans.problem.steps)


@pytest.mark.timeout(20)
async def test_a_cautious_owner_covers_surprises_beside_the_plan_and_the_plan_does_not_use_them_up(
    bench: Bench,
) -> None:
    """Loads that may come 600 W above what is expected, on prices of which spot has moved by far."""

    def look(past: Past) -> Foreseen:
        rows = ((1_000.0, 1_200.0, 1_800.0),) * len(past.intervals)
        return Foreseen(expected=(1_200.0,) * len(past.intervals), shares=(0.1, 0.5, 0.9), at_most=rows)

    asking, owner = bench.core._asking, bench.core.owner
    asking._outside = replace(asking._outside, foresee=look)
    owner.rules = replace(owner.rules, cautious=True, certainty=Price(500_000))
    for _ in range(10):
        await bench.publish()
        await bench.report()
        await bench.core.plan_again()
        await bench.core.turn()
    plans, tendered = bench.core.plans, bench.core.market.book.rungs(NOW)
    reached = {part.start for rung in tendered for part in rung.interval.split(FIVE_MINUTES)}
    planned = targets(plans.in_force)
    assert sum(planned.values()) == pytest.approx(2_400 + 100 * len(planned), rel=0.01), "as much as before"
    position = bench.core.market.positions
    over = {start: position.at(Interval(start, FIVE_MINUTES)) - planned[start] for start in planned}
    covered = [over[start] for start in reached if start in over]
    assert 45 <= min(covered) <= max(covered) <= 51, "600 W for five minutes, less what is not worth a trade"


async def test_the_position_follows_the_plan_for_half_a_day_and_no_further(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a plan says of later hours is made anew before they come: to trade it loses the spread."""
    monkeypatch.setattr("tests.gateway.bench.HOURS", 30)
    await bench.publish()
    await bench.report()
    for _ in range(10):
        await bench.core.turn()
    plan = bench.core.plans.in_force
    assert plan is not None
    assert plan.steps[-1].end >= NOW + 36 * HOUR
    assert max(rung.interval.end for rung in bench.core.market.book.rungs(NOW)) == NOW + 30 * HOUR
    ends = {pair.interval.end for pair in bench.retailer.orders.values()}
    assert max(ends) == NOW + 12 * HOUR


async def test_the_price_curve_and_the_tenders_made_from_it_are_told_where_they_are_asked_for(
    bench: Bench,
) -> None:
    await bench.publish()
    await bench.report()
    await bench.core.turn()
    assert (bench.core.state().plan.curves, bench.core.state().plan.tenders) == ([], [])

    def told(problem: Problem, previous: Plan | None) -> Plan:
        return explain(problem, plan(problem, previous, budget=0.0))

    asking, owner = bench.core._asking, bench.core.owner
    asking._outside = replace(asking._outside, planner=told)
    owner.rules = replace(owner.rules, curve_hours=2)
    await bench.core.plan_again()
    await bench.core.turn()
    shown = bench.core.state().plan
    hour = NOW // HOUR * HOUR + HOUR
    assert [curve.start for curve in shown.curves] == [hour, hour + HOUR]
    for curve in shown.curves:
        assert all(116_000 <= point.price <= 120_000 for point in curve.points), "between sell and buy"
    assert any(each.quantity > 0 for each in shown.tenders), "half of the gap is not bought yet"
    assert all(each.expires < each.start for each in shown.tenders)
    owner.rules = replace(owner.rules, money_a_day=Money(0))
    assert not [each for each in bench.core.state().plan.tenders if each.quantity > 0]
