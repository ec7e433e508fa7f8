"""A house as two masses, air and walls, and the heat pump that its thermostat switches."""

from dataclasses import dataclass

from temix_replay.home.quantities import Celsius, WattHours, Watts
from temix_replay.home.world.day import Day


@dataclass(frozen=True, slots=True)
class HouseModel:
    """About 180 m²: the air answers within two hours, the walls within three days.

    Conductances in W/K, heat stores in Wh/K.
    """

    air_store: float = 1_600.0
    wall_store: float = 12_000.0
    air_outside: float = 90.0
    air_wall: float = 750.0
    wall_outside: float = 110.0
    window: float = 2.2
    """Square metres of sun that get in: W per W/m² (1 kW/m² at the sun's rated power)."""
    people: Watts = 150.0
    compressor: Watts = 3_000.0
    strip: Watts = 5_000.0
    """Resistive heat that helps when the air falls a kelvin below the band."""
    usual_heat: Celsius = 20.5
    usual_cool: Celsius = 24.5
    half_band: Celsius = 0.4
    rest: float = 300.0
    """Seconds that the compressor rests between two runs."""
    coldest: Celsius = 18.5
    warmest: Celsius = 26.5
    """Beyond these the owner complains."""

    def gains(self, indoors: Watts, sun: float) -> Watts:
        """Heat of people, of ``indoors`` W of other loads and of the sun (share of its rated power)."""
        return self.people + 0.8 * indoors + 1000 * self.window * sun

    @staticmethod
    def heating(outdoor: Celsius) -> float:
        """Heat that the compressor brings in per electric energy."""
        return min(4.2, max(1.2, 3.3 + 0.07 * (outdoor - 8)))

    @staticmethod
    def cooling(outdoor: Celsius) -> float:
        """Heat that it takes out per electric energy."""
        return max(1.8, 3.6 - 0.07 * (outdoor - 27))


class House:
    """Its thermostat heats to ``heat_to`` and cools to ``cool_to``; ``None`` is the usual set-point."""

    def __init__(self, model: HouseModel, air: Celsius = 21.0) -> None:
        self.model = model
        self.air: Celsius = air
        self.walls: Celsius = air
        self.heat_to: Celsius | None = None
        self.cool_to: Celsius | None = None
        self.mode = 0
        """1 heats, −1 cools, 0 rests."""
        self.power: Watts = 0.0
        self.energy: WattHours = 0.0
        """Drawn so far."""
        self.missed = 0.0
        """Kelvin-hours outside what the owner bears."""
        self._rested = model.rest

    def advance(self, day: Day, minute: int, seconds: float, indoors: Watts) -> Watts:
        """Pass a moment (at most a minute) beside ``indoors`` W of other loads; return the power."""
        model, outdoor = self.model, day.outdoor[minute]
        self._switch(seconds)
        heat = self._heat(outdoor) + model.gains(indoors, day.sun[minute])
        to_walls = model.air_wall * (self.air - self.walls)
        hours = seconds / 3600
        self.energy += self.power * hours
        self.air += (heat - to_walls - model.air_outside * (self.air - outdoor)) * hours / model.air_store
        self.walls += (to_walls - model.wall_outside * (self.walls - outdoor)) * hours / model.wall_store
        self.missed += max(0.0, model.coldest - self.air, self.air - model.warmest) * hours
        return self.power

    def _switch(self, seconds: float) -> None:
        model = self.model
        heat_to = model.usual_heat if self.heat_to is None else self.heat_to
        cool_to = model.usual_cool if self.cool_to is None else self.cool_to
        warm, cool = self.air >= heat_to + model.half_band, self.air <= cool_to - model.half_band
        if (self.mode > 0 and warm) or (self.mode < 0 and cool):
            self.mode, self._rested = 0, 0.0
        elif self.mode == 0:
            self._rested += seconds
            if self._rested >= model.rest:
                self.mode = (self.air < heat_to - model.half_band) - (self.air > cool_to + model.half_band)

    def _heat(self, outdoor: Celsius) -> Watts:
        """Set the electrical power and return the heat it brings (cooling negative)."""
        model = self.model
        if self.mode == 0:
            self.power = 0.0
            return 0.0
        if self.mode < 0:
            self.power = model.compressor
            return -model.compressor * model.cooling(outdoor)
        heat_to = model.usual_heat if self.heat_to is None else self.heat_to
        strip = model.strip if self.air < heat_to - 1.0 else 0.0
        self.power = model.compressor + strip
        return model.compressor * model.heating(outdoor) + strip
