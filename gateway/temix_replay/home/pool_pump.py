"""A pool pump on a plug: hours a day to filter, and frost that does not wait."""

from dataclasses import dataclass
from datetime import date

from temix_replay.home.quantities import Celsius, Watts
from temix_replay.home.world.day import Day


@dataclass(frozen=True, slots=True)
class PoolPumpModel:
    """A single-speed pump; by itself it runs from ``starts`` on the wall clock for ``hours``."""

    power: Watts = 1_100.0
    hours: float = 6.0
    starts: int = 10
    frost: Celsius = 1.0
    """Below this outdoors it runs, whatever it is told."""


class PoolPump:
    """Runs at fixed hours, unless ``on`` says otherwise."""

    def __init__(self, model: PoolPumpModel) -> None:
        self.model = model
        self.on: bool | None = None
        self.ran_today = 0.0
        """Hours run since local midnight."""
        self.missed = 0.0
        """Hours of filtering that whole days lacked."""
        self._date: date | None = None
        self._whole_day = False

    def advance(self, day: Day, minute: int, seconds: float) -> Watts:
        """Run or rest for a moment and return the power."""
        model = self.model
        if day.date != self._date:
            if self._whole_day:
                self.missed += max(0.0, model.hours - self.ran_today)
            self._date, self._whole_day, self.ran_today = day.date, minute == 0, 0.0
        hours_since_start = day.clock[minute] / 60 - model.starts
        running = 0 <= hours_since_start < model.hours if self.on is None else self.on
        if not running and day.outdoor[minute] >= model.frost:
            return 0.0
        self.ran_today += seconds / 3600
        return model.power
