"""Heat water: a tank's set-point goes up while it shall heat, and down while it shall wait."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self, override

from ..client import Device, WaterHeater
from .model import Adapter, Demand, Kind, Target, View, common, needed, positive, rising
from .setpoint import temperature_set


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatWater(Adapter):
    """Settings; power in W, volume in litres, temperatures in the unit in which the entity shows them."""

    kind: ClassVar[Kind] = Kind.HEAT_WATER

    heater: str
    power: float
    volume: float
    lowest: float
    usual: float
    highest: float

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """Read the settings.

        Raises:
            Unusable: one is missing or wrong.
        """
        lowest, usual, highest = rising(data, "lowest", "usual", "highest")
        return cls(
            heater=needed(data, "heater", str),
            power=positive(data, "power"),
            volume=positive(data, "volume", 200.0),
            lowest=lowest,
            usual=usual,
            highest=highest,
            **common(data),
        )

    @property
    @override
    def full_power(self) -> float:
        return self.power

    @override
    def out_of_reach(self, view: View) -> str:
        state = view.state(self.heater)
        return "switched_off" if state is not None and state.state == "off" else ""

    @override
    def default(self) -> tuple[Demand, ...]:
        return (temperature_set(self.heater, self.usual),)

    @property
    @override
    def target(self) -> Target:
        return Target(self.usual, self.lowest, self.highest, "°")

    @override
    def aiming(self, target: float) -> Self:
        return replace(self, usual=target)

    @override
    def follow(self, power: float) -> tuple[Demand, ...]:
        return (temperature_set(self.heater, self.highest if power > 0 else self.lowest),)

    @override
    def device(self, device_id: str, view: View) -> Device | None:
        state = view.state(self.heater)
        temperature = None if state is None else state.attributes.get("current_temperature")
        if temperature is None:
            return None
        return WaterHeater(
            id=device_id,
            power=self.power,
            volume=self.volume,
            temperature=view.celsius(temperature),
            minimum=view.celsius(self.lowest),
            maximum=view.celsius(self.highest),
        )
