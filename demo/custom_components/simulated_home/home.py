"""The home as it is now: the replay's physics, minute by minute, under what its devices are set to.

Knows no Home Assistant.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from temix_market.instants import MINUTE, Instant
from temix_replay.home.home import SimulatedHome

from .const import BATTERY_IN, BATTERY_OUT, GRID_EXPORT, GRID_IMPORT, METERS, SOLAR, DeviceId
from .settings import Settings, give


@dataclass(frozen=True, slots=True)
class Now:
    """The minute that ended at ``until``: °C, charges in percent, mean power in W, registers in Wh.

    ``power`` has each device, ``grid_meter``, ``solar_panels`` (production positive) and ``base_load``.
    """

    until: Instant
    plugged_in: bool
    car_charge: float
    battery_charge: float
    tank: float
    room: float
    outdoor: float
    cooling: bool
    power: Mapping[str, float]
    energy: Mapping[str, float]


class DemoHome:
    """Runs the physics minute by minute: with the habits of its people, then as its devices are set."""

    def __init__(self, physics: SimulatedHome) -> None:
        """Go on from where ``physics`` is, at a whole minute."""
        self.physics = physics
        self._settings: Settings | None = None
        self._subscribers: list[Callable[[], None]] = []
        self.now = self._look({meter.id: 0.0 for meter in METERS})

    @property
    def settings(self) -> Settings:
        """What the devices are set to; once that was asked, their people's habits no longer count."""
        if self._settings is None:
            self._settings = Settings.of(self.physics)
        return self._settings

    def subscribe(self, moved_on: Callable[[], None]) -> Callable[[], None]:
        """Call ``moved_on`` whenever the home has changed; returns how to stop that."""
        self._subscribers.append(moved_on)
        return lambda: self._subscribers.remove(moved_on)

    def set(self, **settings: Any) -> None:
        """Set devices, whoever does; they follow from the next minute on."""
        before, now = self.settings, replace(self.settings, **settings)
        raised = now.room > before.room and now.room > self.physics.house.air
        self._settings = replace(now, recovers=before.recovers or raised)
        self._tell()

    def advance(self, until: Instant) -> Sequence[Now]:
        """Live on to the last whole minute before ``until``."""
        lived = []
        while self.now.until + MINUTE <= until:
            if self._settings is not None:
                if self.physics.house.air >= self._settings.room:
                    self._settings = replace(self._settings, recovers=False)
                give(self.physics, self._settings)
            self.physics.step(MINUTE)
            self.now = self._look(self.now.energy)
            lived.append(self.now)
        self._tell()
        return lived

    def _look(self, registers: Mapping[str, float]) -> Now:
        """See what the last minute brought; ``registers`` are those before it."""
        physics, powers = self.physics, self.physics.powers
        power: dict[str, float] = {
            DeviceId.EV_CHARGER: powers.vehicle,
            DeviceId.WATER_HEATER: powers.water_heater,
            DeviceId.THERMOSTAT: powers.house,
            DeviceId.POOL_PUMP: powers.pool_pump,
            DeviceId.BATTERY: powers.battery,
            "grid_meter": physics.meter.power,
            "solar_panels": -powers.roof,
            "base_load": powers.base_load,
        }
        flows: dict[str, float] = {
            **{device: power[device] for device in DeviceId},
            BATTERY_IN.id: max(powers.battery, 0.0),
            BATTERY_OUT.id: max(-powers.battery, 0.0),
            SOLAR.id: max(-powers.roof, 0.0),
        }
        energy = {key: before + flows.get(key, 0.0) / 60 for key, before in registers.items()}
        energy |= {GRID_IMPORT.id: physics.meter.imported, GRID_EXPORT.id: physics.meter.exported}
        return Now(
            until=physics.now,
            plugged_in=physics.vehicle.plugged,
            car_charge=100 * physics.vehicle.charge,
            battery_charge=100 * physics.battery.charge,
            tank=physics.water_heater.temperature,
            room=physics.house.air,
            outdoor=physics.outdoor,
            cooling=physics.house.mode < 0,
            power=power,
            energy=energy,
        )

    def _tell(self) -> None:
        for moved_on in tuple(self._subscribers):
            moved_on()
