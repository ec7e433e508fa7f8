"""Charge my car: by a switch, a current, or both; ready by a time of day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, ClassVar, Final, Self, override

from ..client import Device, EvCharger
from .model import (
    Adapter,
    Demand,
    Kind,
    Unusable,
    View,
    clock_time,
    common,
    number_set,
    positive,
    switched,
    within,
)

LEAST_AMPERES: Final = 6
"""Below 6 A a car does not charge (IEC 61851-1)."""
EFFICIENCY: Final = 0.9
"""Of what the meter sees, so much reaches the car's battery; our choice."""
MARGIN: Final = timedelta(minutes=20)
"""A charge without a plan begins so much earlier than it must."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeCar(Adapter):
    """Settings; power in W, energy in Wh, state of charge in percent."""

    kind: ClassVar[Kind] = Kind.CHARGE_CAR

    switch: str | None
    current: str | None
    plugged: str | None
    soc: str | None
    capacity: float
    target: float
    amperes: int
    volts: float
    phases: int
    ready_at: time
    starts_charging: bool
    """Whether the car charges when nobody leads it."""

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """Read the settings.

        Raises:
            Unusable: one is missing or wrong.
        """
        switch, current = data.get("switch"), data.get("current")
        if switch is None and current is None:
            raise Unusable("switch", "a charger needs a switch or a current to set")
        return cls(
            switch=switch,
            current=current,
            plugged=data.get("plugged"),
            soc=data.get("soc"),
            capacity=positive(data, "capacity", 60.0) * 1000,
            target=within(data, "target", 1, 100, 80.0),
            amperes=int(within(data, "amperes", LEAST_AMPERES, 100, 16.0)),
            volts=positive(data, "volts", 230.0),
            phases=int(within(data, "phases", 1, 3, 1.0)),
            ready_at=clock_time(data, "ready_by"),
            starts_charging=data.get("default", "on") == "on",
            **common(data),
        )

    @property
    @override
    def full_power(self) -> float:
        return self._watts(self.amperes)

    @override
    def default(self) -> tuple[Demand, ...]:
        return self.follow(self.full_power if self.starts_charging else 0)

    @override
    def follow(self, power: float) -> tuple[Demand, ...]:
        amperes = min(self.amperes, round(power / self._watts(1)))
        charges = amperes >= LEAST_AMPERES if self.current else power > 0
        demands = []
        if self.current is not None and (charges or self.switch is None):
            demands.append(number_set(self.current, float(amperes if charges else 0), 0.5))
        if self.switch is not None:
            demands.append(switched(self.switch, on=charges))
        return tuple(demands)

    @property
    @override
    def controlled(self) -> tuple[str, ...]:
        return tuple(entity for entity in (self.current, self.switch) if entity is not None)

    @override
    def device(self, device_id: str, view: View) -> Device | None:
        needed = self._needed(view)
        if needed is None:
            return None
        return EvCharger(
            id=device_id,
            connected=self._connected(view),
            needed=needed,
            max_power=self.full_power,
            min_power=self._watts(LEAST_AMPERES) if self.current else self.full_power,
            ready_by=self.ready_by(view),
        )

    @override
    def urgent(self, view: View) -> bool:
        needed, ready_by = self._needed(view), self.ready_by(view)
        if needed is None or not self._connected(view) or needed <= 0:
            return False
        return view.now >= ready_by - timedelta(hours=needed / self.full_power) - MARGIN

    @override
    def ready_by(self, view: View) -> datetime:
        return view.next_at(self.ready_at)

    @override
    def finished(self, view: View) -> bool:
        return self._needed(view) == 0 or not self._connected(view)

    def _connected(self, view: View) -> bool:
        state = view.state(self.plugged)
        return self.plugged is None or (state is not None and state.state in {"on", "home", "connected"})

    def _needed(self, view: View) -> float | None:
        """What the meter will see until the target is reached, Wh; none where the state of charge is away."""
        if self.soc is None:
            return self.capacity * self.target / 100 / EFFICIENCY
        soc = view.number(self.soc)
        if soc is None or not 0 <= soc <= 100:
            return None
        return max(0.0, self.target - soc) / 100 * self.capacity / EFFICIENCY

    def _watts(self, amperes: float) -> float:
        return amperes * self.volts * self.phases
