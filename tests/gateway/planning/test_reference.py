"""Each kind of device against a small exact program that shares nothing with the planner's own models."""

from collections.abc import Callable

import msgspec
import numpy as np
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
from temix_gateway.planning.planner import plan
from temix_gateway.planning.result import Level
from temix_market.instants import FIVE_MINUTES, HOUR, MINUTE, QUARTER, Duration, Instant
from temix_market.intervals import Interval
from temix_market.units import Energy, Power, Price

from tests.gateway.planning.homes import START
from tests.gateway.planning.reference import optimum
from tests.gateway.planning.test_exact import alone

pytestmark = pytest.mark.timeout(60)
SEEDS = range(2)


def priced(
    seed: int, *devices: Device, count: int = 24, step: Duration = QUARTER, sun: float = 0.0
) -> Problem:
    """A home at random prices, with two segments each way, a position, and some load."""
    rng = np.random.default_rng(seed)
    steps = []
    for number in range(count):
        buy = int(rng.uniform(20_000, 400_000))
        sell = int(buy - rng.uniform(0, 120_000))
        steps.append(
            Step(
                interval=Interval(Instant(START + number * step), step),
                buy=(
                    Segment(Price(buy), Energy(int(rng.uniform(0, 4_000) * step / HOUR))),
                    Segment(Price(buy + 50_000)),
                ),
                sell=(
                    Segment(Price(sell), Energy(int(rng.uniform(0, 4_000) * step / HOUR))),
                    Segment(Price(sell - 60_000)),
                ),
                position=Energy(int(rng.normal(500, 1_000) * step / HOUR)),
                base_load=float(rng.uniform(0, 1_500)),
                pv=float(rng.uniform(0, sun)),
            )
        )
    return Problem(now=START, steps=tuple(steps), devices=devices)


def at(number: float) -> Instant:
    """So many hours after the beginning."""
    return Instant(START + round(number * HOUR))


def series(seed: int, low: float, high: float, count: int) -> tuple[float, ...]:
    return tuple(np.random.default_rng(1_000 + seed).uniform(low, high, count).tolist())


HALF = Duration(30 * MINUTE)
CAR = EvCharger(
    id="it", min_power=Power(1_380), max_power=Power(3_680), power_step=Power(460), efficiency=0.9,
    capacity=Energy(20_000), stored=Energy(5_000), target=Energy(9_000), ready_by=at(5),
)  # fmt: skip
PUMP = DailyRun(
    id="it", power=Power(1_100), windows=(Window(start=at(0), end=at(6), run=Duration(2 * HOUR)),),
    min_run=HALF, min_rest=HALF,
)  # fmt: skip
WASH = SingleRun(id="it", profile=(Power(2_000), Power(150), Power(1_800)), ready_by=at(4))
LOAD = Curtailable(id="it", load=(), worth=Price(150_000), shortest_pause=Duration(10 * MINUTE),
                   longest_pause=Duration(25 * MINUTE), between=Duration(20 * MINUTE))  # fmt: skip

