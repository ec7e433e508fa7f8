"""What a device does now changes only for a gain of what it does now, within what it can."""

import msgspec
import numpy as np
import pytest
from temix_gateway.planning import Plan, Problem, Segment, Step
from temix_gateway.planning.devices import Battery, EvCharger
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
    problem = later(0.305)

    found, free = plan(problem, giving), plan(problem)

    assert now(free) == 0
    assert now(found) == -5_000
    moved = 5_000 / 12 / 1_000
    assert free.cost < found.cost <= free.cost + 10_000_000 * moved
    assert found.bound == pytest.approx(free.bound, abs=1_000)


def test_a_much_better_price_later_stops_it_at_once(giving: Plan) -> None:
    problem = later(0.315)

    assert now(plan(problem, giving)) == 0


def test_what_it_does_later_is_planned_anew(giving: Plan) -> None:
    found = plan(later(0.305), giving)

    assert now(found) == -5_000
    modes = np.sign(found.device("battery").power)
    assert (modes[1:EVENING] == 0).all(), "held for now alone"
    assert modes[24:36].sum() == 12, "charges in the night that nobody foresaw"
    assert modes[36:].sum() < 0


@pytest.mark.parametrize("stored", [0, 100])
def test_an_empty_battery_gives_no_more_than_it_has(giving: Plan, stored: int) -> None:
    found = plan(later(0.305, device=otherwise(stored=Energy(stored))), giving)

    states = found.device("battery").state
    assert states is not None
    assert min(states) >= 0
    assert -now(found) * 1 / 12 <= stored


def test_a_weaker_battery_gives_no_more_than_it_may(giving: Plan) -> None:
    found = plan(later(0.305, device=otherwise(max_discharge=Power(1_000))), giving)

    assert min(found.device("battery").power) >= -1_000


def test_a_battery_below_its_reserve_does_not_go_on_giving(giving: Plan) -> None:
    found = plan(later(0.305, device=otherwise(reserve=Energy(3_000))), giving)

    assert now(found) >= 0


def test_a_battery_does_not_go_on_beyond_the_connection(giving: Plan) -> None:
    found = plan(later(0.305, export_limit=Power(1_000)), giving)

    assert now(found) >= -1_000
    assert not found.unmet


def test_what_counts_is_what_runs_not_what_was_planned_to_begin(giving: Plan) -> None:
    problem = later(0.305)
    moved = msgspec.structs.replace(problem, now=Instant(START + FIVE_MINUTES), steps=problem.steps[1:])
    stopping = msgspec.structs.replace(
        giving,
        devices=tuple(
            msgspec.structs.replace(device, power=(device.power[0], *[Power(0)] * (len(device.power) - 1)))
            for device in giving.devices
        ),
    )

    assert now(plan(moved, stopping)) == -5_000


def charging(now_price: float, later_price: float, *, stored: int = 1_000, minutes: int = 0) -> Problem:
    """A car that needs an hour of the two to come, at one price now and another in an hour.

    ``minutes`` later than at first.
    """
    steps = uniform(24 + minutes // 5)[minutes // 5 :]
    prices = [now_price] * EVENING + [later_price] * EVENING
    car = EvCharger(id="car", max_power=Power(6_000), min_power=Power(6_000), capacity=Energy(30_000),
                    efficiency=1.0, stored=Energy(stored), target=Energy(7_000),
                    ready_by=steps[-1].end)  # fmt: skip
    return Problem(
        now=steps[0].start,
        steps=tuple(
            Step(interval=interval, buy=(Segment(price),), sell=(Segment(Price(0)),))
            for interval, price in zip(steps, (Price(round(each * 1e6)) for each in prices), strict=True)
        ),
        devices=(car,),
    )


def drawn(found: Plan) -> tuple[int, ...]:
    return found.device("car").power


def test_a_car_that_charges_goes_on_for_a_little_and_stops_for_much() -> None:
    before = plan(charging(0.20, 0.21))
    assert drawn(before)[:12] == (6_000,) * 12

    little = charging(0.20, 0.192, stored=1_500, minutes=5)
    assert drawn(plan(little))[0] == 0, "it would wait"
    found = plan(little, before)
    assert drawn(found)[0] == 6_000
    assert sum(drawn(found)[1:12]) == 0, "held for now alone"
    much = charging(0.20, 0.185, stored=1_500, minutes=5)
    assert drawn(plan(much, before))[0] == 0


def test_a_car_that_waits_begins_a_little_later_if_that_costs_little_and_at_once_if_much() -> None:
    before = plan(charging(0.20, 0.19))
    assert drawn(before)[0] == 0

    little = charging(0.172, 0.18, minutes=5)
    assert drawn(plan(little))[0] == 6_000, "it would begin"
    held = plan(little, before)
    assert drawn(held)[:2] == (0, 6_000)
    assert sum(drawn(held)) == 12 * 6_000
    assert not held.unmet
    much = charging(0.165, 0.18, minutes=5)
    assert drawn(plan(much, before))[0] == 6_000


def test_what_was_planned_to_begin_now_begins() -> None:
    held = plan(charging(0.172, 0.18, minutes=5), plan(charging(0.20, 0.19)))

    assert drawn(held)[:2] == (0, 6_000)
    assert drawn(plan(charging(0.172, 0.18, minutes=10), held))[0] == 6_000


def test_waiting_never_costs_a_car_its_time() -> None:
    """Each step a little cheaper now than what is to come: it waits, but no longer than it can."""
    found = plan(charging(0.20, 0.19))
    ends = charging(0.20, 0.19).steps[-1].interval.end
    for minutes in range(5, 24 * 5, 5):
        full = charging(0.18, 0.19, minutes=minutes)
        count = (ends - full.now) // FIVE_MINUTES
        car = msgspec.structs.replace(full.devices[0], ready_by=ends)
        found = plan(msgspec.structs.replace(full, steps=full.steps[:count], devices=(car,)), found)
        if drawn(found)[0]:
            break
    assert not found.unmet
    assert drawn(found)[0] == 6_000


def test_a_full_car_does_not_go_on() -> None:
    before = plan(charging(0.20, 0.21))

    assert set(drawn(plan(charging(0.20, 0.21, stored=30_000, minutes=5), before))) == {0}
