"""A problem on fewer steps, where there are many: 5 minutes for some hours, then quarters, then hours."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray
from temix_market.instants import FIVE_MINUTES, HOUR, QUARTER, Duration
from temix_market.intervals import Interval
from temix_market.units import Energy

from temix_gateway.planning.devices import Climate, Curtailable, Device, WaterHeater
from temix_gateway.planning.horizon import FINE, MIDDLE, merged
from temix_gateway.planning.problem import Problem, Step

MANY = 200
"""Steps up to which a problem is small enough as it is."""

_SERIES: Final[dict[type[Device], tuple[str, ...]]] = {
    Climate: ("outdoor", "gains", "low", "high"),
    WaterHeater: ("draws",),
    Curtailable: ("load",),
}
"""What is told of a device for each step; of several, the mean."""

type Parts = list[NDArray[np.intp]]


def as_it_is(problem: Problem) -> tuple[Problem, Parts]:
    """The problem itself, each step made of one."""
    return problem, [np.array([index]) for index in range(len(problem.steps))]


def coarse(problem: Problem) -> tuple[Problem, Parts]:
    """The problem on coarser steps, and which steps each of these is made of; itself where it has few."""
    steps = problem.steps
    if len(steps) <= MANY:
        return as_it_is(problem)
    found = groupby(range(len(steps)), key=lambda index: _span(problem, steps[index].interval))
    parts = [np.array(list(indices)) for _, indices in found]
    hours = np.array([step.interval.duration / HOUR for step in steps])
    return msgspec.structs.replace(
        problem,
        steps=tuple(_joined([steps[index] for index in part], hours[part]) for part in parts),
        devices=tuple(_told_coarsely(device, parts, hours) for device in problem.devices),
    ), parts


def _span(problem: Problem, step: Interval) -> tuple[int, int]:
    """Steps with the same one are joined."""
    if step.start < problem.now + FINE:
        return FIVE_MINUTES, step.start
    length = QUARTER if step.start < problem.now + MIDDLE else HOUR
    return length, step.start // length


def _joined(steps: Sequence[Step], hours: NDArray[np.float64]) -> Step:
    first = steps[0]
    return Step(
        interval=Interval(first.interval.start, Duration(sum(step.interval.duration for step in steps))),
        buy=tuple(merged([step.buy for step in steps], 1)),
        sell=tuple(merged([step.sell for step in steps], -1)),
        position=Energy(sum(step.position for step in steps)),
        base_load=float(np.average([step.base_load for step in steps], weights=hours)),
        pv=float(np.average([step.pv for step in steps], weights=hours)),
        forecast=any(step.forecast for step in steps),
    )


def _told_coarsely(device: Device, parts: Parts, hours: NDArray[np.float64]) -> Device:
    changes: dict[str, Any] = {}
    for name in _SERIES.get(type(device), ()):
        series = np.array(getattr(device, name))
        if series.size:
            changes[name] = tuple(float(np.average(series[part], weights=hours[part])) for part in parts)
    return msgspec.structs.replace(device, **changes)
