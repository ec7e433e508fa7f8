"""How a building keeps its warmth, learned from past hours.

The model is that of ``devices.Climate``: within an hour the temperature moves from where it was to where it
would come to rest, outdoors + (heat + gains) / loss, with the time constant capacity / loss. Gains (sun,
people) follow the time of the day: a mean and one wave. A kept temperature says little of the capacity, and a
short past little of anything. So both constants start as those of a usual building, within a usual factor,
and the past moves them by what it says (Bayes): the density is taken on a grid of both, where all else is
linear and solved. The course of whole days is fitted, not hour by hour: it is whole nights that the planner
foresees. Days that fit badly (an open window) count little (reweighted least squares). Grid, priors and
counts are our choice.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from temix_market.instants import HOUR, Instant, to_datetime

from temix_gateway.planning.past import Building, PastRoom

type Floats = NDArray[np.floating[Any]]

TIME_CONSTANTS: Final = np.geomspace(2.0, 400.0, 80)
"""Hours."""
CAPACITIES: Final = np.geomspace(700.0, 60_000.0, 80)
"""Wh per kelvin."""
LOSSES: Final = (20.0, 2_000.0)
"""W per kelvin; beyond, what was seen is no building's."""
USUAL_CAPACITY: Final = (5_000.0, 0.5)
USUAL_LOSS: Final = (200.0, 0.7)
"""Of a building of which nothing is known, and the standard deviation of the logarithm among buildings."""
LOOKS: Final = 3.0
"""What a day tells: its 24 hours err together, and count as so many independent ones."""
SENSOR: Final = 0.1
"""K; no day is believed to fit better."""
WORST: Final = 1.0
"""K; where half of the days fit worse, nothing is learned."""
LEAST_DAYS: Final = 3.0
SHORTEST: Final = 8
"""Hours without a gap that say something."""
TUNING: Final = 1.5
"""A day that fits worse than the median by more than this factor counts less, soon hardly at all."""
ROUNDS: Final = 10
"""After which the weights have settled."""
INDOORS, OUTDOORS = (0.0, 45.0), (-50.0, 60.0)
"""°C; beyond, a sensor errs."""


@dataclass(frozen=True, slots=True)
class _Run:
    """Neighbouring hours of one day: temperatures at their marks, one more than hours; means within them."""

    indoor: Floats
    outdoor: Floats
    heat: Floats
    clock: Floats


def learn(past: PastRoom) -> Building | None:
    """The constants of a building; none where the past says too little, or what no building would do."""
    runs = list(_runs(past))
    days = sum(len(run.heat) for run in runs) / 24
    if days < LEAST_DAYS:
        return None
    grams = np.array([[_gram(run, math.exp(-1 / hours)) for run in runs] for hours in TIME_CONSTANTS])
    hours = np.array([len(run.heat) for run in runs])
    weights: Floats = np.ones(len(runs))
    variance = SENSOR**2
    for _ in range(ROUNDS):
        weights, variance = _weighed(grams, hours, weights, variance)
    summed = np.tensordot(weights, grams, (0, 1))
    density = _density(summed, variance)
    if variance > WORST**2 or int(density.max(axis=0).argmax()) in {0, len(CAPACITIES) - 1}:
        return None
    return _building(density, summed, days, abs(past.efficiency))


def _weighed(
    grams: Floats, hours: NDArray[np.int64], weights: Floats, variance: float
) -> tuple[Floats, float]:
    """How much each run counts by how the likeliest building fits it, and the usual square of the errors."""
    density = _density(np.tensordot(weights, grams, (0, 1)), variance)
    row, column = np.unravel_index(int(density.argmax()), density.shape)
    fitted = _solution(np.tensordot(weights, grams[row], (0, 0)), TIME_CONSTANTS[row] / CAPACITIES[column])
    squares = np.maximum(np.einsum("i,rij,j->r", fitted, grams[row], fitted) / hours, SENSOR**2)
    usual = float(np.median(squares))
    return np.minimum(1.0, TUNING**2 * usual / squares) ** 2, usual


