"""Home battery: a set-point of power, charging positive; 0 by default, which leaves it to its inverter."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self, override

from ..client import Battery, Device
from .model import Adapter, Demand, Kind, Target, View, common, needed, number_set, positive, within


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeBattery(Adapter):
    """Settings; power in W, energy in Wh, reserve in percent."""

    kind: ClassVar[Kind] = Kind.HOME_BATTERY

    setpoint: str
    soc: str
    capacity: float
    max_charge: float
    max_discharge: float
    reserve: float

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """Read the settings.

        Raises:
            Unusable: one is missing or wrong.
        """
        return cls(
            setpoint=needed(data, "setpoint", str),
            soc=needed(data, "soc", str),
            capacity=positive(data, "capacity") * 1000,
            max_charge=positive(data, "max_charge"),
            max_discharge=positive(data, "max_discharge"),
            reserve=within(data, "reserve", 0, 99, 10.0),
            **common(data),
        )

    @property
    @override
    def full_power(self) -> float:
        return self.max_charge

    @property
    @override
    def least_power(self) -> float:
        return 0.0

    @property
    @override
    def read(self) -> tuple[str, ...]:
        return (self.soc,)

    @override
    def default(self) -> tuple[Demand, ...]:
        return (number_set(self.setpoint, 0.0, 10.0),)

    @property
    @override
    def target(self) -> Target:
        return Target(self.reserve, 0, 99, "%")

    @override
    def aiming(self, target: float) -> Self:
        return replace(self, reserve=target)

    @override
    def follow(self, power: float) -> tuple[Demand, ...]:
        within = max(-self.max_discharge, min(self.max_charge, power))
        return (number_set(self.setpoint, float(round(within / 10) * 10), 10.0),)

    @override
    def device(self, device_id: str, view: View) -> Device | None:
        soc = view.number(self.soc)
        if soc is None or not 0 <= soc <= 100:
            return None
        return Battery(
            id=device_id,
            capacity=self.capacity,
            stored=self.capacity * soc / 100,
            max_charge=self.max_charge,
            max_discharge=self.max_discharge,
            reserve=self.capacity * self.reserve / 100,
        )
