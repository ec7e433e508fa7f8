"""Whatever turns a device on and off: a switch, a choice between two options, or two buttons or scripts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from .model import Demand, Unusable, chosen, needed, pressed, switched


@dataclass(frozen=True, slots=True)
class Lever:
    """An entity, and what it needs beside itself.

    Attributes:
        entity: a switch; with ``options``, a select; with ``stop``, the button or script that starts.
        options: of a select, on and off.
        stop: the button or script that stops.
    """

    entity: str
    options: tuple[str, str] | None = None
    stop: str | None = None

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """Read the settings.

        Raises:
            Unusable: one is missing or wrong.
        """
        on, off = data.get("on_option"), data.get("off_option")
        if (on is None) is not (off is None) or (on is not None and on == off):
            raise Unusable("off_option", "a choice needs one option for on, another for off", "same_option")
        stop = data.get("stop")
        if stop is not None and stop == data.get("switch"):
            raise Unusable("stop", "what stops must be another than what starts", "same_button")
        return cls(needed(data, "switch", str), (on, off) if on and off else None, stop)

    def turned(self, *, on: bool) -> tuple[Demand, ...]:
        """What turns the device on or off."""
        if self.options is not None:
            return (chosen(self.entity, self.options[0 if on else 1]),)
        if self.stop is not None:
            return (pressed(self.entity if on else self.stop),)
        return (switched(self.entity, on=on),)

    @property
    def entities(self) -> tuple[str, ...]:
        """The entities that it acts on."""
        return (self.entity,) if self.stop is None else (self.entity, self.stop)
