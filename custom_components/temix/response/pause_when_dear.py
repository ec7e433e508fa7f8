"""Pause when dear: a plug goes off while a kWh costs more than it is worth, never for too long."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, Self, override

from ..client import Device
from .model import Adapter, Demand, Kind, View, common, needed, positive, switched, within


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseWhenDear(Adapter):
    """Settings; ``limit`` is a price per kWh in the tender's currency."""

    kind: ClassVar[Kind] = Kind.PAUSE_WHEN_DEAR

    switch: str
    limit: float
    longest: timedelta

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """Read the settings.

        Raises:
            Unusable: one is missing or wrong.
        """
        return cls(
            switch=needed(data, "switch", str),
            limit=within(data, "limit", -100, 100),
            longest=timedelta(minutes=positive(data, "longest_minutes", 60.0)),
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
        return 1.0

    @override
    def default(self) -> tuple[Demand, ...]:
        return (switched(self.switch, on=True),)

    @override
    def follow(self, power: float) -> tuple[Demand, ...]:
        return (switched(self.switch, on=power > 0),)

    @override
    def device(self, device_id: str, view: View) -> Device | None:
        return None