WHOLE: dict[str, Device] = {
    "car, discrete amps": CAR,
    "car, on or off": msgspec.structs.replace(CAR, min_power=Power(3_000), max_power=Power(3_000)),
    "car, comes later and stays": msgspec.structs.replace(
        CAR, arrives=at(1.1), ready_by=at(4), stays_until=at(6)
    ),
    "car, least charge": msgspec.structs.replace(CAR, minimum=Energy(6_500), worth=Price(300_000)),
    "car, may leave early": msgspec.structs.replace(CAR, leaves_early=0.1, worth=Price(700_000)),
    "car, too late": msgspec.structs.replace(CAR, target=Energy(19_000), ready_by=at(2)),
    "pump": PUMP,
    "pump, two windows": msgspec.structs.replace(
        PUMP, windows=(
            Window(start=at(0.5), end=at(2.5), run=Duration(HOUR)),
            Window(start=at(3), end=at(5.5), run=Duration(90 * MINUTE)),
        ),
    ),
    "pump, is on": msgspec.structs.replace(PUMP, on=True, lasted=QUARTER, min_run=HOUR),
    "pump, has just stopped": msgspec.structs.replace(PUMP, lasted=QUARTER, min_rest=HOUR),
    "pump, dear starts": msgspec.structs.replace(PUMP, start_cost=Price(90_000)),
    "pump, not worth it": msgspec.structs.replace(PUMP, worth=Price(200_000)),
    "dishwasher": WASH,
    "dishwasher, odd parts": msgspec.structs.replace(
        WASH, profile_step=Duration(20 * MINUTE), earliest=at(0.6)
    ),
    "dishwasher, may be late": msgspec.structs.replace(WASH, ready_by=at(1), late_worth=Price(30_000)),
    "dishwasher, not worth it": msgspec.structs.replace(WASH, worth=Price(1_000)),
    "dishwasher, runs already": msgspec.structs.replace(WASH, started=at(-0.2)),
}  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", WHOLE)
def test_what_switches_in_whole_steps_finds_the_optimum(kind: str, seed: int) -> None:
    problem = priced(seed, WHOLE[kind])

    assert alone(problem) == pytest.approx(optimum(problem), abs=2e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_car_that_fills_up_draws_hardly_more_than_fits(seed: int) -> None:
    """Its levels lead past what it takes by at most one step of one level."""
    car = msgspec.structs.replace(CAR, capacity=Energy(9_100), target=Energy(9_100))
    problem = priced(seed, car)
    step = 0.460 * 0.25

    best = optimum(problem)

    assert best - 2e-6 <= alone(problem) <= best + step * 0.45


PAUSES: dict[str, Device] = {
    "pauses": LOAD,
    "is paused": msgspec.structs.replace(LOAD, paused=True, lasted=FIVE_MINUTES),
    "has just run": msgspec.structs.replace(LOAD, lasted=FIVE_MINUTES),
    "one length": msgspec.structs.replace(LOAD, shortest_pause=QUARTER, longest_pause=QUARTER),
    "never dear enough": msgspec.structs.replace(LOAD, worth=Price(900_000)),
}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", PAUSES)
def test_pauses_are_the_best_that_their_rules_allow(kind: str, seed: int) -> None:
    load = msgspec.structs.replace(PAUSES[kind], load=series(seed, 500, 2_000, 36))
    problem = priced(seed, load, count=36, step=FIVE_MINUTES)

    assert alone(problem) == pytest.approx(optimum(problem), abs=2e-6)


def _tank(seed: int, **fields: object) -> Device:
    tank = WaterHeater(
        id="it", power=Power(2_000), capacity=Energy(5_000), stored=Energy(2_500), reserve=Energy(800),
        loss_hours=60.0, draws=series(seed, 0, 1_800, 20), worth=Price(3_000_000),
    )  # fmt: skip
    return msgspec.structs.replace(tank, **fields)


def _room(seed: int, **fields: object) -> Device:
    room = Climate(
        id="it", temperature=20.3, outdoor=series(seed, -5, 8, 20), low=(20.0,) * 10 + (21.0,) * 10,
        high=(22.0,) * 20, heating_power=Power(2_000), loss_hours=20.0, heat_capacity=2_000.0,
    )  # fmt: skip
    return msgspec.structs.replace(room, **fields)


SUMMER = {"outdoor": (33.0,) * 20, "temperature": 23.9, "high": (24.0,) * 20, "cooling_power": Power(1_500)}
RULES = {"min_run": HALF, "min_rest": HALF}
NEAR: dict[str, Callable[[int], Device]] = {
    "tank": _tank,
    "tank, modulates": lambda seed: _tank(seed, levels=3),
    "tank, fills up": lambda seed: _tank(seed, stored=Energy(4_800), reserve=Energy(4_700)),
    "tank, too little": lambda seed: _tank(seed, stored=Energy(0), draws=(2_600.0,) * 20),
    "tank, rules": lambda seed: _tank(seed, **RULES, on=True, lasted=QUARTER),
    "tank, heat pump": lambda seed: _tank(seed, efficiency=3.0, power=Power(700), worth=Price(20_000_000)),
    "room": _room,
    "room, levels": lambda seed: _room(seed, levels=4),
    "room, rules": lambda seed: _room(seed, **RULES, lasted=QUARTER),
    "room, sun": lambda seed: _room(seed, gains=series(seed, 0, 2_500, 20)),
    "room, cools": lambda seed: _room(seed, **SUMMER, heating_power=Power(0)),
    "room, cools and heats": lambda seed: _room(
        seed, cooling_power=Power(1_500), outdoor=(38.0,) * 8 + (-15.0,) * 12, high=(20.4,) * 20,
        low=(20.0,) * 20, temperature=20.2, heat_capacity=900.0, levels=2,
    ),
}  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", NEAR)
def test_what_keeps_warm_comes_near_its_optimum(kind: str, seed: int) -> None:
    problem = priced(seed, NEAR[kind](seed), count=20)

    best = optimum(problem)

    assert best - 2e-6 <= alone(problem) <= best + 0.005 * abs(best) + 0.003


STORE = Battery(
    id="it", capacity=Energy(4_000), stored=Energy(1_000), reserve=Energy(400), max_charge=Power(2_000),
    max_discharge=Power(2_500), charge_efficiency=0.93, discharge_efficiency=0.95,
)  # fmt: skip
LINEAR: dict[str, tuple[Device, ...]] = {
    "battery": (STORE,),
    "battery, below its reserve": (msgspec.structs.replace(STORE, stored=Energy(100)),),
    "battery, target": (msgspec.structs.replace(STORE, target=Energy(3_500), end_price=Price(0)),),
    "battery, only charges": (
        msgspec.structs.replace(STORE, max_discharge=Power(0), end_price=Price(250_000)),
    ),
    "sun": (PvCurtailment(id="sun", most=0.8),),
    "battery and sun": (STORE, PvCurtailment(id="sun")),
}  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", LINEAR)
@pytest.mark.parametrize("limited", [False, True])
def test_batteries_and_sun_find_the_optimum_at_prices_below_zero_too(
    kind: str, seed: int, limited: bool
) -> None:
    problem = priced(seed, *LINEAR[kind], sun=6_000.0)
    steps = tuple(
        step
        if index % 5
        else msgspec.structs.replace(step, buy=(Segment(Price(-20_000)),), sell=(Segment(Price(-90_000)),))
        for index, step in enumerate(problem.steps)
    )
    problem = msgspec.structs.replace(problem, steps=steps)
    if limited:
        exporting = Power(700 if kind == "battery and sun" else 6_000)
        problem = msgspec.structs.replace(problem, import_limit=Power(1_000), export_limit=exporting)

    found = plan(problem, budget=3.0)

    assert found.cost / 1e9 == pytest.approx(optimum(problem), abs=1e-4)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_battery_does_what_it_can_where_more_sun_comes_than_may_be_exported(seed: int) -> None:
    """To charge and to give at once would burn energy there: no plan does."""
    problem = priced(seed, STORE, sun=6_000.0)
    problem = msgspec.structs.replace(problem, export_limit=Power(700))

    found = plan(problem, budget=3.0)

    best = optimum(problem)
    assert found.cost / 1e9 == pytest.approx(best, rel=2e-4)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_whole_home_of_counted_hours_finds_the_optimum_within_its_limits(seed: int) -> None:
    pump, wash = (msgspec.structs.replace(each, id=str(id(each))) for each in (PUMP, WASH))
    problem = priced(seed, STORE, pump, wash, PvCurtailment(id="sun"), sun=3_000.0)
    problem = msgspec.structs.replace(problem, import_limit=Power(2_500), export_limit=Power(1_000))

    found = plan(problem, budget=8.0)

    best = optimum(problem)
    assert found.level is Level.EXACT
    assert best - 2e-5 <= found.cost / 1e9 <= best + 5e-4 * abs(best) + 1e-4
