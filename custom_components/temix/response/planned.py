"""What the gateway plans for one response: its steps, or why there are none."""

import itertools
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from ..client import GatewayState
from ..client.models import DevicePlan, PlanStep


@dataclass(frozen=True, slots=True)
class Planned:
    """The plan of one device; ``unplannable``: why the gateway cannot plan it as it was reported."""

    device: DevicePlan | None = None
    unplannable: str = ""

    @classmethod
    def of(cls, state: GatewayState | None, response_id: str) -> Self:
        """What the plan in force says of a response."""
        if state is None or state.plan is None:
            return cls()
        device = next((each for each in state.plan.devices if each.device == response_id), None)
        return cls(device, state.plan.left_out.get(response_id, ""))

    @property
    def steps(self) -> tuple[PlanStep, ...]:
        """Its steps, in order of time."""
        return () if self.device is None else self.device.steps

    def at(self, now: datetime) -> PlanStep | None:
        """The step of this moment."""
        return next((step for step in self.steps if now in step), None)

    def after(self, now: datetime) -> datetime | None:
        """When the next step begins."""
        return next((step.start for step in self.steps if step.start > now), None)

    def next_start(self, now: datetime) -> datetime | None:
        """When it next lets the device do something."""
        return next((step.start for step in self.steps if step.power and step.start > now), None)

    def busy(self, now: datetime) -> list[PlanStep]:
        """The steps in a row in which the device next does something, or does already."""
        ahead = itertools.dropwhile(lambda step: step.end <= now or not step.power, self.steps)
        return list(itertools.takewhile(lambda step: step.power, ahead))
