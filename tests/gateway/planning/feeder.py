"""Homes with a car each on one feeder, for a night: the more they draw together, the dearer the next kWh.

Homes come to a retailer whose price follows what has been taken, each at its own moment of the hour.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from temix_gateway.planning import Problem, Segment, Step
from temix_gateway.planning.devices import EvCharger
from temix_gateway.planning.planner import plan
from temix_gateway.planning.program import INFINITE, Program
from temix_market.instants import HOUR, QUARTER, Instant
from temix_market.intervals import Interval
from temix_market.units import Energy, Power, Price

from tests.gateway.planning.homes import START

type Floats = NDArray[np.float64]

STEPS = 4 * 12
"""Twelve hours in quarters."""
MAX_POWER = 7_360
LEVEL, SLOPE = 0.06, 0.05
"""Price of the first kWh (currency units), and how much it rises for each kW a home that is taken."""
BLOCK = 0.02
"""kW a home that a tender holds."""
KNOWN_BLOCKS = 8
POSTED = 12
"""Times an hour that prices are posted."""


@dataclass(frozen=True, slots=True)
class Car:
    """Comes and leaves in these steps, and wants so much energy (Wh)."""

    comes: int
    leaves: int
    wanted: int


def cars(count: int, seed: int) -> list[Car]:
    """They come in the evening and want 5 to 25 kWh by the morning."""
    rng = np.random.default_rng(seed)
    comes, leaves = rng.integers(0, 12, count), rng.integers(STEPS - 12, STEPS + 1, count)
    wanted = rng.integers(5_000, 25_000, count)
    return [Car(*each) for each in zip(comes.tolist(), leaves.tolist(), wanted.tolist(), strict=True)]


def base(count: int) -> Floats:
    """What the homes draw beside, kW in each step: most in the evening."""
    hours = np.arange(STEPS) / 4
    load: Floats = count * (0.5 + 0.7 * np.exp(-((hours - 1.5) ** 2) / 4))
    return load


def night(fleet: Sequence[Car], *, deep: bool, turns: int, seed: int = 0) -> Floats:
    """Mean power of all cars in each step, kW, after homes have planned ``turns`` times.

    Homes plan once an hour, each at its own moment; prices are posted anew every 5 minutes: so a twelfth of
    them answers the same. ``deep``: a tender holds all that a home asks for, at the posted price. Else it
    holds ``BLOCK``, and the next block is dearer. A home moves half the way to its plan, as traders do in a
    turn, in the last one all of it.
    """
    rng = np.random.default_rng(seed)
    taken = np.zeros((len(fleet), STEPS))
    beside = base(len(fleet))
    for turn in range(turns):
        share = 1.0 if turn == turns - 1 else 0.5
        for batch in np.array_split(rng.permutation(len(fleet)), POSTED):
            posted = beside + taken.sum(axis=0)
            for number in batch.tolist():
                planned = _planned(fleet[number], posted - taken[number], len(fleet), deep=deep)
                taken[number] += share * (planned - taken[number])
    night_load: Floats = taken.sum(axis=0)
    return night_load


def _planned(car: Car, others: Floats, homes: int, *, deep: bool) -> Floats:
    """What a home's plan draws in each step, kW, at prices that the others have made."""
    problem = Problem(
        now=START,
        steps=tuple(
            _step(index, load / homes, homes, deep=deep) for index, load in enumerate(others.tolist())
        ),
        devices=(
            EvCharger(
                id="car",
                max_power=Power(MAX_POWER),
                efficiency=1.0,
                capacity=Energy(car.wanted),
                target=Energy(car.wanted),
                arrives=Instant(START + car.comes * QUARTER),
                ready_by=Instant(START + car.leaves * QUARTER),
            ),
        ),
    )
    return np.array(plan(problem, budget=0.0).device("car").power) / 1000


def _step(index: int, load: np.float64, homes: int, *, deep: bool) -> Step:
    """Prices at a mean load (kW a home)."""
    price = Price(round((LEVEL + SLOPE * load) * 1e6))
    if deep:
        ladder = (Segment(price),)
    else:
        energy = Energy(round(BLOCK * homes * 1000 * QUARTER / HOUR))
        rise = round(SLOPE * BLOCK * 1e6)
        ladder = (
            *(Segment(Price(price + block * rise), energy) for block in range(KNOWN_BLOCKS)),
            Segment(Price(price + KNOWN_BLOCKS * rise)),
        )
    return Step(
        interval=Interval(Instant(START + index * QUARTER), QUARTER),
        buy=ladder,
        sell=(Segment(Price(ladder[0].price - 50_000)),),
    )


def least_peak(fleet: Sequence[Car]) -> float:
    """The least peak of cars and homes together, kW: a linear program of cars that come and leave alike."""
    program = Program()
    hours, beside = QUARTER / HOUR, base(len(fleet))
    peak = program.add_columns(np.ones(1))
    rows = program.add_rows(beside, np.full(STEPS, INFINITE))
    program.put(rows, peak, 1.0)
    groups: dict[tuple[int, int], list[int]] = {}
    for car in fleet:
        groups.setdefault((car.comes, car.leaves), []).append(car.wanted)
    for (comes, leaves), wanted in groups.items():
        most = len(wanted) * MAX_POWER / 1000
        drawn = program.add_columns(np.zeros(leaves - comes), upper=most)
        program.put(rows[comes:leaves], drawn, -1.0)
        energy = np.array([sum(wanted) / 1000 / hours])
        program.put(program.add_rows(energy, energy), drawn, 1.0)
    found = program.solve(300.0)
    assert found is not None
    return found.objective
