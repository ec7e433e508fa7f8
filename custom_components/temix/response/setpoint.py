"""Set-points of thermostats and water heaters: temperatures on the steps of the device, or a preset."""

from dataclasses import dataclass, replace
from typing import Any, override

from homeassistant.core import State

from .model import Demand, as_number, on_step

STEP = 0.5
"""Of a device that names none, in its own degrees."""


@dataclass(frozen=True, slots=True)
class Setpoint(Demand):
    """One temperature; of a thermostat that keeps two, the one that matters: ``cools`` says which."""

    cools: bool = False

    @override
    def fitted(self, state: State | None) -> Demand:
        if state is None or not isinstance(self.value, float):
            return self
        shown = state.attributes
        step = as_number(shown.get("target_temp_step")) or STEP
        value = on_step(self.value, shown.get("min_temp"), shown.get("max_temp"), step)
        fitted = replace(
            self,
            value=value,
            data={"temperature": value},
            step=step,
        )
        low, high = as_number(shown.get("target_temp_low")), as_number(shown.get("target_temp_high"))
        if shown.get("temperature") is not None or low is None or high is None:
            return fitted
        both = (min(low, value), value) if self.cools else (value, max(high, value))
        return replace(
            fitted,
            attribute="target_temp_high" if self.cools else "target_temp_low",
            data={"target_temp_low": both[0], "target_temp_high": both[1]},
        )


def temperature_set(entity: str, temperature: float, *, cools: bool = False) -> Demand:
    """The set-point of a thermostat or a water heater."""
    data: dict[str, Any] = {"temperature": temperature}
    return Setpoint(
        entity, "set_temperature", float(temperature), data, attribute="temperature", step=STEP, cools=cools
    )


def preset_set(entity: str, preset: str) -> Demand:
    """A thermostat's preset."""
    return Demand(entity, "set_preset_mode", preset, {"preset_mode": preset}, attribute="preset_mode")
