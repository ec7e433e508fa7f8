"""What the devices are set to, by whomever, and how the physics is told.

Knows no Home Assistant.
"""

from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean
from typing import Final, Self

from temix_replay.home.home import SimulatedHome

MAINS_V: Final = 240

STRIP_MARGIN: Final = 0.9
"""The thermostat comes no nearer than this to what would make resistive heat help, °C."""

COLD_DAY: Final = 16.0
"""Below this mean temperature outdoors people heat, °C."""

FAR: Final = 50.0
"""From any temperature of a room, °C: the heat pump never gets there."""


class Season(StrEnum):
    """What the thermostat does."""

    HEAT = "heat"
    COOL = "cool"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Settings:
    """Temperatures in °C, current in A, power in W (charging positive); ``tank`` none: switched off."""

    charging: bool
    current: float
    tank: float
    tank_on: bool
    season: Season
    room: float
    recovers: bool
    """Whether the room is still below a target that was raised: the thermostat goes there gently."""
    pump: bool
    battery: float

    @classmethod
    def of(cls, physics: SimulatedHome) -> Self:
        """As people left everything, whom nobody helps."""
        model = physics.model
        cold = fmean(physics.day.outdoor) < COLD_DAY
        return cls(
            charging=True,
            current=model.vehicle.most / MAINS_V,
            tank=model.water_heater.usual,
            tank_on=True,
            season=Season.HEAT if cold else Season.COOL,
            room=model.house.usual_heat if cold else model.house.usual_cool,
            recovers=False,
            pump=physics.powers.pool_pump > 0,
            battery=0.0,
        )


def give(physics: SimulatedHome, settings: Settings) -> None:
    """Command the next minute."""
    physics.vehicle.set_point = settings.current * MAINS_V if settings.charging else 0.0
    physics.battery.set_point = settings.battery
    physics.pool_pump.on = settings.pump
    physics.water_heater.set_point = settings.tank if settings.tank_on else -FAR
    house, room = physics.house, settings.room
    house.heat_to, house.cool_to = -FAR, FAR
    if settings.season is Season.HEAT:
        house.heat_to = min(room, house.air + STRIP_MARGIN) if settings.recovers else room
    elif settings.season is Season.COOL:
        house.cool_to = room
