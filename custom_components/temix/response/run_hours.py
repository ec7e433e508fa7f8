"""Run for some hours a day, and run once before a time: a pool pump, a dishwasher behind a plug."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any, ClassVar, Final, Self, override

from ..client import Device, RunTime
from .lever import Lever
from .model import Adapter, Demand, Kind, Target, View, clock_time, common, positive

MARGIN: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run(Adapter):
    """A switch that is on for ``duration`` before ``finish_at``; ``power`` in W."""

    switch: Lever
    power: float
    duration: timedelta
    finish_at: time
    on_by_default: bool

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """Read the settings.

        Raises:
            Unusable: one is missing or wrong.
        """
        return cls(
            switch=Lever.from_data(data),
            power=positive(data, "power"),
            duration=timedelta(hours=positive(data, "hours")),
            finish_at=clock_time(data, "ready_by"),
            on_by_default=data.get("default", cls._usually()) == "on",
            **common(data),
        )

    @classmethod
    def _usually(cls) -> str:
        return "off"

    @property
    @override
    def full_power(self) -> float:
        return self.power

    @override
    def default(self) -> tuple[Demand, ...]:
        return self.switch.turned(on=self.on_by_default)

    @property
    @override
    def controlled(self) -> tuple[str, ...]:
        return self.switch.entities

    @property
    @override
    def target(self) -> Target:
        return Target(self.duration / timedelta(hours=1), 0.25, 24, "h")

    @override
    def aiming(self, target: float) -> Self:
        return replace(self, duration=timedelta(hours=target))

    @override
    def follow(self, power: float) -> tuple[Demand, ...]:
        return self.switch.turned(on=power > self.power / 2)

    @override
    def urgent(self, view: View) -> bool:
        remaining = self._remaining(view)
        return bool(remaining) and view.now >= self.ready_by(view) - remaining - MARGIN

    @property
    @override
    def ready_times(self) -> tuple[time | None, ...]:
        return (self.finish_at,) * 7

    @override
    def ready_by(self, view: View) -> datetime:
        return view.next_at(self.finish_at)

    @override
    def finished(self, view: View) -> bool:
        return not self._remaining(view)

    @override
    def device(self, device_id: str, view: View) -> Device | None:
        remaining = self._remaining(view)
        if not remaining:
            return None
        finish_by = self.ready_by(view)
        return RunTime(
            id=device_id,
            power=self.power,
            remaining=min(remaining, finish_by - view.now),
            finish_by=finish_by,
            minimum_run=self._at_least(remaining),
        )

    def _remaining(self, view: View) -> timedelta:
        return max(timedelta(), self.duration - view.ran())

    def _at_least(self, remaining: timedelta) -> timedelta:
        return min(remaining, timedelta(minutes=30))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunHours(_Run):
    """Every day anew, from one ``finish_at`` to the next."""

    kind: ClassVar[Kind] = Kind.RUN_HOURS


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOnce(_Run):
    """In one go, when somebody has said that it is ready to run."""

    kind: ClassVar[Kind] = Kind.RUN_ONCE

    meter: str | None = None
    start_power: float = 10.0

    @classmethod
    @override
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        made = super(RunOnce, cls).from_data(data)
        start = positive(data, "start_power", 10.0)
        return replace(made, meter=data.get("meter"), start_power=start)

    @property
    @override
    def read(self) -> tuple[str, ...]:
        return () if self.meter is None else (self.meter,)

    @override
    def arms(self, view: View) -> bool:
        power = view.number(self.meter)
        return power is not None and power >= self.start_power

    @classmethod
    @override
    def _usually(cls) -> str:
        return "on"

    @override
    def _remaining(self, view: View) -> timedelta:
        if not view.armed:
            return timedelta()
        return max(timedelta(), self.duration - view.ran())

    @override
    def _at_least(self, remaining: timedelta) -> timedelta:
        return remaining
