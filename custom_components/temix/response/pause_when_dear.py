"""Pause when dear: a plug goes off while a kWh costs more than it is worth, never for too long."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, ClassVar, Self, override

from ..client import Device
from .lever import Lever
from .model import Adapter, Demand, Kind, Target, View, common, positive, within


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseWhenDear(Adapter):
    """Settings; ``limit`` is a price per kWh in the tender's currency, ``power`` what it draws (W)."""

    kind: ClassVar[Kind] = Kind.PAUSE_WHEN_DEAR

    switch: Lever
    limit: float
    longest: timedelta
    power: float

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """Read the settings.

        Raises:
            Unusable: one is missing or wrong.
        """
        return cls(
            switch=Lever.from_data(data),
            limit=within(data, "limit", -100, 100),
            longest=timedelta(minutes=positive(data, "longest_minutes", 60.0)),
            power=positive(data, "power", 1.0),
            **common(data),
        )

    def pauses(self, price: float, paused_for: timedelta | None, *, spent: bool) -> bool:
        """Whether to pause at a price per kWh.

        ``paused_for``: how long it has been paused, none if it runs; ``spent``: the longest pause is over,
        and the price has not been good since.
        """
        if price <= self.limit or spent:
            return False
        return paused_for is None or paused_for < self.longest

    @property
    @override
    def full_power(self) -> float:
        return self.power

    @override
    def default(self) -> tuple[Demand, ...]:
        return self.switch.turned(on=True)

    @override
    def rest(self) -> tuple[Demand, ...]:
        return self.default()

    @property
    @override
    def controlled(self) -> tuple[str, ...]:
        return self.switch.entities

    @property
    @override
    def target(self) -> Target:
        return Target(self.limit, -5, 25, "")

    @override
    def aiming(self, target: float) -> Self:
        return replace(self, limit=target)

    @override
    def follow(self, power: float) -> tuple[Demand, ...]:
        return self.switch.turned(on=power > 0)

    @override
    def device(self, device_id: str, view: View) -> Device | None:
        return None
