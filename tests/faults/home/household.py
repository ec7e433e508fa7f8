"""A household for long runs: its physics, which are nobody's model of it, and what its people need and do.

Power in W, energy in Wh, temperatures in °C; one step is a minute.
"""

import asyncio
import random
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from homeassistant.util import dt as dt_util

from tests.faults.home.things import Thing, battery, charger, switch, tank, thermostat

MINUTE: Final = timedelta(minutes=1)
ZONE: Final = ZoneInfo("America/Chicago")

LEAVES: Final = time(7)
ARRIVES: Final = time(18)
CAR_WH: Final = 60_000.0
WANTED_SOC: Final = 80.0
COLD_BELOW: Final = 18.0
LUKEWARM_BELOW: Final = 42.0
PUMP_HOURS: Final = 4


@dataclass(slots=True)
class Household:
    """The things, stepped minute by minute; ``log`` says what people noticed."""

    random: random.Random
    car: Thing = field(default_factory=lambda: charger("car"))
    tank: Thing = field(default_factory=lambda: tank("tank"))
    room: Thing = field(default_factory=lambda: thermostat("room"))
    pump: Thing = field(default_factory=lambda: switch("pump"))
    dishwasher: Thing = field(default_factory=lambda: switch("dishwasher"))
    pond: Thing = field(default_factory=lambda: switch("pond"))
    freezer: Thing = field(default_factory=lambda: switch("freezer", on=True))
    battery: Thing = field(default_factory=lambda: battery("battery"))
    pumped: timedelta = timedelta()
    ponded: timedelta = timedelta()
    washed: timedelta = timedelta()
    log: list[str] = field(default_factory=list)

    @property
    def things(self) -> tuple[Thing, ...]:
        """Every device."""
        return (
            self.car,
            self.tank,
            self.room,
            self.pump,
            self.pond,
            self.dishwasher,
            self.freezer,
            self.battery,
        )

    async def live(self) -> None:
        """Go on for ever."""
        while True:
            await asyncio.sleep(MINUTE.total_seconds())
            self.step(dt_util.utcnow().astimezone(ZONE))

    def step(self, now: datetime) -> None:
        """Move everything on by a minute; what has changed is shown."""
        before = [dict(thing.values) for thing in self.things]
        for step in (self._drive, self._heat_water, self._heat_room, self._run, self._store):
            step(now)
        for thing, values in zip(self.things, before, strict=True):
            if thing.values != values:
                thing.tell()

    def _drive(self, now: datetime) -> None:
        values = self.car.values
        if (now.hour, now.minute) == (LEAVES.hour, LEAVES.minute):
            if values["plugged"]:
                self.log.append(f"{now:%d} the car leaves with {values['soc']:.0f} %")
            values |= {"plugged": False, "soc": max(10.0, values["soc"] - self.random.uniform(20, 40))}
        if (now.hour, now.minute) == (ARRIVES.hour, ARRIVES.minute):
            values["plugged"] = True
        charging = values["enabled"] and values["plugged"] and values["soc"] < 100
        values["power"] = 240 * values["current"] if charging else 0.0
        values["soc"] = min(100.0, values["soc"] + values["power"] / 60 / CAR_WH * 100)

    def _heat_water(self, now: datetime) -> None:
        values = self.tank.values
        heats = values["mode"] != "off" and values["temperature"] < values["target"]
        values["power"] = 3_000.0 if heats else 0.0
        values["temperature"] = round(values["temperature"] + (14 if heats else 0) / 60 - 0.4 / 60, 4)
        if now.minute == 0 and now.hour in {7, 20}:
            if values["temperature"] < LUKEWARM_BELOW:
                self.log.append(f"{now:%d %H} the shower is lukewarm: {values['temperature']:.1f}")
            values["temperature"] -= 6

    def _heat_room(self, now: datetime) -> None:
        values = self.room.values
        heats = values["mode"] == "heat" and values["temperature"] < values["target"]
        values["power"] = 2_000.0 if heats else 0.0
        outdoor = 4.0 - 4.0 * ((now.hour - 14) % 24 > 10)
        warmed = (2.4 if heats else 0.0) - 0.05 * (values["temperature"] - outdoor)
        values["temperature"] = round(values["temperature"] + warmed / 60, 4)
        if values["temperature"] < COLD_BELOW:
            self.log.append(f"{now:%d %H:%M} the room is cold: {values['temperature']:.1f}")

    def _run(self, now: datetime) -> None:
        for thing, power in ((self.pump, 1_100.0), (self.dishwasher, 1_800.0), (self.freezer, 120.0)):
            thing.values["power"] = power if thing.values["relay"] else 0.0
        self.pumped += MINUTE * self.pump.values["relay"]
        self.ponded += MINUTE * self.pond.values["relay"]
        self.washed += MINUTE * self.dishwasher.values["relay"]

    def _store(self, now: datetime) -> None:
        values = self.battery.values
        wanted = values["setpoint"]
        stuck = (wanted > 0 and values["soc"] >= 100) or (wanted < 0 and values["soc"] <= 5)
        values["power"] = 0.0 if stuck else wanted
        values["soc"] += values["power"] / 60 / 13_500 * 100
