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
    assert "the next best would be 10:00 at 0.220 USD/kWh, 0.12 USD more" in told.sentence


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


def reasons(asked: Problem, device: str = "it") -> list[tuple[str, str]]:
    return [(each.why.value, each.sentence) for each in plan(asked).device(device).reasons]


def test_a_wait_for_what_is_no_cheaper_is_not_called_one() -> None:
    """The tank is full until its water is drawn, and is to keep some."""
    tank = WaterHeater(
        id="it", power=Power(2_000), capacity=Energy(3_000), stored=Energy(3_000), reserve=Energy(1_000),
        loss_hours=99_999.0, draws=(0.0, 0.0, 0.0, 2_500.0),
    )  # fmt: skip

    assert reasons(problem([0.2, 0.2, 0.2, 0.2], tank))[0] == (
        "not_yet", "Need not run before 09:00; then it runs at 0.200 USD/kWh on average.",
    )  # fmt: skip


def test_what_cannot_run_yet_says_so_and_waits_only_from_then_on() -> None:
    car = EvCharger(
        id="it", min_power=Power(3_000), max_power=Power(3_000), efficiency=1.0, capacity=Energy(9_000),
        target=Energy(3_000), arrives=START + 2 * HOUR, ready_by=Instant(START + 5 * HOUR),
    )  # fmt: skip
    pump = DailyRun(
        id="it", power=Power(1_000), windows=(Window(start=START + 2 * HOUR, end=START + 5 * HOUR, run=HOUR),)
    )
    wash = msgspec.structs.replace(DISHWASHER, id="it", earliest=START + 2 * HOUR, ready_by=START + 5 * HOUR)
    for device in (car, pump, wash):
        (at_once, _), *_ = reasons(problem([0.1, 0.1, 0.2, 0.3, 0.4], device))
        assert at_once == "barred"
        why, sentence = reasons(problem([0.1, 0.1, 0.4, 0.3, 0.2], device))[0]
        assert why == "waits"
        assert sentence.startswith("Waits until 10:00: until then 0.350 USD/kWh on average"), sentence


def test_what_is_missed_is_told_by_how_much_and_not_called_done() -> None:
    car = EvCharger(id="it", max_power=Power(1_840), efficiency=1.0, capacity=Energy(50_000),
                    target=Energy(20_000), ready_by=Instant(START + 2 * HOUR))  # fmt: skip
    asked = problem([0.1, 0.1, 0.1], car)
    planned = explain(asked, plan(asked)).device("it")
    assert planned.explanation is not None
    assert planned.explanation.sentence == (
        "Runs until 08:00 at 0.100 USD/kWh on average; misses 16.3 kWh of the charge wanted."
    )
    assert planned.reasons[-1].sentence == "Does no more within the horizon."


def test_a_run_that_fits_nowhere_or_is_too_dear_is_not_called_done() -> None:
    long = msgspec.structs.replace(DISHWASHER, profile_step=5 * HOUR)
    dear = msgspec.structs.replace(DISHWASHER, worth=Price(10_000))
    for device in (long, dear):
        asked = problem([0.1, 0.1, 0.1], device)
        told = explain(asked, plan(asked)).device("dishwasher").explanation
        assert told is not None
        assert told.sentence == (
            "Does not run within the horizon: no start fits, or it is worth less than it would cost; "
            "misses its run."
        )
        assert told.binds == ("run",)


@pytest.mark.parametrize(
    "stored,says",
    [
        (200, "it is at its reserve, and 0.300 USD/kWh on average is not worth charging at."),
        (5_000, "it is full, and 0.300 USD/kWh on average is not worth giving at."),
        (2_500, "0.300 USD/kWh on average is worth neither charging nor giving."),
    ],
)
def test_a_battery_that_holds_says_whether_it_could_do_else(stored: int, says: str) -> None:
    store = Battery(
        id="it", capacity=Energy(5_000), stored=Energy(stored), reserve=Energy(200), max_charge=Power(5_000),
        max_discharge=Power(5_000), wear=Price(0), end_price=Price(290_000),
    )  # fmt: skip
    asked = problem([0.30, 0.30], store)

    assert reasons(asked) == [("holds", f"Holds until 08:00: {says}")]


