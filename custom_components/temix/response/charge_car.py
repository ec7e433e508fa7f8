"""Charge my car: by a switch, a current, or both; ready by a time of day."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any, ClassVar, Final, Self, override

from ..client import Device, EvCharger
from .lever import Lever
from .model import (
    Adapter,
    Demand,
    Kind,
    Target,
    Unusable,
    View,
    clock_time,
    common,
    number_set,
    positive,
    within,
)
from .phases import PhaseSwitch
from .room import Way

LEAST_AMPERES: Final = 6
"""Below 6 A a car does not charge (IEC 61851-1)."""
EFFICIENCY: Final = 0.9
"""Of what the meter sees, so much reaches the car's battery; our choice."""
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MARGIN: Final = timedelta(minutes=20)
"""A charge without a plan begins so much earlier than it must."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeCar(Adapter):
    """Settings; power in W, energy in Wh, state of charge in percent."""

    kind: ClassVar[Kind] = Kind.CHARGE_CAR

    switch: Lever | None
    current: str | None
    plugged: str | None
    soc: str | None
    capacity: float
    aim: float
    """Percent at which it is full enough."""
    amperes: int
    volts: float
    phases: int
    """On how many it charges; with a switch for them on three, or on one where there is little to draw."""
    phase_switch: PhaseSwitch | None
    wanted: float | None
    """Energy of one charge at the meter, where nobody knows how full the car is."""
    week: tuple[time | None, ...]
    """When it is to be ready, Monday first; none: not on that day."""
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
            raise Unusable("switch", "a charger needs a switch or a current to set", "switch_or_current")
        if data.get("phase_switch") and current is None:
            raise Unusable("current", "to change phases, the current must be set, too", "phases_and_current")
        return cls(
            switch=None if switch is None else Lever.from_data(data),
            current=current,
            plugged=data.get("plugged"),
            soc=data.get("soc"),
            capacity=positive(data, "capacity", 60.0) * 1000,
            aim=within(data, "target", 1, 100, 80.0),
            amperes=int(within(data, "amperes", LEAST_AMPERES, 100, 16.0)),
            volts=positive(data, "volts", 230.0),
            phases=3 if data.get("phase_switch") else int(within(data, "phases", 1, 3, 1.0)),
            phase_switch=PhaseSwitch.from_data(data),
            wanted=positive(data, "wanted") * 1000 if data.get("wanted") is not None else None,
            week=departures(data),
            starts_charging=data.get("default", "on") == "on",
            **common(data),
        )

    @property
    @override
    def full_power(self) -> float:
        return self._watts(self.amperes)

    @property
    @override
    def least_power(self) -> float:
        if self.current is None:
            return self.full_power
        return self._watts(LEAST_AMPERES, 1 if self.phase_switch else self.phases)

    @property
    @override
    def ways(self) -> tuple[Way, ...]:
        usual = Way(
            self.full_power if self.current is None else self._watts(LEAST_AMPERES),
            self.full_power,
            self._watts(1),
        )
        if self.phase_switch is None:
            return (usual,)
        most = min(self.amperes, self.phases * LEAST_AMPERES - 1)
        return (usual, Way(self.least_power, self._watts(most, 1), self._watts(1, 1)))

    @property
    @override
    def read(self) -> tuple[str, ...]:
        return tuple(entity for entity in (self.plugged, self.soc) if entity is not None)

    @override
    def default(self) -> tuple[Demand, ...]:
        return self.follow(self.full_power if self.starts_charging else 0)

    @override
    def follow(self, power: float) -> tuple[Demand, ...]:
        phases = 1 if self.phase_switch and power < self._watts(LEAST_AMPERES) else self.phases
        amperes = min(self.amperes, round(power / self._watts(1, phases)))
        charges = amperes >= LEAST_AMPERES if self.current else power > 0
        demands = []
        if self.phase_switch is not None and charges:
            demands.append(self.phase_switch.turned(phases))
        if self.current is not None and (charges or self.switch is None):
            demands.append(number_set(self.current, float(amperes if charges else 0), 0.5))
        if self.switch is not None:
            demands += self.switch.turned(on=charges)
        return tuple(demands)

    @property
    @override
    def controlled(self) -> tuple[str, ...]:
        levers = () if self.switch is None else self.switch.entities
        levers = levers if self.current is None else (self.current, *levers)
        return levers if self.phase_switch is None else (*levers, self.phase_switch.entity)

    @property
    @override
    def target(self) -> Target:
        return Target(self.aim, 1, 100, "%")

    @override
    def aiming(self, target: float) -> Self:
        return replace(self, aim=target)

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
            min_power=self.least_power,
            ready_by=self.ready_by(view),
        )

    @override
    def urgent(self, view: View) -> bool:
        needed, ready_by = self._needed(view), self.ready_by(view)
        if needed is None:  # nobody knows how full it is: as much as it can lack, less what it was given
            lacking = self.capacity * self.aim / 100 / EFFICIENCY
            needed = lacking - self.full_power * view.ran() / timedelta(hours=1)
        if not self._connected(view) or needed <= 0:
            return False
        return view.now >= ready_by - timedelta(hours=needed / self.full_power) - MARGIN

    @property
    @override
    def ready_times(self) -> tuple[time | None, ...]:
        return self.week

    @override
    def ready_by(self, view: View) -> datetime:
        return view.next_of(self.week)

    @override
    def finished(self, view: View) -> bool:
        return self._needed(view) == 0 or not self._connected(view)

    def _connected(self, view: View) -> bool:
        state = view.state(self.plugged)
        return self.plugged is None or (state is not None and state.state in {"on", "home", "connected"})

    def _needed(self, view: View) -> float | None:
        """What the meter will see until the target is reached, Wh; none where the state of charge is away."""
        if self.soc is None:
            wanted = self.capacity * self.aim / 100 / EFFICIENCY if self.wanted is None else self.wanted
            return max(0.0, wanted - self.full_power * (view.ran() / timedelta(hours=1)))
        soc = view.number(self.soc)
        if soc is None or not 0 <= soc <= 100:
            return None
        return max(0.0, self.aim - soc) / 100 * self.capacity / EFFICIENCY

    def _watts(self, amperes: float, phases: int | None = None) -> float:
        return amperes * self.volts * (phases or self.phases)


def departures(data: Mapping[str, Any]) -> tuple[time | None, ...]:
    """When the car is to be ready on each day of the week, Monday first.

    Raises:
        Unusable: a time is none, or no day is left.
    """
    usual, days = clock_time(data, "ready_by"), data.get("days", DAYS)
    week = tuple(
        clock_time(data, f"ready_{day}") if data.get(f"ready_{day}") else usual if day in days else None
        for day in DAYS
    )
    if not any(at is not None for at in week):
        raise Unusable("days", "choose at least one day", "no_day")
    return week
