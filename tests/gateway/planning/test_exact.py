"""Against the proven optimum: each device by itself, and small homes whole."""

import msgspec
import numpy as np
import pytest
from temix_gateway.planning import Plan, Problem, Segment
from temix_gateway.planning.case import Case
from temix_gateway.planning.devices import Curtailable, Device, PvCurtailment
from temix_gateway.planning.exact import whole_case
from temix_gateway.planning.planner import assemble, plan
from temix_gateway.planning.result import Level
from temix_market.instants import FIVE_MINUTES, HOUR, MINUTE, QUARTER, Duration, Instant
from temix_market.units import Energy, Power, Price

from tests.gateway.planning.homes import START, home, uniform

SEEDS = range(4)
pytestmark = pytest.mark.timeout(60)


PROOF_S = 40.0
"""Seconds that a proof may take on a busy machine; it needs one or two."""


def optimum(problem: Problem, gap: float = 1e-6) -> float:
    """Cost of the proven optimum, currency units."""
    program, site = whole_case(Case.of(problem), exact=True)
    found = program.solve(PROOF_S, gap)
    assert found is not None
    assert found.optimal
    return found.objective + site.constant


def alone(problem: Problem) -> float:
    """Cost of what the devices find by themselves, each at the true cost of power."""
    case = Case.of(problem)
    schedules = [model.best(case.tariff.added_to(case.fixed)) for model in case.models]
    return assemble(case, schedules, Level.GREEDY, 0.0).cost / 1e9


def single(device: str, seed: int, steps: int = 24) -> Problem:
    """A home with one device; what shall be done by some time is moved into the horizon."""
    problem = home(uniform(steps, QUARTER), seed, devices=(device,))
    end = Instant(START + steps * QUARTER - HOUR)
    changed: list[Device] = []
    for each in problem.devices:
        if each.id == "ev":
            amps = Power(1_840)  # coarse, so that the program's optimum can be proven in a test
            changed.append(
                msgspec.structs.replace(each, power_step=amps, target=Energy(26_000), ready_by=end)
            )
        elif each.id == "dishwasher":
            changed.append(msgspec.structs.replace(each, ready_by=end))
        else:
            changed.append(each)
    return msgspec.structs.replace(problem, devices=tuple(changed))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("device", ["ev", "pool", "dishwasher"])
