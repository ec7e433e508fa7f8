"""A home battery behind an inverter whose losses grow with power."""

from dataclasses import dataclass

from temix_replay.home.quantities import WattHours, Watts


@dataclass(frozen=True, slots=True)
class BatteryModel:
    """13.5 kWh, 5 kW, connected by AC; losses per direction: fixed + share·P + square·P²."""

    capacity: WattHours = 13_500.0
    most: Watts = 5_000.0
    reserve: float = 0.1
    standby: Watts = 15.0
    loss_fixed: Watts = 25.0
    loss_share: float = 0.025
    loss_square: float = 3e-6

    def loss(self, power: Watts) -> Watts:
        """What the inverter takes at ``power`` (≥ 0) on its AC side: 4 % at 2 kW, 4.5 % at 5 kW."""
        return self.loss_fixed + self.loss_share * power + self.loss_square * power * power


class Battery:
    """Follows ``set_point`` (W at its AC side, charging positive); ``None`` lets it serve the home.

    Left alone it does what such batteries do from the factory, self-consumption: it takes what the roof has
    too much and covers what the home takes, never from or to the grid.
    """

    def __init__(self, model: BatteryModel, charge: float = 0.5) -> None:
        self.model = model
        self.energy: WattHours = charge * model.capacity
        self.set_point: Watts | None = None

    @property
    def charge(self) -> float:
        """The share of its capacity that is full."""
        return self.energy / self.model.capacity

    def advance(self, others: Watts, seconds: float) -> Watts:
        """Charge or discharge for a moment beside ``others`` W of net load; return the AC power."""
        model, hours = self.model, seconds / 3600
        wanted = -others if self.set_point is None else self.set_point
        wanted = max(-model.most, min(model.most, wanted))
        if wanted > model.loss_fixed:
            stored = min((wanted - model.loss(wanted)) * hours, model.capacity - self.energy)
            if stored > 0:
                self.energy += stored
                return wanted * stored / ((wanted - model.loss(wanted)) * hours)
        elif wanted < 0:
            drained = (-wanted + model.loss(-wanted)) * hours
            available = self.energy - model.reserve * model.capacity
            if available > 0:
                share = min(1.0, available / drained)
                self.energy -= share * drained
                return wanted * share
        return model.standby
