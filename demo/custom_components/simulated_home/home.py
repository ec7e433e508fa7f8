"""The home as it is now: the replay's physics, told each minute what people and plan want.

Knows no Home Assistant.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from temix_market.instants import HOUR, MINUTE, Duration, Instant
from temix_replay.home.home import SimulatedHome

from . import commands
from .const import BATTERY_IN, BATTERY_OUT, GRID_EXPORT, GRID_IMPORT, METERS, SOLAR, DeviceId

MAINS_V: Final = 240

HOLD: Final = Duration(HOUR)
"""How long what a person chose stands against the plan."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the people want whatever the price: room and hot water in °C, the car's charge in percent."""

    room: float = 20.5
    tank: float = 52.0
    car_charge: float = 80.0


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
    """Runs the physics minute by minute; a person's choice stands for an hour, then the plan's."""

    def __init__(self, physics: SimulatedHome) -> None:
        """Go on from where ``physics`` is, at a whole minute."""
        self.physics = physics
        self.wishes = Wishes()
        self._planned: dict[DeviceId, float] = {}
        self._held: dict[DeviceId, tuple[float, Instant]] = {}
        self._subscribers: list[Callable[[], None]] = []
        self.now = self._look({meter.id: 0.0 for meter in METERS})

    def subscribe(self, moved_on: Callable[[], None]) -> Callable[[], None]:
        """Call ``moved_on`` whenever the home has changed; returns how to stop that."""
        self._subscribers.append(moved_on)
        return lambda: self._subscribers.remove(moved_on)

    def full_power(self, device: DeviceId) -> float:
        """The most that a device takes, W."""
        model = self.physics.model
        return {
            DeviceId.EV_CHARGER: model.vehicle.most,
            DeviceId.WATER_HEATER: model.water_heater.power,
            DeviceId.THERMOSTAT: model.house.compressor,
            DeviceId.POOL_PUMP: model.pool_pump.power,
            DeviceId.BATTERY: model.battery.most,
        }[device]

    def wanted(self, device: DeviceId) -> float:
        """What a device was told to take, W; what it takes where nobody told it."""
        if device in self._held:
            return self._held[device][0]
        return self._planned.get(device, self.now.power[device])

    def held(self, device: DeviceId) -> float | None:
        """What a person chose for a device, W."""
        return self._held[device][0] if device in self._held else None

    def hold(self, device: DeviceId, power: float | None) -> None:
        """A person chooses a device's power, or leaves it to the plan again (None)."""
        if power is None:
            self._held.pop(device, None)
        else:
            self._held[device] = (power, Instant(self.now.until + HOLD))
        self._tell()

    def wish(self, **wishes: float) -> None:
        """A person changes a wish."""
        self.wishes = replace(self.wishes, **wishes)
        self._tell()

    def advance(self, until: Instant, planned: Mapping[DeviceId, float]) -> Sequence[Now]:
        """Live on to the last whole minute before ``until`` under a plan (W for each device that it has)."""
        self._planned = dict(planned)
        lived = []
        while self.now.until + MINUTE <= until:
            minute = self.now.until
            self._held = {device: (power, end) for device, (power, end) in self._held.items() if end > minute}
            wanted = self._planned | {device: power for device, (power, _) in self._held.items()}
            commands.give(self.physics, wanted, self.wishes.room, self.wishes.tank)
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
