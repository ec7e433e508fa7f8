"""What a battery does now changes only for a gain of what it does now, within what it can."""

import msgspec
import numpy as np
import pytest
from temix_gateway.planning import Plan, Problem, Segment, Step
from temix_gateway.planning.devices import Battery
from temix_gateway.planning.planner import plan
from temix_market.instants import FIVE_MINUTES, Instant
from temix_market.units import Energy, Power, Price

from tests.gateway.planning.homes import START, uniform

EVENING = 12
"""The step from which the later prices hold."""


def later(
    price: float, *, device: Battery | None = None, news: float = 0.25, export_limit: Power | None = None
) -> Problem:
    """A battery that may give half an hour, at 0.30 now or at ``price`` in an hour.

    Far later lies a night that is cheaper than an evening after it by ``news``: that gain is of no account
    for what is done now, though large.
    """
    prices = [0.30] * EVENING + [price] * 12 + [0.05] * 12 + [0.05 + news] * 12
    prices[0] = 0.301
    battery = Battery(id="battery", capacity=Energy(10_000), stored=Energy(2_500), max_charge=Power(5_000),
                      max_discharge=Power(5_000), wear=Price(0), end_price=Price(0))  # fmt: skip
    return Problem(
        now=START,
        steps=tuple(
            Step(
                interval=interval,
                buy=(Segment(Price(round(each * 1e6))),),
                sell=(Segment(Price(round(each * 1e6) - 1_000)),),
            )
            for interval, each in zip(uniform(len(prices)), prices, strict=True)
        ),
        devices=(device or battery,),
        export_limit=export_limit,
    )


def otherwise(**what: object) -> Battery:
    [battery] = later(0.30).devices
    changed = msgspec.structs.replace(battery, **what)
    assert isinstance(changed, Battery)
    return changed


def now(found: Plan) -> int:
    return found.device("battery").power[0]


@pytest.fixture
def giving() -> Plan:
    found = plan(later(0.29, news=0.0))
    assert now(found) == -5_000
    return found


def test_a_little_better_price_later_leaves_a_battery_at_what_it_does(giving: Plan) -> None:
    problem = later(0.312)

    found, free = plan(problem, giving), plan(problem)

    assert now(free) == 0
    assert now(found) == -5_000
    moved = 5_000 / 12 / 1_000
    assert free.cost < found.cost <= free.cost + 20_000_000 * moved
    assert found.bound == pytest.approx(free.bound, abs=1_000)


def test_a_much_better_price_later_stops_it_at_once(giving: Plan) -> None:
    problem = later(0.34)

    assert now(plan(problem, giving)) == 0


def test_what_it_does_later_is_planned_anew(giving: Plan) -> None:
    found = plan(later(0.312), giving)

    assert now(found) == -5_000
    modes = np.sign(found.device("battery").power)
    assert (modes[1:EVENING] == 0).all(), "held for now alone"
    assert modes[24:36].sum() == 12, "charges in the night that nobody foresaw"
    assert modes[36:].sum() < 0


@pytest.mark.parametrize("stored", [0, 100])
def test_an_empty_battery_gives_no_more_than_it_has(giving: Plan, stored: int) -> None:
    found = plan(later(0.312, device=otherwise(stored=Energy(stored))), giving)

    states = found.device("battery").state
    assert states is not None
    assert min(states) >= 0
    assert -now(found) * 1 / 12 <= stored


def test_a_weaker_battery_gives_no_more_than_it_may(giving: Plan) -> None:
    found = plan(later(0.312, device=otherwise(max_discharge=Power(1_000))), giving)

    assert min(found.device("battery").power) >= -1_000


def test_a_battery_below_its_reserve_does_not_go_on_giving(giving: Plan) -> None:
    found = plan(later(0.312, device=otherwise(reserve=Energy(3_000))), giving)

    assert now(found) >= 0


def test_a_battery_does_not_go_on_beyond_the_connection(giving: Plan) -> None:
    found = plan(later(0.312, export_limit=Power(1_000)), giving)

    assert now(found) >= -1_000
    assert not found.unmet


def test_what_counts_is_what_runs_not_what_was_planned_to_begin(giving: Plan) -> None:
    problem = later(0.312)
    moved = msgspec.structs.replace(problem, now=Instant(START + FIVE_MINUTES), steps=problem.steps[1:])
    stopping = msgspec.structs.replace(
        giving,
        devices=tuple(
            msgspec.structs.replace(device, power=(device.power[0], *[Power(0)] * (len(device.power) - 1)))
            for device in giving.devices
        ),
    )

    assert now(plan(moved, stopping)) == -5_000
