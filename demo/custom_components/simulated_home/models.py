"""The devices as the gateway's planner is told about them: model, state and wish of each."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta, tzinfo
from typing import Final

from custom_components.temix.client import Battery, Device, EvCharger, RunTime, Thermostat, WaterHeater

from .commands import COOLING_FROM, ROOM_BAND, TANK_ABOVE, TANK_BELOW
from .const import DeviceId
from .home import DemoHome

READY_AT: Final = time(7, 0)
"""When the car is wanted."""


def devices(home: DemoHome, now: datetime, zone: tzinfo) -> Sequence[Device]:
    """Every device as it is now."""
    return (
        _car(home, now.astimezone(zone)),
        _battery(home),
        _tank(home),
        _room(home),
        _pool(home, now.astimezone(zone)),
    )


def _car(home: DemoHome, local: datetime) -> Device:
    car = home.physics.vehicle
    wanted = min(home.wishes.car_charge / 100, car.model.limit) * car.model.capacity
    ready = datetime.combine(local.date(), READY_AT, local.tzinfo)
    if ready <= local:
        ready = datetime.combine(local.date() + timedelta(days=1), READY_AT, local.tzinfo)
    return EvCharger(
        id=DeviceId.EV_CHARGER,
        connected=car.plugged,
        needed=max(0.0, wanted - car.energy) / (1 - car.model.loss_share) if car.plugged else 0.0,
        min_power=car.model.least,
        max_power=car.model.most,
        ready_by=ready,
    )


def _battery(home: DemoHome) -> Device:
    battery = home.physics.battery
    model = battery.model
    return Battery(
        id=DeviceId.BATTERY,
        capacity=model.capacity,
        stored=battery.energy,
        max_charge=model.most,
        max_discharge=model.most,
        reserve=model.reserve * model.capacity,
        efficiency=90,
    )


def _tank(home: DemoHome) -> Device:
    heater, wish = home.physics.water_heater, home.wishes.tank
    return WaterHeater(
        id=DeviceId.WATER_HEATER,
        power=heater.model.power,
        volume=heater.model.volume,
        temperature=heater.temperature,
        minimum=wish - TANK_BELOW,
        maximum=min(wish + TANK_ABOVE, heater.model.highest),
    )


def _room(home: DemoHome) -> Device:
    house, wish = home.physics.house, home.wishes.room
    cooling = home.physics.outdoor > wish
    middle = wish + COOLING_FROM if cooling else wish
    return Thermostat(
        id=DeviceId.THERMOSTAT,
        power=house.model.compressor,
        temperature=house.air,
        outdoor=home.physics.outdoor,
        minimum=middle - ROOM_BAND,
        maximum=middle + ROOM_BAND,
        cooling=cooling,
    )


def _pool(home: DemoHome, local: datetime) -> Device:
    pump = home.physics.pool_pump
    midnight = datetime.combine(local.date() + timedelta(days=1), time(0), local.tzinfo)
    return RunTime(
        id=DeviceId.POOL_PUMP,
        power=pump.model.power,
        remaining=timedelta(hours=max(0.0, pump.model.hours - pump.ran_today)),
        finish_by=midnight,
    )
