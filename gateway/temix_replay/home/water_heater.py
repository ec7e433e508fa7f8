"""A tank with a heating element at the bottom: two layers, hot water drawn from the upper one."""

from dataclasses import dataclass

from temix_replay.home.quantities import WATER_HEAT, Celsius, Litres, Watts
from temix_replay.home.world.day import Day


@dataclass(frozen=True, slots=True)
class WaterHeaterModel:
    """A 50-gallon resistive tank indoors; ``usual`` is the set-point that its owner left it at."""

    volume: Litres = 189.0
    upper_share: float = 0.6
    power: Watts = 4_500.0
    loss: float = 1.7
    """W per kelvin above the room."""
    mixing: float = 12.0
    """W per kelvin between the layers."""
    room: Celsius = 20.0
    usual: Celsius = 52.0
    deadband: Celsius = 5.0
    highest: Celsius = 62.0
    comfortable: Celsius = 42.0
    """Draws below it leave people in the cold."""


class WaterHeater:
    """Holds its thermostat's set-point; ``set_point`` moves it, ``None`` is the usual one."""

    def __init__(self, model: WaterHeaterModel) -> None:
        self.model = model
        self.upper: Celsius = model.usual
        self.lower: Celsius = model.usual - 4
        self.set_point: Celsius | None = None
        self.heating = False
        self.missed: Litres = 0.0
        """Hot water that was wanted while the tank was too cold."""

    @property
    def temperature(self) -> Celsius:
        """The mean over the tank: what it holds in heat."""
        share = self.model.upper_share
        return share * self.upper + (1 - share) * self.lower

    def advance(self, day: Day, minute: int, seconds: float) -> Watts:
        """Draw, lose, heat for a moment (at most a minute) and return the element's power."""
        model = self.model
        self._draw(day.draws[minute] * seconds / 60, day.mains)
        target = min(model.usual if self.set_point is None else self.set_point, model.highest)
        if self.lower >= target:
            self.heating = False
        elif self.lower < target - model.deadband:
            self.heating = True
        power = model.power if self.heating else 0.0
        share, hours = model.upper_share, seconds / 3600
        between = model.mixing * (self.upper - self.lower)
        from_upper = between + model.loss * share * (self.upper - model.room)
        to_lower = power + between - model.loss * (1 - share) * (self.lower - model.room)
        self.upper -= from_upper * hours / (model.volume * share * WATER_HEAT)
        self.lower += to_lower * hours / (model.volume * (1 - share) * WATER_HEAT)
        if self.lower > self.upper:  # warm water rises: the layers turn over
            self.upper = self.lower = self.temperature
        return power

    def _draw(self, wanted: Litres, mains: Celsius) -> None:
        if not wanted:
            return
        model = self.model
        if self.upper < model.comfortable:
            self.missed += wanted
        # People mix to about 50 °C of the procedure: a hotter tank gives less water.
        litres = wanted * min(1.5, (50.0 - mains) / max(1.0, self.upper - mains))
        self.upper += (self.lower - self.upper) * litres / (model.volume * model.upper_share)
        self.lower += (mains - self.lower) * litres / (model.volume * (1 - model.upper_share))
