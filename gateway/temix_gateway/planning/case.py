"""A problem made ready to be solved: its grid, tariff, fixed load and device models."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from temix_gateway.planning.devices import Device
from temix_gateway.planning.models import Model, model
from temix_gateway.planning.models.model import Floats, Grid
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
        grid = Grid.of(problem.intervals)
        pv = np.array([step.pv for step in problem.steps])
        watts = np.array([step.base_load for step in problem.steps]) - pv
        models = tuple(model(device, grid, problem.usual_price, pv) for device in problem.devices)
        return cls(problem, grid, Tariff.of(problem), watts * grid.hours, models)

    @property
    def devices(self) -> tuple[Device, ...]:
        """The problem's devices, in the order of the models."""
        return self.problem.devices
