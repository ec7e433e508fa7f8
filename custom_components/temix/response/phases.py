"""A charger's choice between one phase and three: a select with an option for each, or a number."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from homeassistant.core import State

from .model import Demand, as_number, chosen, number_set


@dataclass(frozen=True, slots=True)
class PhaseSwitch:
    """The entity; ``options``, of a select, are those for one phase and for three."""

    entity: str
    options: tuple[str, str] | None = None

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self | None:
        """Read the settings; none where the charger has no such choice."""
        entity, one, three = (data.get(name) for name in ("phase_switch", "one_phase", "three_phases"))
        if entity is None:
            return None
        return cls(entity, (one, three) if one and three else None)

    def turned(self, phases: int) -> Demand:
        """What makes it charge on one phase, or on three."""
        if self.options is None:
            return number_set(self.entity, float(phases), 0.5)
        return chosen(self.entity, self.options[phases > 1])


def options_of(state: State | None) -> dict[str, str] | None:
    """The settings of a select, none of a number; None where it cannot be set to one phase and to three."""
    if state is None:
        return None
    if state.domain in {"number", "input_number"}:
        least, most = (as_number(state.attributes.get(name)) for name in ("min", "max"))
        fits = least is not None and most is not None and least <= 1 and most >= 3
        return {} if fits else None
    options = [str(option) for option in state.attributes.get("options") or ()]
    found = {phases: [option for option in options if _digits(option) == phases] for phases in ("1", "3")}
    if any(len(matches) != 1 for matches in found.values()):
        return None
    return {"one_phase": found["1"][0], "three_phases": found["3"][0]}


def _digits(option: str) -> str:
    return "".join(filter(str.isdigit, option))
