"""What a plan says of itself, against figures worked out by hand."""

import msgspec
import pytest
from temix_gateway.planning import Problem, Segment, Step
from temix_gateway.planning.devices import (
    Battery,
    Climate,
    Curtailable,
    DailyRun,
    Device,
    EvCharger,
    PvCurtailment,
    SingleRun,
    WaterHeater,
    Window,
)
from temix_gateway.planning.explain import explain
from temix_gateway.planning.planner import plan
from temix_gateway.planning.worker import PlannerProcess
from temix_market.instants import HOUR, Instant
from temix_market.intervals import Interval
from temix_market.units import Energy, Power, Price

from tests.gateway.planning.homes import START, home, tapering


def problem(prices: list[float], *devices: Device, import_limit: int | None = None) -> Problem:
    """Hours at these prices to buy; selling brings nothing."""
    steps = tuple(
        Step(
            interval=Interval(Instant(START + hour * HOUR), HOUR),
            buy=(Segment(Price(round(price * 1e6))),),
            sell=(Segment(Price(0)),),
        )
        for hour, price in enumerate(prices)
    )
    limit = None if import_limit is None else Power(import_limit)
    return Problem(now=START, steps=steps, devices=devices, import_limit=limit)


DISHWASHER = SingleRun(
    id="dishwasher", profile=(Power(1_000),), profile_step=HOUR, ready_by=Instant(START + 6 * HOUR)
)


def test_saving_and_next_best_are_those_of_the_prices() -> None:
    asked = problem([0.40, 0.40, 0.25, 0.10, 0.22, 0.40], DISHWASHER)
    told = explain(asked, plan(asked)).device("dishwasher").explanation
    assert told is not None
    assert told.done == START + 4 * HOUR
    assert told.ready_by == START + 6 * HOUR
    assert told.saved == 300_000_000  # at once it would have cost 0.40
    assert told.instead is not None
    assert told.instead.start == START + 4 * HOUR
    assert told.instead.price == 220_000
    assert told.instead.dearer == 120_000_000
    assert told.binds == ()
    assert "done by 10:00 for 12:00" in told.sentence
    assert "0.30 USD less than without looking at prices" in told.sentence
    assert "the next best would be 10:00, 0.12 USD more" in told.sentence


def test_a_deadline_that_stands_in_the_way_is_named() -> None:
    asked = problem([0.40, 0.30, 0.20, 0.10], msgspec.structs.replace(DISHWASHER, ready_by=START + 3 * HOUR))
    told = explain(asked, plan(asked)).device("dishwasher").explanation
    assert told is not None
    assert told.binds == ("ready_by",)


def test_the_connection_that_stands_in_the_way_is_named() -> None:
    car = EvCharger(
        id="car", max_power=Power(7_000), min_power=Power(1_000), power_step=Power(1_000), efficiency=1.0,
        capacity=Energy(50_000), target=Energy(6_000), ready_by=Instant(START + 4 * HOUR),
    )  # fmt: skip
    asked = problem([0.4, 0.1, 0.3, 0.4], car, import_limit=5_000)
    told = explain(asked, plan(asked)).device("car").explanation
    assert told is not None
    assert "connection_limit" in told.binds


def test_a_wish_that_is_missed_binds() -> None:
    car = EvCharger(
        id="car", max_power=Power(2_000), efficiency=1.0, capacity=Energy(50_000),
        target=Energy(20_000), ready_by=Instant(START + 2 * HOUR),
    )  # fmt: skip
    asked = problem([0.1, 0.1, 0.1], car)
    found = explain(asked, plan(asked))
    told = found.device("car").explanation
    assert told is not None
    assert next(wish.wish for wish in found.unmet) in told.binds


def test_a_battery_is_compared_with_one_that_rests() -> None:
    store = Battery(
        id="battery", capacity=Energy(5_000), stored=Energy(0), max_charge=Power(5_000),
        max_discharge=Power(5_000), charge_efficiency=1.0, discharge_efficiency=1.0, wear=Price(0),
    )  # fmt: skip
    asked = problem([0.10, 0.50], store)
    asked = msgspec.structs.replace(
        asked, steps=tuple(msgspec.structs.replace(step, base_load=2_000.0) for step in asked.steps)
    )
    told = explain(asked, plan(asked)).device("battery").explanation
    assert told is not None
    assert told.saved >= 2 * 400_000_000 - 1_000_000


def test_a_pause_has_a_worth() -> None:
    lamp = Curtailable(id="lamp", load=(1_000.0,) * 4, worth=Price(300_000), longest_pause=HOUR)
    asked = problem([0.1, 0.9, 0.1, 0.1], lamp)
    told = explain(asked, plan(asked)).device("lamp").explanation
    assert told is not None
    assert told.saved >= 0