def _runs(past: PastRoom) -> Iterator[_Run]:
    """The hours that are known, cut at each midnight and gap."""
    zone = ZoneInfo(past.zone)
    clock = [
        to_datetime(Instant(past.start + number * HOUR)).astimezone(zone).hour
        for number in range(len(past.indoor))
    ]
    indoor = [_plausible(value, INDOORS) for value in past.indoor]
    outdoor = [_plausible(value, OUTDOORS) for value in past.outdoor]
    first = 0
    for number in range(len(clock)):
        known = number + 1 < len(clock) and None not in {
            indoor[number], indoor[number + 1], outdoor[number], past.drawn[number],
        }  # fmt: skip
        ends = number + known  # the hour itself belongs to the run where it is known
        if not known or clock[number] == 23:
            if ends - first >= SHORTEST:
                yield _Run(
                    np.array(indoor[first : ends + 1], dtype=float),
                    np.array(outdoor[first:ends], dtype=float),
                    np.array(past.drawn[first:ends], dtype=float) * past.efficiency,
                    np.array(clock[first:ends], dtype=float),
                )
            first = number + 1


def _plausible(value: float | None, bounds: tuple[float, float]) -> float | None:
    return value if value is not None and bounds[0] <= value <= bounds[1] else None


def _gram(run: _Run, keep: float) -> Floats:
    """Products of what is fitted to a run: answers to heat and to gains by the time of day, and what is seen.

    The temperature at its beginning is free: its answer is taken out of all the others.
    """
    at = 2 * np.pi * (run.clock + 0.5) / 24
    inputs = np.stack([run.heat, np.ones(len(at)), np.cos(at), np.sin(at), run.outdoor], axis=1)
    answers = np.zeros((len(at) + 1, inputs.shape[1]))
    for hour, driven in enumerate(inputs):
        answers[hour + 1] = keep * answers[hour] + (1 - keep) * driven
    answers[:, -1] = run.indoor - answers[:, -1]
    start = keep ** np.arange(len(at) + 1)
    start /= np.linalg.norm(start)
    answers -= np.outer(start, start @ answers)
    return answers.T @ answers


def _rest(grams: Floats) -> tuple[Floats, Floats]:
    """The best gains for heat and for what is seen, each alone; and the products that these two leave."""
    gains, others = slice(1, 4), [0, 4]
    among = grams[..., gains, gains] + 1e-6 * np.eye(3)
    across = grams[..., gains, :][..., others]
    best: Floats = np.linalg.solve(among, across)
    left: Floats = grams[..., others, :][..., others] - np.swapaxes(across, -1, -2) @ best
    return best, left


def _density(grams: Floats, variance: float) -> Floats:
    """Logarithm of the density for each time constant and capacity, but for a constant."""
    _, left = _rest(grams)
    kelvin = TIME_CONSTANTS[:, None] / CAPACITIES  # a watt brings the temperature at rest up by so much
    squares = left[:, 1, 1, None] - 2 * kelvin * left[:, 0, 1, None] + kelvin**2 * left[:, 0, 0, None]
    found = -squares * LOOKS / 24 / (2 * variance)
    for logarithm, (usual, sigma) in (
        (np.log(CAPACITIES)[None, :], USUAL_CAPACITY),
        (-np.log(kelvin), USUAL_LOSS),
    ):
        found = found - ((logarithm - math.log(usual)) / sigma) ** 2 / 2
    return found


def _solution(gram: Floats, kelvin: float) -> Floats:
    """The combination of a gram's columns that is the error of the fit, at so many kelvin per watt."""
    best, _ = _rest(gram)
    return np.concatenate([[-kelvin], kelvin * best[:, 0] - best[:, 1], [1.0]])


def _building(density: Floats, grams: Floats, days: float, efficiency: float) -> Building | None:
    """The means of the logarithms, and the gains at them."""
    share = np.exp(density - density.max())
    share /= share.sum()
    capacities = np.broadcast_to(np.log(CAPACITIES), share.shape)
    losses = capacities - np.log(TIME_CONSTANTS)[:, None]
    (capacity, capacity_sigma), (loss, loss_sigma) = (
        (mean, math.sqrt(float((share * (values - mean) ** 2).sum())))
        for values in (capacities, losses)
        for mean in [float((share * values).sum())]
    )
    watts = math.exp(loss)
    if not LOSSES[0] < watts < LOSSES[1]:
        return None
    row = int(np.abs(np.log(TIME_CONSTANTS) - (capacity - loss)).argmin())
    mean, cosine, sine = -_solution(grams[row], 1 / watts)[1:4] * watts
    at = 2 * np.pi * (np.arange(24) + 0.5) / 24
    return Building(
        heat_capacity=math.exp(capacity),
        loss=watts,
        gains=tuple((mean + cosine * np.cos(at) + sine * np.sin(at)).tolist()),
        capacity_factor=math.exp(capacity_sigma),
        loss_factor=math.exp(loss_sigma),
        days=days,
        efficiency=efficiency,
    )
