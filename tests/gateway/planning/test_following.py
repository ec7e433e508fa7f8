"""A plan in force is left only for a gain that is worth the change."""

import msgspec
import numpy as np
import pytest
from temix_gateway.planning import Plan, Problem, Segment
from temix_gateway.planning.planner import plan
from temix_market.units import Price

from tests.gateway.planning.homes import home, tapering, uniform

DEVICES = ("ev", "water", "pool")


def _shaken(problem: Problem, seed: int, much: float) -> Problem:
    noise = np.random.default_rng(seed).normal(0, much, len(problem.steps))
    steps = tuple(
        msgspec.structs.replace(
            step,
            buy=(Segment(Price(step.buy[0].price + round(each * 1e6))),),
            sell=(Segment(Price(step.sell[0].price + round(each * 1e6))),),
        )
        for step, each in zip(problem.steps, noise.tolist(), strict=True)
    )
    return msgspec.structs.replace(problem, steps=steps)


def _used(found: Plan) -> list[tuple[int, ...]]:
    return [device.power for device in found.devices]


@pytest.mark.timeout(30)
def test_noise_does_not_change_a_plan() -> None:
    problem = home(tapering(), devices=DEVICES)
    first = plan(problem, budget=3.0)

    again = [plan(_shaken(problem, seed, 0.0005), first, budget=3.0) for seed in range(2)]

    assert all(_used(found) == _used(first) for found in again)
    without = [_used(plan(_shaken(problem, seed, 0.0005), budget=3.0)) for seed in range(2)]
    assert any(used != _used(first) for used in without)


def _modes(found: Plan) -> list[int]:
    return [int(np.sign(power)) for power in found.device("battery").power]


def test_noise_does_not_change_what_a_battery_does() -> None:
    problem = home(tapering(), devices=("battery",))
    first = plan(problem, budget=3.0)

    again = [plan(_shaken(problem, seed, 0.001), first, budget=3.0) for seed in range(3)]

    assert all(_modes(found) == _modes(first) for found in again)
    without = [_modes(plan(_shaken(problem, seed, 0.001), budget=3.0)) for seed in range(3)]
    assert any(modes != _modes(first) for modes in without)


def test_a_battery_takes_up_a_gain_that_is_worth_it() -> None:
    problem = home(tapering(), devices=("battery",))
    first = plan(problem, budget=3.0)

    dear = _shaken(problem, 1, 0.1)
    found, best = plan(dear, first, budget=3.0), plan(dear, budget=3.0)

    assert found.device("battery").power != first.device("battery").power
    assert best.cost <= found.cost <= best.cost + 15_000_000


def test_a_battery_that_is_emptier_than_planned_gives_what_it_has() -> None:
    problem = home(tapering(), devices=("battery",))
    first = plan(problem, budget=3.0)
    [battery] = problem.devices
    emptier = msgspec.structs.replace(battery, stored=0)

    found = plan(msgspec.structs.replace(problem, devices=(emptier,)), first, budget=3.0)

    states = found.device("battery").state
    assert states is not None
    assert min(states) >= 0


@pytest.mark.timeout(60)
def test_keeping_to_a_plan_costs_little() -> None:
    """It is paid at each new plan again: of half a cent of noise on each price most is taken up."""
    problem = home(tapering(), devices=DEVICES)
    first = plan(problem, budget=3.0)

    for seed in range(4):
        other = _shaken(problem, seed, 0.005)
        assert plan(other, first, budget=3.0).cost <= plan(other, budget=3.0).cost + 25_000_000


@pytest.mark.timeout(30)
def test_a_new_price_changes_it() -> None:
    problem = home(tapering(), devices=DEVICES)
    first = plan(problem, budget=3.0)

    found = plan(_shaken(problem, 1, 0.1), first, budget=3.0)

    assert _used(found) != _used(first)


def test_a_plan_carries_over_to_finer_steps() -> None:
    first = plan(home(tapering(), devices=DEVICES), budget=3.0)
    problem = home(uniform(96), devices=DEVICES)

    found = plan(problem, first, budget=3.0)

    running = np.array([device.power for device in found.devices]) > 0
    before = np.array([device.power for device in first.devices])[:, :48] > 0
    assert (running[:, :48] == before).mean() > 0.9