def test_a_device_of_whole_steps_finds_its_optimum(device: str, seed: int) -> None:
    problem = single(device, seed)

    assert alone(problem) == pytest.approx(optimum(problem), abs=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("device", ["water", "climate"])
def test_a_device_with_a_continuous_state_comes_near_its_optimum(device: str, seed: int) -> None:
    problem = single(device, seed, 16)

    best = optimum(problem)

    assert best - 1e-6 <= alone(problem) <= best + 0.005 * abs(best) + 0.002


def _with(problem: Problem, *devices: Device) -> Problem:
    return msgspec.structs.replace(problem, devices=devices)


@pytest.mark.parametrize("seed", SEEDS)
def test_pauses_are_the_best_that_their_rules_allow(seed: int) -> None:
    problem = home(uniform(36), seed, devices=())
    load = Curtailable(
        id="pump",
        load=tuple(np.random.default_rng(seed).uniform(500, 2_000, 36).tolist()),
        worth=Price(140_000),
        shortest_pause=Duration(10 * MINUTE),
        longest_pause=Duration(25 * MINUTE),
        between=Duration(20 * MINUTE),
    )

    found = alone(_with(problem, load))

    assert found == pytest.approx(optimum(_with(problem, load)), abs=1e-6)
    assert found < alone(_with(problem, msgspec.structs.replace(load, worth=Price(10_000_000)))) - 1e-3


def test_pv_is_curtailed_exactly_where_selling_costs() -> None:
    problem = home(uniform(96, QUARTER), devices=())
    steps = tuple(
        msgspec.structs.replace(step, sell=(Segment(Price(-50_000)),)) if 40 <= index < 48 else step
        for index, step in enumerate(problem.steps)
    )
    problem = _with(msgspec.structs.replace(problem, steps=steps), PvCurtailment(id="pv"))

    found = plan(problem)

    curtailed = np.array(found.device("pv").power)
    net = np.array(found.net_load)
    assert found.level is Level.EXACT
    assert (net[40:48] >= -1).all()
    assert (curtailed[40:48] > 0).all()
    assert curtailed[:40].sum() + curtailed[48:].sum() == 0
    assert found.cost / 1e9 == pytest.approx(optimum(problem), abs=1e-5)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("device", ["ev", "pool", "dishwasher"])
def test_a_battery_with_a_device_comes_near_its_optimum(device: str, seed: int) -> None:
    problem = single(device, seed, 32)
    battery = home(uniform(32, QUARTER), seed, ("battery",)).devices
    problem = _with(problem, *battery, *problem.devices)
    best = optimum(problem, gap=5e-4)

    found = plan(problem, budget=3.0)

    assert found.level is (Level.COLUMNS if device == "ev" else Level.EXACT)
    assert -1e-3 * abs(best) <= found.cost / 1e9 - best <= 0.003 * abs(best)


def test_a_home_of_counted_hours_is_planned_to_the_optimum_and_says_so() -> None:
    problem = home(uniform(96, QUARTER), devices=("battery", "pool", "dishwasher"))

    found = plan(problem, budget=20.0)

    assert found.level is Level.EXACT
    assert found.gap is not None
    assert found.gap <= 5e-4
    assert found.cost / 1e9 == pytest.approx(optimum(problem, gap=1e-4), rel=5e-4)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_bound_is_one(seed: int) -> None:
    problem = home(uniform(32, QUARTER), seed, ("battery", "ev", "water", "pool"))
    found = plan(problem, budget=3.0)
    program, site = whole_case(Case.of(problem), exact=True)

    known = program.solve(1.5)

    assert found.bound is not None
    assert known is not None
    assert found.bound / 1e9 <= known.objective + site.constant + 1e-6
    assert found.bound <= found.cost
    assert found.gap == pytest.approx((found.cost - found.bound) / abs(found.cost), abs=1e-6)


def _positioned(problem: Problem, position: int, spread: int) -> Problem:
    steps = tuple(
        msgspec.structs.replace(
            step,
            sell=(Segment(Price(step.buy[0].price - spread)),),
            position=Energy(position * step.interval.duration // HOUR),
        )
        for step in problem.steps
    )
    return msgspec.structs.replace(problem, steps=steps)


def _used(found: Plan) -> list[tuple[Power, ...]]:
    return [device.power for device in found.devices if device.kind != "battery"]


def test_without_spread_and_with_all_depth_the_plan_does_not_depend_on_the_position() -> None:
    problem = home(uniform(48, QUARTER))

    plans = [plan(_positioned(problem, position, 0), budget=4.0) for position in (0, 1_200, -2_400)]

    assert _used(plans[0]) == _used(plans[1]) == _used(plans[2])
    sunk = [
        sum(
            position * step.buy[0].price
            for step in problem.steps
            for position in [position_w * step.interval.duration // HOUR]
        )
        for position_w in (0, 1_200, -2_400)
    ]
    totals = [found.cost + paid for found, paid in zip(plans, sunk, strict=True)]
    assert max(totals) - min(totals) < 2e-4 * abs(totals[0])


def test_a_limit_of_the_connection_holds_where_it_can() -> None:
    problem = home(uniform(96, FIVE_MINUTES))
    free = plan(problem, budget=3.0)
    limited = msgspec.structs.replace(problem, import_limit=Power(6_000))

    found = plan(limited, budget=3.0)

    assert max(free.net_load) > 520
    assert max(found.net_load) <= 501
    assert not [wish for wish in found.unmet if wish.wish == "connection_limit"]


def test_limited_depth_spreads_the_load() -> None:
    problem = home(uniform(96), devices=("ev",))
    steps = tuple(
        msgspec.structs.replace(
            step,
            buy=(Segment(step.buy[0].price, Energy(400)), Segment(Price(step.buy[0].price + 200_000))),
        )
        for step in problem.steps
    )

    found = plan(msgspec.structs.replace(problem, steps=steps), budget=3.0)

    assert max(found.net_load) < 450
    assert max(plan(problem).net_load) > 600
