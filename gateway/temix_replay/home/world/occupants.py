"""What people do: lights and meals, hot water, drives. All of it is chance around habits."""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from itertools import groupby

from temix_market.instants import MINUTE, Instant
from temix_market.intervals import Interval

from temix_replay.home.quantities import Celsius, Litres, WattHours, Watts
from temix_replay.home.world.clock import chance, index_of

_APPLIANCES: Sequence[tuple[float, float, float, float, Watts]] = (
    # chance a day, usual start and its spread, length (minutes), power
    (0.7, 7 * 60, 20, 6, 1500.0),  # kettle
    (0.8, 18.5 * 60, 40, 30, 2000.0),  # cooking
    (0.5, 20 * 60, 45, 60, 1200.0),  # dishwasher
    (0.35, 17 * 60, 120, 50, 500.0),  # washing
    (0.35, 19 * 60, 90, 45, 2800.0),  # drying
)
_FIRST_DRAW = 6.5 * 60
"""The test procedure's day begins with its greatest draw; people shower at half past six."""


@dataclass(frozen=True, slots=True)
class Trip:
    """A drive: the car is away in ``[start, end)`` and comes back ``energy`` emptier."""

    start: Instant
    end: Instant
    energy: WattHours


def base_load(seed: int, day: date, clock: Sequence[int]) -> Sequence[Watts]:
    """Everything that nobody plans, in each minute: standby, fridge, lights, appliances, noise."""
    random = chance(seed, "base load", day)
    level, phase, noise = random.lognormvariate(0, 0.15), random.random() * 45, 0.0
    powers = []
    for index, minute in enumerate(clock):
        if index % 5 == 0:
            noise = 0.8 * noise + random.gauss(0, 30)
        fridge = 120.0 if (index + phase) % 45 < 18 else 0.0
        powers.append(max(120.0, level * _habit(minute) + fridge + noise))
    for likely, usual, spread, length, power in _APPLIANCES:
        if random.random() < likely:
            start = index_of(clock, random.gauss(usual, spread))
            for index in range(start, min(start + int(length * random.uniform(0.7, 1.4)), len(powers))):
                powers[index] += power
    return powers


def draws(seed: int, day: date, minutes: int) -> Sequence[Litres]:
    """Hot water wanted in each minute: the draws of the test procedure, each moved and scaled by chance."""
    random = chance(seed, "draws", day)
    wanted = [0.0] * minutes
    for start, flows in _procedure():
        moved = int((start + _FIRST_DRAW + random.gauss(0, 20)) % 1440)
        scale = random.uniform(0.6, 1.4)
        for ahead, litres in enumerate(flows):
            if moved + ahead < minutes:
                wanted[moved + ahead] += litres * scale
    return wanted


def trips(seed: int, day: date, interval: Interval, clock: Sequence[int], mean: Celsius) -> Sequence[Trip]:
    """The day's drive, if any: to work on weekdays, an errand on weekends; cold air costs range."""
    random = chance(seed, "trips", day)
    if day.weekday() < 5:
        goes, leaves, back = random.random() < 0.85, random.gauss(460, 15), random.gauss(1070, 40)
    else:
        goes, leaves = random.random() < 0.6, random.gauss(640, 60)
        back = leaves + random.uniform(120, 300)
    distance = min(150.0, random.lognormvariate(math.log(45), 0.35))
    if not goes:
        return ()
    start, end = (interval.start + MINUTE * index_of(clock, at) for at in (leaves, max(back, leaves + 30)))
    return (Trip(Instant(start), Instant(end), distance * 180 * (1 + 0.02 * max(0.0, 10 - mean))),)


def _habit(minute: int) -> Watts:
    morning = 200 * math.exp(-(((minute - 450) / 60) ** 2))
    evening = 450 * math.exp(-(((minute - 1230) / 110) ** 2))
    return 260 + morning + evening


@cache
def _procedure() -> Sequence[tuple[int, Sequence[Litres]]]:
    """The draws as (first minute, litres in each minute of it)."""
    file = resources.files(__package__) / "data" / "water_draws.csv"
    text = file.read_text("utf-8")
    rows = [(int(minute), float(litres)) for minute, litres in list(csv.reader(text.splitlines()))[1:]]
    runs = groupby(enumerate(rows), key=lambda row: row[1][0] - row[0])
    return [(run[0][1][0], [litres for _, (_, litres) in run]) for run in (list(group) for _, group in runs)]
