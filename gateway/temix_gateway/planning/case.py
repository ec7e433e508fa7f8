"""A problem made ready to be solved: its grid, tariff, fixed load and device models."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from temix_gateway.planning.devices import Battery, Device, Model, PvCurtailment
from temix_gateway.planning.devices.model import Floats, Grid
from temix_gateway.planning.problem import Problem
from temix_gateway.planning.tariff import Tariff


@dataclass(frozen=True, slots=True)
class Case:
    """What every level of the planner works on; ``fixed`` is the net load without the devices, Wh."""

    problem: Problem
    grid: Grid
    tariff: Tariff
    fixed: Floats
    models: tuple[Model, ...]

    @classmethod
    def of(cls, problem: Problem) -> Self:
        """Make a checked problem ready."""
        grid = problem.grid
        watts = np.array([step.base_load - step.pv for step in problem.steps])
        models = tuple(_model(device, problem, grid) for device in problem.devices)
        return cls(problem, grid, Tariff.of(problem), watts * grid.hours, models)

    @property
    def devices(self) -> tuple[Device, ...]:
        """The problem's devices, in the order of the models."""
        return self.problem.devices


def _model(device: Device, problem: Problem, grid: Grid) -> Model:
    match device:
        case Battery():
            return device.model(grid, problem.usual_price)
        case PvCurtailment():
            return device.model(grid, np.array([step.pv for step in problem.steps]))
        case _:
            return device.model(grid)
