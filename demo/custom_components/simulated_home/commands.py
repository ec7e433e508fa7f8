"""How wanted power becomes what each device understands: a set-point, a switch, a temperature."""

from collections.abc import Mapping
from typing import Final

from temix_replay.home.home import SimulatedHome

from .const import DeviceId

ROOM_BAND: Final = 1.0
"""How far the plan may take the room from the wish, °C."""

TANK_ABOVE: Final = 8.0
TANK_BELOW: Final = 6.0
"""How far the plan may take the tank from the wish, °C."""

COOLING_FROM: Final = 4.0
"""The room is cooled from so far above the wish for heating, °C."""

STRIP_MARGIN: Final = 0.9
"""Never heat to more than this above the room, or resistive heat would help, °C."""


def give(physics: SimulatedHome, wanted: Mapping[DeviceId, float], room: float, tank: float) -> None:
    """Command the next minute: power (W) for devices that somebody steers, and the wishes (°C).

    A load that is on or off runs where any power is wanted; a thermostat goes to the upper or lower edge of
    what the wish allows. Devices that nobody steers keep their own habits.
    """
    physics.vehicle.set_point = wanted.get(DeviceId.EV_CHARGER)
    physics.battery.set_point = wanted.get(DeviceId.BATTERY)
    pump, water, climate = (
        wanted.get(device) for device in (DeviceId.POOL_PUMP, DeviceId.WATER_HEATER, DeviceId.THERMOSTAT)
    )
    physics.pool_pump.on = None if pump is None else pump > 0
    physics.water_heater.set_point = tank
    if water is not None:
        physics.water_heater.set_point = tank + TANK_ABOVE if water > 0 else tank - TANK_BELOW
    house = physics.house
    house.heat_to, house.cool_to = room, room + COOLING_FROM
    if climate is None:
        return
    if physics.outdoor < room:
        house.heat_to = min(room + ROOM_BAND, house.air + STRIP_MARGIN) if climate > 0 else room - ROOM_BAND
    else:
        house.cool_to += -ROOM_BAND if climate > 0 else ROOM_BAND