def test_what_it_saves_counts_no_limit_that_nobody_would_have_passed() -> None:
    """Without looking at prices it would charge at once, too, as fast as the connection allows."""
    car = EvCharger(
        id="car", max_power=Power(7_000), min_power=Power(1_000), power_step=Power(1_000), efficiency=1.0,
        capacity=Energy(50_000), target=Energy(6_000), ready_by=Instant(START + 4 * HOUR),
    )  # fmt: skip
    asked = problem([0.4, 0.1, 0.1, 0.4], car, import_limit=4_000)
    told = explain(asked, plan(asked)).device("car").explanation
    assert told is not None
    assert told.saved == 4 * 300_000_000


@pytest.mark.parametrize(
    "rules,start,dearer",
    [
        ({}, 2, 0.60),
        ({"shortest_pause": 2 * HOUR, "longest_pause": 2 * HOUR}, 2, 1.25),
        ({"between": 4 * HOUR, "lasted": HOUR}, 3, 0.65),
        ({"between": 9 * HOUR, "lasted": HOUR}, None, None),
        ({"shortest_pause": HOUR // 2, "longest_pause": HOUR // 2}, None, None),
        ({"paused": True, "lasted": HOUR, "longest_pause": 2 * HOUR, "between": 9 * HOUR}, 0, 0.80),
        ({"paused": True, "lasted": HOUR, "between": 9 * HOUR}, None, None),
        ({"paused": True, "lasted": HOUR, "longest_pause": 2 * HOUR, "between": HOUR}, 2, 0.60),
    ],
    ids=["one hour", "two hours", "not yet", "not at all", "steps too long", "go on", "long enough", "again"],
)
def test_a_load_that_never_pauses_says_what_its_cheapest_pause_would_cost(
    rules: dict[str, object], start: int | None, dearer: float | None
) -> None:
    lamp = Curtailable(id="lamp", load=(1_000.0,) * 4, worth=Price(900_000), shortest_pause=HOUR,
                       longest_pause=HOUR, between=HOUR)  # fmt: skip
    asked = problem([0.1, 0.2, 0.3, 0.25], msgspec.structs.replace(lamp, **rules))
    planned = explain(asked, plan(asked)).device("lamp")
    assert planned.power == (1_000,) * 4
    told = planned.explanation
    assert told is not None
    if start is None or dearer is None:
        assert told.instead is None
        return
    assert told.instead is not None
    assert told.instead.start == START + start * HOUR
    assert told.instead.dearer / 1e9 == pytest.approx(dearer)
    assert f"the next best would be a pause at {6 + start:02}:00 at" in told.sentence


def test_an_inverter_that_produces_all_says_what_the_cheapest_sun_is_worth() -> None:
    asked = problem([0.3, 0.3, 0.3], PvCurtailment(id="roof"))
    steps = tuple(
        msgspec.structs.replace(step, pv=float(sun), base_load=500.0, sell=(Segment(Price(paid)),))
        for step, sun, paid in zip(asked.steps, (2_000, 1_500, 0), (200_000, 100_000, 0), strict=True)
    )
    asked = msgspec.structs.replace(asked, steps=steps)
    told = explain(asked, plan(asked)).device("roof").explanation
    assert told is not None
    assert told.instead is not None
    assert told.instead.start == START + HOUR
    assert told.instead.price == 100_000, "what a kWh less would cost first"
    assert told.instead.dearer == 250_000_000, "1 kWh would not be sold at 0.10, half a kWh be bought at 0.30"
    assert "the next best would be less sun at 07:00 at 0.100 USD/kWh, 0.25 USD more" in told.sentence
    dark = msgspec.structs.replace(
        asked, steps=tuple(msgspec.structs.replace(step, pv=0.0) for step in asked.steps)
    )
    told = explain(dark, plan(dark)).device("roof").explanation
    assert told is not None
    assert told.instead is None


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
