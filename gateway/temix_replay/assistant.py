"""The part of Home Assistant in a replay: reports the home to the gateway, carries its plan out.

It knows of the home what sensors and nameplates tell, and gives the planner round figures, not the physics.
"""

from bisect import bisect_right
from datetime import timedelta

from temix_gateway.home.devices import (
    Battery,
    Device,
    EvCharger,
    Load,
    ReportHome,
    RunTime,
    Thermostat,
    WaterHeater,
)
from temix_gateway.planning import Plan
from temix_market.calendar import day_at, local_date, local_day
from temix_market.instants import HOUR, MINUTE, Duration, Instant

from temix_replay.forecast import LoadForecast
from temix_replay.home.home import SimulatedHome
from temix_replay.home.quantities import Celsius

AHEAD = Duration(48 * HOUR)
"""How far the base load is forecast."""

READY_BY = Duration(7 * HOUR)
"""The car shall be ready seven hours after midnight."""

HEAT_BAND: tuple[Celsius, Celsius] = (19.5, 22.0)
COOL_BAND: tuple[Celsius, Celsius] = (23.0, 26.0)
WATER_BAND: tuple[Celsius, Celsius] = (46.0, 60.0)
"""What the owner allows a plan; without control the thermostats stand at 20.5, 24.5 and 52 °C."""

CHARGING = 0.92
"""Share of what a charger draws that the car is taken to store."""

_COOLING_FROM: Celsius = 20.0


class Assistant:
    """Between one gateway and one simulated home."""

    def __init__(self, home: SimulatedHome) -> None:
        self._home = home
        self._forecast = LoadForecast(home.place, home.model.roof)

    def report(self, number: int) -> ReportHome:
        """Every device as it is now, and the load that is expected."""
        home = self._home
        load = [
            Load(start=interval.start, end=interval.end, power=round(power))
            for interval, power in self._forecast.quarters(home.now, AHEAD)
        ]
        return ReportHome(id=number, at=home.now, devices=self.devices(), base_load=load)

    def carry_out(self, plan: Plan | None) -> None:
        """Set every device to what the plan says for now; without a plan each is left to itself.

        A device that the plan does not name rests: a full car, a pump that has run its hours.
        """
        home = self._home
        if plan is None or not plan.steps[0].start <= home.now < plan.steps[-1].end:
            home.vehicle.set_point = home.battery.set_point = home.water_heater.set_point = None
            home.house.heat_to = home.house.cool_to = home.pool_pump.on = None
            return
        step = bisect_right(plan.steps, home.now, key=lambda interval: interval.start) - 1
        powers = {device.id: device.power[step] for device in plan.devices}
        home.vehicle.set_point = powers.get("car", 0)
        home.battery.set_point = powers.get("battery", 0)
        home.pool_pump.on = powers.get("pool", 0) > 0
        home.water_heater.set_point = WATER_BAND[powers.get("water", 0) > 0]
        runs = powers.get("climate", 0) > 0
        home.house.heat_to = None if self.cooling else HEAT_BAND[runs]
        home.house.cool_to = COOL_BAND[not runs] if self.cooling else None

    @property
    def cooling(self) -> bool:
        """Whether the heat pump cools today."""
        outdoor = self._home.day.outdoor
        return sum(outdoor) / len(outdoor) > _COOLING_FROM

    def devices(self) -> list[Device]:
        """Every device as it is now."""
        home = self._home
        car, tank, house, pump, battery = (
            home.vehicle,
            home.water_heater,
            home.house,
            home.pool_pump,
            home.battery,
        )
        today = day_at(home.place.zone, home.now)
        remaining = max(0, round((pump.model.hours - pump.ran_today) * 60)) * MINUTE
        low, high = COOL_BAND if self.cooling else HEAT_BAND
        return [
            EvCharger(
                id="car",
                connected=car.plugged,
                needed=round(max(0.0, car.model.limit * car.model.capacity - car.energy) / CHARGING),
                min_power=round(car.model.least),
                max_power=round(car.model.most),
                ready_by=self._ready_by(),
            ),
            WaterHeater(
                id="water",
                power=round(tank.model.power),
                volume=round(tank.model.volume * 1000),
                temperature=round(tank.temperature * 1000),
                minimum=round(WATER_BAND[0] * 1000),
                maximum=round(WATER_BAND[1] * 1000),
                standing_loss=60,
                draw=8_500,
            ),
            Thermostat(
                id="climate",
                power=round(house.model.compressor),
                temperature=round(house.air * 1000),
                outdoor=round(home.outdoor * 1000),
                minimum=round(low * 1000),
                maximum=round(high * 1000),
                cooling=self.cooling,
                cop=320,
            ),
            RunTime(
                id="pool",
                power=round(pump.model.power),
                remaining=min(remaining, today.end - home.now),
                finish_by=today.end,
                minimum_run=15 * MINUTE,
            ),
            Battery(
                id="battery",
                capacity=round(battery.model.capacity),
                stored=round(battery.energy),
                reserve=round(battery.model.reserve * battery.model.capacity),
                max_charge=round(battery.model.most),
                max_discharge=round(battery.model.most),
                efficiency=90,
            ),
        ]

    def _ready_by(self) -> Instant:
        zone, now = self._home.place.zone, self._home.now
        today = local_date(zone, now)
        at = Instant(local_day(zone, today).start + READY_BY)
        return at if at > now else Instant(local_day(zone, today + timedelta(days=1)).start + READY_BY)
