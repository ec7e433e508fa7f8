"""At scarcity: what is shed goes at once, and the rest of the home is planned anew around it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from temix_gateway.guard import Guard, without_device
from temix_gateway.home.devices import Battery, Load, ReportHome, RunTime
from temix_gateway.planning import Plan, Problem
from temix_gateway.planning.example import example
from temix_gateway.planning.planner import plan
from temix_gateway.shedding import around, joined
from temix_market.instants import HOUR, Instant
from temix_market.units import Energy, Money

from tests.gateway.bench import rules
from tests.gateway.market import NOW
from tests.gateway.test_account import Metered

PROBLEM = example(NOW)
PLANNED = plan(PROBLEM, budget=0.0)
UNTIL = Instant(NOW + 12 * HOUR)
SHED = ("car", "pool")


def less() -> Plan:
    found = PLANNED
    for device in SHED:
        found = without_device(found, device, UNTIL)
    return found


def test_what_is_left_is_planned_beside_what_the_others_do_after_midnight() -> None:
    asked = around(PROBLEM, less(), SHED)
    assert {device.id for device in PROBLEM.devices} - {device.id for device in asked.devices} == set(SHED)
    powers = [less().device(name).power for name in SHED]
    for number, (before, step) in enumerate(zip(PROBLEM.steps, asked.steps, strict=True)):
        drawn = sum(power[number] for power in powers)
        assert step.base_load - step.pv == pytest.approx(before.base_load - before.pv + drawn)
        if step.interval.start < UNTIL:
            assert step.base_load == before.base_load
    assert any(
        step.base_load > before.base_load for before, step in zip(PROBLEM.steps, asked.steps, strict=True)
    )


def test_the_new_plan_has_every_device_and_adds_up() -> None:
    left = plan(around(PROBLEM, less(), SHED), budget=0.0)
    whole = joined(left, less(), SHED)
    assert [device.id for device in whole.devices] == [device.id for device in PLANNED.devices]
    for name in SHED:
        assert whole.device(name) == less().device(name)
    for number, (step, load) in enumerate(zip(PROBLEM.steps, whole.net_load, strict=True)):
        power = step.base_load - step.pv + sum(device.power[number] for device in whole.devices)
        assert load == pytest.approx(power * step.interval.duration / HOUR, abs=len(whole.devices))


class Scarce(Metered):
    """A home with a pump that may be shed and a battery, and a planner that remembers what it was asked."""

    asked: list[Problem]
    loads = Energy(0)
    """What the planner adds to the load of every step of a plan around what is shed (Wh)."""

    def ask(self, problem: Problem, previous: Plan | None) -> Plan:
        self.asked.append(problem)
        made = plan(problem, previous)
        if any(device.id == "pump" for device in problem.devices):
            return made
        return msgspec.structs.replace(
            made, net_load=tuple(Energy(load + self.loads) for load in made.net_load)
        )

    async def limit(self, money: int) -> None:
        self.core.owner.rules = replace(rules(), guard=Guard(Money(money), None, ("pump",)))

    async def report(self, power: int = 1_200) -> None:
        now = self.clock.now()
        pump = RunTime(id="pump", power=1_200, remaining=2 * HOUR, finish_by=now + 5 * HOUR)
        battery = Battery(
            id="battery",
            capacity=8_000,
            stored=4_000,
            reserve=800,
            max_charge=3_000,
            max_discharge=3_000,
            efficiency=90,
        )
        load = Load(start=now, end=now + HOUR, power=power)
        await self.core.report_home(ReportHome(id=1, at=now, devices=[pump, battery], base_load=[load]))


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Scarce]:
    made = Scarce(tmp_path / "ledger.db")
    made.asked = []
    asking = made.core._asking
    asking._outside = replace(asking._outside, planner=made.ask)
    await made.connect()
    await made.publish()
    await made.report()
    yield made
    made.ledger.close()


def devices(problem: Problem) -> list[str]:
    return [device.id for device in problem.devices]


async def test_above_the_limit_the_rest_is_planned_anew_once(home: Scarce) -> None:
    await home.limit(1)
    await home.core.turn()
    assert [devices(problem) for problem in home.asked] == [["pump", "battery"], ["battery"]]
    state = home.core.state()
    assert state.bill_guard is not None
    assert [shed.device for shed in state.bill_guard.shed] == ["pump"]
    assert state.bill_guard.warning.startswith("today is expected to cost")
    assert state.plan is not None
    assert [each.device for each in state.plan.devices] == ["pump", "battery"]
    assert {step.power for step in state.plan.devices[0].steps} == {0}
    assert "bill_guard" in state.plan.devices[0].unmet
    assert state.plan.devices[1].unmet == []
    in_force = home.core.plans.in_force
    await home.core.turn()
    assert len(home.asked) == 2
    assert home.core.plans.in_force is in_force


async def test_a_plan_that_passes_the_limit_further_is_not_taken(home: Scarce) -> None:
    home.loads = Energy(500)
    await home.limit(1)
    await home.core.turn()
    assert len(home.asked) == 2
    assert home.core.plans._around is not None
    assert home.core.plans.in_force == home.core.plans._around[0]


async def test_below_the_limit_again_the_first_plan_is_in_force(home: Scarce) -> None:
    await home.limit(1)
    await home.core.turn()
    await home.limit(10**12)
    await home.core.turn()
    assert len(home.asked) == 2
    assert home.core.plans.in_force is not None
    assert any(home.core.plans.in_force.device("pump").power)


async def test_what_is_shed_is_off_before_the_planner_has_answered(home: Scarce) -> None:
    """Nobody sees the plan of which the guard has not decided."""
    seen: list[int] = []
    usual = home.ask

    def ask(problem: Problem, previous: Plan | None) -> Plan:
        if devices(problem) == ["battery"]:
            assert home.core.plans.in_force is not None
            seen.append(max(home.core.plans.in_force.device("pump").power))
        return usual(problem, previous)

    asking = home.core._asking
    asking._outside = replace(asking._outside, planner=ask)
    await home.limit(1)
    await home.core.turn()
    assert seen == [0]
