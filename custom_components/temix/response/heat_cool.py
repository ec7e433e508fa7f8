"""Heat and cool: a thermostat's set-point moves within the comfort band, ahead of dear hours."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self, override

from ..client import Device, Thermostat
from .model import Adapter, Demand, Kind, View, common, needed, positive, rising, temperature_set

MILD: Final = 10.0
"""Outdoors in °C where no sensor tells; our choice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatCool(Adapter):
    """Settings; power in W, temperatures in the unit in which the entity shows them."""

    kind: ClassVar[Kind] = Kind.HEAT_COOL

    thermostat: str
    power: float
    outdoor: str | None
    low: float
    usual: float
    high: float
    cools: bool

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """Read the settings.

        Raises:
            Unusable: one is missing or wrong.
        """
        low, usual, high = rising(data, "low", "usual", "high")
        return cls(
            thermostat=needed(data, "thermostat", str),
            power=positive(data, "power"),
            outdoor=data.get("outdoor"),
            low=low,
            usual=usual,
            high=high,
            cools=data.get("season", "heat") == "cool",
            **common(data),
        )

    @property
    @override
    def full_power(self) -> float:
        return self.power

    @override
    def default(self) -> tuple[Demand, ...]:
        return (temperature_set(self.thermostat, self.usual),)

    @override
    def follow(self, power: float) -> tuple[Demand, ...]:
        runs = power > 0
        return (temperature_set(self.thermostat, self.high if runs is not self.cools else self.low),)

    @override
    def device(self, device_id: str, view: View) -> Device | None:
        state = view.state(self.thermostat)
        if state is None or state.state == "off":
            return None
        temperature, outdoor = state.attributes.get("current_temperature"), view.number(self.outdoor)
        if temperature is None:
            return None
        return Thermostat(
            id=device_id,
            power=self.power,
            temperature=view.celsius(temperature),
            outdoor=MILD if outdoor is None else outdoor,
            minimum=view.celsius(self.low),
            maximum=view.celsius(self.high),
            cooling=self.cools,
        )
