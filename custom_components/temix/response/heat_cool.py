"""Heat and cool: a thermostat's set-point moves within the comfort band, ahead of dear hours.

By night and while nobody is home the band may be wider on the side that costs. A thermostat whose presets
are named is led by its presets instead of temperatures.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any, ClassVar, Final, Self, override

from ..client import Comfort, Device, Thermostat
from .model import (
    Adapter,
    Demand,
    Kind,
    Target,
    Unusable,
    View,
    clock_time,
    common,
    needed,
    positive,
    rising,
    within,
)
from .setpoint import preset_set, temperature_set

MILD: Final = 10.0
"""Outdoors in °C where no sensor tells; our choice."""
DAY: Final = timedelta(days=1)
AHEAD_DAYS: Final = 2
"""So far the gateway is told how the band changes."""
HOME: Final = frozenset({"home", "on"})
"""States of a person, a tracker or an occupancy sensor that say that somebody is there."""


@dataclass(frozen=True, slots=True)
class Presets:
    """Presets of a thermostat for cheap and for dear hours, and the one that is in force otherwise."""

    cheap: str
    usual: str
    dear: str


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
    presets: Presets | None
    presence: str | None
    away_drift: float
    night: tuple[time, time] | None
    night_drift: float

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
            presets=_presets(data),
            presence=data.get("presence"),
            away_drift=within(data, "away_drift", 0, 30, 0.0),
            night=_night(data),
            night_drift=within(data, "night_drift", 0, 30, 0.0),
            **common(data),
        )

    @property
    @override
    def full_power(self) -> float:
        return self.power

    @property
    @override
    def read(self) -> tuple[str, ...]:
        return () if self.outdoor is None else (self.outdoor,)

    @override
    def out_of_reach(self, view: View) -> str:
        state = view.state(self.thermostat)
        mode = "" if state is None else state.state
        if mode == "off":
            return "switched_off"
        return "wrong_mode" if mode in {"heat", "cool"} and (mode == "cool") is not self.cools else ""

    @override
    def default(self) -> tuple[Demand, ...]:
        if self.presets is not None:
            return (preset_set(self.thermostat, self.presets.usual),)
        return (temperature_set(self.thermostat, self.usual, cools=self.cools),)

    @override
    def follow(self, power: float) -> tuple[Demand, ...]:
        runs = power > 0
        if self.presets is not None:
            return (preset_set(self.thermostat, self.presets.cheap if runs else self.presets.dear),)
        to = self.high if runs is not self.cools else self.low
        return (temperature_set(self.thermostat, to, cools=self.cools),)

    @property
    @override
    def target(self) -> Target | None:
        return None if self.presets is not None else Target(self.usual, self.low, self.high, "°")

    @override
    def aiming(self, target: float) -> Self:
        return replace(self, usual=target)

    @override
    def at(self, view: View) -> Self:
        return self._drifting(self._drift(view, view.now))

    @override
    def device(self, device_id: str, view: View) -> Device | None:
        state = view.state(self.thermostat)
        if state is None or state.state == "off":
            return None
        temperature, outdoor = view.temperature(self.thermostat), view.number(self.outdoor)
        if temperature is None:
            return None
        now = self.at(view)
        return Thermostat(
            id=device_id,
            power=self.power,
            temperature=temperature,
            outdoor=MILD if outdoor is None else outdoor,
            minimum=view.celsius(now.low),
            maximum=view.celsius(now.high),
            cooling=self.cools,
            comfort=tuple(
                Comfort(start=at, minimum=view.celsius(then.low), maximum=view.celsius(then.high))
                for at in self._changes(view)
                for then in [self._drifting(self._drift(view, at))]
            ),
        )

    def _drifting(self, drift: float) -> Self:
        """The band, wider on the side on which less energy is used."""
        return replace(self, high=self.high + drift) if self.cools else replace(self, low=self.low - drift)

    def _drift(self, view: View, at: datetime) -> float:
        state = view.state(self.presence)
        away = self.away_drift if state is not None and state.state not in HOME else 0.0
        return max(away, self.night_drift if self._by_night(view, at) else 0.0)

    def _by_night(self, view: View, at: datetime) -> bool:
        if self.night is None:
            return False
        begins, ends = map(view.next_at, self.night)
        return (at - begins) % DAY < (ends - begins) % DAY

    def _changes(self, view: View) -> list[datetime]:
        """When night begins and ends, in order, as far as the gateway is told."""
        if self.night is None or not self.night_drift:
            return []
        return sorted(at + days * DAY for at in map(view.next_at, self.night) for days in range(AHEAD_DAYS))


def _presets(data: Mapping[str, Any]) -> Presets | None:
    names = [data.get(f"preset_{when}") for when in ("cheap", "usual", "dear")]
    if not any(names):
        return None
    for when, name in zip(("cheap", "usual", "dear"), names, strict=True):
        if not name:
            raise Unusable(f"preset_{when}", "name all three presets, or none", "three_presets")
    return Presets(*map(str, names))


def _night(data: Mapping[str, Any]) -> tuple[time, time] | None:
    if not data.get("night_from") and not data.get("night_until"):
        return None
    if not data.get("night_from") or not data.get("night_until"):
        missing = "night_until" if data.get("night_from") else "night_from"
        raise Unusable(missing, "the night needs both a beginning and an end", "no_night")
    night = clock_time(data, "night_from"), clock_time(data, "night_until")
    if night[0] == night[1]:
        raise Unusable("night_until", "the night must end at another time than it begins", "no_night")
    return night
