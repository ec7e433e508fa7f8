"""Just tell me: nothing is switched; when good hours begin, somebody is told and a binary sensor says so."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any, ClassVar, Self, override

from ..client import Device, RunTime
from .model import Adapter, Demand, Kind, Target, View, clock_time, common, positive


@dataclass(frozen=True, slots=True, kw_only=True)
class JustTell(Adapter):
    """Settings: the cheapest ``duration`` before ``finish_at``, for something of ``power`` (W)."""

    kind: ClassVar[Kind] = Kind.JUST_TELL

    power: float
    duration: timedelta
    finish_at: time
    notify: str | None

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """Read the settings.

        Raises:
            Unusable: one is missing or wrong.
        """
        return cls(
            power=positive(data, "power", 1_000.0),
            duration=timedelta(hours=positive(data, "hours")),
            finish_at=clock_time(data, "ready_by"),
            notify=data.get("notify"),
            **common({**data, "advise": True}),
        )

    @property
    @override
    def full_power(self) -> float:
        return self.power

    @override
    def default(self) -> tuple[Demand, ...]:
        return ()

    @override
    def follow(self, power: float) -> tuple[Demand, ...]:
        return ()

    @property
    @override
    def target(self) -> Target:
        return Target(self.duration / timedelta(hours=1), 0.25, 24, "h")

    @override
    def aiming(self, target: float) -> Self:
        return replace(self, duration=timedelta(hours=target))

    @property
    @override
    def ready_times(self) -> tuple[time | None, ...]:
        return (self.finish_at,) * 7

    @override
    def ready_by(self, view: View) -> datetime:
        return view.next_at(self.finish_at)

    @override
    def device(self, device_id: str, view: View) -> Device | None:
        finish_by = self.ready_by(view)
        remaining = min(max(timedelta(), self.duration - view.ran()), finish_by - view.now)
        if not remaining:
            return None
        return RunTime(
            id=device_id,
            power=self.power,
            remaining=remaining,
            finish_by=finish_by,
            minimum_run=min(remaining, timedelta(minutes=30)),
        )