PRICES = [0.4, 0.3, 0.1, 0.3, 0.4, 0.2]
END = Instant(START + 6 * HOUR)
KINDS: dict[str, tuple[Device, str, str, str]] = {
    "car": (
        EvCharger(id="it", max_power=Power(3_000), efficiency=1.0, capacity=Energy(9_000),
                  target=Energy(3_000), ready_by=Instant(START + 5 * HOUR)),
        "Waits until 08:00: until then 0.350 USD/kWh on average, then 0.100 USD/kWh;",
        "0.300", "target",
    ),
    "battery": (
        Battery(id="it", capacity=Energy(2_000), stored=Energy(0), max_charge=Power(2_000),
                max_discharge=Power(2_000), charge_efficiency=1.0, discharge_efficiency=1.0, wear=Price(0),
                end_price=Price(150_000)),
        "Holds until 08:00", "0.300", "full",
    ),
    "tank": (
        WaterHeater(id="it", power=Power(2_000), capacity=Energy(6_000), stored=Energy(1_000),
                    reserve=Energy(490), loss_hours=1_000.0, draws=(0.0, 0.0, 0.0, 1_000.0, 0.0, 0.0)),
        "Waits until 08:00", "", "reserve",
    ),
    "room": (
        Climate(id="it", temperature=20.0, outdoor=(10.0,) * 6, low=(19.0,) * 6, high=(24.0,) * 6,
                heating_power=Power(3_000), heating_efficiency=3.0, loss_hours=30.0, heat_capacity=5_000.0),
        "Waits until", "", "comfort",
    ),
    "pump": (
        DailyRun(id="it", power=Power(1_000), windows=(Window(start=START, end=END, run=HOUR),)),
        "Waits until 08:00", "0.200", "run_time",
    ),
    "dishwasher": (
        SingleRun(id="it", profile=(Power(1_000),), profile_step=HOUR, ready_by=Instant(START + 3 * HOUR)),
        "Waits until 08:00", "0.300", "ready_by",
    ),
    "freezer": (
        Curtailable(id="it", load=(1_000.0,) * 6, worth=Price(350_000), longest_pause=HOUR),
        "Pauses until 07:00: 0.400 USD/kWh on average is more than its use is worth;",
        "0.400", "longest_pause",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_says_why_what_else_it_could_do_and_what_binds_it(kind: str) -> None:
    """By prices that can be followed by hand; what is left of heat has no such figure."""
    device, begins, other, bound = KINDS[kind]
    asked = problem(PRICES, device)
    if kind == "battery":
        steps = tuple(msgspec.structs.replace(step, base_load=2_000.0) for step in asked.steps)
        asked = msgspec.structs.replace(asked, steps=steps)
    planned = explain(asked, plan(asked)).device("it")
    told = planned.explanation
    assert told is not None
    assert told.sentence.startswith(begins), told.sentence
    assert bound in told.binds
    assert [reason.first for reason in planned.reasons[1:]] == [
        reason.first + reason.count for reason in planned.reasons[:-1]
    ], "every step has one reason"
    assert sum(reason.count for reason in planned.reasons) == len(PRICES)
    assert all(reason.sentence.endswith(".") for reason in planned.reasons)
    assert told.instead is not None
    assert told.instead.dearer > 0
    if other:
        assert f"{told.instead.price / 1e6:.3f}" == other


def test_the_sun_says_what_a_kwh_would_bring() -> None:
    asked = problem([0.3, 0.3], PvCurtailment(id="roof"))
    steps = tuple(
        msgspec.structs.replace(step, pv=2_000.0, sell=(Segment(Price(paid)),))
        for step, paid in zip(asked.steps, (-50_000, 50_000), strict=True)
    )
    asked = msgspec.structs.replace(asked, steps=steps)
    planned = explain(asked, plan(asked)).device("roof")
    assert [reason.sentence for reason in planned.reasons] == [
        "Produces less until 07:00: a kWh more would bring -0.050 USD/kWh.",
        "Produces all that it can until 08:00: a kWh is worth 0.050 USD/kWh on average.",
    ]
    assert planned.explanation is not None
    assert planned.explanation.saved == 100_000_000


@pytest.mark.timeout(60)
def test_every_device_of_a_home_is_told_of_and_the_process_tells_too() -> None:
    asked = home(tapering())
    process = PlannerProcess(patience=50.0)
    try:
        found = process(asked, None)
    finally:
        process.close()
    for device in found.devices:
        assert device.explanation is not None
        assert device.explanation.sentence.endswith(".")
        assert device.explanation.saved >= -10_000_000  # the dynamic program interpolates


def test_a_plan_of_other_steps_is_left_as_it_is() -> None:
    asked = problem([0.4, 0.1, 0.2], DISHWASHER)
    found = plan(asked)
    later = msgspec.structs.replace(asked, steps=asked.steps[:2])
    assert explain(later, found) == found


@pytest.mark.parametrize("budget", [0.0, 1.0])
def test_it_changes_nothing_but_the_explanation(budget: float) -> None:
    asked = home(tapering())
    found = plan(asked, budget=budget)
    told = explain(asked, found)
    assert [device.power for device in told.devices] == [device.power for device in found.devices]
    assert told.cost == found.cost
