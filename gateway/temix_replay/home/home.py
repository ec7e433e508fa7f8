"""The simulated home: its devices, one after the other, minute by minute."""

from dataclasses import dataclass, field

from temix_market.calendar import local_date
from temix_market.instants import MINUTE, Duration, Instant

from temix_replay.home.battery import Battery, BatteryModel
from temix_replay.home.house import House, HouseModel
from temix_replay.home.meter import Meter
from temix_replay.home.pool_pump import PoolPump, PoolPumpModel
from temix_replay.home.quantities import Celsius, Watts
from temix_replay.home.vehicle import Vehicle, VehicleModel
from temix_replay.home.water_heater import WaterHeater, WaterHeaterModel
from temix_replay.home.world.day import Day, Place, make_day


@dataclass(frozen=True, slots=True)
class HomeModel:
    """What stands in the home; ``roof`` is the photovoltaic system's rated power (0: none)."""

    vehicle: VehicleModel = field(default_factory=VehicleModel)
    water_heater: WaterHeaterModel = field(default_factory=WaterHeaterModel)
    house: HouseModel = field(default_factory=HouseModel)
    pool_pump: PoolPumpModel = field(default_factory=PoolPumpModel)
    battery: BatteryModel = field(default_factory=BatteryModel)
    roof: Watts = 5_000.0


@dataclass(slots=True)
class Powers:
    """What each part of the home took in the last moment (W; production negative)."""

    base_load: Watts = 0.0
    vehicle: Watts = 0.0
    water_heater: Watts = 0.0
    house: Watts = 0.0
    pool_pump: Watts = 0.0
    roof: Watts = 0.0
    battery: Watts = 0.0


class SimulatedHome:
    """A home in its world, from ``start`` on. The same place, model, commands and steps give the same home.

    Commands are attributes of the devices (``vehicle.set_point`` …), in force until changed; ``None`` gives
    a device back to itself. The world does not depend on them.
    """

    def __init__(self, place: Place, start: Instant, model: HomeModel | None = None) -> None:
        model = model or HomeModel()
        self.place = place
        self.model = model
        self.now = start
        self.vehicle = Vehicle(model.vehicle)
        self.water_heater = WaterHeater(model.water_heater)
        self.house = House(model.house)
        self.pool_pump = PoolPump(model.pool_pump)
        self.battery = Battery(model.battery)
        self.meter = Meter()
        self.powers = Powers()
        self.day: Day = make_day(place, local_date(place.zone, start))

    @property
    def outdoor(self) -> Celsius:
        """The outdoor temperature now."""
        return self.day.outdoor[self.day.minute_of(self.now)]

    def step(self, duration: Duration) -> None:
        """Let time pass, in pieces that end at each minute of the clock: physics sees a minute at most."""
        end = Instant(self.now + duration)
        while self.now < end:
            piece = min(end, self.now - self.now % MINUTE + MINUTE) - self.now
            self._pass(piece / 1000)
            self.now = Instant(self.now + piece)
            if self.now >= self.day.interval.end:
                self.day = make_day(self.place, local_date(self.place.zone, self.now))

    def _pass(self, seconds: float) -> None:
        day, powers = self.day, self.powers
        minute = day.minute_of(self.now)
        powers.base_load = day.base_load[minute]
        powers.roof = -day.sun[minute] * self.model.roof
        powers.vehicle = self.vehicle.advance(day, self.now, seconds)
        powers.water_heater = self.water_heater.advance(day, minute, seconds)
        powers.pool_pump = self.pool_pump.advance(day, minute, seconds)
        powers.house = self.house.advance(day, minute, seconds, powers.base_load)
        others = (
            powers.base_load
            + powers.roof
            + powers.vehicle
            + powers.water_heater
            + powers.pool_pump
            + powers.house
        )
        powers.battery = self.battery.advance(others, seconds)
        self.meter.count(others + powers.battery, seconds)
