"""Heat water: a tank's set-point goes up while it shall heat, and down while it shall wait.

A boiler behind a relay has a thermostat of its own and no set-point: it is let heat, or not, and a
thermometer says how warm it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self, override

from ..client import Device, WaterHeater
from .lever import Lever
from .model import Adapter, Demand, Kind, Target, Unusable, View, common, needed, positive, rising
from .setpoint import temperature_set


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatWater(Adapter):
    """Settings; power in W, volume in litres, temperatures in the unit in which the entity shows them."""

    kind: ClassVar[Kind] = Kind.HEAT_WATER

    heater: str | None
    switch: Lever | None
    thermometer: str | None
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
        relay = data.get("switch") is not None
        lowest, usual, highest = rising(data, "lowest", "highest" if relay else "usual", "highest")
        if relay is (data.get("heater") is not None):
            raise Unusable("heater", "name a water heater, or the relay of a boiler", "heater_or_switch")
        return cls(
            heater=data.get("heater"),
            switch=Lever.from_data(data) if relay else None,
            thermometer=needed(data, "thermometer", str) if relay else None,
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

    @property
    @override
    def controlled(self) -> tuple[str, ...]:
        return self.switch.entities if self.switch is not None else (self.heater or "",)

    @property
    @override
    def read(self) -> tuple[str, ...]:
        return () if self.thermometer is None else (self.thermometer,)

    @override
    def out_of_reach(self, view: View) -> str:
        state = view.state(self.heater)
        return "switched_off" if state is not None and state.state == "off" else ""

    @override
    def default(self) -> tuple[Demand, ...]:
        return self._set(self.usual, heats=True)

    @property
    @override
    def target(self) -> Target | None:
        return None if self.switch is not None else Target(self.usual, self.lowest, self.highest, "°")

    @override
    def aiming(self, target: float) -> Self:
        return replace(self, usual=target)

    @override
    def follow(self, power: float) -> tuple[Demand, ...]:
        return self._set(self.highest if power > 0 else self.lowest, heats=power > 0)

    @override
    def device(self, device_id: str, view: View) -> Device | None:
        temperature = self._temperature(view)
        if temperature is None:
            return None
        return WaterHeater(
            id=device_id,
            power=self.power,
            volume=self.volume,
            temperature=temperature,
            minimum=view.celsius(self.lowest),
            maximum=view.celsius(self.highest),
        )

    def _set(self, temperature: float, *, heats: bool) -> tuple[Demand, ...]:
        if self.switch is not None:
            return self.switch.turned(on=heats)
        return (temperature_set(self.heater or "", temperature),)

    def _temperature(self, view: View) -> float | None:
        """Of the water, in °C."""
        return view.temperature(self.heater) if self.thermometer is None else view.number(self.thermometer)
